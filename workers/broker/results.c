/*
 * results: what workers say of the records that they had in hand. A record that the worker does not own any
 * more (its lease was over, it was thought dead) is somebody else's by now: only DONE still means something,
 * because it is true of the record whoever says it, so a copy that nobody has in hand yet goes.
 */
#include <assert.h>

#include "workers/broker/broker_private.h"

#define RETURN_FIRST (10 * MS) /* doubling to RETURN_LAST: without the doubling it live-locks (PL-33) */
#define RETURN_LAST  SECOND
static_assert(RETURN_FIRST << (WIRE_RETURNS_WAITING - 1) >= RETURN_LAST, "the delay grows no further");

static int64_t return_delay_us(unsigned returns)
{
    int64_t delay_us = RETURN_FIRST;
    while (returns-- > 1 && delay_us < RETURN_LAST)
        delay_us *= 2;
    return delay_us < RETURN_LAST ? delay_us : RETURN_LAST;
}

static void result_done(struct broker *broker, const struct peer *peer, const struct uuid *id)
{
    struct record *record = record_find(broker, id);
    if (record == NULL || (record->state == RECORD_HANDED_OUT && record->peer != peer)) {
        broker->totals[TOTAL_strays]++;
        return;
    }
    broker->totals[record->state == RECORD_HANDED_OUT ? TOTAL_done : TOTAL_copies_dropped]++;
    record_forget(broker, record);
}

/* FORWARD and RETURN. */
static void result_goes_on(struct broker *broker, const struct peer *peer, const struct wire_result *result)
{
    struct wire_record fields;
    if (!wire_record_read(result->record, &fields, NULL)) {
        /* Which record this was cannot be known: it stays in hand until its lease is over, and is buried in
         * the end. */
        broker_receive_bad(broker, BROKER_BAD_RECORD);
        return;
    }
    struct record *record = record_find(broker, &fields.id);
    if (record == NULL || record->state != RECORD_HANDED_OUT || record->peer != peer) {
        broker->totals[TOTAL_strays]++;
        return;
    }
    struct service *service = service_get(broker, result->service);
    if (service == NULL) {
        broker_receive_bad(broker, BROKER_BAD_SERVICE); /* likewise */
        return;
    }
    record_lift(broker, record);
    record_replace(broker, record, result->record, &fields);
    if (result->disposition == WIRE_FORWARD) {
        broker->totals[TOTAL_forwarded]++;
        record_wait(broker, record, service, /* at_front= */ false);
        return;
    }
    broker->totals[TOTAL_returned]++;
    record_set_returns(record, record->returns + 1u);
    record_delay(broker, record, service, broker->now_us + return_delay_us(record->returns));
}

void result_receive(struct broker *broker, struct peer *peer, const struct slice *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct wire_result result;
        if (!wire_result_read(frames[i], &result, NULL))
            broker_receive_bad(broker, BROKER_BAD_RESULT);
        else if (result.disposition == WIRE_DONE)
            result_done(broker, peer, &result.id);
        else
            result_goes_on(broker, peer, &result);
    }
}
