/*
 * broker: the core's front door: which command goes where, and what is done every turn and every second.
 */
#include "workers/broker/broker.h"

#include <stdlib.h>

#include "common/log.h"
#include "workers/broker/broker_private.h"

#define PING_EVERY   SECOND
#define SWEEP_MOST   (50 * MS)
#define COUNTS_LEAST (20 * MS) /* between two COUNTS, however much changes */

static bool due_before(const struct heap_node *a, const struct heap_node *b)
{
    return OWNER_OF(a, const struct record, due_node)->due_us <
           OWNER_OF(b, const struct record, due_node)->due_us;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

struct broker *broker_new(const struct broker_limits *limits, broker_send_fn *send, void *context,
                          int64_t now_us, int64_t machine_us)
{
    struct broker *broker = memory_zero(1, sizeof *broker);
    broker->limits = *limits;
    broker->send = send;
    broker->context = context;
    broker->due.before = due_before;
    broker->now_us = broker->started_us = now_us;
    broker->machine_us = machine_us;
    broker->again_us = INT64_MAX;
    broker->bad_logged_us = now_us - SECOND;
    broker->counts_sent_us = now_us - COUNTS_LEAST;
    /* Where silence is set short, for tests, pings must come often enough to be answered in it. */
    broker->ping_us = least(PING_EVERY, limits->silence_us / 3);
    broker->sweep_us = least(SWEEP_MOST, limits->silence_us / 10);
    broker->next_ping_us = now_us + broker->ping_us;
    broker->next_sweep_us = now_us + broker->sweep_us;
    broker->next_second_us = now_us + SECOND;
    /* Fronts shall see that there are none of them, and burying must not fail for want of a service. */
    (void)service_get(broker, slice_of("intake"));
    (void)service_get(broker, slice_of("scheduler"));
    return broker;
}

void broker_free(struct broker *broker)
{
    if (broker == NULL)
        return;
    while (broker->records != NULL)
        record_forget(broker, broker->records);
    peers_free(broker);
    services_free(broker);
    buffer_release(&broker->scratch);
    free(broker);
}

/* ---- messages ---- */

/* A message behind its head. */
struct incoming {
    struct slice from;
    struct peer *peer; /* NULL = not known */
    const struct wire_head *head;
    const struct slice *frames;
    size_t count;
};

static void receive_hello(struct broker *broker, const struct incoming *message)
{
    struct peer *peer = peer_get(broker, message->from);
    if (peer == NULL) {
        broker_receive_bad(broker, BROKER_BAD_PEER);
        return;
    }
    peer->listens = true;
    counts_send(broker, peer);
}

static void receive_ready(struct broker *broker, const struct incoming *message)
{
    struct service *service = service_get(broker, message->head->service);
    struct peer *peer = service == NULL ? NULL : peer_get(broker, message->from);
    if (peer == NULL)
        broker_receive_bad(broker, service == NULL ? BROKER_BAD_SERVICE : BROKER_BAD_PEER);
    else
        peer_ready(broker, peer, service, message->head->number);
}

static void receive_submit(struct broker *broker, const struct incoming *message)
{
    submit_receive(broker, message->from, message->head, message->frames, message->count);
}

static void tell_unknown_to_restart(struct broker *broker, const struct incoming *message)
{
    struct slice frames[1];
    if (message->peer == NULL || message->peer->service == NULL)
        (void)id_send(broker, message->from, WIRE_RESTART, NULL, 0, frames, 1);
}

static void receive_result(struct broker *broker, const struct incoming *message)
{
    result_receive(broker, message->peer, message->frames, message->count);
    tell_unknown_to_restart(broker, message);
}

static void receive_reply(struct broker *broker, const struct incoming *message)
{
    struct slice frames[1 + WIRE_MESSAGE_RECORDS_MAX];
    struct slice to = message->frames[0];
    size_t replies = message->count - 1;
    if (to.size == 0 || to.size > WIRE_ROUTING_ID_MAX) {
        broker_receive_bad(broker, BROKER_BAD_CONTENT);
        return;
    }
    memcpy(frames + 1, message->frames + 1, replies * sizeof *frames);
    bool sent = id_send(broker, to, WIRE_REPLY, NULL, 0, frames, 1 + replies) == BROKER_SENT;
    broker->totals[sent ? TOTAL_replies : TOTAL_replies_dropped] += replies;
}

static void receive_pong(struct broker *broker, const struct incoming *message)
{
    tell_unknown_to_restart(broker, message); /* that it was heard is noted for every message */
}

static void receive_bye(struct broker *broker, const struct incoming *message)
{
    struct slice frames[1];
    if (message->peer != NULL)
        peer_leave(broker, message->peer);
    /* Behind this no WORK comes: the worker knows when it has everything that was on its way. */
    (void)id_send(broker, message->from, WIRE_BYE, NULL, 0, frames, 1);
}

static void receive_leader(struct broker *broker, const struct incoming *message)
{
    if (!leader_receive(broker, message->frames[0]))
        broker_receive_bad(broker, BROKER_BAD_CONTENT);
}

static void receive_status(struct broker *broker, const struct incoming *message)
{
    struct buffer json = BUFFER_INIT;
    broker_status(broker, &json);
    struct slice frames[2] = {[1] = buffer_slice(&json)};
    (void)id_send(broker, message->from, WIRE_STATUS, NULL, 0, frames, 2);
    buffer_release(&json);
}

static void receive_drain(struct broker *broker, const struct incoming *message)
{
    if (message->head->number != 0 && message->head->number != 1)
        broker_receive_bad(broker, BROKER_BAD_CONTENT);
    else
        broker_drain(broker, message->head->number == 1);
}

/* What a broker receives; least and most frames behind the head. A command without a row is never sent to a
 * broker. */
static const struct {
    void (*receive)(struct broker *broker, const struct incoming *message);
    size_t least, most;
} commands[WIRE_COMMAND_COUNT] = {
    [WIRE_HELLO] = {receive_hello, 0, 0},
    [WIRE_READY] = {receive_ready, 0, 0},
    [WIRE_SUBMIT] = {receive_submit, 1, WIRE_MESSAGE_RECORDS_MAX},
    [WIRE_RESULT] = {receive_result, 1, WIRE_MESSAGE_RECORDS_MAX},
    [WIRE_REPLY] = {receive_reply, 2, 1 + WIRE_MESSAGE_RECORDS_MAX},
    [WIRE_PONG] = {receive_pong, 0, 0},
    [WIRE_BYE] = {receive_bye, 0, 0},
    [WIRE_LEADER] = {receive_leader, 1, 1},
    [WIRE_STATUS] = {receive_status, 0, 0},
    [WIRE_DRAIN] = {receive_drain, 0, 0},
};

const char *bad_name(enum broker_bad reason)
{
    static const char *const names[] = {
#define X(reason, name) name,
        BROKER_BAD(X)
#undef X
    };
    return names[reason];
}

void broker_receive_bad(struct broker *broker, enum broker_bad reason)
{
    broker->bad[reason]++;
}

static void receive_bad_head(struct broker *broker, struct slice frame)
{
    static const enum broker_bad reasons[] = {[WIRE_HEAD_GOOD] = BROKER_BAD_HEAD,
                                              [WIRE_HEAD_STRANGE] = BROKER_BAD_HEAD,
                                              [WIRE_HEAD_VERSION] = BROKER_BAD_VERSION,
                                              [WIRE_HEAD_COMMAND] = BROKER_BAD_COMMAND};
    broker_receive_bad(broker, reasons[wire_head_fault(frame)]);
}

void broker_receive(struct broker *broker, struct slice from, const struct slice *frames, size_t count)
{
    struct wire_head head;
    if (count == 0) {
        broker_receive_bad(broker, BROKER_BAD_FRAMES);
        return;
    }
    if (!wire_head_read(frames[0], &head, NULL)) {
        receive_bad_head(broker, frames[0]);
        return;
    }
    if (commands[head.command].receive == NULL) {
        broker_receive_bad(broker, BROKER_BAD_COMMAND);
        return;
    }
    if (count - 1 < commands[head.command].least || count - 1 > commands[head.command].most) {
        broker_receive_bad(broker, BROKER_BAD_FRAMES);
        return;
    }
    const struct incoming message = {from, peer_find(broker, from), &head, frames + 1, count - 1};
    if (message.peer != NULL)
        peer_is_heard(broker, message.peer);
    commands[head.command].receive(broker, &message);
}

/* ---- time ---- */

void broker_now(struct broker *broker, int64_t now_us, int64_t machine_us)
{
    /* We sleep for a sweep at most while there are workers. A much longer gap is ours (stopped, swapped out):
     * counted as their silence, it would kill every worker at once. */
    int64_t gap_us = now_us - broker->now_us;
    if (gap_us > broker->limits.silence_us / 2)
        peers_excuse(broker, gap_us);
    broker->now_us = now_us;
    broker->machine_us = machine_us;
}

/* One line a second at most, whatever comes. */
static void bad_log(struct broker *broker)
{
    struct buffer reasons = BUFFER_INIT;
    uint64_t count = 0;
    if (broker->now_us - broker->bad_logged_us < SECOND)
        return;
    for (int i = 0; i < BROKER_BAD_COUNT; i++) {
        uint64_t more = broker->bad[i] - broker->bad_logged[i];
        if (more > 0)
            buffer_printf(&reasons, "%s%s %llu", count > 0 ? ", " : "", bad_name((enum broker_bad)i),
                          (unsigned long long)more);
        count += more;
    }
    if (count > 0) {
        log_event(LOG_WARNING, "bad_messages", LOG_INT("count", count),
                  LOG_SLICE("reasons", buffer_slice(&reasons)), LOG_END);
        memcpy(broker->bad_logged, broker->bad, sizeof broker->bad_logged);
        broker->bad_logged_us = broker->now_us;
    }
    buffer_release(&reasons);
}

static void every_second(struct broker *broker)
{
    broker->next_second_us = broker->now_us + SECOND;
    broker->counts_wanted = true;
    rates_second(broker);
    gauges_set(broker);
    bad_log(broker);
}

void broker_turn(struct broker *broker)
{
    peers_bury_gone(broker); /* before anything is sent: so who is found gone below is heard once more */
    records_due(broker);
    if (broker->now_us >= broker->next_ping_us) {
        broker->next_ping_us = broker->now_us + broker->ping_us;
        peers_ping(broker);
    }
    if (broker->now_us >= broker->next_sweep_us) {
        broker->next_sweep_us = broker->now_us + broker->sweep_us;
        peers_sweep(broker);
    }
    dispatch(broker);
    if (broker->now_us >= broker->next_second_us)
        every_second(broker);
    if (broker->counts_wanted && broker->now_us - broker->counts_sent_us >= COUNTS_LEAST)
        counts_broadcast(broker);
}

int64_t broker_next_us(const struct broker *broker)
{
    int64_t next_us = least(broker->next_second_us, broker->again_us);
    if (broker->peers_gone > 0)
        return broker->now_us;
    if (broker->peers != NULL)
        next_us = least(next_us, least(broker->next_ping_us, broker->next_sweep_us));
    if (broker->due.first != NULL)
        next_us = least(next_us, OWNER_OF(broker->due.first, struct record, due_node)->due_us);
    if (broker->counts_wanted)
        next_us = least(next_us, broker->counts_sent_us + COUNTS_LEAST);
    return next_us;
}

void broker_drain(struct broker *broker, bool draining)
{
    draining = draining || broker->leaving;
    if (draining == broker->draining)
        return;
    broker->draining = draining;
    broker->counts_wanted = true;
    log_event(LOG_INFO, draining ? "broker_draining" : "broker_taking_again",
              LOG_INT("records", HASH_COUNT(broker->records)), LOG_END);
}

void broker_leave(struct broker *broker)
{
    broker->leaving = true;
    broker_drain(broker, true);
}

bool broker_is_empty(const struct broker *broker)
{
    return broker->records == NULL;
}
