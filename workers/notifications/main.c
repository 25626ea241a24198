/*
 * ecf2-notifications: delivers what the outbox holds (architecture.md section 2): webhooks; mail comes with
 * its transports. See notifications.h.
 */
#include <stddef.h>

#include "common/log.h"
#include "common/sql.h"
#include "common/wake.h"
#include "workers/notifications/notifications.h"
#include "workers/notifications/sql.h"

struct notifications notifications;

static const struct db_statement *const shared[] = {&sql_show_submissions, &sql_show_batches, NULL};
static const struct db_statement *const *const statements[] = {notifications_statements, shared, NULL};

/* A wake-up is done with when it has come: what it tells of is found by the next turn. */
static bool handle(struct worker *worker, struct work_item *items, size_t count, struct error *err)
{
    (void)err;
    for (size_t i = 0; i < count; i++) {
        if (slice_equal(items[i].record.kind, slice_of(WAKE_ALL)))
            notifications.next_unfinished_us = 0;
        work_done(&items[i]);
    }
    notifications.woken = true;
    worker_tick_soon(worker);
    return true;
}

static bool open_sender(struct worker *worker, int *ret_fd, struct error *err)
{
    struct notifications *n = &notifications;

    n->worker = worker;
    n->settings = worker_settings(worker);
    n->only_public = webhook_only_public(n->settings->environment);
    n->find_at_us = INT64_MAX;
    n->in_flight = metric_gauge("ecf2_webhook_in_flight", "Webhooks under way", "");
    n->oldest_due =
        metric_gauge("ecf2_webhook_oldest_due_seconds", "How long the oldest due webhook waits", "");
    n->dead = metric_gauge("ecf2_webhook_dead", "Webhooks that were given up", "");
    /* NT-42: takes nothing, loses nothing; each endpoint is told unusable */
    if (n->settings->webhook_key[0] == '\0')
        log_event(LOG_ERROR, "webhook_key_missing", LOG_TEXT("hint", "set ECF2_WEBHOOK_KEY"), LOG_END);
    return sender_open(n, ret_fd, err);
}

static void serve(struct worker *worker)
{
    (void)worker;
    sender_serve(&notifications);
}

static bool finish(struct worker *worker, bool *ret_done, struct error *err)
{
    (void)worker;
    return turn_to_end(&notifications, ret_done, err);
}

static void close_sender(struct worker *worker)
{
    (void)worker;
    sender_close(&notifications);
    endpoints_free(&notifications);
}

static bool connected(struct worker *worker, struct error *err)
{
    (void)worker;
    (void)err;
    turn_forget(&notifications);
    return true;
}

static bool tick(struct worker *worker, struct error *err)
{
    (void)worker;
    return turn(&notifications, err);
}

int main(int argc, char **argv)
{
    static const struct worker_watch watch = {
        .open = open_sender, .ready = serve, .finish = finish, .close = close_sender};
    static const struct worker_definition definition = {
        .service = "notifications",
        .paragraph = "Delivers webhooks: tells endpoints what was decided, signed, until they take it.",
        .role = "ecf2_notifications",
        .statements = statements,
        .handle = handle,
        .failures_are_stages = false, /* a wake-up is no submission */
        .tick = tick,
        .tick_ms = 50,
        .connected = connected,
        .watch = &watch,
    };

    return worker_main(&definition, argc, argv);
}
