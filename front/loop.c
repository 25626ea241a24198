/* loop: opening, the turn, draining. */
#include "front/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "front/bulk.h"

#define EVENTS_A_TURN 256
#define HURRY_US      (25 * US_PER_SECOND) /* of draining: then waiting requests get their 202 */
#define END_US        (28 * US_PER_SECOND) /* then everything ends: workers drain within 30 s (PL-56) */
#define LAST_TURNS_US (US_PER_SECOND)      /* for the last answers to leave */
#define WAIT_MAX_MS   1000

/* ---- descriptors ---- */

bool loop_watch(struct loop *loop, int fd, struct source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool loop_rewatch(struct loop *loop, int fd, struct source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    return epoll_ctl(loop->epoll, EPOLL_CTL_MOD, fd, &event) == 0;
}

void loop_unwatch(struct loop *loop, int fd)
{
    (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
}

void loop_make_trace(struct loop *loop, char ret_trace[UUID_TEXT_SIZE])
{
    struct uuid id;
    if (loop->random_left < sizeof(id.bytes)) {
        random_fill(loop->random, sizeof(loop->random));
        loop->random_left = sizeof(loop->random);
    }
    loop->random_left -= sizeof(id.bytes);
    memcpy(id.bytes, loop->random + loop->random_left, sizeof(id.bytes));
    id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0f) | 0x40); /* version 4 */
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3f) | 0x80);
    uuid_format(&id, ret_trace);
}

/* ---- opening and closing ---- */

bool loop_open(struct loop *loop, struct front *front, int number, int fd, struct error *err)
{
    memset(loop, 0, sizeof(*loop));
    loop->front = front;
    loop->settings = front->settings;
    loop->number = number;
    loop->door.fd = -1;
    messaging_routing_id("front", loop->routing_id);
    loop->now_us = monotonic_now_us();
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->stop_source.kind = SOURCE_STOP;
    if (loop->epoll < 0 || loop->stop_fd < 0 || !loop_watch(loop, loop->stop_fd, &loop->stop_source, EPOLLIN))
        return error_set(err, ERROR_SYSTEM, "no descriptors for a loop: %s", strerrordesc_np(errno));
    if (!http_open(loop, err) || !brokers_open(loop, front->zmq, err) || !gate_open(loop, err))
        return false;
    door_open(loop, fd);
    return true;
}

void loop_close(struct loop *loop)
{
    door_close(loop);
    http_close(loop);
    errands_release(loop);
    tokens_release(loop);
    brokers_close(loop);
    gate_close(loop);
    cached_release(&loop->cached);
    requests_release(loop);
    reader_release(&loop->reader);
    observe_release(&loop->observe);
    usage_release(&loop->usage);
    if (loop->stop_fd >= 0)
        (void)close(loop->stop_fd);
    if (loop->epoll >= 0)
        (void)close(loop->epoll);
}

/* ---- draining ---- */

static void begin_draining(struct loop *loop)
{
    if (loop->phase != LOOP_SERVING)
        return;
    loop->phase = LOOP_DRAINING;
    loop->hurry_us = loop->now_us + HURRY_US;
    loop->end_us = loop->now_us + END_US;
    door_shut(loop);
    door_drain(loop);
    log_event(LOG_INFO, "draining", LOG_INT("loop", loop->number), LOG_INT("waiting", loop->requests.waiting),
              LOG_END);
}

/* True when the loop is done. */
static bool drain_on(struct loop *loop)
{
    if (loop->phase == LOOP_SERVING)
        return false;
    if (loop->hurry_us <= loop->now_us) {
        loop->hurry_us = INT64_MAX;
        errands_hurry(loop);
    }
    bool idle = loop->requests.waiting == 0 && loop->requests.open == 0 &&
                loop->door.phases[CLIENT_HEAD].head == NULL &&
                loop->door.phases[CLIENT_KEPT_HEAD].head == NULL;
    if (loop->phase == LOOP_DRAINING && (idle || loop->end_us <= loop->now_us)) {
        loop->phase = LOOP_ENDING;
        loop->end_us = loop->now_us + LAST_TURNS_US;
        errands_hurry(loop); /* the last word of every errand: no connection stays suspended */
    }
    return loop->phase == LOOP_ENDING && loop->requests.waiting == 0 &&
           (loop->requests.open == 0 || loop->end_us <= loop->now_us);
}

/* ---- the turn ---- */

static void take_event(struct loop *loop, const struct epoll_event *event)
{
    struct source *source = event->data.ptr;
    uint64_t count;
    switch (source->kind) {
    case SOURCE_STOP:
        (void)!read(loop->stop_fd, &count, sizeof(count));
        loop->stop_asked =
            true; /* not yet: draining frees clients, of which there may be further events here */
        return;
    case SOURCE_DOOR:
        door_accept(loop);
        return;
    case SOURCE_CLIENT:
        door_ready((struct client *)source, event->events);
        return;
    case SOURCE_HTTP:
    case SOURCE_BROKER:
        return; /* both are served every turn */
    }
}

static int wait_ms(struct loop *loop, int64_t next_us)
{
    if (http_is_pending(loop) || loop->requests.turn != NULL || loop->requests.splitting != NULL ||
        brokers_have_input(loop))
        return 0;
    int64_t left_us = next_us - monotonic_now_us();
    if (left_us <= 0)
        return 0;
    return left_us > INT64_C(1000) * WAIT_MAX_MS ? WAIT_MAX_MS : (int)(left_us / 1000) + 1;
}

static int64_t earliest(int64_t a_us, int64_t b_us)
{
    return a_us < b_us ? a_us : b_us;
}

static int64_t turn(struct loop *loop)
{
    brokers_receive(loop);
    http_run(loop);
    gate_run(loop);
    bulk_turn(loop);
    int64_t next_us = errands_tick(loop);
    next_us = earliest(next_us, usage_tick(loop));
    next_us = earliest(next_us, brokers_tick(loop));
    next_us = earliest(next_us, health_tick(loop));
    next_us = earliest(next_us, door_tick(loop));
    errands_flush(loop);
    if (loop->http.resumed)
        http_run(loop);
    if (loop->phase != LOOP_SERVING)
        next_us = earliest(next_us, earliest(loop->hurry_us, loop->end_us));
    return next_us;
}

static void *run(void *context)
{
    struct loop *loop = context;
    struct epoll_event events[EVENTS_A_TURN];
    int64_t next_us = 0;
    do {
        int count = epoll_wait(loop->epoll, events, EVENTS_A_TURN, wait_ms(loop, next_us));
        loop->now_us = monotonic_now_us();
        for (int i = 0; i < count; i++)
            take_event(loop, &events[i]);
        if (loop->stop_asked)
            begin_draining(loop);
        next_us = turn(loop);
    } while (!drain_on(loop));
    brokers_say_bye(loop);
    return NULL;
}

bool loop_start(struct loop *loop, struct error *err)
{
    int code = pthread_create(&loop->thread, NULL, run, loop);
    if (code != 0)
        return error_set(err, ERROR_SYSTEM, "no thread for a loop: %s", strerrordesc_np(code));
    loop->has_thread = true;
    return true;
}

void loop_stop(struct loop *loop)
{
    const uint64_t one = 1;
    (void)!write(loop->stop_fd, &one, sizeof(one));
}

void loop_join(struct loop *loop)
{
    if (loop->has_thread)
        (void)pthread_join(loop->thread, NULL);
    loop->has_thread = false;
}
