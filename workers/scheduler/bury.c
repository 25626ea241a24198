/*
 * bury: dead letters (pipeline.md PL-41, PL-42). Under the subjects' locks, so that nobody decides at the
 * same time; the look for outcomes is a later statement than the locks, and so sees whatever was committed
 * before them.
 */
#include <string.h>

#include "common/commit.h"
#include "common/kinds.h"
#include "common/log.h"
#include "common/sql.h"
#include "common/verdict.h"
#include "workers/scheduler/scheduler.h"
#include "workers/scheduler/sql.h"

#define REASON_WORKER_DIED "worker died"

static void empty_array(struct db_params *params)
{
    db_array_begin(params);
    db_array_end(params);
}

static void lock_params(struct db_params *params, const struct burial *burials, size_t count)
{
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_slice(params, burials[i].subject);
    db_array_end(params);
    for (int column = 0; column < 3; column++)
        empty_array(params);
}

static void letter_params(struct db_params *params, const struct burial *burials, size_t count)
{
    int64_t from_us = INT64_MAX, until_us = INT64_MIN;

    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_uuid(params, &burials[i].id);
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++) {
        const int64_t accepted_us = uuid_v7_time_us(&burials[i].id);

        from_us = accepted_us < from_us ? accepted_us : from_us;
        until_us = accepted_us > until_us ? accepted_us : until_us;
        db_array_instant(params, accepted_us);
    }
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_slice(params, burials[i].stage);
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_int(params, burials[i].attempts);
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_slice(params, burials[i].reason);
    db_array_end(params);
    db_param_instant(params, from_us);
    db_param_instant(params, until_us);
}

/* Rows submission_id, stage, reason, kind: an operator has to look at each. */
static void report(const PGresult *buried)
{
    for (int row = 0; row < PQntuples(buried); row++) {
        log_event(LOG_ERROR, "submission_dead", LOG_SLICE("submission", db_text(buried, row, 0)),
                  LOG_SLICE("stage", db_text(buried, row, 1)), LOG_SLICE("reason", db_text(buried, row, 2)),
                  LOG_END);
        commit_count(db_text(buried, row, 3), "dead");
    }
}

bool bury(struct db *db, const struct burial *burials, size_t count, struct error *err)
{
    enum { BEGIN, LOCKS, LETTERS, COMMIT, COUNT };
    struct db_params locks = DB_PARAMS_INIT, letters = DB_PARAMS_INIT;
    PGresult *results[COUNT] = {NULL};

    if (count == 0)
        return true;
    lock_params(&locks, burials, count);
    letter_params(&letters, burials, count);
    db_pipeline_begin(db);
    db_queue_begin(db);
    db_queue(db, &sql_take_locks, &locks);
    db_queue(db, &sql_insert_dead_letters, &letters);
    db_queue_commit(db);
    const bool good = db_pipeline_run(db, COUNT, results, err);
    db_params_release(&locks);
    db_params_release(&letters);
    if (good)
        report(results[LETTERS]);
    for (size_t i = 0; i < COUNT; i++)
        PQclear(results[i]);
    return good;
}

/* Validation adds the facts, eligibility its part of the verdict: what is there tells how far the record
 * came. */
const char *bury_stage_of(const struct wire_record *record)
{
    const struct kind *kind = kind_find(record->kind);
    struct verdict verdict;
    size_t stage = record->facts.size == 0 ? 0 : 1;

    if (kind == NULL)
        return "unknown";
    if (stage > 0 && verdict_read(record->verdict, &verdict, NULL)) {
        stage += verdict.reason.size > 0 ? 1 : 0;
        verdict_release(&verdict);
    }
    while (stage > 0 && kind->stages[stage] == NULL)
        stage--;
    return kind->stages[stage];
}

/* The broker buries only what was accepted (workers/broker/deaths.c). */
static bool can_be_buried(const struct work_item *item)
{
    if (item->record.accept_no > 0 && uuid_is_v7(&item->record.id))
        return true;
    log_event(LOG_ERROR, "burial_refused", LOG_UUID("submission", &item->record.id),
              LOG_SLICE("kind", item->record.kind), LOG_TEXT("reason", "it was never accepted"), LOG_END);
    return false;
}

bool bury_items(struct db *db, struct work_item *items, size_t count, struct error *err)
{
    struct burial burials[WIRE_BATCH_MAX] = {0};
    size_t taken = 0;

    for (size_t i = 0; i < count && taken < WIRE_BATCH_MAX; i++)
        if (can_be_buried(&items[i]))
            burials[taken++] = (struct burial){.id = items[i].record.id,
                                               .subject = items[i].record.subject,
                                               .stage = slice_of(bury_stage_of(&items[i].record)),
                                               .reason = slice_of(REASON_WORKER_DIED),
                                               .attempts = items[i].record.deaths};
    if (!bury(db, burials, taken, err))
        return false;
    for (size_t i = 0; i < count; i++)
        work_done(&items[i]);
    return true;
}
