/*
 * errands: the queue, the deadlines, and what is sent again.
 *
 * A submission: queued → sent → accepted → decided. While sent it is sent again every second under the same
 * id, to another broker where there is one, until accept_by; 2 s later nobody knows (PL-11). While accepted,
 * and waited for, it is asked for every 3 s by sending it again to the broker that has it, where a copy is
 * dropped. A broker that was killed, or started again, or whose reply was lost, does not have it: then intake
 * finds it accepted, and whoever decides it tells the outcome. So a dead broker costs a waiting client
 * seconds and not all of its patience.
 *
 * A read: queued → sent → done, sent again every 2 s. A note is sent once.
 *
 * Bounds: errands exist only for requests in hand (max_in_flight), for look-ups (one a token), notes (one a
 * token and minute) and health.
 */
#include "front/errands.h"

#include <stdlib.h>
#include <utlist.h>

#include "common/clock.h"
#include "front/loop.h"

#define AGAIN_SUBMISSION_US US_PER_SECOND
#define AGAIN_READ_US       (2 * US_PER_SECOND)
#define AGAIN_ACCEPTED_US   (3 * US_PER_SECOND)
#define AGAIN_UPLOAD_US     (3 * US_PER_SECOND) /* it has megabytes, and waits behind others at intake */
#define AGAIN_NO_BROKER_US  (US_PER_SECOND / 4)
#define NOT_IN_HEAP         SIZE_MAX
#define PICKED_MAX          1024
#define MESSAGE_BYTES_MAX   ((size_t)4 << 20)

/* Whose errands wait, and how many are at the brokers. */
struct errand_caller {
    UT_hash_handle hh;
    int64_t caller;
    struct errand *queue[WIRE_CLASS_COUNT];
    int64_t in_hand;
    size_t errands;
};

/* ---- a heap of errands by due_us ---- */

static void heap_put(struct errands *errands, size_t i, struct errand *errand)
{
    errands->heap[i] = errand;
    errand->heap_index = i;
}

static void heap_settle(struct errands *errands, size_t i)
{
    struct errand *errand = errands->heap[i];
    while (i > 0 && errands->heap[(i - 1) / 2]->due_us > errand->due_us) {
        heap_put(errands, i, errands->heap[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= errands->heap_size)
            break;
        if (child + 1 < errands->heap_size && errands->heap[child + 1]->due_us < errands->heap[child]->due_us)
            child++;
        if (errands->heap[child]->due_us >= errand->due_us)
            break;
        heap_put(errands, i, errands->heap[child]);
        i = child;
    }
    heap_put(errands, i, errand);
}

static void heap_remove(struct errands *errands, struct errand *errand)
{
    size_t i = errand->heap_index;
    if (i == NOT_IN_HEAP)
        return;
    errand->heap_index = NOT_IN_HEAP;
    struct errand *last = errands->heap[--errands->heap_size];
    if (last == errand)
        return;
    heap_put(errands, i, last);
    heap_settle(errands, i);
}

static int64_t earlier(int64_t a_us, int64_t b_us)
{
    return a_us < b_us ? a_us : b_us;
}

/* When something happens to it next. */
static int64_t next_due(const struct errand *errand)
{
    if (errand->state == ERRAND_QUEUED)
        return earlier(errand->accept_by_us, errand->deadline_us);
    if (errand->state == ERRAND_IS_ACCEPTED || errand->kind == ERRAND_READ)
        return earlier(errand->again_us, errand->deadline_us);
    return errand->again_us < errand->accept_by_us ? errand->again_us
                                                   : errand->accept_by_us + ERRAND_LISTENS_US;
}

static void reschedule(struct errands *errands, struct errand *errand)
{
    errand->due_us = next_due(errand);
    if (errand->heap_index == NOT_IN_HEAP) {
        if (errands->heap_size == errands->heap_capacity) {
            errands->heap_capacity = errands->heap_capacity == 0 ? 256 : 2 * errands->heap_capacity;
            errands->heap = memory_grow(errands->heap, errands->heap_capacity, sizeof(struct errand *));
        }
        heap_put(errands, errands->heap_size++, errand);
    }
    heap_settle(errands, errand->heap_index);
}

/* ---- beginning and ending ---- */

struct errand *errand_new(enum errand_kind kind, enum wire_class class, const char *service, int64_t caller,
                          errand_fn *fn, uint64_t owner)
{
    struct errand *errand = memory_zero(1, sizeof(*errand));
    errand->id = uuid_v7();
    errand->kind = kind;
    errand->class = class;
    errand->service = service;
    errand->caller = caller;
    errand->fn = fn;
    errand->owner = owner;
    errand->broker = BROKER_NONE;
    errand->heap_index = NOT_IN_HEAP;
    return errand;
}

static struct errand_caller *caller_find(struct errands *errands, int64_t id)
{
    struct errand_caller *caller;
    HASH_FIND(hh, errands->callers, &id, sizeof(id), caller);
    if (caller == NULL) {
        caller = memory_zero(1, sizeof(*caller));
        caller->caller = id;
        HASH_ADD(hh, errands->callers, caller, sizeof(caller->caller), caller);
    }
    return caller;
}

static void enqueue(struct errands *errands, struct errand *errand)
{
    errand->state = ERRAND_QUEUED;
    DL_APPEND2(errand->from->queue[errand->class], errand, prev, next);
    errands->queued[errand->class]++;
}

static void dequeue(struct errands *errands, struct errand *errand)
{
    DL_DELETE2(errand->from->queue[errand->class], errand, prev, next);
    errands->queued[errand->class]--;
}

void errand_start(struct loop *loop, struct errand *errand)
{
    struct errands *errands = &loop->errands;
    errand->from = caller_find(errands, errand->caller);
    errand->from->errands++;
    HASH_ADD(hh, errands->by_id, id, sizeof(errand->id), errand);
    enqueue(errands, errand);
    reschedule(errands, errand);
}

struct errand *errand_find(struct loop *loop, const struct uuid *id)
{
    struct errand *errand;
    HASH_FIND(hh, loop->errands.by_id, id, sizeof(*id), errand);
    return errand;
}

/* It is at a broker no longer, or not at this one. */
static void leave_broker(struct loop *loop, struct errand *errand)
{
    if (errand->broker != BROKER_NONE)
        loop->brokers.list[errand->broker].in_hand--;
    errand->broker = BROKER_NONE;
}

static void destroy(struct loop *loop, struct errand *errand)
{
    struct errands *errands = &loop->errands;
    if (errand->state == ERRAND_QUEUED)
        dequeue(errands, errand);
    else
        errand->from->in_hand--;
    leave_broker(loop, errand);
    heap_remove(errands, errand);
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyzer loses track in uthash */
    HASH_DEL(errands->by_id, errand);
    if (--errand->from->errands == 0) {
        HASH_DEL(errands->callers, errand->from);
        free(errand->from);
    }
    (void)atomic_fetch_sub_explicit(&loop->front->bulk_bytes, errand->bulk_bytes, memory_order_relaxed);
    buffer_release(&errand->record);
    free(errand);
}

void errand_drop(struct loop *loop, struct errand *errand)
{
    (void)loop;
    errand->dropped = true; /* deliver() ends it */
}

/* Tells the owner. The errand is gone afterwards when this was the last word or the owner dropped it; true =
 * it is. */
static bool deliver(struct loop *loop, struct errand *errand, enum errand_event event,
                    const struct wire_reply *reply)
{
    errand->fn(loop, errand, event, reply);
    bool over = errand->dropped || (event != ERRAND_ACCEPTED && event != ERRAND_DEADLINE);
    if (over)
        destroy(loop, errand);
    return over;
}

/* ---- sending ---- */

static void enter_broker(struct loop *loop, struct errand *errand, size_t broker)
{
    leave_broker(loop, errand);
    errand->broker = broker;
    loop->brokers.list[broker].in_hand++;
}

static void was_sent(struct loop *loop, struct errand *errand, size_t broker)
{
    enter_broker(loop, errand, broker);
    errand->tried |= UINT32_C(1) << broker;
    errand->sends++;
    errand->again_us = loop->now_us + (errand->kind == ERRAND_READ  ? AGAIN_READ_US
                                       : errand->class == WIRE_BULK ? AGAIN_UPLOAD_US
                                                                    : AGAIN_SUBMISSION_US);
    errand->state = ERRAND_SENT;
    reschedule(&loop->errands, errand);
}

/* Sends picked errands of one broker and service from i on as one message; says how many were taken together.
 * They stand next to each other where brokers share the load by turns, so gather over all. Those done are set
 * to NULL. */
static void send_together(struct loop *loop, struct errand **picked, const size_t *brokers, size_t count,
                          size_t i)
{
    struct slice records[WIRE_BATCH_MAX];
    size_t members[WIRE_BATCH_MAX], taken = 0, bytes = 0;
    const struct errand *first = picked[i];
    for (size_t k = i; k < count && taken < WIRE_BATCH_MAX; k++) {
        struct errand *errand = picked[k];
        if (errand == NULL || brokers[k] != brokers[i] || errand->class != first->class ||
            strcmp(errand->service, first->service) != 0)
            continue;
        if (taken > 0 && bytes + errand->record.size > MESSAGE_BYTES_MAX)
            break;
        members[taken] = k;
        records[taken++] = buffer_slice(&errand->record);
        bytes += errand->record.size;
    }
    bool sent = broker_submit(loop, brokers[i], first->service, records, taken);
    for (size_t m = 0; m < taken; m++) {
        struct errand *errand = picked[members[m]];
        picked[members[m]] = NULL;
        if (sent) {
            was_sent(loop, errand, brokers[members[m]]);
            if (errand->kind == ERRAND_NOTE)
                destroy(loop, errand);
        } else {
            errand->from->in_hand--;
            enqueue(&loop->errands, errand);
        }
    }
}

/* One errand of each caller in turn, as long as they have room; waiting ones before others. */
static size_t pick(struct loop *loop, enum wire_class class, struct errand **picked, size_t *brokers,
                   size_t room)
{
    struct errands *errands = &loop->errands;
    size_t count = 0;
    bool progress = true;
    while (progress && errands->queued[class] > 0) {
        progress = false;
        for (struct errand_caller *caller = errands->callers; caller != NULL; caller = caller->hh.next) {
            struct errand *errand = caller->queue[class];
            /* Uploads are few (ECF2_BULK_MEMORY), and would find no room beside a flood of their caller. */
            if (errand == NULL ||
                (class != WIRE_BULK && caller->in_hand >= loop->settings->max_in_flight_per_caller))
                continue;
            size_t broker = brokers_choose(loop, errand->kind != ERRAND_READ, /* avoid= */ 0);
            if (count == room)
                return count;
            if (broker == BROKER_NONE)
                continue;
            dequeue(errands, errand);
            errand->state = ERRAND_SENT;
            caller->in_hand++;
            picked[count] = errand;
            brokers[count++] = broker;
            progress = true;
        }
    }
    return count;
}

void errands_flush(struct loop *loop)
{
    struct errand *picked[PICKED_MAX];
    size_t brokers[PICKED_MAX];
    for (int class = 0; class < WIRE_CLASS_COUNT; class ++) {
        if (loop->errands.queued[class] == 0)
            continue;
        size_t count = pick(loop, (enum wire_class) class, picked, brokers, PICKED_MAX);
        for (size_t i = 0; i < count; i++)
            if (picked[i] != NULL)
                send_together(loop, picked, brokers, count, i);
    }
}

/* The same id again, elsewhere if possible. */
static void send_again(struct loop *loop, struct errand *errand)
{
    uint32_t avoid = errand->broker == BROKER_NONE ? 0 : UINT32_C(1) << errand->broker;
    size_t broker = brokers_choose(loop, errand->kind != ERRAND_READ, avoid);
    struct slice record = buffer_slice(&errand->record);
    /* A copy of an upload at another broker would only keep another intake waiting for the first. */
    if (errand->class == WIRE_BULK && errand->broker != BROKER_NONE && broker_is_alive(loop, errand->broker))
        broker = errand->broker;
    if (broker != BROKER_NONE && broker_submit(loop, broker, errand->service, &record, 1)) {
        was_sent(loop, errand, broker);
        return;
    }
    errand->again_us = loop->now_us + AGAIN_NO_BROKER_US;
    reschedule(&loop->errands, errand);
}

/* It is accepted, so it may be told to intake for longer than it could have been accepted. */
static void renew_accept_by(const struct loop *loop, struct errand *errand)
{
    struct buffer renewed = BUFFER_INIT;
    struct wire_record record;
    if (!wire_record_read(buffer_slice(&errand->record), &record, NULL))
        return; /* our own record: cannot be */
    record.accept_by_us = machine_now_us() + loop->settings->accept_limit_ms * 1000;
    wire_record_write(&renewed, &record);
    buffer_release(&errand->record);
    errand->record = renewed;
}

static bool ask_at(struct loop *loop, struct errand *errand, size_t broker)
{
    struct slice record = buffer_slice(&errand->record);
    if (broker == BROKER_NONE || !broker_is_alive(loop, broker) ||
        !broker_submit(loop, broker, errand->service, &record, 1))
        return false;
    enter_broker(loop, errand, broker);
    return true;
}

/* What becomes of an accepted one? Where it is, it is a copy; elsewhere it is begun again, from intake. */
static void ask_for_accepted(struct loop *loop, struct errand *errand)
{
    uint32_t avoid = errand->broker == BROKER_NONE ? 0 : UINT32_C(1) << errand->broker;
    renew_accept_by(loop, errand);
    bool asked = ask_at(loop, errand, errand->broker) ||
                 ask_at(loop, errand, brokers_choose(loop, /* submission= */ true, avoid));
    errand->again_us = loop->now_us + (asked ? AGAIN_ACCEPTED_US : AGAIN_NO_BROKER_US);
    reschedule(&loop->errands, errand);
}

/* ---- what brokers say ---- */

void errand_reply(struct loop *loop, const struct wire_reply *reply)
{
    struct errand *errand = errand_find(loop, &reply->id);
    if (errand == NULL || errand->state == ERRAND_QUEUED)
        return; /* nobody waits any more */
    bool submission = errand->kind == ERRAND_SUBMISSION;
    if (reply->kind == WIRE_ACCEPTED && submission && errand->state == ERRAND_SENT) {
        errand->state = ERRAND_IS_ACCEPTED;
        errand->again_us = loop->now_us + AGAIN_ACCEPTED_US;
        if (!deliver(loop, errand, ERRAND_ACCEPTED, reply))
            reschedule(&loop->errands, errand);
    } else if (reply->kind == WIRE_DECIDED && submission) {
        (void)deliver(loop, errand, ERRAND_DECIDED, reply);
    } else if (reply->kind == WIRE_HELD && submission) {
        (void)deliver(loop, errand, ERRAND_HELD, reply);
    } else if (reply->kind == WIRE_READ && errand->kind == ERRAND_READ) {
        (void)deliver(loop, errand, ERRAND_READ_DONE, reply);
    }
}

void errand_refused(struct loop *loop, size_t broker, const struct uuid *id, int64_t refusal)
{
    (void)broker;
    struct errand *errand = errand_find(loop, id);
    if (errand == NULL || errand->state != ERRAND_SENT)
        return;
    bool submission = errand->kind == ERRAND_SUBMISSION;
    errand->refusals++;
    if (refusal == WIRE_WORKER_DIED) {
        /* It may have died behind its commit. */
        (void)deliver(loop, errand, submission ? ERRAND_UNKNOWN : ERRAND_REFUSED, NULL);
        return;
    }
    if (errand->refusals < errand->sends)
        return; /* another copy is on its way: its answer counts */
    size_t other = brokers_choose(loop, submission, errand->tried);
    bool untried = other != BROKER_NONE && (errand->tried >> other & 1) == 0;
    if (untried && loop->now_us < errand->accept_by_us)
        send_again(loop, errand);
    else
        (void)deliver(loop, errand, ERRAND_REFUSED, NULL);
}

/* ---- deadlines ---- */

static void due(struct loop *loop, struct errand *errand)
{
    switch (errand->state) {
    case ERRAND_QUEUED:
        (void)deliver(loop, errand, ERRAND_REFUSED, NULL);
        return;
    case ERRAND_IS_ACCEPTED:
        if (errand->deadline_us > loop->now_us) {
            ask_for_accepted(loop, errand);
        } else if (!deliver(loop, errand, ERRAND_DEADLINE, NULL)) {
            errand->deadline_us = errand->again_us = INT64_MAX; /* nobody waits any more */
            reschedule(&loop->errands, errand);
        }
        return;
    case ERRAND_SENT:
        break;
    }
    bool over = errand->kind == ERRAND_READ ? errand->deadline_us <= loop->now_us
                                            : errand->accept_by_us + ERRAND_LISTENS_US <= loop->now_us;
    if (over)
        (void)deliver(loop, errand, ERRAND_UNKNOWN, NULL);
    else
        send_again(loop, errand);
}

int64_t errands_tick(struct loop *loop)
{
    struct errands *errands = &loop->errands;
    while (errands->heap_size > 0 && errands->heap[0]->due_us <= loop->now_us)
        due(loop, errands->heap[0]);
    return errands->heap_size == 0 ? INT64_MAX : errands->heap[0]->due_us;
}

void errands_hurry(struct loop *loop)
{
    for (struct errand *errand = loop->errands.by_id; errand != NULL; errand = errand->hh.next) {
        errand->deadline_us = earlier(errand->deadline_us, loop->now_us);
        if (errand->state == ERRAND_QUEUED)
            errand->accept_by_us = loop->now_us;
        if (loop->phase == LOOP_ENDING && errand->state == ERRAND_SENT)
            errand->accept_by_us = loop->now_us - ERRAND_LISTENS_US;
        reschedule(&loop->errands, errand);
    }
    (void)errands_tick(loop);
}

void errands_release(struct loop *loop)
{
    struct errand *next;
    for (struct errand *errand = loop->errands.by_id; errand != NULL; errand = next) {
        next = errand->hh.next;
        destroy(loop, errand);
    }
    free(loop->errands.heap);
}
