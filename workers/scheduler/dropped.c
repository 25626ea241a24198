/*
 * dropped: `ecf2ctl dead drop` decides a dead letter, failed, and is gone before anybody could ask it for
 * metrics. So the leader counts these outcomes, from what the database says was dropped since its last look.
 * As with every counter, what happened between the last look of a process and its end is not in it; nothing
 * is counted twice. A look ends some seconds ago (count_dropped.sql), so one that commits later than that
 * after its stamp is missed: ecf2ctl was stopped or the disk stood still between its one statement, which
 * waits for nobody (it has its subject's lock), and its commit.
 */
#include "common/cleanup.h"
#include "common/commit.h"
#include "workers/scheduler/scheduler.h"
#include "workers/scheduler/sql.h"

static bool read_dropped(const PGresult *result, int64_t *until_us, struct error *err)
{
    static const char *const names[] = {"kind", "dropped", "until_us"};
    enum { KIND, DROPPED, UNTIL, COUNT };
    int columns[COUNT];

    if (!db_columns(result, names, columns, COUNT, err))
        return false;
    for (int row = 0; row < PQntuples(result); row++) {
        if (db_is_null(result, row, columns[KIND]))
            *until_us = db_int(result, row, columns[UNTIL]);
        for (int64_t n = db_int(result, row, columns[DROPPED]); n > 0; n--)
            commit_count(db_text(result, row, columns[KIND]), "failed");
    }
    return true;
}

bool dropped_count(struct scheduler *scheduler, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *result = NULL;

    if (scheduler->dropped_until_us == 0)
        db_param_null(&params);
    else
        db_param_instant(&params, scheduler->dropped_until_us);
    const bool good = db_run(worker_db(scheduler->worker), &sql_count_dropped, &params, &result, err) &&
                      read_dropped(result, &scheduler->dropped_until_us, err);
    db_params_release(&params);
    return good;
}
