/*
 * refresh: every night everything that is derived of people and schools is computed again and compared with
 * what is kept (data-model-operations.md DM-36, lead-provider-api.md 3.13). Who mentors somebody moves with
 * the calendar, and is repaired; any other difference is a defect of a writer: it is told, and repaired too.
 *
 * Looking takes no locks: a slice is compared in one statement, whose snapshot has a writer's rows and what
 * follows from them, or neither. Only where something differs, the people or schools are locked (pipeline.md
 * section 3, classes 1 and 3), and computed once more: what they are then is what counts. So writers wait for
 * a few rows, a few milliseconds. The leader has other work: it looks for a fifth of a second a turn.
 */
#include "workers/scheduler/refresh.h"

#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/cache.h"
#include "common/cleanup.h"
#include "common/derived.h"
#include "common/locks.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/sql.h"
#include "workers/scheduler/scheduler.h"
#include "workers/scheduler/sql.h"

#define SLICE       1000 /* looked at in one statement */
#define TOGETHER    50   /* repaired in one transaction */
#define TURN_US     (US_PER_SECOND / 5)
#define BUSY_MAX    20 /* turns in which a lock is tried again before the job gives up for now */
#define OTHER_LOCKS 3  /* times that the locks of a slice may turn out to be others */

static const char *const tables[REFRESH_TABLES] = {"teacher_provider_status", "school_year_status",
                                                   "school_provider_year_status"};

/* ------------------------------------------------------------------ telling */

static void note(void *context, const struct derived_difference *difference)
{
    struct refresh *refresh = context;
    size_t table = 0;

    if (difference->moves_with_time) {
        refresh->repaired++;
        return;
    }
    while (table + 1 < REFRESH_TABLES && strcmp(tables[table], difference->table) != 0)
        table++;
    refresh->drifted[table]++;
    log_event(LOG_ERROR, "derived_drifted", LOG_TEXT("table", difference->table),
              LOG_TEXT("key", difference->key),
              LOG_TEXT("column", difference->column == NULL ? "" : difference->column),
              LOG_TEXT("kept", difference->kept), LOG_TEXT("recomputed", difference->recomputed), LOG_END);
}

static void tell(const struct refresh *refresh)
{
    int64_t drifted = 0;

    for (size_t i = 0; i < REFRESH_TABLES; i++) {
        char labels[64];

        (void)snprintf(labels, sizeof labels, "table=\"%s\"", tables[i]);
        metric_set(metric_gauge("ecf2_derived_drift",
                                "Derived values that the last nightly refresh found to be wrong", labels),
                   refresh->drifted[i]);
        drifted += refresh->drifted[i];
    }
    log_event(LOG_INFO, "derived_refreshed", LOG_INT("repaired", refresh->repaired),
              LOG_INT("drifted", drifted), LOG_END);
}

/* ----------------------------------------------------------------- repairing */

/* The rows' ids, each once: rows of one id stand together or not, 50 are few. */
struct wrong {
    int64_t ids[TOGETHER];
    size_t count;
};

static void ids_params(struct db_params *params, const struct wrong *wrong)
{
    db_array_begin(params);
    for (size_t i = 0; i < wrong->count; i++)
        db_array_int(params, wrong->ids[i]);
    db_array_end(params);
}

static bool name_locks(struct db *db, bool schools, const struct wrong *wrong, PGresult **ret_locks,
                       struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;

    ids_params(&params, wrong);
    const bool good =
        db_run(db, schools ? &sql_find_school_locks : &sql_find_people_locks, &params, ret_locks, err);
    db_params_release(&params);
    return good;
}

static bool write_people(struct db *db, const struct wrong *wrong, PGresult **ret_changed, struct error *err)
{
    struct derived_person people[TOGETHER];

    for (size_t i = 0; i < wrong->count; i++)
        people[i] = (struct derived_person){.teacher_id = wrong->ids[i],
                                            .as_of_us = business_now_us(),
                                            .updated_at_us = INSTANT_NONE,
                                            .ahead_us = business_ahead_us(),
                                            /* something was wrong that participants may have shown */
                                            .shows_participant = true};
    return derived_refresh_people(db, people, wrong->count, ret_changed, err);
}

static bool write_schools(struct db *db, const struct wrong *wrong, PGresult **ret_changed, struct error *err)
{
    struct derived_school schools[TOGETHER];

    for (size_t i = 0; i < wrong->count; i++)
        schools[i] = (struct derived_school){
            .school_id = wrong->ids[i], .updated_at_us = INSTANT_NONE, .ahead_us = business_ahead_us()};
    return derived_refresh_schools(db, schools, wrong->count, ret_changed, err);
}

/* One transaction. *ret_same false: the locks were others, once they were held; nothing is written. */
static bool try_repair(struct db *db, struct refresh *refresh, const struct wrong *wrong, bool *ret_same,
                       struct error *err)
{
    const bool schools = refresh->looks_at_schools;
    CLEANUP(pgresult) PGresult *before = NULL, *after = NULL, *changed = NULL;

    if (!db_begin(db, err) || !name_locks(db, schools, wrong, &before, err) ||
        !locks_take(db, before, 0, err) || !name_locks(db, schools, wrong, &after, err))
        return false;
    *ret_same = locks_same(before, after, 0);
    if (!*ret_same) {
        db_rollback(db);
        return true;
    }
    if (!(schools ? write_schools : write_people)(db, wrong, &changed, err) || !db_commit(db, err))
        return false;
    refresh->has_written = refresh->has_written || PQntuples(changed) > 0;
    return derived_differences_read(changed, note, refresh, err);
}

static bool repair(struct db *db, struct refresh *refresh, const struct wrong *wrong, struct error *err)
{
    bool same = wrong->count == 0;

    for (int i = 0; i < OTHER_LOCKS && !same; i++)
        if (!try_repair(db, refresh, wrong, &same, err))
            return false;
    return same || error_set(err, ERROR_DB_CONFLICT, "what belongs to them moves all the time");
}

/* ------------------------------------------------------------------- looking */

static bool find_wrong(struct db *db, const struct refresh *refresh, PGresult **ret_rows, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    char today[DATE_TEXT_SIZE];

    date_format(london_date(business_now_us()), today);
    db_param_int(&params, refresh->last);
    db_param_int(&params, SLICE);
    if (!refresh->looks_at_schools)
        db_param_text(&params, today);
    const bool good =
        db_run(db, refresh->looks_at_schools ? &sql_find_school_differences : &sql_find_people_differences,
               &params, ret_rows, err);
    db_params_release(&params);
    return good;
}

static bool is_among(const struct wrong *wrong, int64_t id)
{
    for (size_t i = 0; i < wrong->count; i++)
        if (wrong->ids[i] == id)
            return true;
    return false;
}

static bool repair_rows(struct db *db, struct refresh *refresh, const PGresult *rows, int id_column,
                        struct error *err)
{
    struct wrong wrong = {.count = 0};

    for (int row = 0; row < PQntuples(rows); row++) {
        const int64_t id = db_int(rows, row, id_column); /* null = 0 */

        if (id == 0 || is_among(&wrong, id))
            continue;
        if (wrong.count == TOGETHER) {
            if (!repair(db, refresh, &wrong, err))
                return false;
            wrong.count = 0;
        }
        wrong.ids[wrong.count++] = id;
    }
    return repair(db, refresh, &wrong, err);
}

/* Looks at one slice, and goes on to the next; *ret_more false: that was the last one. */
static bool refresh_slice(struct db *db, struct refresh *refresh, bool *ret_more, struct error *err)
{
    static const char *const names[] = {"last", "id"};
    enum { LAST, ID, COUNT };
    CLEANUP(pgresult) PGresult *rows = NULL;
    int columns[COUNT];

    if (!find_wrong(db, refresh, &rows, err) || !db_columns(rows, names, columns, COUNT, err) ||
        !repair_rows(db, refresh, rows, columns[ID], err))
        return false;
    refresh->last = db_int(rows, 0, columns[LAST]); /* null = 0 */
    *ret_more = refresh->last != 0 || !refresh->looks_at_schools;
    if (refresh->last == 0)
        refresh->looks_at_schools = true;
    return true;
}

/* Somebody holds a lock for longer than we wait: the slice is for another turn. */
static bool wait_for_another_turn(struct refresh *refresh, struct db *db, struct error *err)
{
    if (err->kind != ERROR_DB_CONFLICT || refresh->busy == BUSY_MAX)
        return false;
    refresh->busy++;
    db_rollback(db);
    error_clear(err);
    return true;
}

bool job_refresh_derived(struct scheduler *scheduler, struct error *err)
{
    struct refresh *refresh = &scheduler->refresh;
    struct db *db = worker_db(scheduler->worker);
    const int64_t until_us = monotonic_now_us() + TURN_US;
    bool more = true;

    if (!refresh->is_running)
        *refresh = (struct refresh){.is_running = true};
    while (more && monotonic_now_us() < until_us) {
        if (refresh_slice(db, refresh, &more, err)) {
            refresh->busy = 0;
            continue;
        }
        if (!wait_for_another_turn(refresh, db, err)) {
            refresh->busy = 0;
            return false; /* the next try goes on with this slice */
        }
        break;
    }
    scheduler->job_goes_on = more;
    if (more)
        return true;
    /* Told when no cached read is older (pipeline.md PL-52). */
    if (refresh->has_written && !worker_pause(scheduler->worker, monotonic_now_us() + CACHE_HOLD_US))
        return error_set(err, ERROR_SYSTEM, "told to leave");
    tell(refresh);
    refresh->is_running = false;
    return true;
}
