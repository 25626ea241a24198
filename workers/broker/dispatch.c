/*
 * dispatch: hands out. A batch goes to the worker of the service that has been idle longest, as many records
 * as it has credit for, and at most WIRE_BATCH_BYTES_MAX of them.
 *
 * Which class a batch starts with: `turns` below, one row of ten batches per service. Where all three classes
 * wait, seven batches start with wait, two with async, one with bulk; a class that has nothing passes its
 * turn to the first that has. So bulk gets at least one batch in ten, async two, and a flood of waiting ones
 * holds neither up for ever (PL-14). What room is left in a batch is filled from the other classes in their
 * order; but a batch that starts with somebody who waits is not made longer by bulk, and bulk makes no batch
 * longer than BULK_MAX: at each stage a single request waits for the rest of the batch before it and for its
 * own.
 *
 * Within a class: callers in turn. Records that are handed out alone stand in a line of their own, which gets
 * every other batch of the class: were they first, two hundred suspects would hold up everybody, were they
 * last, a flood would hide them.
 */
#include "workers/broker/broker_private.h"

#define RETRY_US        (10 * MS)  /* a worker's pipe was full */
#define BULK_MAX        100        /* records of bulk in a batch */
#define UPLOAD_PATIENCE (500 * MS) /* how long an upload waits for a second free intake */

static const enum wire_class turns[10] = {
    WIRE_WAIT, WIRE_WAIT,  WIRE_WAIT, WIRE_ASYNC, WIRE_WAIT,
    WIRE_WAIT, WIRE_ASYNC, WIRE_WAIT, WIRE_WAIT,  WIRE_BULK,
};

struct batch {
    struct peer *peer;
    struct record *records[WIRE_BATCH_MAX];
    size_t count, bytes;
    bool alone;
    enum wire_class class; /* that it started with */
};

static void again_at(struct broker *broker, int64_t at_us)
{
    if (at_us < broker->again_us)
        broker->again_us = at_us;
}

static struct peer *worker_ready(struct broker *broker, const struct service *service)
{
    for (struct peer *peer = service->ready; peer != NULL; peer = peer->ready_next) {
        if (peer->retry_us <= broker->now_us)
            return peer;
        again_at(broker, peer->retry_us);
    }
    return NULL;
}

/* PL-16: one upload at an intake at a time, and not at the last free one where there are several. Under load
 * there may never be two free ones at once, so that is a wish: after UPLOAD_PATIENCE it goes all the same. */
static bool upload_may_go(struct broker *broker, const struct record *record)
{
    const struct service *service = record->service;
    if (service->uploads_out > 0)
        return false;
    if (service->workers < 2 || (service->ready != NULL && service->ready->ready_next != NULL))
        return true;
    int64_t at_us = record->queued_us + UPLOAD_PATIENCE;
    if (at_us > broker->now_us)
        again_at(broker, at_us);
    return at_us <= broker->now_us;
}

/* The next one to be handed out alone, or NULL. */
static struct record *lane_alone(struct broker *broker, const struct lane *lane)
{
    struct record *record = line_first(&lane->alone);
    if (record != NULL && record_is_upload(record) && !upload_may_go(broker, record))
        return NULL;
    return record;
}

static bool lane_has(struct broker *broker, const struct lane *lane)
{
    return line_first(&lane->together) != NULL || lane_alone(broker, lane) != NULL;
}

/* WIRE_CLASS_COUNT = nothing can be handed out. */
static enum wire_class class_next(struct broker *broker, const struct service *service)
{
    enum wire_class class = turns[service->turn];
    if (lane_has(broker, &service->lanes[class]))
        return class;
    for (int other = 0; other < WIRE_CLASS_COUNT; other++)
        if (lane_has(broker, &service->lanes[other]))
            return (enum wire_class)other;
    return WIRE_CLASS_COUNT;
}

static void batch_take(struct broker *broker, struct batch *batch, struct line *line)
{
    struct record *record = line_first(line);
    line_rotate(line);
    record_lift(broker, record);
    record_hand(broker, record, batch->peer);
    batch->records[batch->count++] = record;
    batch->bytes += record->size;
}

/* How many records a batch may have when one of this class is added. */
static size_t batch_room(const struct batch *batch, enum wire_class class)
{
    size_t credit = (size_t)batch->peer->credit;
    if (class != WIRE_BULK || credit == 0)
        return credit;
    if (batch->class == WIRE_WAIT)
        return 0;
    return credit < BULK_MAX ? credit : BULK_MAX;
}

static void batch_fill(struct broker *broker, struct batch *batch, struct line *line, enum wire_class class)
{
    const struct record *record;
    while (batch->count < batch_room(batch, class) && (record = line_first(line)) != NULL &&
           (batch->count == 0 || batch->bytes + record->size <= WIRE_BATCH_BYTES_MAX))
        batch_take(broker, batch, line);
}

/* False = nothing to hand out. */
static bool batch_make(struct broker *broker, struct service *service, struct batch *batch)
{
    batch->class = class_next(broker, service);
    if (batch->class == WIRE_CLASS_COUNT)
        return false;
    struct lane *lane = &service->lanes[batch->class];
    bool together = line_first(&lane->together) != NULL;
    batch->alone = (lane->alone_next || !together) && lane_alone(broker, lane) != NULL;
    if (batch->alone) {
        batch_take(broker, batch, &lane->alone);
        return true;
    }
    batch_fill(broker, batch, &lane->together, batch->class);
    for (int class = 0; class < WIRE_CLASS_COUNT; class ++)
        batch_fill(broker, batch, &service->lanes[class].together, (enum wire_class) class);
    return true;
}

/* Puts it back as it was, the last first. */
static void batch_undo(struct broker *broker, struct batch *batch)
{
    while (batch->count > 0) {
        struct record *record = batch->records[--batch->count];
        record_lift(broker, record);
        record_wait(broker, record, record->service, /* at_front= */ true);
    }
}

/* One batch to one worker; false = none could be made. */
static bool hand_out(struct broker *broker, struct service *service, struct peer *peer)
{
    struct batch batch = {.peer = peer};
    struct slice frames[1 + WIRE_BATCH_MAX];
    if (!batch_make(broker, service, &batch))
        return false;
    for (size_t i = 0; i < batch.count; i++)
        frames[1 + i] = (struct slice){batch.records[i]->bytes, batch.records[i]->size};
    if (!peer_send(broker, peer, WIRE_WORK, service->name, (int64_t)batch.count, frames, 1 + batch.count)) {
        batch_undo(broker, &batch);
        peer->retry_us = broker->now_us + RETRY_US;
        return true; /* another worker may be luckier */
    }
    broker->totals[TOTAL_handed_out] += batch.count;
    service->lanes[batch.class].alone_next = !batch.alone;
    service->turn = (service->turn + 1) % (unsigned)(sizeof turns / sizeof turns[0]);
    peer_credit(peer, 0);
    return true;
}

void dispatch(struct broker *broker)
{
    broker->again_us = INT64_MAX;
    for (struct service *service = broker->services; service != NULL; service = service->hh.next) {
        struct peer *peer;
        while ((peer = worker_ready(broker, service)) != NULL && hand_out(broker, service, peer))
            ;
    }
}
