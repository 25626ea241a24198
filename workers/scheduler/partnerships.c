/*
 * partnerships: the number of people who are training under a partnership follows from the day, so that its
 * updated_at moves on each day on which somebody begins, or has just finished (lead-provider-api.md 3.13):
 * at 00:01 UTC, for every day since the last run. One whose instant is later than London's midnight of the
 * last such day is left alone: whoever has asked since then was shown the new number. So a run twice changes
 * nothing.
 */
#include "common/cache.h"
#include "common/cleanup.h"
#include "common/locks.h"
#include "common/log.h"
#include "workers/scheduler/scheduler.h"
#include "workers/scheduler/sql.h"

#define TOGETHER 200 /* in one transaction: locks of so many schools */
#define BACK_MAX 400 /* days: a leader that comes later than that begins there */

struct span {
    char from[DATE_TEXT_SIZE], until[DATE_TEXT_SIZE]; /* London's days, both included */
};

/* From the day behind the last run's until today; a first run is of today only. */
static struct span span_of(const struct job_state *job, struct date today)
{
    struct date from = today;
    struct span span = {.from = ""};

    if (job->done_us != INT64_MIN)
        from = date_add(london_date(job->done_us), 1);
    if (from.day > today.day)
        from = today;
    if (from.day < today.day - BACK_MAX)
        from = date_add(today, -BACK_MAX);
    date_format(from, span.from);
    date_format(today, span.until);
    return span;
}

static bool find_moved(struct db *db, const struct span *span, PGresult **ret_rows, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;

    db_param_text(&params, span->from);
    db_param_text(&params, span->until);
    const bool good = db_run(db, &sql_find_moved_partnerships, &params, ret_rows, err);
    db_params_release(&params);
    return good;
}

static void ids_params(struct db_params *params, const PGresult *rows, int from, int until)
{
    db_array_begin(params);
    for (int row = from; row < until; row++)
        db_array_slice(params, db_text(rows, row, 0));
    db_array_end(params);
}

static bool take_locks(struct db *db, const PGresult *rows, int from, int until, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *named = NULL;

    ids_params(&params, rows, from, until);
    const bool found = db_run(db, &sql_find_partnership_locks, &params, &named, err);
    db_params_release(&params);
    return found && locks_take(db, named, 0, err);
}

/* The row that was found says until when it is left alone, so it is looked at again under the locks. */
static bool touch(struct db *db, const PGresult *rows, int from, int until, int64_t *ret_touched,
                  struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *touched = NULL;

    ids_params(&params, rows, from, until);
    db_array_begin(&params);
    for (int row = from; row < until; row++)
        db_array_slice(&params, db_text(rows, row, 1));
    db_array_end(&params);
    db_param_instant(&params, business_now_us());
    db_array_begin(&params);
    db_array_microseconds(&params, business_ahead_us());
    db_array_end(&params);
    const bool good = db_run(db, &sql_touch_partnerships, &params, &touched, err);
    db_params_release(&params);
    if (good)
        *ret_touched += db_int(touched, 0, 0);
    return good;
}

bool job_touch_partnerships(struct scheduler *scheduler, struct error *err)
{
    struct db *db = worker_db(scheduler->worker);
    const struct span span = span_of(scheduler->job, london_date(business_now_us()));
    CLEANUP(pgresult) PGresult *rows = NULL;
    int64_t touched = 0;

    if (!db_begin(db, err) || !db_run(db, &sql_allow_long_statements, NULL, NULL, err) ||
        !find_moved(db, &span, &rows, err) || !db_commit(db, err))
        return false;
    for (int from = 0; from < PQntuples(rows); from += TOGETHER) {
        const int until = from + TOGETHER < PQntuples(rows) ? from + TOGETHER : PQntuples(rows);

        if (!db_begin(db, err) || !take_locks(db, rows, from, until, err) ||
            !touch(db, rows, from, until, &touched, err) || !db_commit(db, err))
            return false;
    }
    if (touched > 0 && !worker_pause(scheduler->worker, monotonic_now_us() + CACHE_HOLD_US))
        return error_set(err, ERROR_SYSTEM, "told to leave");
    log_event(LOG_INFO, "partnerships_touched", LOG_INT("partnerships", touched), LOG_END);
    return true;
}
