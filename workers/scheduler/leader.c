/*
 * leader: one scheduler leads (pipeline.md PL-43). What it does each turn, in this order: partitions before
 * anything needs them, the count before the look that begins at its oldest.
 */
#include "common/cleanup.h"
#include "common/log.h"
#include "common/metrics.h"
#include "workers/scheduler/scheduler.h"
#include "workers/scheduler/sql.h"

static void show(bool leads)
{
    metric_set(metric_gauge("ecf2_scheduler_leads", "1 where this scheduler leads", ""), leads ? 1 : 0);
}

void leader_forget(struct scheduler *scheduler)
{
    if (scheduler->leads)
        log_event(LOG_WARNING, "lead_lost", LOG_END);
    scheduler->leads = false;
    show(false);
    undecided_clear_metrics(); /* they are the next leader's to show */
}

/* Knows nothing yet: everything is looked at first. */
static bool begin_leading(struct scheduler *scheduler, struct error *err)
{
    scheduler->oldest_us = INT64_MAX;
    scheduler->dropped_until_us = 0;
    scheduler->next_count_us = scheduler->next_full_count_us = scheduler->next_look_us = 0;
    sent_clear(&scheduler->sent);
    batches_forget(scheduler);
    if (!jobs_load(scheduler, err))
        return false;
    log_event(LOG_INFO, "leads", LOG_TEXT("worker", worker_name(scheduler->worker)), LOG_END);
    scheduler->leads = true;
    show(true);
    return true;
}

static bool take_lead(struct scheduler *scheduler, struct error *err)
{
    CLEANUP(pgresult) PGresult *result = NULL;

    if (!db_run(worker_db(scheduler->worker), &sql_take_leadership, NULL, &result, err))
        return false;
    if (PQntuples(result) != 1 || !db_bool(result, 0, 0))
        return true; /* somebody else leads */
    return begin_leading(scheduler, err);
}

bool leader_turn(struct scheduler *scheduler, struct error *err)
{
    if (!scheduler->leads && !take_lead(scheduler, err))
        return false;
    if (!scheduler->leads)
        return true;
    return jobs_turn(scheduler, err) && undecided_turn(scheduler, err) && redrive_turn(scheduler, err) &&
           batches_turn(scheduler, err);
}
