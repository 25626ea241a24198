/*
 * commit_shown: the write of kinds whose body is not known from the facts: the domain rows are written first,
 * then read by the query that GET uses, and the outcomes carry what it shows (pipeline.md section 4, step 4,
 * "Others"). So the answer of a write is what a read says next, by one hand.
 *
 *   commit_begin(&commit, &err)
 *   commit_write_shown(&commit, &write, &err)     rows, what follows from them, the show: one round trip
 *   commit_plain_outcomes(&commit, …)             outcomes with has_rows, and those of what was refused
 *
 * A dry run ends with commit_undo instead: what it would have shown was shown, and nothing is stored.
 */
#ifndef ECF2_COMMON_COMMIT_SHOWN_H
#define ECF2_COMMON_COMMIT_SHOWN_H

#include "common/commit.h"

#define SHOWN_STATEMENTS_MAX 8

struct shown_write {
    /* Queues (db_queue) what the open entries write, set by set; behind it what follows from that
     * (common/derived.h); last the statement that shows it. How many statements, at most
     * SHOWN_STATEMENTS_MAX. */
    size_t (*queue)(struct db *db, void *context);
    /* Takes the rows of the last one. */
    bool (*read)(const PGresult *shown, void *context, struct error *err);
    void *context;
};

bool commit_write_shown(struct commit *commit, const struct shown_write *write, struct error *err)
    __attribute__((warn_unused_result));

/* Ends the transaction as if it had not been, and disposes of every item that is not COMMIT_OPEN. */
void commit_undo(struct commit *commit);

#endif
