/*
 * conclusion: the steps of a kind whose last stage is validation: what its rules accept and what they reject
 * is committed here, in one transaction for the batch (pipeline.md section 4): the locks, the look, the facts
 * again; the domain rows, what follows from them, the query that GET uses (common/commit_shown.h); the
 * outcomes with their bodies. Three round trips, however many there are.
 *
 * A dry run takes the same way under the same locks, shows what was written, and undoes it (PL-55): so it
 * says what the write would say, and nobody sees a row of it. Ids that are drawn for a row which is shown are
 * the kind's to leave out: none exists afterwards.
 */
#ifndef ECF2_WORKERS_VALIDATION_CONCLUSION_H
#define ECF2_WORKERS_VALIDATION_CONCLUSION_H

#include <stdbool.h>
#include <stddef.h>

#include "common/commit.h"
#include "workers/validation/judgement.h"

/* What a kind writes of its acceptances. Beforehand each of them has status 0, and in scopes the cache scopes
 * that its rows move. */
struct conclusion_kind {
    const struct commit_kind *commit;
    const char *rules_version, *resource_type;
    bool makes_resource; /* its id is drawn for it: a dry run tells none */
    /* The locks of one beside its subject's and its person's: other keys, statements, lists. */
    void (*add_locks)(struct commit *commit, size_t entry, struct judgement *accepted);
    /* Queues what all of them write, what follows from it, and last what shows it (shown_write.queue). */
    size_t (*queue)(struct commit *commit, struct judgement *const *accepted, size_t count);
    /* From the rows of the last statement: the body and resource_id of each. */
    bool (*read)(const PGresult *shown, struct judgement *const *accepted, size_t count, struct error *err);
};

bool judgements_conclude(struct worker *worker, const struct conclusion_kind *kind,
                         struct judgement *const *judgements, size_t count, struct error *err)
    __attribute__((warn_unused_result));

#endif
