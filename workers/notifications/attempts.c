/*
 * attempts: two rows each, "started" committed before anything is sent and "finished" after (notifications.md
 * NT-33). What has the first and not the second is sent again when its next_at is over: at least once.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "workers/notifications/notifications.h"
#include "workers/notifications/sql.h"

/* Behind the time-out of a request: until then whoever began it may still write how it ended. */
#define TAKEN_FOR_DEAD_MS 5000

/* -------------------------------------------------------------------- begin */

static void started_params(const struct notifications *n, struct db_params *params,
                           const struct delivery *deliveries)
{
    delivery_params(params, deliveries);
    db_array_begin(params);
    for (const struct delivery *one = deliveries; one != NULL; one = one->next)
        db_array_int(params, one->n);
    db_array_end(params);
    db_array_begin(params);
    for (const struct delivery *one = deliveries; one != NULL; one = one->next)
        db_array_int(params, n->settings->webhook_timeout_ms + TAKEN_FOR_DEAD_MS);
    db_array_end(params);
    db_param_text(params, worker_name(n->worker));
}

static bool write_started(struct notifications *n, struct delivery *deliveries, struct error *err)
{
    struct db *db = worker_db(n->worker);
    struct db_params started = DB_PARAMS_INIT;
    struct rendering rendering;
    PGresult *results[8] = {NULL};

    started_params(n, &started, deliveries);
    db_pipeline_begin(db);
    db_queue_begin(db);
    const size_t queued = 1 + render_queue(db, deliveries, &rendering);
    db_queue(db, &sql_insert_started_attempts, &started);
    db_queue_commit(db);
    const bool good =
        db_pipeline_run(db, queued + 2, results, err) && render_read(deliveries, results + 1, err);
    for (size_t i = 0; i < queued + 2; i++)
        PQclear(results[i]);
    render_release(&rendering);
    db_params_release(&started);
    return good;
}

/* What is not stored (any more), or not its owner's, is told to nobody. */
static void suppress(struct notifications *n, struct delivery *delivery)
{
    delivery->result = (struct attempt_result){.outcome = "suppressed", .wait_ms = -1};
    (void)snprintf(delivery->result.error, ERROR_SIZE, "there is nothing to tell");
    delivery->next = n->finished;
    n->finished = delivery;
}

bool attempts_begin(struct notifications *n, struct delivery **deliveries, struct error *err)
{
    if (*deliveries == NULL)
        return true;
    if (!write_started(n, *deliveries, err)) {
        deliveries_free(*deliveries);
        *deliveries = NULL;
        db_disconnect(worker_db(n->worker)); /* and with it the locks of what was not begun */
        return false;
    }
    while (*deliveries != NULL) {
        struct delivery *delivery = *deliveries;

        *deliveries = delivery->next;
        HASH_ADD(hh, n->hand, id, sizeof delivery->id, delivery);
        delivery->endpoint->in_hand++;
        delivery->begun_us = monotonic_now_us();
        if (delivery->body.size == 0)
            suppress(n, delivery);
        else
            sender_send(n, delivery);
    }
    return true;
}

/* ------------------------------------------------------------------- finish */

static void plan_next(const struct notifications *n, struct delivery *delivery)
{
    struct attempt_result *result = &delivery->result;
    const int64_t tried_ms = delivery->tried_ms + (monotonic_now_us() - delivery->begun_us) / 1000;
    uint32_t chance;

    if (strcmp(result->outcome, "transient") != 0 && strcmp(result->outcome, "ambiguous") != 0) {
        result->wait_ms = -1;
        return;
    }
    random_fill(&chance, sizeof chance);
    result->wait_ms =
        retry_after_failure_ms(delivery->failures + 1, tried_ms, n->settings->webhook_wait_ms,
                               n->settings->webhook_give_up_ms, delivery->retry_after_s * 1000, chance);
}

enum finished_column { COLUMN_N, COLUMN_TOOK, COLUMN_OUTCOME, COLUMN_WAIT, COLUMN_CODE, COLUMN_ERROR };

static void add_finished(struct db_params *params, enum finished_column column, const struct delivery *one)
{
    const struct attempt_result *result = &one->result;

    switch (column) {
    case COLUMN_N:
        db_array_int(params, one->n);
        break;
    case COLUMN_TOOK:
        db_array_int(params, (monotonic_now_us() - one->begun_us) / 1000);
        break;
    case COLUMN_OUTCOME:
        db_array_text(params, result->outcome);
        break;
    case COLUMN_WAIT:
        if (result->wait_ms < 0)
            db_array_null(params);
        else
            db_array_int(params, result->wait_ms);
        break;
    case COLUMN_CODE:
        db_array_id(params, result->code);
        break;
    case COLUMN_ERROR:
        db_array_text(params, result->error[0] == '\0' ? NULL : result->error);
        break;
    }
}

static bool write_finished(struct notifications *n, const struct delivery *done, struct error *err)
{
    enum { BEGIN, FINISHED, COMMIT, UNLOCK, COUNT };
    struct db *db = worker_db(n->worker);
    struct db_params finished = DB_PARAMS_INIT, unlocked = DB_PARAMS_INIT;

    delivery_params(&finished, done);
    for (int column = COLUMN_N; column <= COLUMN_ERROR; column++) {
        db_array_begin(&finished);
        for (const struct delivery *one = done; one != NULL; one = one->next)
            add_finished(&finished, (enum finished_column)column, one);
        db_array_end(&finished);
    }
    db_param_text(&finished, worker_name(n->worker));
    unlock_params(&unlocked, done);
    db_pipeline_begin(db);
    db_queue_begin(db);
    db_queue(db, &sql_insert_finished_attempts, &finished);
    db_queue_commit(db);
    db_queue(db, &sql_unlock_deliveries, &unlocked); /* behind the commit, or somebody would send it again */
    const bool good = db_pipeline_run(db, COUNT, NULL, err);
    db_params_release(&finished);
    db_params_release(&unlocked);
    return good;
}

/* ------------------------------------------------- what it says of the endpoint */

/* A change of an endpoint's state is written before it is believed; who reads the list again sees it anyway.
 */
static bool write_state(struct notifications *n, struct endpoint *endpoint, bool failing, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;

    if (endpoint->is_failing == failing)
        return true;
    db_array_begin(&params);
    db_array_int(&params, endpoint->id);
    db_array_end(&params);
    db_array_begin(&params);
    db_array_text(&params, failing ? "failing" : "working");
    db_array_end(&params);
    const bool good = db_run(worker_db(n->worker), &sql_insert_endpoint_states, &params, NULL, err);
    db_params_release(&params);
    if (!good)
        return false;
    endpoint->is_failing = failing;
    endpoint->failing_since_us = monotonic_now_us();
    log_event(failing ? LOG_WARNING : LOG_INFO,
              failing ? "webhook_endpoint_failing" : "webhook_endpoint_works",
              LOG_INT("endpoint", endpoint->id), LOG_END);
    return true;
}

static bool disable_if_due(struct notifications *n, struct endpoint *endpoint, struct error *err)
{
    const int64_t failing_ms = (monotonic_now_us() - endpoint->failing_since_us) / 1000;
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *disabled = NULL;

    if (!endpoint->is_listed || !endpoint->is_failing || failing_ms < n->settings->webhook_disable_ms)
        return true;
    db_param_int(&params, endpoint->id);
    db_param_instant(&params, business_now_us());
    db_param_int(&params, failing_ms / 3600000);
    const bool good = db_run(worker_db(n->worker), &sql_disable_endpoint, &params, &disabled, err);
    db_params_release(&params);
    if (!good)
        return false;
    endpoint->is_listed = false;
    if (PQntuples(disabled) > 0)
        log_event(LOG_ERROR, "webhook_endpoint_disabled", LOG_INT("endpoint", endpoint->id),
                  LOG_INT("failing_hours", failing_ms / 3600000), LOG_END);
    return true;
}

static bool is_success(const struct delivery *delivery)
{
    return strcmp(delivery->result.outcome, "accepted") == 0;
}

static bool is_failure(const struct delivery *delivery)
{
    return strcmp(delivery->result.outcome, "transient") == 0 ||
           strcmp(delivery->result.outcome, "ambiguous") == 0;
}

/* Of answers that come together one success counts more than any failure. */
static bool judge_endpoint(struct notifications *n, struct endpoint *endpoint, const struct delivery *done,
                           struct error *err)
{
    bool succeeded = false, failed = false;

    for (const struct delivery *one = done; one != NULL; one = one->next) {
        succeeded = succeeded || (one->endpoint == endpoint && is_success(one));
        failed = failed || (one->endpoint == endpoint && is_failure(one));
    }
    if (!succeeded && !failed)
        return true;
    return write_state(n, endpoint, !succeeded, err) && disable_if_due(n, endpoint, err);
}

static void report(struct delivery *delivery)
{
    const struct attempt_result *result = &delivery->result;
    const bool dead = is_failure(delivery) && result->wait_ms < 0;
    char labels[64];

    (void)snprintf(labels, sizeof labels, "result=\"%s\"", dead ? "dead" : result->outcome);
    metric_add(metric_counter("ecf2_webhook_attempts_total", "Attempts to deliver webhooks", labels), 1);
    log_event(dead                   ? LOG_ERROR
              : is_success(delivery) ? LOG_INFO
                                     : LOG_WARNING,
              dead ? "webhook_dead" : "webhook_attempt",
              LOG_TEXT("trace", delivery->trace[0] == '\0' ? NULL : delivery->trace),
              LOG_UUID("delivery", &delivery->id), LOG_INT("endpoint", delivery->endpoint->id),
              LOG_INT("attempt", delivery->n), LOG_TEXT("outcome", result->outcome),
              LOG_INT("status", result->code),
              LOG_TEXT("reason", result->error[0] == '\0' ? NULL : result->error),
              LOG_INT("ms", (monotonic_now_us() - delivery->begun_us) / 1000),
              LOG_INT("again_in_ms", result->wait_ms), LOG_END);
    if (result->wait_ms >= 0)
        endpoint_know(delivery->endpoint, &delivery->id, monotonic_now_us() + result->wait_ms * 1000);
}

/* They go back to where they came from when they cannot be written: next time. */
static bool conclude(struct notifications *n, struct delivery *done, struct error *err)
{
    for (struct delivery *one = done; one != NULL; one = one->next)
        plan_next(n, one);
    if (!write_finished(n, done, err))
        return false;
    for (struct delivery *one = done; one != NULL; one = one->next) {
        report(one);
        assert(n->hand != NULL); /* it holds all that is finished */
        HASH_DEL(n->hand, one);
        one->endpoint->in_hand--;
    }
    return true;
}

static bool judge_endpoints(struct notifications *n, const struct delivery *done, struct error *err)
{
    for (struct endpoint *endpoint = n->endpoints; endpoint != NULL; endpoint = endpoint->next)
        if (!judge_endpoint(n, endpoint, done, err))
            return false;
    return true;
}

bool attempts_finish(struct notifications *n, struct error *err)
{
    struct delivery *done = n->finished, **end = &n->finished;

    if (done == NULL)
        return true;
    n->finished = NULL; /* more may come while a statement runs */
    if (!conclude(n, done, err)) {
        while (*end != NULL)
            end = &(*end)->next;
        *end = done;
        return false;
    }
    /* The attempts are written; that their endpoint fails will be told by the next one, if not now. */
    const bool judged = judge_endpoints(n, done, err);
    deliveries_free(done);
    return judged;
}
