/*
 * worker_batch: deciding what waits, and what happens when that fails (worker.h, architecture.md section 4: a
 * failure is contained). The handler owns the transaction; here it is only rolled back.
 */
#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/dry_run.h"
#include "common/log.h"
#include "common/sql.h"
#include "common/worker_private.h"

#define CONFLICT_TRIES 3
/* Connections lost in a row at the same records before these count as the reason: what ends its session each
 * time it is tried would else be tried for ever. While PostgreSQL is away nothing is tried. */
#define LOST_TRIES 3
/* A lock that is no advisory one (somebody changes a table) is met by each half again, for lock_timeout (2
 * s); the lease of a record is 30 s. */
#define GIVE_BACK_US (10 * US_PER_SECOND)
/* From this return on it is not contention, which is over in milliseconds: somebody keeps a lock. */
#define FREE_LOCKS_RETURNS 3
#define RECONNECT_FIRST_US (US_PER_SECOND / 20)
#define RECONNECT_LAST_US  (2 * US_PER_SECOND)

#define SQLSTATE_LOCK_TIMEOUT      "55P03"
#define SQLSTATE_STATEMENT_TIMEOUT "57014"

/* ------------------------------------------------------- what handlers say */

void work_done(struct work_item *item)
{
    item->disposition = WIRE_DONE;
}

void work_forward(struct work_item *item, const char *service)
{
    item->disposition = WIRE_FORWARD;
    item->next_service = service;
    log_event(LOG_DEBUG, "handed_on", LOG_SLICE("trace", item->record.trace),
              LOG_UUID("submission", &item->record.id), LOG_TEXT("to", service), LOG_END);
}

static void give_item_back(struct work_item *item, const char *service, const char *reason)
{
    log_event(LOG_DEBUG, "given_back", LOG_UUID("submission", &item->record.id), LOG_TEXT("reason", reason),
              LOG_INT("returns", item->record.returns), LOG_SLICE("trace", item->record.trace), LOG_END);
    item->disposition = WIRE_RETURN;
    item->next_service = service;
}

void work_return(struct work_item *item, const char *service, const char *reason)
{
    give_item_back(item, service, reason);
    if (item->record.returns + 1 >= WIRE_RETURNS_MAX) {
        item->failure = reason;
        item->disposition = WIRE_DONE;
    }
}

void work_wait(struct work_item *item, const char *service, const char *reason)
{
    give_item_back(item, service, reason);
    if (item->record.returns >= WIRE_RETURNS_WAITING)
        item->record.returns--; /* the broker counts it up again */
}

void work_reply(struct work_item *item, const struct wire_reply *reply)
{
    struct work_reply **end = &item->replies;

    if (item->record.reply_to.size == 0)
        return;
    while (*end != NULL)
        end = &(*end)->next;
    *end = memory_zero(1, sizeof **end);
    wire_reply_write(&(*end)->frame, reply);
}

struct slice work_keep(struct work_item *item, struct slice text)
{
    struct work_text *kept = memory_alloc(sizeof *kept + text.size + 1);

    if (text.size > 0)
        memcpy(kept->data, text.data, text.size);
    kept->data[text.size] = '\0';
    kept->next = item->kept;
    item->kept = kept;
    return (struct slice){kept->data, text.size};
}

/* -------------------------------------------------------------- connection */

bool worker_connect(struct worker *worker)
{
    struct error err = {0};

    if (db_is_connected(worker->db))
        return true;
    if (monotonic_now_us() < worker->reconnect_at_us)
        return false;
    if (db_connect(worker->db, &err) &&
        (worker->definition->connected == NULL || worker->definition->connected(worker, &err))) {
        log_event(LOG_INFO, "database_connected", LOG_END);
        worker->reconnect_delay_us = 0;
        worker->next_tick_us = monotonic_now_us();
        return true;
    }
    db_disconnect(worker->db);
    worker_withdraw(worker);
    worker->reconnect_delay_us =
        worker->reconnect_delay_us == 0 ? RECONNECT_FIRST_US : worker->reconnect_delay_us * 2;
    if (worker->reconnect_delay_us > RECONNECT_LAST_US)
        worker->reconnect_delay_us = RECONNECT_LAST_US;
    worker->reconnect_at_us = monotonic_now_us() + worker->reconnect_delay_us;
    log_failure(LOG_WARNING, "database_away", &err);
    log_event(LOG_INFO, "database_retry", LOG_INT("after_ms", worker->reconnect_delay_us / 1000), LOG_END);
    return false;
}

enum database_state { DATABASE_THERE, DATABASE_AWAY, DATABASE_LEAVING };

/* Waits, answering the brokers, until the database is back; not into the lease of what is in hand, or the
 * broker would take us for dead, three times, and have live work buried. */
static enum database_state wait_for_database(struct worker *worker)
{
    while (!worker_connect(worker)) {
        if (monotonic_now_us() >= worker->hand_back_us)
            return DATABASE_AWAY;
        if (!worker_wait(worker, -1, false, worker->reconnect_at_us))
            return DATABASE_LEAVING;
    }
    return DATABASE_THERE;
}

/* ---------------------------------------------------------- lone failures */

static bool write_stage_error(struct worker *worker, const struct work_item *item,
                              const struct error *failure, int64_t duration_us, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    json_t *detail = json_pack("{s:s, s:s, s:s}", "kind", error_kind_name(failure->kind), "sqlstate",
                               failure->sqlstate, "reason", failure->detail);
    char *text = detail == NULL ? NULL : json_dumps(detail, JSON_COMPACT);
    bool good;

    db_param_uuid(&params, &item->record.id);
    db_param_instant(&params, uuid_v7_time_us(&item->record.id));
    db_param_text(&params, worker->definition->service);
    db_param_text(&params, worker->name);
    db_param_int(&params, duration_us);
    db_param_text(&params, text);
    db_pipeline_begin(worker->db);
    db_queue_planning(worker->db, DB_PLAN_WITH_BOUNDS);
    db_queue(worker->db, &sql_insert_stage_error, &params);
    good = db_pipeline_run(worker->db, 2, NULL, err);
    db_params_release(&params);
    json_decref(detail);
    free(text);
    return good;
}

/* Whoever waits for a read or a dry run is told to come again. Fronts take this for nothing else: an attempt
 * to accept a submission may have been committed though we lost the answer, and a copy of it may be accepted
 * elsewhere. So nobody may say that it was not; its front sends it again, until its own deadline (PL-11). */
static void reply_unavailable(struct work_item *item)
{
    static const char body[] =
        "{\"errors\":[{\"title\":\"Service unavailable\",\"detail\":\"This could not be done "
        "now. Nothing was changed. Try again in a few seconds.\"}]}";

    work_reply(item, &(struct wire_reply){.kind = WIRE_READ,
                                          .status = 503,
                                          .id = item->record.id,
                                          .extra = slice_of("{\"retry_after\":5}"),
                                          .body = slice_of(body)});
}

/* One item that failed for itself: recorded, done with here, and sent again by the scheduler when due (PL-40,
 * PL-43). False: the process is to leave. */
static bool fail_alone(struct worker *worker, struct work_item *item, const struct error *failure,
                       int64_t duration_us)
{
    log_failure(LOG_ERROR, "item_failed", failure);
    log_event(LOG_ERROR, "item_failed", LOG_UUID("submission", &item->record.id),
              LOG_SLICE("trace", item->record.trace), LOG_SLICE("kind", item->record.kind), LOG_END);
    work_done(item);
    if (!worker->definition->failures_are_stages || work_is_dry_run(item)) {
        reply_unavailable(item);
        return true;
    }
    for (;;) {
        struct error err = {0};

        if (write_stage_error(worker, item, failure, duration_us, &err))
            return true;
        if (err.kind != ERROR_DB_LOST) {
            log_failure(LOG_ERROR, "stage_error_not_written",
                        &err); /* undecided all the same: it is sent again */
            return true;
        }
        switch (wait_for_database(worker)) {
        case DATABASE_THERE:
            break;
        case DATABASE_AWAY:
            return true; /* undecided all the same: it is sent again */
        case DATABASE_LEAVING:
            return false;
        }
    }
}

/* ---------------------------------------------------------------- deciding */

static void forget_attempt(struct work_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        items[i].disposition = 0;
        items[i].next_service = NULL;
        items[i].failure = NULL;
        items[i].context = NULL;
        items[i].touched = (struct slice){NULL, 0};
        while (items[i].replies != NULL) {
            struct work_reply *reply = items[i].replies;

            items[i].replies = reply->next;
            buffer_release(&reply->frame);
            free(reply);
        }
        /* what the handler put into the record may point to what it has freed: read it again */
        if (!wire_record_read(items[i].original, &items[i].record, NULL))
            abort(); /* it was read when it came */
    }
}

/* What the handler succeeded with: items that were returned once too often fail alone; the rest is reported.
 */
static bool conclude(struct worker *worker, struct work_item *items, size_t count, int64_t duration_us)
{
    bool stay = true;

    for (size_t i = 0; i < count && stay; i++) {
        if (items[i].failure != NULL) {
            struct error failure = {0};

            error_set(&failure, ERROR_DB_CONFLICT, "given back %d times: %s", WIRE_RETURNS_MAX,
                      items[i].failure);
            stay = fail_alone(worker, &items[i], &failure, duration_us);
        } else if (items[i].disposition == 0) {
            struct error failure = {0};

            error_set(&failure, ERROR_BUG, "the handler said nothing of an item");
            stay = fail_alone(worker, &items[i], &failure, duration_us);
        }
    }
    worker_touch_cache(worker, items, count);
    worker_report(worker, items, count);
    return stay;
}

/* Records that are decided together. */
struct part {
    struct work_item *items;
    size_t count;
    bool is_whole; /* the batch as it came */
};

/* The parts of a batch that are still to be decided, first come, first served: so the half without the poison
 * does not wait until the poison stands alone. */
struct parts {
    struct part list[2 * WIRE_BATCH_MAX]; /* halving n records makes n - 1 pairs of parts */
    size_t begun, count;
    int64_t give_back_us; /* monotonic: from then on what meets a lock is given back untried */
};

enum attempt_result { ATTEMPT_DECIDED, ATTEMPT_AGAIN, ATTEMPT_FAILED, ATTEMPT_LEAVE };

static bool is_sqlstate(const struct error *err, const char *sqlstate)
{
    return strcmp(err->sqlstate, sqlstate) == 0;
}

/* Whether it may succeed when it is just done again. A connection that is lost each time is lost by what we
 * do with it. Time-outs have cost seconds already, and whoever is beside the one that waits shall not wait as
 * often: after one for a lock, those whose locks are free go on without the others (COMMIT_BUSY). */
static bool is_worth_another_try(struct worker *worker, const struct error *err, const struct part *part,
                                 int attempt)
{
    if (err->kind == ERROR_DB_LOST)
        return attempt < LOST_TRIES && (part->is_whole || part->count == 1);
    if (is_sqlstate(err, SQLSTATE_LOCK_TIMEOUT) && !worker->free_locks_only) {
        worker->free_locks_only = true;
        return true;
    }
    return err->kind == ERROR_DB_CONFLICT && !is_sqlstate(err, SQLSTATE_LOCK_TIMEOUT) &&
           !is_sqlstate(err, SQLSTATE_STATEMENT_TIMEOUT) && attempt < CONFLICT_TRIES && part->is_whole;
}

/* The database stays away: to whoever has it, or to us when it is back. No failure of the records, so not a
 * return. */
static void hand_back(struct worker *worker, const struct part *part)
{
    for (size_t i = 0; i < part->count; i++)
        work_forward(&part->items[i], worker->definition->service);
    worker_report(worker, part->items, part->count);
}

static enum attempt_result attempt_part(struct worker *worker, const struct part *part, int attempt,
                                        struct error *err)
{
    const int64_t started_us = monotonic_now_us();

    forget_attempt(part->items, part->count);
    switch (wait_for_database(worker)) {
    case DATABASE_THERE:
        break;
    case DATABASE_AWAY:
        hand_back(worker, part);
        return ATTEMPT_DECIDED;
    case DATABASE_LEAVING:
        return ATTEMPT_LEAVE;
    }
    if (worker->definition->handle(worker, part->items, part->count, err))
        return conclude(worker, part->items, part->count, monotonic_now_us() - started_us) ? ATTEMPT_DECIDED
                                                                                           : ATTEMPT_LEAVE;
    db_rollback(worker->db);
    metric_add(worker->retries, 1);
    forget_attempt(part->items, part->count);
    log_failure(err->kind == ERROR_DB_LOST || err->kind == ERROR_DB_CONFLICT ? LOG_WARNING : LOG_ERROR,
                "batch_failed", err);
    log_event(LOG_INFO, "batch_failed", LOG_INT("items", part->count), LOG_INT("attempt", attempt), LOG_END);
    return is_worth_another_try(worker, err, part, attempt) ? ATTEMPT_AGAIN : ATTEMPT_FAILED;
}

static bool give_back(struct worker *worker, const struct part *part, const struct error *err)
{
    const bool waits = is_sqlstate(err, SQLSTATE_LOCK_TIMEOUT);

    for (size_t i = 0; i < part->count; i++)
        (waits ? work_wait : work_return)(&part->items[i], worker->definition->service, err->detail);
    return conclude(worker, part->items, part->count, /* duration_us= */ 0);
}

/* Failed for good, as a whole: by halves, or alone. False: the process is to leave. */
static bool part_has_failed(struct worker *worker, struct parts *parts, const struct part *part,
                            const struct error *err, int64_t duration_us)
{
    if (is_sqlstate(err, SQLSTATE_LOCK_TIMEOUT) && monotonic_now_us() >= parts->give_back_us)
        return give_back(worker, part, err);
    if (part->count > 1) {
        const size_t half = part->count / 2;

        parts->list[parts->count++] = (struct part){.items = part->items, .count = half};
        parts->list[parts->count++] = (struct part){.items = part->items + half, .count = part->count - half};
        return true;
    }
    if (err->kind == ERROR_DB_CONFLICT)
        return give_back(worker, part, err);
    if (!fail_alone(worker, part->items, err, duration_us))
        return false;
    worker_report(worker, part->items, 1);
    return true;
}

static bool has_waited(const struct part *part)
{
    for (size_t i = 0; i < part->count; i++)
        if (part->items[i].record.returns >= FREE_LOCKS_RETURNS)
            return true;
    return false;
}

static bool decide_part(struct worker *worker, struct parts *parts, const struct part *part)
{
    const int64_t started_us = monotonic_now_us();
    enum attempt_result result;
    struct error err;

    worker->free_locks_only = has_waited(part);
    for (int attempt = 1;; attempt++) {
        err = (struct error){0};
        result = attempt_part(worker, part, attempt, &err);
        if (result != ATTEMPT_AGAIN)
            break;
    }
    if (result == ATTEMPT_FAILED)
        return part_has_failed(worker, parts, part, &err, monotonic_now_us() - started_us);
    return result == ATTEMPT_DECIDED;
}

/* Decides items, all or, after failures, by halves. False: the process is to leave; what is not decided is
 * not reported, so that the broker gives it to somebody else. */
static bool decide(struct worker *worker, struct work_item *items, size_t count)
{
    struct parts parts = {.count = 1, .give_back_us = monotonic_now_us() + GIVE_BACK_US};

    parts.list[0] = (struct part){.items = items, .count = count, .is_whole = true};
    while (parts.begun < parts.count) {
        const struct part part = parts.list[parts.begun++];

        if (!decide_part(worker, &parts, &part))
            return false;
    }
    return true;
}

size_t work_together(const struct work_item *items, size_t count,
                     bool (*is_alone)(const struct work_item *item))
{
    size_t together = 1;

    if (is_alone == NULL)
        return count;
    while (together < count && !is_alone(&items[0]) && !is_alone(&items[together]))
        together++;
    return together;
}

void worker_take_batch(struct worker *worker)
{
    struct work_item items[WIRE_BATCH_MAX];
    const size_t limit = (size_t)worker->settings.batch_size;
    const int64_t started_us = monotonic_now_us();
    size_t count = worker->queued < limit ? worker->queued : limit;

    if (count == 0)
        return;
    count = work_together(worker->queue, count, worker->definition->is_alone);
    memcpy(items, worker->queue, count * sizeof items[0]);
    memmove(worker->queue, worker->queue + count, (worker->queued - count) * sizeof items[0]);
    worker->queued -= count;
    worker->hand_back_us = started_us + worker->settings.lease_ms * 1000 / 3;
    if (!decide(worker, items, count))
        return; /* leaving at once: memory goes with the process */
    metric_observe(worker->batch_size, (double)count);
    metric_observe_us(worker->batch_seconds, monotonic_now_us() - started_us);
    log_event(LOG_DEBUG, "batch_done", LOG_INT("items", count),
              LOG_INT("us", monotonic_now_us() - started_us), LOG_END);
}
