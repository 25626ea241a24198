/*
 * submit: what fronts, intake and the scheduler bring. A record is held, or met as a copy of one that is
 * held, or refused: then its sender is told, id by id, one message a reason.
 *
 * Bounds: this broker holds at most limits.records and limits.bytes, and what is no submission (reads, notes,
 * wake-ups, dry runs) at most fills half of that. What workers hand on (results.c) is never refused: it was
 * accepted, and it cannot become more than what was.
 */
#include "workers/broker/broker_private.h"

void refuse(struct broker *broker, struct slice to, const char *service, enum wire_refusal reason,
            const struct uuid *ids, size_t count)
{
    struct slice frames[1 + WIRE_MESSAGE_RECORDS_MAX];
    for (size_t i = 0; i < count; i++)
        frames[1 + i] = (struct slice){(const char *)ids[i].bytes, sizeof ids[i].bytes};
    broker->refused[reason] += count;
    (void)id_send(broker, to, WIRE_REFUSED, service, reason, frames,
                  1 + count); /* who is gone need not be told */
}

/* 0 = it may come in. */
static enum wire_refusal refusal_of(const struct broker *broker, const struct service *service,
                                    const struct wire_record *fields)
{
    if (service == NULL)
        return WIRE_NO_SERVICE;
    bool accepted = fields->accept_no > 0;
    bool submission = accepted || (service->is_intake && (fields->flags & WIRE_FLAG_NOTE) == 0);
    int64_t share = submission ? 1 : 2;
    if (service->is_intake && !accepted && broker->draining)
        return WIRE_DRAINING;
    if (HASH_COUNT(broker->records) >= (uint64_t)(broker->limits.records / share) ||
        broker->bytes >= broker->limits.bytes / share)
        return WIRE_QUEUE_FULL;
    if (service->is_intake && submission) {
        const struct leader_numbers *leader = leader_now(broker);
        int64_t undecided = broker->undecided[fields->class];
        if (leader != NULL && fields->class == WIRE_BULK)
            undecided += leader->unfed; /* lines that are not here yet (PL-13) */
        if (leader != NULL && leader->undecided[fields->class] > undecided)
            undecided = leader->undecided[fields->class];
        if (undecided >= broker->limits.undecided[fields->class])
            return WIRE_QUEUE_FULL;
    }
    return 0;
}

/* Its front sends again what was accepted long ago: the acknowledgement was lost, and intake no longer has
 * the record. */
static void acknowledge(struct broker *broker, const struct record *record, struct slice reply_to)
{
    struct buffer frame = BUFFER_INIT;
    const struct wire_reply reply = {.kind = WIRE_ACCEPTED, .id = record->id, .accept_no = record->accept_no};
    wire_reply_write(&frame, &reply);
    struct slice frames[2] = {[1] = buffer_slice(&frame)};
    if (id_send(broker, reply_to, WIRE_REPLY, NULL, 0, frames, 2) == BROKER_SENT)
        broker->totals[TOTAL_replies]++;
    else
        broker->totals[TOTAL_replies_dropped]++;
    buffer_release(&frame);
}

static enum wire_refusal submit_record(struct broker *broker, struct service *service, struct slice frame,
                                       const struct wire_record *fields)
{
    broker->totals[TOTAL_received]++;
    struct record *held = record_find(broker, &fields->id);
    if (held != NULL) {
        record_meet_copy(broker, held, fields);
        if (service != NULL && service->is_intake && !held->service->is_intake && held->accept_no > 0 &&
            fields->reply_to.size > 0)
            acknowledge(broker, held, fields->reply_to);
        return 0;
    }
    enum wire_refusal refusal = refusal_of(broker, service, fields);
    if (refusal == 0)
        record_wait(broker, record_new(broker, frame, fields), service, /* at_front= */ false);
    return refusal;
}

void submit_receive(struct broker *broker, struct slice from, const struct wire_head *head,
                    const struct slice *frames, size_t count)
{
    struct uuid refused[WIRE_MESSAGE_RECORDS_MAX];
    uint8_t reasons[WIRE_MESSAGE_RECORDS_MAX];
    size_t refused_count = 0;
    struct service *service = service_get(broker, head->service);
    for (size_t i = 0; i < count; i++) {
        struct wire_record fields;
        if (!wire_record_read(frames[i], &fields, NULL)) {
            broker_receive_bad(broker, BROKER_BAD_RECORD);
            continue;
        }
        enum wire_refusal reason = submit_record(broker, service, frames[i], &fields);
        if (reason == 0)
            continue;
        refused[refused_count] = fields.id;
        reasons[refused_count++] = (uint8_t)reason;
    }
    for (int reason = 1; reason < WIRE_REFUSAL_COUNT && refused_count > 0; reason++) {
        struct uuid ids[WIRE_MESSAGE_RECORDS_MAX];
        size_t id_count = 0;
        for (size_t i = 0; i < refused_count; i++)
            if (reasons[i] == reason)
                ids[id_count++] = refused[i];
        if (id_count > 0)
            refuse(broker, from, service == NULL ? NULL : service->name, (enum wire_refusal)reason, ids,
                   id_count);
    }
}
