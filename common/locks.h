/*
 * locks: the advisory locks of a transaction that is no batch of submissions (those have common/commit.h): a
 * query names them in the columns keys, classes, numbers and shared, which are the parameters of take_locks
 * as they stand (pipeline.md section 3). What the query says is true only once they are held, so it is asked
 * again then, and must still name the same:
 *
 *   begin · ask · locks_take · write what comes first · ask again · locks_same ? go on : roll back, from the
 * top
 */
#ifndef ECF2_COMMON_LOCKS_H
#define ECF2_COMMON_LOCKS_H

#include <stdbool.h>

#include "common/db.h"

/* Takes what one row names, waiting. */
bool locks_take(struct db *db, const PGresult *named, int row, struct error *err)
    __attribute__((warn_unused_result));
/* Whether rows of two results name the same locks. */
bool locks_same(const PGresult *before, const PGresult *after, int row);

#endif
