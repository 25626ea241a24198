/*
 * ecf2-intake: makes submissions durable, in groups, and says "accepted" only then (architecture.md section
 * 3).
 */
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "workers/intake/intake.h"
#include "workers/intake/sql.h"

static const struct db_statement *const *const statements[] = {intake_statements, NULL};

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

static void conclude(struct intake_entry *entry)
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

static bool handle(struct worker *worker, struct work_item *items, size_t count, struct error *err)
{
    struct intake_batch batch;

    intake_decode(items, count, &batch);
    if (!intake_store(worker_db(worker), &batch, err))
        return false;
    for (size_t i = 0; i < batch.count; i++)
        conclude(&batch.entries[i]);
    intake_store_notes(worker_db(worker), &batch);
    return true;
}

int main(int argc, char **argv)
{
    static const struct worker_definition definition = {
        .service = "intake",
        .paragraph = "Makes submissions durable, in groups, finds their subjects, and hands them to their "
                     "first stage.",
        .role = "ecf2_intake",
        .statements = statements,
        .handle = handle,
        .failures_are_stages = false, /* before acceptance there is no submission that could have a stage */
    };

    return worker_main(&definition, argc, argv);
}
