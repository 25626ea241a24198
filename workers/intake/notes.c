/*
 * notes: writes about nobody's record (pipeline.md PL-17), in groups, after the submissions of the batch are
 * durable.
 */
#include "workers/intake/intake.h"

#include "common/log.h"
#include "common/metrics.h"
#include "workers/intake/sql.h"

static void store_tokens(struct db *db, const struct intake_batch *batch)
{
    struct db_params params = DB_PARAMS_INIT;
    struct error err = {0};

    if (batch->token_count == 0)
        return;
    db_array_begin(&params);
    for (size_t i = 0; i < batch->token_count; i++)
        db_array_int(&params, batch->token_ids[i]);
    db_array_end(&params);
    if (!db_run(db, &sql_note_tokens_used, &params, NULL, &err))
        log_failure(LOG_WARNING, "notes_lost", &err);
    db_params_release(&params);
}

static bool insert_usage(struct db *db, const struct intake_usage *usage, size_t count, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;

    db_array_begin(&params);
    for (size_t i = 0; i < count; i++)
        db_array_slice(&params, usage[i].payload);
    db_array_end(&params);
    const bool stored = db_run(db, &sql_insert_usage_events, &params, NULL, err);
    db_params_release(&params);
    return stored;
}

static int64_t events_in(const struct intake_usage *usage, size_t count)
{
    int64_t events = 0;

    for (size_t i = 0; i < count; i++)
        events += (int64_t)usage[i].events;
    return events;
}

/* One that PostgreSQL does not take shall not take its neighbours with it: halves, as of a batch. */
static void store_usage(struct db *db, const struct intake_usage *usage, size_t count)
{
    struct error err = {0};

    if (count == 0)
        return;
    const bool stored = insert_usage(db, usage, count, &err);
    if (!stored && count > 1 && db_is_connected(db)) {
        store_usage(db, usage, count / 2);
        store_usage(db, usage + count / 2, count - count / 2);
        return;
    }
    if (!stored)
        log_failure(LOG_WARNING, "notes_lost", &err);
    metric_add(metric_counter("ecf2_usage_events_total", "requests recorded for analytics",
                              stored ? "result=\"stored\"" : "result=\"lost\""),
               events_in(usage, count));
}

void intake_store_notes(struct db *db, const struct intake_batch *batch)
{
    store_tokens(db, batch);
    store_usage(db, batch->usage, batch->usage_count);
}
