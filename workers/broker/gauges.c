/*
 * gauges: the broker's process metrics (metrics.md section 9), set once a second by its loop. The metrics
 * thread only reads what was set: it never looks into the broker.
 */
#include <stdio.h>

#include "workers/broker/broker_private.h"

static const char *const event_labels[] = {
#define X(name) "event=\"" #name "\"",
    BROKER_TOTALS(X)
#undef X
};

static void bad_messages_add(struct broker *broker)
{
    static struct metric *bad[BROKER_BAD_COUNT];
    for (int i = 0; i < BROKER_BAD_COUNT; i++) {
        char labels[32];
        (void)snprintf(labels, sizeof labels, "reason=\"%s\"", bad_name((enum broker_bad)i));
        if (bad[i] == NULL)
            bad[i] = metric_counter("ecf2_broker_bad_messages_total",
                                    "Messages, or connections, that were thrown away.", labels);
        metric_add(bad[i], (int64_t)(broker->bad[i] - broker->bad_shown[i]));
    }
    memcpy(broker->bad_shown, broker->bad, sizeof broker->bad_shown);
}

void gauges_set(struct broker *broker)
{
    static struct metric *undecided[WIRE_CLASS_COUNT], *events[TOTAL_COUNT], *bytes;
    if (bytes == NULL) {
        for (int class = 0; class < WIRE_CLASS_COUNT; class ++) {
            char labels[32];
            (void)snprintf(labels, sizeof labels, "class=\"%s\"", wire_class_name((enum wire_class) class));
            undecided[class] =
                metric_gauge("ecf2_undecided_submissions", "Submissions that this broker holds.", labels);
        }
        for (int i = 0; i < TOTAL_COUNT; i++)
            events[i] = metric_counter("ecf2_broker_events_total", "What happened to records, since start.",
                                       event_labels[i]);
        bytes = metric_gauge("ecf2_broker_bytes", "Memory of the records that this broker holds.", "");
    }
    for (int class = 0; class < WIRE_CLASS_COUNT; class ++)
        metric_set(undecided[class], broker->undecided[class]);
    for (int i = 0; i < TOTAL_COUNT; i++)
        metric_add(events[i], (int64_t)(broker->totals[i] - broker->totals_shown[i]));
    memcpy(broker->totals_shown, broker->totals, sizeof broker->totals_shown);
    bad_messages_add(broker);
    metric_set(bytes, broker->bytes);
    for (const struct service *service = broker->services; service != NULL; service = service->hh.next) {
        metric_set(service->worker_gauge, (int64_t)service->workers);
        for (int class = 0; class < WIRE_CLASS_COUNT; class ++) {
            const struct lane *lane = &service->lanes[class];
            metric_set(lane->depth, (int64_t)(lane->waiting + lane->delayed));
            metric_set_seconds(lane->oldest, (double)lane_oldest_us(broker, lane) / (double)SECOND);
        }
    }
}
