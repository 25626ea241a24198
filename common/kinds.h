/*
 * kinds: a kind of submission is one row of one table: its name, the stages that it passes, which of them
 * commits its acceptance (architecture.md section 2). Validation commits rejections of every kind.
 */
#ifndef ECF2_COMMON_KINDS_H
#define ECF2_COMMON_KINDS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/slice.h"

#define KIND_STAGES_MAX 4

/* What the field names by which intake finds the person, or the school (pipeline.md PL-4). */
enum kind_subject { SUBJECT_PARTICIPANT, SUBJECT_DECLARATION, SUBJECT_SCHOOL, SUBJECT_PARTNERSHIP };

struct kind {
    const char *name;
    const char
        *stages[KIND_STAGES_MAX + 1]; /* services in order, NULL-terminated; the last commits acceptance */
    const char *subject_field;        /* of the payload, a public id: by it intake finds them */
    enum kind_subject subject;
    /* What of the lead provider's cached reads shows what its outcome tells, also one that changed nothing: a
     * scope is of this list (common/cache.h). */
    const char *list;
};

/* NULL when there is no such kind. */
const struct kind *kind_find(struct slice name);
/* The service after this one, or NULL when it was the last. */
const char *kind_next_stage(const struct kind *kind, const char *service);
/* All rows, NULL name at the end. */
const struct kind *kinds_all(void);

#endif
