/*
 * judgement: the steps that validation takes for every kind of submission (pipeline.md PL-31): load the facts
 * of a batch, hand on what its rules accept, commit what they reject. The kind decodes, runs its rules and
 * says what they found (declarations.c, voids.c).
 */
#ifndef ECF2_WORKERS_VALIDATION_JUDGEMENT_H
#define ECF2_WORKERS_VALIDATION_JUDGEMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/commit.h"

/* One submission on its way through the rules of its kind. */
struct judgement {
    struct work_item *item;
    void *context; /* of its commit entry (common/commit.h) */
    /* As the facts query gave them; borrowed from its result. */
    struct slice facts, digest, person_key;
    /* What the rules say of it: */
    uint16_t status;           /* 0: accepted; else of the rejection */
    struct buffer body, fired; /* of a rejection: its body, and the sources of the rules that failed */
    struct buffer scopes;      /* of a rejection: filled by judgements_settle */
    bool is_same_as;           /* of an acceptance that is handed on (common/verdict.h) */
    struct uuid same_as;
    struct uuid resource_id; /* of one that is concluded here (conclusion.h) */
    void *own;               /* the kind's own, for its functions there */
    json_t *rules;           /* of a dry run: the trace, owned; NULL otherwise */
};

/* Adds a rule that failed, by its source ("declarations.md 3.3/9"). */
void judgement_add_fired(struct judgement *judgement, const char *source);
void judgement_release(struct judgement *judgement);

/* Asks the facts query of the kind. *ret_result is the caller's to PQclear, when all is settled. */
bool judgements_load_facts(struct worker *worker, const struct commit_kind *kind,
                           struct judgement *const *judgements, size_t count, PGresult **ret_result,
                           struct error *err) __attribute__((warn_unused_result));
/* Hands on what is accepted, with the facts that were seen, and commits the rest; a dry run that is not
 * accepted is told so. */
bool judgements_settle(struct worker *worker, const struct commit_kind *kind,
                       struct judgement *const *judgements, size_t count, const char *rules_version,
                       struct error *err) __attribute__((warn_unused_result));

/* What judgements_settle and judgements_conclude share: the outcome of a rejection that is about to be
 * written, whose rules are counted; and what a dry run that was rejected is told. */
struct plain_outcome judgement_rejection(struct judgement *rejected, const struct commit_entry *entry,
                                         const char *rules_version);
void judgement_tell_dry_run(const struct judgement *one);

#endif
