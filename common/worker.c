/* worker: start, the one loop, and the end of a worker process; see worker.h. */
#include "common/worker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/process.h"
#include "common/worker_private.h"

/* How long a draining worker waits for brokers to confirm its BYE. */
#define BYE_WAIT_US US_PER_SECOND
/* Longest sleep of the loop, so that READY is repeated to brokers that were away. */
#define TURN_US (US_PER_SECOND / 2)
/* The same while draining, where something else than a broker is waited for. */
#define DRAIN_TURN_US (US_PER_SECOND / 20)

struct db *worker_db(struct worker *worker)
{
    return worker->db;
}

bool worker_takes_free_locks_only(const struct worker *worker)
{
    return worker->free_locks_only;
}

const struct settings *worker_settings(const struct worker *worker)
{
    return &worker->settings;
}

size_t worker_broker_count(const struct worker *worker)
{
    return worker->broker_count;
}

const char *worker_name(const struct worker *worker)
{
    return worker->name;
}

void worker_tick_soon(struct worker *worker)
{
    worker->next_tick_us = 0;
}

void worker_wake_notifications(struct worker *worker)
{
    worker->wakes_notifications = true;
}

bool worker_pause(struct worker *worker, int64_t until_us)
{
    while (monotonic_now_us() < until_us)
        if (!worker_wait(worker, -1, false, until_us))
            return false;
    return true;
}

static bool wait_for_db(void *context, int fd, bool write, int64_t deadline_us)
{
    return worker_wait(context, fd, write, deadline_us);
}

static void make_metrics(struct worker *worker)
{
    char labels[64];

    (void)snprintf(labels, sizeof labels, "service=\"%s\"", worker->definition->service);
    worker->batch_size = metric_histogram("ecf2_worker_batch_size", "Records decided at once", labels);
    worker->batch_seconds = metric_histogram("ecf2_worker_batch_seconds", "Time that a batch took", labels);
    worker->retries = metric_counter("ecf2_retries_total", "Batches or halves that were tried again", labels);
}

static bool start(struct worker *worker, struct error *err)
{
    const struct worker_definition *definition = worker->definition;

    (void)snprintf(worker->name, sizeof worker->name, "%s-%d", definition->service, (int)getpid());
    messaging_routing_id(definition->service, worker->routing_id);
    worker->message = memory_alloc(sizeof *worker->message);
    worker->zmq = zmq_ctx_new();
    if (worker->zmq == NULL)
        return error_set(err, ERROR_MESSAGING, "zmq_ctx_new failed");
    if (!worker_brokers_open(worker, err))
        return false;
    worker->db = db_new(worker->settings.database, definition->role, worker->name, definition->statements,
                        wait_for_db, worker);
    worker->redis = redis_new(worker->settings.redis, err);
    make_metrics(worker);
    if (worker->redis == NULL)
        return false;
    return definition->watch == NULL || definition->watch->open(worker, &worker->watched_fd, err);
}

/* Called in the loop whenever nothing else is in hand. A failure is logged and tried again at the next tick.
 */
static void tick(struct worker *worker)
{
    struct error err = {0};

    if (worker->definition->tick == NULL || worker->state != WORKER_RUNNING ||
        monotonic_now_us() < worker->next_tick_us)
        return;
    worker->next_tick_us = 1; /* 0: somebody asks for another one meanwhile (worker_tick_soon) */
    if (!worker->definition->tick(worker, &err)) {
        db_rollback(worker->db);
        log_failure(LOG_WARNING, "tick_failed", &err);
    }
    if (worker->next_tick_us != 0)
        worker->next_tick_us = monotonic_now_us() + worker->definition->tick_ms * 1000;
}

static int64_t next_turn_us(const struct worker *worker, bool connected)
{
    int64_t next_us = monotonic_now_us() + TURN_US;

    if (!connected && worker->reconnect_at_us < next_us)
        next_us = worker->reconnect_at_us;
    if (connected && worker->definition->tick != NULL && worker->next_tick_us < next_us)
        next_us = worker->next_tick_us;
    if (worker_held_next_us(worker) < next_us)
        next_us = worker_held_next_us(worker);
    return next_us;
}

/* Whether what the process itself has in hand is finished; what is not when the database stays away is found
 * unfinished by others. */
static bool has_finished(struct worker *worker)
{
    const struct worker_watch *watch = worker->definition->watch;
    struct error err = {0};
    bool done = false;

    if (watch == NULL)
        return true;
    if (worker_connect(worker) && !watch->finish(worker, &done, &err)) {
        db_rollback(worker->db);
        log_failure(LOG_WARNING, "tick_failed", &err);
    }
    return done;
}

/* PL-56: take nothing new, finish what is here, what was on its way when we said BYE, and what is held. */
static void drain(struct worker *worker)
{
    const int64_t until_us = monotonic_now_us() + BYE_WAIT_US;

    while (worker->state == WORKER_DRAINING) {
        const bool left = worker_all_said_bye(worker) || monotonic_now_us() >= until_us;

        worker_release_held(worker);
        if (worker->queued > 0)
            worker_take_batch(worker);
        else if (worker->held != NULL)
            (void)worker_wait(worker, -1, false, worker_held_next_us(worker));
        else if (has_finished(worker) && left)
            break;
        else
            (void)worker_wait(worker, -1, false, left ? monotonic_now_us() + DRAIN_TURN_US : until_us);
    }
}

static void loop(struct worker *worker)
{
    while (worker->state == WORKER_RUNNING) {
        const bool connected = worker_connect(worker);

        if (connected) {
            tick(worker);
            worker_offer(worker);
        }
        worker_release_held(worker);
        if (worker->queued == 0 || worker_holds_too_many(worker))
            (void)worker_wait(worker, -1, false, next_turn_us(worker, connected));
        if (!worker_holds_too_many(worker))
            worker_take_batch(worker);
    }
    drain(worker);
}

static void finish(struct worker *worker)
{
    for (size_t i = 0; i < worker->queued; i++)
        work_item_release(&worker->queue[i]);
    free(worker->queue);
    free(worker->message);
    if (worker->definition->watch != NULL)
        worker->definition->watch->close(worker);
    db_free(worker->db);
    worker_cache_close(worker);
    worker_brokers_close(worker);
    if (worker->zmq != NULL)
        (void)zmq_ctx_term(worker->zmq);
    (void)close(worker->signal_fd);
}

/* Signals become events of the loop. Blocked before any thread starts, so that all threads inherit it. */
static int open_signals(void)
{
    sigset_t signals;

    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

int worker_main(const struct worker_definition *definition, int argc, char **argv)
{
    struct worker worker = {.definition = definition, .watched_fd = -1};
    struct error err = {0};
    char program[WIRE_SERVICE_MAX + 8];
    int status;

    (void)snprintf(program, sizeof program, "ecf2-%s", definition->service);
    status = process_arguments(program, definition->paragraph, argc, argv);
    if (status >= 0)
        return status;
    worker.signal_fd = open_signals();
    if (!process_start(definition->service, &worker.settings, NULL, NULL, &err)) {
        log_failure(LOG_ERROR, "start_failed", &err);
        return 1;
    }
    status = 0;
    if (start(&worker, &err)) {
        log_event(LOG_INFO, "started", LOG_TEXT("worker", worker.name), LOG_END);
        loop(&worker);
    } else {
        log_failure(LOG_ERROR, "start_failed", &err);
        status = 1;
    }
    finish(&worker);
    process_end();
    settings_release(&worker.settings);
    log_event(LOG_INFO, "stopped", LOG_END);
    return status;
}
