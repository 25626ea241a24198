/*
 * verdict: what the stages have decided of a submission so far. It travels with the record, beside the facts
 * on which it stands (architecture.md section 3):
 * {"digest":…,"person_key":…,"rules_version":…,"same_as":…,"fundable":…,"reason":…}, of a dry run also
 * "rules":[…].
 */
#ifndef ECF2_COMMON_VERDICT_H
#define ECF2_COMMON_VERDICT_H

#include <jansson.h>
#include <stdbool.h>

#include "common/error.h"
#include "common/slice.h"
#include "common/uuid.h"

struct verdict {
    struct slice digest; /* of the facts, as the facts query gave it */
    struct slice
        person_key; /* whom the facts name: the commit locks it beside the subject, which may be older */
    struct slice rules_version; /* of the table that validation used (PL-30) */
    bool is_same_as; /* nothing is written: answered with the record same_as (declarations.md 7.1) */
    struct uuid same_as;
    bool is_fundable;    /* eligibility's part */
    struct slice reason; /* why, in a word or two */
    json_t *rules;       /* of a dry run: what each rule saw and said (dry_run.h), borrowed; else NULL */
    json_t *document;    /* owns the texts after verdict_read; NULL otherwise */
};

/* The JSON text; the caller frees it. Never NULL. */
char *verdict_write(const struct verdict *verdict);
/* False with ERROR_WIRE when it is not what verdict_write makes. Release after success. */
bool verdict_read(struct slice text, struct verdict *ret_verdict, struct error *err)
    __attribute__((warn_unused_result));
void verdict_release(struct verdict *verdict);

#endif
