/*
 * records: what the broker holds, by id, and the places that a record can be in. All counting happens here,
 * in record_lift and the three functions that put a record into a place.
 */
#include <stdlib.h>

#include "workers/broker/broker_private.h"

/* A front listens for its acknowledgement so long after accept_by (PL-11). */
#define ACCEPT_GRACE (2 * SECOND)

struct record *record_find(const struct broker *broker, const struct uuid *id)
{
    struct record *record;
    HASH_FIND(hh, broker->records, id->bytes, sizeof id->bytes, record);
    return record;
}

/* What of the fields decides where the record goes. */
static void record_take_fields(struct record *record, const struct wire_record *fields)
{
    record->class = fields->class;
    record->caller_type = fields->caller_type;
    record->caller_id = fields->caller_id;
    record->flags = fields->flags;
    record->deaths = fields->deaths;
    record->returns = fields->returns;
    record->accept_no = fields->accept_no;
    record->accept_by_us = fields->accept_by_us;
    record->deadline_us = fields->deadline_us;
}

static void record_take_bytes(struct broker *broker, struct record *record, struct slice frame)
{
    char *copy = memory_dup_slice(frame);
    broker->bytes += (int64_t)frame.size - (int64_t)record->size;
    free(record->bytes);
    record->bytes = copy;
    record->size = frame.size;
}

struct record *record_new(struct broker *broker, struct slice frame, const struct wire_record *fields)
{
    struct record *record = memory_zero(1, sizeof *record);
    record->id = fields->id;
    record->arrival = broker->arrivals++;
    record_take_fields(record, fields);
    record_take_bytes(broker, record, frame);
    broker->bytes += (int64_t)sizeof *record;
    subject_attach(broker, record, fields->subject);
    HASH_ADD(hh, broker->records, id, sizeof record->id, record);
    return record;
}

void record_forget(struct broker *broker, struct record *record)
{
    record_lift(broker, record);
    subject_detach(broker, record);
    HASH_DEL(broker->records, record);
    broker->bytes -= (int64_t)(sizeof *record + record->size);
    free(record->bytes);
    free(record);
}

struct wire_record record_fields(const struct record *record)
{
    struct wire_record fields = {.class = WIRE_WAIT};
    /* It was read successfully when it came, and changes since keep it whole. */
    bool read = wire_record_read((struct slice){record->bytes, record->size}, &fields, NULL);
    (void)read;
    return fields;
}

void record_set_deaths(struct record *record, unsigned deaths)
{
    record->deaths = (uint8_t)(deaths > UINT8_MAX ? UINT8_MAX : deaths);
    wire_record_set_deaths(record->bytes, record->deaths);
}

void record_set_returns(struct record *record, unsigned returns)
{
    record->returns = (uint8_t)(returns > UINT8_MAX ? UINT8_MAX : returns);
    wire_record_set_returns(record->bytes, record->returns);
}

static void record_set_reply_to(struct broker *broker, struct record *record,
                                const struct wire_record *fields, struct slice reply_to, int64_t deadline_us)
{
    struct buffer frame = BUFFER_INIT;
    wire_record_with_reply_to(&frame, fields, reply_to, deadline_us);
    /* A record at the very limit may have no room for it: then nobody is told, and the front asks at its
     * deadline. */
    if (frame.size <= WIRE_RECORD_MAX) {
        record_take_bytes(broker, record, buffer_slice(&frame));
        record->deadline_us = deadline_us;
    }
    buffer_release(&frame);
}

void record_replace(struct broker *broker, struct record *record, struct slice frame,
                    const struct wire_record *fields)
{
    struct slice key = {0};
    if (record->subject != NULL)
        key = (struct slice){record->subject->key, record->subject->key_size};
    if (!slice_equal(key, fields->subject)) {
        subject_detach(broker, record);
        subject_attach(broker, record, fields->subject);
    }
    uint8_t deaths = record->deaths;
    char *before = record->bytes;
    struct wire_record held = record_fields(record);
    record->bytes = NULL; /* held borrows from it until the end */
    record_take_fields(record, fields);
    record_take_bytes(broker, record, frame);
    record_set_deaths(record, deaths);
    if (record->reply_taken) {
        struct wire_record now = record_fields(record);
        record_set_reply_to(broker, record, &now, held.reply_to, held.deadline_us);
    }
    record->reply_taken = false;
    free(before);
}

/* ---- expiry: nobody listens any more, and nothing durable is lost ---- */

/* When a record that waits at this service is worth nothing any more, on the monotonic clock. A read or dry
 * run: at its deadline, when the front has answered without it. What is not accepted yet: when intake would
 * refuse it and the front has stopped listening. What is accepted never expires. */
static int64_t record_expires_us(const struct broker *broker, const struct record *record)
{
    int64_t at_us = record->service->is_intake ? record->accept_by_us : record->deadline_us;
    if (record->accept_no > 0 || at_us == 0)
        return INT64_MAX;
    int64_t left_us, expires_us;
    if (record->service->is_intake && __builtin_add_overflow(at_us, ACCEPT_GRACE, &at_us))
        return INT64_MAX;
    if (__builtin_sub_overflow(at_us, broker->machine_us, &left_us) ||
        __builtin_add_overflow(broker->now_us, left_us, &expires_us))
        return INT64_MAX;
    return expires_us;
}

static void due_put(struct broker *broker, struct record *record, int64_t due_us)
{
    record->due_us = due_us;
    record->in_due = due_us < INT64_MAX;
    if (record->in_due)
        heap_insert(&broker->due, &record->due_node);
}

static void due_take(struct broker *broker, struct record *record)
{
    if (record->in_due)
        heap_remove(&broker->due, &record->due_node);
    record->in_due = false;
}

void record_meet_copy(struct broker *broker, struct record *record, const struct wire_record *copy)
{
    broker->totals[TOTAL_copies_dropped]++;
    if (copy->reply_to.size == 0)
        return;
    struct wire_record held = record_fields(record);
    if (held.reply_to.size > 0 && held.deadline_us >= copy->deadline_us)
        return;
    record_set_reply_to(broker, record, &held, copy->reply_to, copy->deadline_us);
    if (record->state == RECORD_HANDED_OUT)
        record->reply_taken = true;
    if (record->state == RECORD_WAITING) {
        due_take(broker, record);
        due_put(broker, record, record_expires_us(broker, record));
    }
}

/* ---- places ---- */

/* Submissions: accepted, or on the way to it. Not reads, notes and dry runs (PL-13). */
static bool record_is_undecided(const struct record *record)
{
    if ((record->flags & (WIRE_FLAG_DRY_RUN | WIRE_FLAG_NOTE)) != 0 || record->service->is_query)
        return false;
    return record->accept_no > 0 || record->service->is_intake;
}

static struct lane *lane_of(const struct record *record)
{
    return &record->service->lanes[record->class];
}

static void record_place(struct broker *broker, struct record *record, struct service *service,
                         enum record_state state)
{
    record->service = service;
    record->state = state;
    if (record_is_undecided(record))
        broker->undecided[record->class]++;
}

void record_lift(struct broker *broker, struct record *record)
{
    if (record->state == RECORD_LIFTED)
        return;
    struct lane *lane = lane_of(record);
    struct subject *subject = record->subject;
    if (record_is_undecided(record))
        broker->undecided[record->class]--;
    if (record->state == RECORD_HANDED_OUT) {
        lane->handed_out--;
        DL_DELETE2(record->peer->hand, record, hand_prev, hand_next);
        record->peer->in_hand--;
        record->peer = NULL;
        if (record_is_upload(record))
            record->service->uploads_out--;
        if (subject != NULL)
            subject->handed_out = NULL;
    } else {
        if (record->state == RECORD_WAITING)
            lane->waiting--;
        else
            lane->delayed--;
        DL_DELETE2(lane->ages, record, age_prev, age_next);
        due_take(broker, record);
        if (record->caller != NULL)
            line_take(record);
        if (subject != NULL) {
            heap_remove(&subject->waiting, &record->subject_node);
            if (subject->in_line == record)
                subject->in_line = NULL;
        }
    }
    record->state = RECORD_LIFTED;
}

void record_wait(struct broker *broker, struct record *record, struct service *service, bool at_front)
{
    record_place(broker, record, service, RECORD_WAITING);
    struct lane *lane = lane_of(record);
    lane->waiting++;
    if (at_front) { /* it never was away: its age goes on */
        DL_PREPEND2(lane->ages, record, age_prev, age_next);
    } else {
        record->queued_us = broker->now_us;
        DL_APPEND2(lane->ages, record, age_prev, age_next);
    }
    due_put(broker, record, record_expires_us(broker, record));
    if (record->subject == NULL) {
        line_put(record, at_front);
        return;
    }
    heap_insert(&record->subject->waiting, &record->subject_node);
    subject_settle(record->subject, at_front);
}

void record_delay(struct broker *broker, struct record *record, struct service *service, int64_t until_us)
{
    record_place(broker, record, service, RECORD_DELAYED);
    struct lane *lane = lane_of(record);
    lane->delayed++;
    record->queued_us = broker->now_us;
    DL_APPEND2(lane->ages, record, age_prev, age_next);
    due_put(broker, record, until_us);
    if (record->subject != NULL) {
        heap_insert(&record->subject->waiting, &record->subject_node);
        subject_settle(record->subject, /* at_front= */ false);
    }
}

void record_hand(struct broker *broker, struct record *record, struct peer *peer)
{
    record_place(broker, record, record->service, RECORD_HANDED_OUT);
    lane_of(record)->handed_out++;
    record->peer = peer;
    record->handed_us = broker->now_us;
    DL_APPEND2(peer->hand, record, hand_prev, hand_next);
    peer->in_hand++;
    if (record_is_upload(record))
        record->service->uploads_out++;
    if (record->subject != NULL)
        record->subject->handed_out = record;
}

void records_due(struct broker *broker)
{
    while (broker->due.first != NULL) {
        struct record *record = OWNER_OF(broker->due.first, struct record, due_node);
        if (record->due_us > broker->now_us)
            return;
        if (record->state == RECORD_DELAYED) {
            record_lift(broker, record);
            record_wait(broker, record, record->service, /* at_front= */ false);
        } else {
            broker->totals[TOTAL_expired]++;
            record_forget(broker, record);
        }
    }
}
