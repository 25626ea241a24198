/* commit_shown: see commit_shown.h. */
#include "common/commit_shown.h"

#include <assert.h>

bool commit_write_shown(struct commit *commit, const struct shown_write *write, struct error *err)
{
    struct db *db = worker_db(commit->worker);
    PGresult *results[SHOWN_STATEMENTS_MAX] = {NULL};
    size_t count;
    bool good;

    db_pipeline_begin(db);
    count = write->queue(db, write->context);
    assert(count > 0 && count <= SHOWN_STATEMENTS_MAX);
    if (!db_pipeline_run(db, count, results, err))
        return false;
    good = write->read(results[count - 1], write->context, err);
    for (size_t i = 0; i < count; i++)
        PQclear(results[i]);
    return good;
}

void commit_undo(struct commit *commit)
{
    db_rollback(worker_db(commit->worker));
    commit_conclude(commit);
}
