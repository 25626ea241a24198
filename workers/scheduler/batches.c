/*
 * batches: tells who asked for it that a batch is finished (pipeline.md PL-54). Of each open batch one
 * undecided line is remembered, the last; only when that one is decided is another looked for, from there
 * backwards. So all looks together read each line once. Those that are finished are remembered too: nobody
 * may be told of one (his endpoint is younger), and then it is found as one of which nobody was told, every
 * second.
 */
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "workers/scheduler/scheduler.h"
#include "workers/scheduler/sql.h"

#define BATCHES_EVERY_US US_PER_SECOND
#define BATCHES_A_LOOK   100 /* one that is looked at for the first time may have ten thousand lines */

struct open_batch {
    struct uuid id;
    int64_t line; /* those behind it are decided; 0 = all are */
};

void batches_forget(struct scheduler *scheduler)
{
    free(scheduler->batches);
    free(scheduler->finished);
    scheduler->batches = NULL;
    scheduler->finished = NULL;
    scheduler->finished_count = scheduler->finished_capacity = 0;
    scheduler->batch_count = scheduler->batch_capacity = 0;
    scheduler->batches_are_known = false;
    scheduler->next_batches_us = 0;
}

static bool is_known(const struct scheduler *scheduler, const struct uuid *id)
{
    for (size_t i = 0; i < scheduler->batch_count; i++)
        if (uuid_equal(&scheduler->batches[i].id, id))
            return true;
    for (size_t i = 0; i < scheduler->finished_count; i++)
        if (uuid_equal(&scheduler->finished[i], id))
            return true;
    return false;
}

static void remember_finished(struct scheduler *scheduler, const struct uuid *id)
{
    if (scheduler->finished_count == scheduler->finished_capacity) {
        scheduler->finished_capacity =
            scheduler->finished_capacity == 0 ? 16 : 2 * scheduler->finished_capacity;
        scheduler->finished =
            memory_grow(scheduler->finished, scheduler->finished_capacity, sizeof *scheduler->finished);
    }
    scheduler->finished[scheduler->finished_count++] = *id;
}

/* What was accepted before is looked for no longer. */
static void forget_finished(struct scheduler *scheduler, int64_t before_us)
{
    size_t kept = 0;

    for (size_t i = 0; i < scheduler->finished_count; i++)
        if (uuid_v7_time_us(&scheduler->finished[i]) >= before_us)
            scheduler->finished[kept++] = scheduler->finished[i];
    scheduler->finished_count = kept;
}

static void add(struct scheduler *scheduler, const struct uuid *id, int64_t line)
{
    if (scheduler->batch_count == scheduler->batch_capacity) {
        scheduler->batch_capacity = scheduler->batch_capacity == 0 ? 16 : 2 * scheduler->batch_capacity;
        scheduler->batches =
            memory_grow(scheduler->batches, scheduler->batch_capacity, sizeof *scheduler->batches);
    }
    scheduler->batches[scheduler->batch_count++] = (struct open_batch){.id = *id, .line = line};
}

static bool find_new(struct scheduler *scheduler, struct error *err)
{
    static const char *const names[] = {"id"};
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *result = NULL;
    const int64_t now_us = machine_now_us();
    const int64_t from_us = scheduler->batches_are_known ? undecided_look_from_us(scheduler, now_us)
                                                         : now_us - LOOK_EVERYTHING_US;
    int column;

    forget_finished(scheduler, from_us);
    db_param_instant(&params, from_us);
    db_param_instant(&params, now_us + LOOK_BACK_US); /* an id's clock may be fast */
    const bool good = db_run(worker_db(scheduler->worker), &sql_find_open_batches, &params, &result, err) &&
                      db_columns(result, names, &column, 1, err);
    db_params_release(&params);
    for (int row = 0; good && row < PQntuples(result); row++) {
        struct uuid id;

        if (db_uuid(result, row, column, &id) && !is_known(scheduler, &id))
            add(scheduler, &id, INT32_MAX);
    }
    scheduler->batches_are_known = scheduler->batches_are_known || good;
    return good;
}

/* Ids, their times, and with lines how far each was looked at; then the bounds. */
static void batch_params(struct db_params *params, const struct open_batch *batches, size_t count,
                         bool with_lines)
{
    int64_t from_us = INT64_MAX, until_us = INT64_MIN;

    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_uuid(params, &batches[i].id);
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++) {
        const int64_t accepted_us = uuid_v7_time_us(&batches[i].id);

        from_us = accepted_us < from_us ? accepted_us : from_us;
        until_us = accepted_us > until_us ? accepted_us : until_us;
        db_array_instant(params, accepted_us);
    }
    db_array_end(params);
    if (with_lines) {
        db_array_begin(params);
        for (size_t i = 0; i < count; i++)
            db_array_int(params, batches[i].line);
        db_array_end(params);
    }
    db_param_instant(params, from_us);
    db_param_instant(params, until_us);
}

static bool look_at_lines(struct scheduler *scheduler, size_t count, struct error *err)
{
    static const char *const names[] = {"n", "line"};
    enum { N, LINE, COUNT };
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *result = NULL;
    int columns[COUNT];

    batch_params(&params, scheduler->batches, count, /* with_lines= */ true);
    const bool good =
        db_run(worker_db(scheduler->worker), &sql_find_undecided_lines, &params, &result, err) &&
        db_columns(result, names, columns, COUNT, err);
    db_params_release(&params);
    for (int row = 0; good && row < PQntuples(result); row++) {
        const int64_t n = db_int(result, row, columns[N]);

        if (n < 1 || (size_t)n > count)
            return error_set(err, ERROR_BUG, "a row is about a batch that was not asked for");
        scheduler->batches[n - 1].line = db_int(result, row, columns[LINE]);
    }
    return good;
}

/* Those without undecided line, to the front; how many. */
static size_t bring_finished_to_front(struct scheduler *scheduler, size_t count)
{
    size_t finished = 0;

    for (size_t i = 0; i < count; i++) {
        const struct open_batch batch = scheduler->batches[i];

        if (batch.line != 0)
            continue;
        scheduler->batches[i] = scheduler->batches[finished];
        scheduler->batches[finished++] = batch;
    }
    return finished;
}

static bool tell(struct scheduler *scheduler, size_t finished, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *result = NULL;

    batch_params(&params, scheduler->batches, finished, /* with_lines= */ false);
    const bool good =
        db_run(worker_db(scheduler->worker), &sql_insert_batch_deliveries, &params, &result, err);
    db_params_release(&params);
    for (size_t i = 0; good && i < finished; i++) {
        remember_finished(scheduler, &scheduler->batches[i].id);
        log_event(LOG_INFO, "batch_finished", LOG_UUID("batch", &scheduler->batches[i].id), LOG_END);
    }
    return good;
}

/* Puts the first of them behind the others, so that each has its turn, or forgets them. */
static void move_on(struct scheduler *scheduler, size_t finished, size_t looked)
{
    struct open_batch again[BATCHES_A_LOOK] = {0};
    size_t kept = 0;

    for (size_t i = finished; i < looked; i++)
        if (uuid_v7_time_us(&scheduler->batches[i].id) > machine_now_us() - LOOK_EVERYTHING_US)
            again[kept++] = scheduler->batches[i];
    const size_t rest = scheduler->batch_count - looked;
    memmove(scheduler->batches, scheduler->batches + looked, rest * sizeof *scheduler->batches);
    memcpy(scheduler->batches + rest, again, kept * sizeof *again);
    scheduler->batch_count = rest + kept;
}

bool batches_turn(struct scheduler *scheduler, struct error *err)
{
    if (monotonic_now_us() < scheduler->next_batches_us)
        return true;
    scheduler->next_batches_us = monotonic_now_us() + BATCHES_EVERY_US;
    if (!find_new(scheduler, err))
        return false;
    const size_t count = scheduler->batch_count < BATCHES_A_LOOK ? scheduler->batch_count : BATCHES_A_LOOK;
    if (count == 0)
        return true;
    if (!look_at_lines(scheduler, count, err))
        return false;
    const size_t finished = bring_finished_to_front(scheduler, count);
    if (finished > 0 && !tell(scheduler, finished, err))
        return false;
    move_on(scheduler, finished, count);
    return true;
}
