/*
 * ecf2-broker: the loop around the core (broker.h): one ROUTER and what is told of its connections, the
 * clock, signals.
 *
 * A turn takes what has arrived, at most RECEIVE_MAX messages, and then hands out: so that what is handed out
 * is chosen among everything that is here, and so that a flood keeps neither pings nor hand-outs waiting.
 *
 * SIGTERM, SIGINT: takes nothing new before acceptance, tells the fronts, and leaves when nothing is held any
 * more, or after 25 s: what is held then is in the database and will be sent again (PL-43). Killed, it loses
 * no more than that.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/messaging.h"
#include "common/process.h"
#include "workers/broker/broker.h"
#include "workers/broker/handshakes.h"

#define RECEIVE_MAX 1000
#define LEAVE_US    (25 * US_PER_SECOND) /* within the 30 s of PL-56 */
#define FAREWELL_US                                                                                          \
    (US_PER_SECOND / 4) /* fronts hear of it and turn to another broker, before we stop reading */

static const char paragraph[] =
    "ecf2-broker queues work by service and hands it to whichever worker has room. It holds nothing that the "
    "database\n"
    "does not have. It is configured by ECF2_BROKER_BIND, ECF2_BROKER_RECORDS, ECF2_BROKER_BYTES, "
    "ECF2_LIMIT_WAIT,\n"
    "ECF2_LIMIT_ASYNC, ECF2_LIMIT_BULK, ECF2_LEASE_MS, ECF2_SILENCE_MS and what all processes share\n"
    "(ecf2ctl help settings). SIGTERM drains it.";

struct loop {
    void *zmq, *socket, *monitor;
    int signals;
    struct broker *broker;
    struct message *message;
    struct handshakes handshakes;
    int64_t leave_from_us, leave_by_us; /* INT64_MAX while it is to stay */
};

static enum broker_sent send_to(void *context, struct slice to, const struct slice *frames, size_t count)
{
    const struct loop *loop = context;
    if (message_send(loop->socket, to, frames, count))
        return BROKER_SENT;
    return errno == EAGAIN ? BROKER_PEER_FULL : BROKER_PEER_GONE;
}

/* False = there is nothing more to receive. */
static bool receive_one(struct loop *loop)
{
    struct slice from, frames[MESSAGE_FRAMES_MAX];
    struct message *message = loop->message;
    switch (message_receive(loop->socket, message)) {
    case RECEIVE_MESSAGE:
        from = message_frame(message, 0);
        for (size_t i = 1; i < message->count; i++)
            frames[i - 1] = message_frame(message, i);
        broker_receive(loop->broker, from, frames, message->count - 1);
        message_release(message);
        return true;
    case RECEIVE_TOO_MANY_FRAMES:
        broker_receive_bad(loop->broker, BROKER_BAD_FRAMES);
        return true;
    case RECEIVE_NOTHING:
    case RECEIVE_FAILED:
        break;
    }
    return false;
}

/* What libzmq swallows before it is a message shows in what becomes of its connection. */
static void take_connections(struct loop *loop)
{
    enum connection_event event;
    int fd;
    for (int i = 0; i < RECEIVE_MAX && messaging_monitor_next(loop->monitor, &event, &fd); i++) {
        if (event == CONNECTION_BEGAN)
            handshakes_began(&loop->handshakes, fd);
        else if (event == CONNECTION_GREETED)
            handshakes_greeted(&loop->handshakes);
        else if (event == CONNECTION_ENDED && handshakes_ended(&loop->handshakes, fd))
            broker_receive_bad(loop->broker, BROKER_BAD_HANDSHAKE);
    }
}

static void take_signals(struct loop *loop)
{
    struct signalfd_siginfo info;
    while (read(loop->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (loop->leave_by_us < INT64_MAX)
            continue;
        log_event(LOG_INFO, "draining", LOG_INT("signal", info.ssi_signo), LOG_END);
        broker_leave(loop->broker);
        loop->leave_from_us = monotonic_now_us() + FAREWELL_US;
        loop->leave_by_us = monotonic_now_us() + LEAVE_US;
    }
}

/* Milliseconds to sleep, rounded up: waking a little early would be a turn for nothing. */
static long sleep_ms(const struct loop *loop, int64_t now_us)
{
    int64_t next_us = broker_next_us(loop->broker);
    if (loop->leave_from_us < next_us && loop->leave_from_us > now_us)
        next_us = loop->leave_from_us;
    if (loop->leave_by_us < next_us)
        next_us = loop->leave_by_us;
    return next_us <= now_us ? 0 : (long)((next_us - now_us + 999) / 1000);
}

static void run(struct loop *loop)
{
    for (;;) {
        zmq_pollitem_t items[3] = {{.socket = loop->socket, .events = ZMQ_POLLIN},
                                   {.fd = loop->signals, .events = ZMQ_POLLIN},
                                   {.socket = loop->monitor, .events = ZMQ_POLLIN}};
        (void)zmq_poll(items, 3, sleep_ms(loop, monotonic_now_us())); /* EINTR is a turn like any other */
        int64_t now_us = monotonic_now_us();
        broker_now(loop->broker, now_us, machine_now_us());
        if ((items[1].revents & ZMQ_POLLIN) != 0)
            take_signals(loop);
        if ((items[2].revents & ZMQ_POLLIN) != 0)
            take_connections(loop);
        for (int i = 0; i < RECEIVE_MAX && receive_one(loop); i++)
            ;
        broker_turn(loop->broker);
        if (now_us >= loop->leave_by_us || (now_us >= loop->leave_from_us && broker_is_empty(loop->broker)))
            return;
    }
}

/* Blocked before any thread starts, so that all threads inherit it and the loop alone hears of them. */
static int signals_open(void)
{
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
}

static bool open_loop(struct loop *loop, const struct settings *settings, struct error *err)
{
    const struct broker_limits limits = {
        .undecided = {settings->limit_wait, settings->limit_async, settings->limit_bulk},
        .records = settings->broker_records,
        .bytes = settings->broker_bytes,
        .lease_us = settings->lease_ms * 1000,
        .silence_us = settings->silence_ms * 1000,
    };
    char endpoint[ENDPOINT_SIZE];
    if (loop->signals < 0)
        return error_set(err, ERROR_SYSTEM, "no signalfd");
    loop->zmq = zmq_ctx_new();
    if (loop->zmq == NULL)
        return error_set(err, ERROR_MESSAGING, "zmq_ctx_new: %s", zmq_strerror(errno));
    loop->socket = messaging_router(loop->zmq, settings->broker_bind, err);
    if (loop->socket == NULL)
        return false;
    loop->monitor = messaging_monitor(loop->zmq, loop->socket, err);
    if (loop->monitor == NULL)
        return false;
    messaging_endpoint(loop->socket, endpoint);
    process_publish("endpoint", endpoint);
    loop->broker = broker_new(&limits, send_to, loop, monotonic_now_us(), machine_now_us());
    loop->message = memory_alloc(sizeof *loop->message);
    log_event(LOG_INFO, "started", LOG_TEXT("endpoint", endpoint), LOG_END);
    return true;
}

static void close_loop(struct loop *loop)
{
    broker_free(loop->broker);
    free(loop->message);
    messaging_monitor_close(loop->monitor, loop->socket);
    handshakes_release(&loop->handshakes);
    messaging_close(loop->socket);
    if (loop->zmq != NULL)
        (void)zmq_ctx_term(loop->zmq);
    if (loop->signals >= 0)
        (void)close(loop->signals);
}

int main(int argc, char **argv)
{
    struct loop loop = {.leave_from_us = INT64_MAX, .leave_by_us = INT64_MAX};
    struct settings settings;
    struct error err = {0};
    int status = process_arguments("ecf2-broker", paragraph, argc, argv);
    if (status >= 0)
        return status;
    process_keep_memory();
    loop.signals = signals_open();
    if (!process_start("broker", &settings, NULL, NULL, &err)) {
        log_failure(LOG_ERROR, "start_failed", &err);
        return 1;
    }
    status = open_loop(&loop, &settings, &err) ? 0 : 1;
    if (status == 0)
        run(&loop);
    else
        log_failure(LOG_ERROR, "start_failed", &err);
    close_loop(&loop);
    process_end();
    settings_release(&settings);
    log_event(LOG_INFO, "stopped", LOG_END);
    return status;
}
