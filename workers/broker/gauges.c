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
