/* conclude: what becomes of each submission after the commit, and who is told. */
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "workers/intake/intake.h"

/* Refused in the insert itself: nobody is told, the front's own deadline answers (PL-11). */
static void refuse(struct intake_entry *entry)
{
    const int64_t off_us = llabs(machine_now_us() - entry->accepted_at_us);
    const bool clock_is_wrong = off_us >= INTAKE_CLOCK_BOUND_SECONDS * US_PER_SECOND;

    log_event(clock_is_wrong ? LOG_ERROR : LOG_WARNING,
              clock_is_wrong ? "front_clock_wrong" : "accepted_too_late",
              LOG_UUID("id", &entry->item->record.id), LOG_SLICE("trace", entry->item->record.trace),
              LOG_INT("off_ms", off_us / 1000), LOG_END);
    work_done(entry->item);
}

static void accept_and_send_on(struct intake_entry *entry)
{
    struct wire_record *record = &entry->item->record;

    work_reply(entry->item, &(struct wire_reply){.kind = WIRE_ACCEPTED,
                                                 .status = 202,
                                                 .id = record->id,
                                                 .accept_no = entry->accept_no,
                                                 .clock_us = entry->clock_us});
    record->accept_no = entry->accept_no;
    record->returns = 0; /* it may have waited for a key; its stages begin here */
    record->subject = entry->subject;
    log_event(LOG_INFO, "submission_accepted", LOG_SLICE("trace", record->trace),
              LOG_UUID("submission", &record->id), LOG_INT("accept_no", entry->accept_no), LOG_END);
    work_forward(entry->item, entry->kind->stages[0]);
}

/* Another submission has its idempotency key: it is not accepted, and who sent it is told which. */
static void tell_holder(struct intake_entry *entry)
{
    const struct wire_record *record = &entry->item->record;
    struct buffer body = BUFFER_INIT;

    idempotency_holder_write(&body, &entry->holder);
    work_reply(entry->item, &(struct wire_reply){.kind = WIRE_HELD,
                                                 .id = record->id,
                                                 .clock_us = entry->clock_us,
                                                 .body = buffer_slice(&body)});
    buffer_release(&body);
    log_event(LOG_INFO, "key_held", LOG_SLICE("trace", record->trace), LOG_UUID("id", &record->id),
              LOG_UUID("submission", &entry->holder.submission),
              LOG_INT("same_request", entry->holder.is_same_request), LOG_END);
    work_done(entry->item);
}

void intake_conclude(struct intake_entry *entry)
{
    switch (entry->state) {
    case INTAKE_OPEN:
        if (entry->is_stored)
            accept_and_send_on(entry);
        else
            refuse(entry);
        return;
    case INTAKE_HELD:
        tell_holder(entry);
        return;
    case INTAKE_BEHIND: /* of one that was refused */
    case INTAKE_BUSY:
        break;
    }
    work_wait(entry->item, "intake", "idempotency key");
}
