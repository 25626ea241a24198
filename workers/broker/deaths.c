/*
 * deaths: what becomes of a record whose worker died with it in hand (PL-41). It is handed out again, alone,
 * so that it takes nobody with it; after the third death it goes to the scheduler, which buries it. What is
 * not accepted cannot be buried: whoever waits for it is told.
 */
#include "common/log.h"
#include "workers/broker/broker_private.h"

static void log_record(const char *event, const struct record *record)
{
    log_event(LOG_ERROR, event, LOG_UUID("submission", &record->id),
              LOG_TEXT("service", record->service->name), LOG_INT("deaths", record->deaths), LOG_END);
}

void record_survive(struct broker *broker, struct record *record)
{
    record_set_deaths(record, record->deaths + 1u);
    if (record->deaths < WIRE_DEATHS_MAX) {
        record_wait(broker, record, record->service, /* at_front= */ false);
        return;
    }
    if (record->accept_no == 0) {
        log_record("record_refused", record);
        struct wire_record fields = record_fields(record);
        if (fields.reply_to.size > 0)
            refuse(broker, fields.reply_to, record->service->name, WIRE_WORKER_DIED, &fields.id, 1);
        record_forget(broker, record);
        return;
    }
    /* A record that kills schedulers too would go round for ever. Dropped here it stays in the database,
     * undecided, for people to find (the log names it; its age rises). */
    if (record->service->is_scheduler && record->deaths >= 2 * WIRE_DEATHS_MAX) {
        log_record("record_cannot_be_buried", record);
        record_forget(broker, record);
        return;
    }
    if (!record->service->is_scheduler) {
        log_record("record_buried", record);
        broker->totals[TOTAL_buried]++;
    }
    record_wait(broker, record, service_get(broker, slice_of("scheduler")), /* at_front= */ false);
}
