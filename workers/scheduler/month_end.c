/*
 * month_end: open output statements whose deadline has passed become payable, with their eligible
 * declarations (payments.md 3.4). Each statement is one transaction: its locks, which keep every declaration
 * of it still (pipeline.md section 3, class 2), then one statement that looks again and writes everything.
 * One that fails does not stop the others; the job has then failed, and is tried again for what is left.
 *
 * Nobody is told of it but by the job's own row and log line: these come when no cached read is older
 * (pipeline.md PL-52).
 */
#include "common/cache.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/locks.h"
#include "common/log.h"
#include "common/london.h"
#include "common/metrics.h"
#include "common/sql.h"
#include "workers/scheduler/scheduler.h"
#include "workers/scheduler/sql.h"

struct month_end {
    struct db *db;
    char today[DATE_TEXT_SIZE]; /* London's date of business time */
    int64_t now_us;             /* business time */
    int64_t clock_offset_us;    /* business time less machine time; exactly 0 where no clock is set */
};

static struct month_end month_end_now(struct scheduler *scheduler)
{
    struct month_end month_end = {.db = worker_db(scheduler->worker),
                                  .now_us = business_now_us(),
                                  .clock_offset_us = business_ahead_us()};

    date_format(london_date(month_end.now_us), month_end.today);
    return month_end;
}

static bool find_overdue(const struct month_end *month_end, PGresult **ret_result, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;

    db_param_text(&params, month_end->today);
    const bool good = db_run(month_end->db, &sql_find_overdue_statements, &params, ret_result, err);
    db_params_release(&params);
    return good;
}

static bool take_locks(const struct month_end *month_end, struct slice id, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *named = NULL;

    db_array_begin(&params);
    db_array_slice(&params, id);
    db_array_end(&params);
    const bool found = db_run(month_end->db, &sql_find_statement_locks, &params, &named, err);
    db_params_release(&params);
    return found && (PQntuples(named) == 0 || locks_take(month_end->db, named, 0, err));
}

static bool mark_payable(const struct month_end *month_end, struct slice id, PGresult **ret_result,
                         struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    struct buffer offset = BUFFER_INIT;

    db_param_slice(&params, id);
    db_param_text(&params, month_end->today);
    db_param_instant(&params, month_end->now_us);
    buffer_printf(&offset, "%lld microseconds", (long long)month_end->clock_offset_us);
    db_param_slice(&params, buffer_slice(&offset));
    buffer_release(&offset);
    const bool good = db_run(month_end->db, &sql_mark_statement_payable, &params, ret_result, err);
    db_params_release(&params);
    return good;
}

static bool move_statement(const struct month_end *month_end, struct slice id, struct error *err)
{
    CLEANUP(pgresult) PGresult *result = NULL;

    if (!db_begin(month_end->db, err) ||
        !db_run(month_end->db, &sql_allow_long_statements, NULL, NULL, err) ||
        !take_locks(month_end, id, err) || !mark_payable(month_end, id, &result, err) ||
        !db_commit(month_end->db, err))
        return false;
    if (PQntuples(result) == 1)
        log_event(LOG_INFO, "statement_payable", LOG_SLICE("statement", id),
                  LOG_INT("declarations", db_int(result, 0, 0)), LOG_END);
    return true;
}

bool job_statements_payable(struct scheduler *scheduler, struct error *err)
{
    const struct month_end month_end = month_end_now(scheduler);
    CLEANUP(pgresult) PGresult *overdue = NULL;
    int moved = 0, failed = 0;
    struct error first = {0};

    if (!find_overdue(&month_end, &overdue, err))
        return false;
    for (int row = 0; row < PQntuples(overdue); row++) {
        const struct slice id = db_text(overdue, row, 0);
        struct error failure = {0};

        if (move_statement(&month_end, id, &failure)) {
            moved++;
            continue;
        }
        db_rollback(month_end.db);
        log_event(LOG_ERROR, "statement_not_payable", LOG_SLICE("statement", id),
                  LOG_TEXT("detail", failure.detail), LOG_END);
        if (failed++ == 0)
            first = failure;
        if (failure.kind == ERROR_DB_LOST)
            break;
    }
    metric_set(metric_gauge("ecf2_statements_overdue",
                            "Output statements past their deadline that are still open", ""),
               PQntuples(overdue) - moved);
    if (moved > 0 && !worker_pause(scheduler->worker, monotonic_now_us() + CACHE_HOLD_US))
        return error_set(err, ERROR_SYSTEM, "told to leave");
    if (failed == 0)
        return true;
    return error_set(err, first.kind, "%d statements did not become payable; the first: %s", failed,
                     first.detail);
}
