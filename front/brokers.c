/* brokers: sockets, liveness, counts. */
#include "front/brokers.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "front/loop.h"

#define HELLO_AGAIN_US  (US_PER_SECOND / 20) /* where it could not be sent: connecting takes a moment */
#define HELLO_EVERY_US  US_PER_SECOND
#define KEEP_FRAME      (16 * 1024) /* so large is the body that is held with its frame rather than copied */
#define MESSAGES_A_TURN 512 /* of one broker, so that a flood of replies leaves time for connections */

/* ---- opening and closing ---- */

static bool open_one(struct loop *loop, void *zmq, const char *endpoint, struct error *err)
{
    struct brokers *brokers = &loop->brokers;
    if (brokers->count == BROKERS_MAX)
        return error_set(err, ERROR_SETTINGS, "ECF2_BROKERS names more than %d brokers", BROKERS_MAX);
    struct broker *broker = &brokers->list[brokers->count];
    broker->source.kind = SOURCE_BROKER;
    broker->socket = messaging_dealer(zmq, loop->routing_id, endpoint, err);
    if (broker->socket == NULL)
        return false;
    broker->endpoint = memory_dup(endpoint);
    brokers->count++;
    int fd;
    size_t size = sizeof(fd);
    if (zmq_getsockopt(broker->socket, ZMQ_FD, &fd, &size) != 0 ||
        !loop_watch(loop, fd, &broker->source, EPOLLIN))
        return error_set(err, ERROR_MESSAGING, "the socket of broker %s cannot be watched", endpoint);
    return true;
}

bool brokers_open(struct loop *loop, void *zmq, struct error *err)
{
    CLEANUP(free) char *endpoints = memory_dup(loop->settings->brokers);
    char *rest = NULL;
    loop->brokers.message = memory_zero(1, sizeof(*loop->brokers.message));
    for (char *endpoint = strtok_r(endpoints, ", ", &rest); endpoint != NULL;
         endpoint = strtok_r(NULL, ", ", &rest))
        if (!open_one(loop, zmq, endpoint, err))
            return false;
    if (loop->brokers.count == 0)
        return error_set(err, ERROR_SETTINGS, "ECF2_BROKERS names no broker");
    return true;
}

void brokers_close(struct loop *loop)
{
    struct brokers *brokers = &loop->brokers;
    for (size_t i = 0; i < brokers->count; i++) {
        messaging_close(brokers->list[i].socket);
        free(brokers->list[i].endpoint);
    }
    free(brokers->message);
    buffer_release(&brokers->head);
    brokers->count = 0;
}

static bool send_head(struct loop *loop, size_t broker, enum wire_command command)
{
    struct brokers *brokers = &loop->brokers;
    buffer_clear(&brokers->head);
    wire_head_write(&brokers->head, command, "", /* number= */ 0);
    struct slice frame = buffer_slice(&brokers->head);
    return message_send(brokers->list[broker].socket, (struct slice){NULL, 0}, &frame, 1);
}

void brokers_say_bye(struct loop *loop)
{
    for (size_t i = 0; i < loop->brokers.count; i++)
        (void)send_head(loop, i, WIRE_BYE);
}

int64_t brokers_tick(struct loop *loop)
{
    int64_t next_us = INT64_MAX;
    for (size_t i = 0; i < loop->brokers.count; i++) {
        struct broker *broker = &loop->brokers.list[i];
        if (broker->hello_us <= loop->now_us) {
            /* A broker that knows us sends COUNTS every second, which puts this off. */
            bool sent = send_head(loop, i, WIRE_HELLO);
            broker->hello_us = loop->now_us + (sent ? HELLO_EVERY_US : HELLO_AGAIN_US);
        }
        if (broker->hello_us < next_us)
            next_us = broker->hello_us;
    }
    return next_us;
}

/* ---- what brokers say ---- */

static int64_t number_at(const json_t *object, const char *key)
{
    int64_t number = json_integer_value(json_object_get(object, key));
    return number < 0 ? 0 : number;
}

static void take_services(struct broker *broker, json_t *services)
{
    const char *name;
    json_t *workers;
    broker->service_count = 0;
    json_object_foreach(services, name, workers)
    {
        if (broker->service_count == BROKER_SERVICES)
            return;
        struct broker_service *service = &broker->services[broker->service_count++];
        (void)snprintf(service->name, sizeof(service->name), "%s", name);
        service->workers = json_integer_value(workers);
    }
}

static void take_counts(struct loop *loop, struct broker *broker, bool draining, struct slice frame)
{
    CLEANUP(json) json_t *counts = json_loadb(frame.data, frame.size, 0, NULL);
    if (!json_is_object(counts)) {
        log_event(LOG_WARNING, "bad_counts", LOG_TEXT("broker", broker->endpoint), LOG_END);
        return;
    }
    const json_t *leader = json_object_get(counts, "leader");
    for (int class = 0; class < WIRE_CLASS_COUNT; class ++) {
        const char *name = wire_class_name((enum wire_class) class);
        broker->undecided[class] = number_at(json_object_get(counts, "undecided"), name);
        broker->leader[class] = number_at(leader, name);
    }
    /* Lines of bulk that are accepted, but not yet at a broker (PL-13). */
    broker->undecided[WIRE_BULK] += number_at(leader, "unfed");
    take_services(broker, json_object_get(counts, "services"));
    bool was_alive = broker_is_alive(loop, (size_t)(broker - loop->brokers.list));
    if (!was_alive || broker->draining != draining)
        log_event(LOG_INFO, "broker_up", LOG_TEXT("broker", broker->endpoint), LOG_BOOL("draining", draining),
                  LOG_INT("loop", loop->number), LOG_END);
    if (!was_alive)
        door_begin(loop);
    broker->draining = draining;
    broker->heard_us = loop->now_us;
    broker->hello_us = loop->now_us + HELLO_EVERY_US + HELLO_EVERY_US / 2;
}

struct kept_body {
    struct shared_body shared;
    zmq_msg_t frame; /* whose the bytes are; empty where they were copied */
    char bytes[];
};

static void frame_close(struct shared_body *body)
{
    struct kept_body *kept = (struct kept_body *)body; /* its first member */
    (void)zmq_msg_close(&kept->frame);
    free(kept);
}

/* A small frame may lie among others in a buffer of 8 KiB, which it would hold. */
struct shared_body *brokers_keep_body(struct loop *loop, const struct wire_reply *reply)
{
    struct message *message = loop->brokers.message;
    const size_t i = loop->brokers.reply_frame;
    const bool moves = reply->body.size >= KEEP_FRAME;
    struct kept_body *kept = memory_alloc(sizeof(*kept) + (moves ? 0 : reply->body.size));
    kept->shared = (struct shared_body){.shares = 1, .release = frame_close};
    (void)zmq_msg_init(&kept->frame); /* never fails */
    if (moves) {
        const size_t offset = (size_t)(reply->body.data - message_frame(message, i).data);
        message_take_frame(message, i, &kept->frame);
        kept->shared.bytes =
            (struct slice){(const char *)zmq_msg_data(&kept->frame) + offset, reply->body.size};
    } else {
        if (reply->body.size > 0)
            memcpy(kept->bytes, reply->body.data, reply->body.size);
        kept->shared.bytes = (struct slice){kept->bytes, reply->body.size};
    }
    return &kept->shared;
}

static void take_replies(struct loop *loop, struct message *message)
{
    for (size_t i = 1; i < message->count; i++) {
        struct wire_reply reply;
        struct error err = {0};
        loop->brokers.reply_frame = i;
        if (wire_reply_read(message_frame(message, i), &reply, &err))
            errand_reply(loop, &reply);
        else
            log_failure(LOG_WARNING, "bad_reply", &err);
    }
}

static void take_refusals(struct loop *loop, size_t broker, int64_t refusal, const struct message *message)
{
    for (size_t i = 1; i < message->count; i++) {
        struct slice frame = message_frame(message, i);
        struct uuid id;
        if (frame.size != sizeof(id.bytes))
            continue;
        memcpy(id.bytes, frame.data, sizeof(id.bytes));
        errand_refused(loop, broker, &id, refusal);
    }
}

static void take_message(struct loop *loop, size_t broker, struct message *message)
{
    struct wire_head head;
    struct error err = {0};
    if (!wire_head_read(message_frame(message, 0), &head, &err)) {
        log_failure(LOG_WARNING, "bad_message", &err);
        return;
    }
    switch (head.command) {
    case WIRE_COUNTS:
        if (message->count == 2)
            take_counts(loop, &loop->brokers.list[broker], head.number == 1, message_frame(message, 1));
        return;
    case WIRE_REPLY:
        take_replies(loop, message);
        return;
    case WIRE_REFUSED:
        take_refusals(loop, broker, head.number, message);
        return;
    default:
        return; /* a newer broker's, or nothing for a front */
    }
}

void brokers_receive(struct loop *loop)
{
    struct message *message = loop->brokers.message;
    for (size_t i = 0; i < loop->brokers.count; i++) {
        for (int n = 0; n < MESSAGES_A_TURN; n++) {
            enum receive_result result = message_receive(loop->brokers.list[i].socket, message);
            if (result == RECEIVE_TOO_MANY_FRAMES)
                continue;
            if (result != RECEIVE_MESSAGE)
                break;
            take_message(loop, i, message);
            message_release(message);
        }
    }
}

bool brokers_have_input(struct loop *loop)
{
    for (size_t i = 0; i < loop->brokers.count; i++) {
        int events = 0;
        size_t size = sizeof(events);
        if (zmq_getsockopt(loop->brokers.list[i].socket, ZMQ_EVENTS, &events, &size) == 0 &&
            (events & ZMQ_POLLIN) != 0)
            return true;
    }
    return false;
}

/* ---- choosing and sending ---- */

bool broker_is_alive(const struct loop *loop, size_t broker)
{
    int64_t heard_us = loop->brokers.list[broker].heard_us;
    return heard_us != 0 && loop->now_us - heard_us < BROKER_ALIVE_US;
}

bool brokers_any_alive(const struct loop *loop)
{
    for (size_t i = 0; i < loop->brokers.count; i++)
        if (broker_is_alive(loop, i))
            return true;
    return false;
}

size_t brokers_choose(struct loop *loop, bool submission, uint32_t avoid)
{
    struct brokers *brokers = &loop->brokers;
    size_t best = BROKER_NONE, fallback = BROKER_NONE;
    for (size_t k = 0; k < brokers->count; k++) {
        size_t i = (brokers->next + k) % brokers->count;
        const struct broker *broker = &brokers->list[i];
        if (!broker_is_alive(loop, i) || (submission && broker->draining))
            continue;
        if ((avoid >> i & 1) != 0)
            fallback = i;
        else if (best == BROKER_NONE || broker->in_hand < brokers->list[best].in_hand)
            best = i;
    }
    if (brokers->count > 0)
        brokers->next = (brokers->next + 1) % brokers->count;
    return best == BROKER_NONE ? fallback : best;
}

bool broker_submit(struct loop *loop, size_t broker, const char *service, const struct slice *records,
                   size_t count)
{
    struct brokers *brokers = &loop->brokers;
    struct slice frames[WIRE_BATCH_MAX + 1];
    if (count > WIRE_BATCH_MAX)
        return false;
    buffer_clear(&brokers->head);
    wire_head_write(&brokers->head, WIRE_SUBMIT, service, /* number= */ 0);
    frames[0] = buffer_slice(&brokers->head);
    memcpy(frames + 1, records, count * sizeof(*records));
    if (message_send(brokers->list[broker].socket, (struct slice){NULL, 0}, frames, count + 1))
        return true;
    log_event(LOG_WARNING, "broker_unreachable", LOG_TEXT("broker", brokers->list[broker].endpoint),
              LOG_TEXT("reason", zmq_strerror(errno)), LOG_END);
    brokers->list[broker].heard_us = 0; /* until it is heard again */
    return false;
}

int64_t brokers_undecided(const struct loop *loop, enum wire_class class)
{
    int64_t held = 0, leader = 0;
    for (size_t i = 0; i < loop->brokers.count; i++) {
        const struct broker *broker = &loop->brokers.list[i];
        if (!broker_is_alive(loop, i))
            continue;
        held += broker->undecided[class];
        if (broker->leader[class] > leader)
            leader = broker->leader[class];
    }
    return held > leader ? held : leader;
}

int64_t brokers_workers(const struct loop *loop, const char *service)
{
    int64_t workers = -1;
    for (size_t i = 0; i < loop->brokers.count; i++) {
        const struct broker *broker = &loop->brokers.list[i];
        for (size_t k = 0; broker_is_alive(loop, i) && k < broker->service_count; k++)
            if (strcmp(broker->services[k].name, service) == 0)
                workers = (workers < 0 ? 0 : workers) + broker->services[k].workers;
    }
    return workers;
}
