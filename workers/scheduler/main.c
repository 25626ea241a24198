/*
 * ecf2-scheduler: starts what is due and sends again what got stuck (architecture.md section 2); see
 * scheduler.h.
 */
#include <stddef.h>

#include "common/sql.h"
#include "workers/scheduler/scheduler.h"
#include "workers/scheduler/sql.h"

static const struct db_statement *const *const statements[] = {common_statements, scheduler_statements, NULL};

static struct scheduler scheduler; /* the runtime's callbacks have no room for it */

/* Wake-ups first, the others behind them; how many there are. */
static size_t take_wake_ups(struct work_item *items, size_t count)
{
    size_t taken = 0;

    for (size_t i = 0; i < count; i++) {
        if (!slice_equal(items[i].record.kind, slice_of(WIRE_WAKE_LINES)))
            continue;
        const struct work_item item = items[i];
        items[i] = items[taken];
        items[taken] = item;
        work_done(&items[taken++]);
    }
    return taken;
}

/* There are lines of bulk to feed. Where somebody else leads, it looks by itself a moment later. */
static bool wake(struct error *err)
{
    scheduler.next_look_us = scheduler.next_count_us = 0;
    return !scheduler.leads || leader_turn(&scheduler, err);
}

static bool handle(struct worker *worker, struct work_item *items, size_t count, struct error *err)
{
    const size_t woken = take_wake_ups(items, count);

    if (woken < count && !bury_items(worker_db(worker), items + woken, count - woken, err))
        return false;
    return woken == 0 || wake(err);
}

/* A new connection does not hold the lock. */
static bool connected(struct worker *worker, struct error *err)
{
    scheduler.worker = worker;
    leader_forget(&scheduler);
    return db_run(worker_db(worker), &sql_plan_looks, NULL, NULL, err);
}

static bool tick(struct worker *worker, struct error *err)
{
    (void)worker;
    return leader_turn(&scheduler, err);
}

/* A broker that was away, or holds nothing any more, may have lost what was sent to it: it may be sent again
 * at once. */
static void message(struct worker *worker, size_t broker, const struct wire_head *head, struct slice frame)
{
    const int64_t now_us = monotonic_now_us();
    struct broker_counts counts;

    (void)worker;
    if (head->command != WIRE_COUNTS || broker >= SCHEDULER_BROKERS_MAX || !counts_read(frame, &counts))
        return;
    if (counts_may_be_lost(&scheduler.counts[broker], counts.held, now_us))
        sent_clear(&scheduler.sent);
    counts.heard_us = now_us;
    scheduler.counts[broker] = counts;
}

int main(int argc, char **argv)
{
    static const struct worker_definition definition = {
        .service = "scheduler",
        .paragraph =
            "Starts what is due, sends again what got stuck, buries what failed for good. One leads.",
        .role = "ecf2_scheduler",
        .statements = statements,
        .handle = handle,
        .failures_are_stages = false, /* burying is no stage; what could not be buried comes again */
        .tick = tick,
        .tick_ms = 250,
        .connected = connected,
        .wants_counts = true,
        .message = message,
    };

    return worker_main(&definition, argc, argv);
}
