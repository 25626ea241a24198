/*
 * worker_brokers: the runtime's side of the protocol page (wire.h): one DEALER per broker, credit, pings,
 * results, replies. Nothing here waits but worker_wait.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/wake.h"
#include "common/worker_private.h"

#define ALIVE_US (3 * US_PER_SECOND)
#define DRAIN_US (30 * US_PER_SECOND)

/* ------------------------------------------------------------- connections */

bool worker_brokers_open(struct worker *worker, struct error *err)
{
    char *endpoints = memory_dup(worker->settings.brokers);
    char *rest = endpoints;

    for (char *endpoint = strtok_r(rest, ", ", &rest); endpoint != NULL;
         endpoint = strtok_r(NULL, ", ", &rest)) {
        struct broker_link *link = &worker->brokers[worker->broker_count];

        if (worker->broker_count == WORKER_BROKERS_MAX) {
            free(endpoints);
            return error_set(err, ERROR_SETTINGS, "ECF2_BROKERS names more than %d brokers",
                             WORKER_BROKERS_MAX);
        }
        link->socket = messaging_dealer(worker->zmq, worker->routing_id, endpoint, err);
        if (link->socket == NULL) {
            free(endpoints);
            return false;
        }
        link->endpoint = memory_dup(endpoint);
        worker->broker_count++;
    }
    free(endpoints);
    if (worker->broker_count == 0)
        return error_set(err, ERROR_SETTINGS, "ECF2_BROKERS names no broker");
    return true;
}

void worker_brokers_close(struct worker *worker)
{
    for (size_t i = 0; i < worker->broker_count; i++) {
        messaging_close(worker->brokers[i].socket);
        free(worker->brokers[i].endpoint);
    }
    worker->broker_count = 0;
}

bool worker_broker_is_alive(const struct worker *worker, size_t broker)
{
    const int64_t heard_us = worker->brokers[broker].heard_us;

    return heard_us != 0 && monotonic_now_us() - heard_us < ALIVE_US;
}

/* ----------------------------------------------------------------- sending */

static bool send_head(struct worker *worker, size_t broker, enum wire_command command, const char *service,
                      int64_t number, const struct slice *frames, size_t count)
{
    struct buffer head = BUFFER_INIT;
    struct slice all[WIRE_BATCH_MAX * 4 + 2];
    bool sent;

    if (count + 1 > sizeof all / sizeof all[0])
        return false;
    wire_head_write(&head, command, service, number);
    all[0] = buffer_slice(&head);
    if (count > 0)
        memcpy(all + 1, frames, count * sizeof frames[0]);
    sent = message_send(worker->brokers[broker].socket, (struct slice){NULL, 0}, all, count + 1);
    buffer_release(&head);
    return sent;
}

/* ZeroMQ reconnects without a word, and a broker that was started again knows nobody: who says nothing for
 * long, not even PING, is told READY and HELLO again (wire.h). */
static void forget_what_silent_ones_know(struct worker *worker)
{
    const int64_t now_us = monotonic_now_us();

    for (size_t i = 0; i < worker->broker_count; i++) {
        struct broker_link *link = &worker->brokers[i];

        if (now_us - link->heard_us >= ALIVE_US && now_us - link->said_us >= ALIVE_US)
            link->credit_given = link->hello_given = false;
    }
}

static bool say(struct worker *worker, size_t broker, enum wire_command command, int64_t number)
{
    worker->brokers[broker].said_us = monotonic_now_us();
    return send_head(worker, broker, command, worker->definition->service, number, NULL, 0);
}

void worker_offer(struct worker *worker)
{
    if (worker->state != WORKER_RUNNING || worker->queued > 0)
        return;
    forget_what_silent_ones_know(worker);
    for (size_t i = 0; i < worker->broker_count; i++) {
        struct broker_link *link = &worker->brokers[i];

        if (worker->definition->wants_counts && !link->hello_given)
            link->hello_given = say(worker, i, WIRE_HELLO, 0);
        if (!link->credit_given)
            link->credit_given = say(worker, i, WIRE_READY, worker->settings.batch_size);
    }
}

void worker_withdraw(struct worker *worker)
{
    for (size_t i = 0; i < worker->broker_count; i++) {
        if (worker->brokers[i].credit_given)
            (void)send_head(worker, i, WIRE_READY, worker->definition->service, 0, NULL, 0);
        worker->brokers[i].credit_given = false;
    }
}

void worker_say_bye(struct worker *worker)
{
    for (size_t i = 0; i < worker->broker_count; i++) {
        (void)send_head(worker, i, WIRE_BYE, worker->definition->service, 0, NULL, 0);
        worker->brokers[i].credit_given = false;
    }
}

bool worker_all_said_bye(const struct worker *worker)
{
    for (size_t i = 0; i < worker->broker_count; i++)
        if (worker_broker_is_alive(worker, i) && !worker->brokers[i].said_bye)
            return false;
    return true;
}

/* -------------------------------------------------------------- receiving */

static void enqueue_record(struct worker *worker, size_t broker, struct slice frame)
{
    struct error err = {0};
    struct work_item *item;

    if (worker->queued == worker->queue_capacity) {
        worker->queue_capacity = worker->queue_capacity == 0 ? WIRE_BATCH_MAX : worker->queue_capacity * 2;
        worker->queue = memory_grow(worker->queue, worker->queue_capacity, sizeof *worker->queue);
    }
    item = &worker->queue[worker->queued];
    memset(item, 0, sizeof *item);
    item->broker = broker;
    item->frame = memory_alloc(frame.size + 1);
    memcpy(item->frame, frame.data, frame.size);
    item->original = (struct slice){item->frame, frame.size};
    if (!wire_record_read(item->original, &item->record, &err)) {
        log_failure(LOG_ERROR, "bad_record", &err);
        free(item->frame);
        return;
    }
    worker->queued++;
}

static void take_message(struct worker *worker, size_t broker)
{
    struct broker_link *link = &worker->brokers[broker];
    struct wire_head head;
    struct error err = {0};

    if (worker->message->count == 0 || !wire_head_read(message_frame(worker->message, 0), &head, &err)) {
        log_failure(LOG_WARNING, "bad_message", &err);
        return;
    }
    link->heard_us = monotonic_now_us();
    switch (head.command) {
    case WIRE_PING:
        (void)send_head(worker, broker, WIRE_PONG, worker->definition->service, head.number, NULL, 0);
        break;
    case WIRE_WORK:
        link->credit_given = false;
        for (size_t i = 1; i < worker->message->count; i++)
            enqueue_record(worker, broker, message_frame(worker->message, i));
        break;
    case WIRE_RESTART:
        link->credit_given = false;
        link->hello_given = false;
        break;
    case WIRE_BYE:
        link->said_bye = true;
        break;
    default:
        if (worker->definition->message != NULL)
            worker->definition->message(worker, broker, &head,
                                        worker->message->count > 1 ? message_frame(worker->message, 1)
                                                                   : (struct slice){NULL, 0});
        break;
    }
}

static void take_messages(struct worker *worker, size_t broker)
{
    /* bounded, so that a flood at one broker does not keep the statement that we wait for */
    for (int i = 0; i < 100; i++) {
        const enum receive_result result = message_receive(worker->brokers[broker].socket, worker->message);

        if (result == RECEIVE_NOTHING || result == RECEIVE_FAILED)
            return;
        if (result == RECEIVE_MESSAGE) {
            take_message(worker, broker);
            message_release(worker->message);
        }
    }
}

static void take_signals(struct worker *worker)
{
    struct signalfd_siginfo info;

    while (read(worker->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (worker->state == WORKER_RUNNING) {
            worker->state = WORKER_DRAINING;
            worker->leave_by_us = monotonic_now_us() + DRAIN_US;
            log_event(LOG_INFO, "draining", LOG_INT("signal", info.ssi_signo), LOG_END);
            worker_say_bye(worker);
        }
    }
}

bool worker_wait(struct worker *worker, int fd, bool write, int64_t deadline_us)
{
    zmq_pollitem_t items[WORKER_BROKERS_MAX + 3];
    size_t count = 0, watched = SIZE_MAX;
    int64_t left_us;

    if (worker->state == WORKER_DRAINING && deadline_us > worker->leave_by_us)
        deadline_us = worker->leave_by_us;
    left_us = deadline_us == INT64_MAX ? INT64_MAX : deadline_us - monotonic_now_us();
    for (; count < worker->broker_count; count++)
        items[count] = (zmq_pollitem_t){.socket = worker->brokers[count].socket, .events = ZMQ_POLLIN};
    items[count++] = (zmq_pollitem_t){.fd = worker->signal_fd, .events = ZMQ_POLLIN};
    if (fd >= 0)
        items[count++] =
            (zmq_pollitem_t){.fd = fd, .events = (short)(write ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN)};
    if (worker->watched_fd >= 0) {
        watched = count;
        items[count++] = (zmq_pollitem_t){.fd = worker->watched_fd, .events = ZMQ_POLLIN};
    }
    if (zmq_poll(items, (int)count,
                 left_us == INT64_MAX ? -1
                 : left_us <= 0       ? 0
                                      : (long)(left_us / 1000 + 1)) < 0 &&
        errno != EINTR)
        return false;
    for (size_t i = 0; i < worker->broker_count; i++)
        if ((items[i].revents & ZMQ_POLLIN) != 0)
            take_messages(worker, i);
    if ((items[worker->broker_count].revents & ZMQ_POLLIN) != 0)
        take_signals(worker);
    if (watched != SIZE_MAX && (items[watched].revents & ZMQ_POLLIN) != 0)
        worker->definition->watch->ready(worker);
    if (worker->state == WORKER_DRAINING && monotonic_now_us() >= worker->leave_by_us) {
        log_event(LOG_WARNING, "leaving_undone", LOG_INT("queued", worker->queued), LOG_END);
        worker->state = WORKER_LEAVING;
    }
    return worker->state != WORKER_LEAVING;
}

/* --------------------------------------------------------------- reporting */

void work_item_release(struct work_item *item)
{
    while (item->replies != NULL) {
        struct work_reply *reply = item->replies;

        item->replies = reply->next;
        buffer_release(&reply->frame);
        free(reply);
    }
    while (item->kept != NULL) {
        struct work_text *text = item->kept;

        item->kept = text->next;
        free(text);
    }
    free(item->frame);
    item->frame = NULL;
}

static bool send_replies_through(struct worker *worker, size_t broker, const struct slice *frames,
                                 size_t count)
{
    if (send_head(worker, broker, WIRE_REPLY, "", 0, frames, count))
        return true;
    for (size_t i = 0; i < worker->broker_count; i++)
        if (i != broker && send_head(worker, i, WIRE_REPLY, "", 0, frames, count))
            return true;
    log_event(LOG_WARNING, "replies_dropped", LOG_INT("count", count - 1), LOG_END);
    return false;
}

static bool same_loop(const struct work_item *a, const struct work_item *b)
{
    return a->broker == b->broker && slice_equal(a->record.reply_to, b->record.reply_to);
}

/* All replies of items[first…] for the loop and broker of items[first], as one message; told[] marks them. */
static void send_replies_like(struct worker *worker, const struct work_item *items, size_t count,
                              size_t first, bool told[])
{
    struct slice frames[WIRE_BATCH_MAX * 2 + 1];
    size_t used = 0;

    frames[used++] = items[first].record.reply_to;
    for (size_t i = first; i < count; i++) {
        if (told[i] || !same_loop(&items[i], &items[first]))
            continue;
        told[i] = true;
        for (struct work_reply *reply = items[i].replies; reply != NULL; reply = reply->next) {
            if (used == sizeof frames / sizeof frames[0]) {
                (void)send_replies_through(worker, items[first].broker, frames, used);
                used = 1;
            }
            frames[used++] = buffer_slice(&reply->frame);
        }
    }
    (void)send_replies_through(worker, items[first].broker, frames, used);
}

static void send_results(struct worker *worker, const struct work_item *items, size_t count, size_t broker)
{
    struct buffer results[WIRE_BATCH_MAX];
    struct slice frames[WIRE_BATCH_MAX];
    size_t used = 0;

    for (size_t i = 0; i < count && used < WIRE_BATCH_MAX; i++) {
        struct buffer record = BUFFER_INIT;

        if (items[i].broker != broker || items[i].disposition == 0)
            continue;
        if (items[i].disposition != WIRE_DONE)
            wire_record_write(&record, &items[i].record);
        results[used] = (struct buffer)BUFFER_INIT;
        wire_result_write(&results[used], &(struct wire_result){.disposition = items[i].disposition,
                                                                .id = items[i].record.id,
                                                                .service = slice_of(items[i].next_service),
                                                                .record = buffer_slice(&record)});
        frames[used] = buffer_slice(&results[used]);
        used++;
        buffer_release(&record);
    }
    if (used > 0 && !send_head(worker, broker, WIRE_RESULT, worker->definition->service, 0, frames, used))
        log_event(LOG_WARNING, "results_dropped", LOG_INT("count", used), LOG_END); /* PL-44: latency only */
    for (size_t i = 0; i < used; i++)
        buffer_release(&results[i]);
}

/* ----------------------------------------------- messages outside a batch */

static uint64_t hash_of(struct slice text)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */

    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * UINT64_C(1099511628211);
    return hash;
}

/* The broker that a subject's work and its copies meet at (pipeline.md section 7), or SIZE_MAX. */
static size_t broker_for(const struct worker *worker, struct slice subject)
{
    size_t alive[WORKER_BROKERS_MAX], count = 0;

    for (size_t i = 0; i < worker->broker_count; i++)
        if (worker_broker_is_alive(worker, i))
            alive[count++] = i;
    return count == 0 ? SIZE_MAX : alive[hash_of(subject) % count];
}

static bool submit_to(struct worker *worker, size_t broker, const char *service,
                      const struct wire_record *records, size_t count, const size_t *targets)
{
    bool sent = true;

    for (size_t i = 0; i < count;) {
        struct buffer bytes[WIRE_BATCH_MAX];
        struct slice frames[WIRE_BATCH_MAX];
        size_t used = 0;

        for (; i < count && used < WIRE_BATCH_MAX; i++) {
            if (targets[i] != broker)
                continue;
            bytes[used] = (struct buffer)BUFFER_INIT;
            wire_record_write(&bytes[used], &records[i]);
            frames[used] = buffer_slice(&bytes[used]);
            used++;
        }
        if (used > 0 && !send_head(worker, broker, WIRE_SUBMIT, service, 0, frames, used))
            sent = false;
        for (size_t j = 0; j < used; j++)
            buffer_release(&bytes[j]);
    }
    return sent;
}

bool worker_submit(struct worker *worker, size_t broker, const char *service,
                   const struct wire_record *records, size_t count)
{
    size_t *targets = memory_alloc((count + 1) * sizeof *targets);
    bool sent = true;

    for (size_t i = 0; i < count; i++) {
        targets[i] = broker == SIZE_MAX ? broker_for(worker, records[i].subject) : broker;
        if (targets[i] == SIZE_MAX)
            sent = false;
    }
    for (size_t i = 0; i < worker->broker_count; i++)
        if (!submit_to(worker, i, service, records, count, targets))
            sent = false;
    free(targets);
    return sent;
}

void worker_broadcast(struct worker *worker, enum wire_command command, const char *service, int64_t number,
                      struct slice frame)
{
    for (size_t i = 0; i < worker->broker_count; i++)
        (void)send_head(worker, i, command, service, number, &frame, frame.data == NULL ? 0 : 1);
}

/* -------------------------------------------------------------- what became of it */

static bool goes_elsewhere(const struct worker *worker, const struct work_item *item, const char *service)
{
    return item->disposition == WIRE_FORWARD && item->record.accept_no > 0 &&
           (service == NULL || strcmp(item->next_service, service) == 0) &&
           broker_for(worker, item->record.subject) != item->broker;
}

/* What goes on to its next stage goes to the broker where its subject's work meets: the front chose one
 * before the subject was known. At the other one it is done. What cannot be sent stays where it is. */
static void send_where_subjects_meet(struct worker *worker, struct work_item *items, size_t count)
{
    struct wire_record *records = memory_alloc((count + 1) * sizeof *records);

    for (size_t first = 0; first < count; first++) {
        size_t used = 0;

        if (!goes_elsewhere(worker, &items[first], NULL))
            continue;
        const char *service = items[first].next_service;
        for (size_t i = first; i < count; i++)
            if (goes_elsewhere(worker, &items[i], service))
                records[used++] = items[i].record;
        if (!worker_submit(worker, SIZE_MAX, service, records, used))
            break;
        for (size_t i = first; i < count; i++)
            if (goes_elsewhere(worker, &items[i], service))
                items[i].disposition = WIRE_DONE;
    }
    free(records);
}

void worker_send_replies(struct worker *worker, const struct work_item *items, size_t count)
{
    bool told[WIRE_BATCH_MAX] = {false};

    for (size_t i = 0; i < count; i++)
        if (items[i].replies != NULL && !told[i])
            send_replies_like(worker, items, count, i, told);
}

void worker_report(struct worker *worker, struct work_item *items, size_t count)
{
    worker_send_replies(worker, items, count);
    send_where_subjects_meet(worker, items, count);
    for (size_t broker = 0; broker < worker->broker_count; broker++)
        send_results(worker, items, count, broker);
    if (worker->wakes_notifications) {
        const struct wire_record wake = wake_record(WAKE_NEW);

        worker->wakes_notifications = false;
        (void)worker_submit(worker, SIZE_MAX, WAKE_NOTIFICATIONS, &wake, 1); /* lost = later (PL-44) */
    }
    for (size_t i = 0; i < count; i++)
        work_item_release(&items[i]);
}
