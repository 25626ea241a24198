/*
 * queue: services by name, and the lines in which their records wait.
 *
 * A line is a ring of callers. Taking one record from each in turn, a flood of one caller delays the single
 * request of another by one record of each caller, not by the flood (PL-14). A caller exists while it has
 * something in the line.
 */
#include <stdio.h>
#include <stdlib.h>

#include "workers/broker/broker_private.h"

struct service *service_find(const struct broker *broker, struct slice name)
{
    struct service *service = NULL;
    if (name.size > 0)
        HASH_FIND(hh, broker->services, name.data, name.size, service);
    return service;
}

/* Names are checked (wire_service_is_valid), so they are safe as a label. */
static void service_gauges(struct service *service)
{
    char labels[2 * WIRE_SERVICE_MAX + 32];
    for (int class = 0; class < WIRE_CLASS_COUNT; class ++) {
        (void)snprintf(labels, sizeof labels, "service=\"%s\",class=\"%s\"", service->name,
                       wire_class_name((enum wire_class) class));
        service->lanes[class].depth =
            metric_gauge("ecf2_queue_depth", "Records that wait or are delayed at this broker.", labels);
        service->lanes[class].oldest = metric_gauge(
            "ecf2_queue_oldest_seconds", "How long the oldest of them has been in this queue.", labels);
    }
    (void)snprintf(labels, sizeof labels, "service=\"%s\"", service->name);
    service->worker_gauge =
        metric_gauge("ecf2_broker_workers", "Workers that this broker can hand records to.", labels);
}

struct service *service_get(struct broker *broker, struct slice name)
{
    struct service *service = service_find(broker, name);
    if (service != NULL)
        return service;
    if (!wire_service_is_valid(name) || HASH_COUNT(broker->services) >= BROKER_SERVICES)
        return NULL;
    service = memory_zero(1, sizeof *service);
    memcpy(service->name, name.data, name.size);
    service->is_intake = slice_equal(name, slice_of("intake"));
    service->is_query = slice_equal(name, slice_of("query"));
    service->is_scheduler = slice_equal(name, slice_of("scheduler"));
    service_gauges(service);
    HASH_ADD_KEYPTR(hh, broker->services, service->name, name.size, service);
    return service;
}

void services_free(struct broker *broker)
{
    struct service *next;
    struct service *first = broker->services;
    HASH_CLEAR(hh, broker->services);
    for (struct service *service = first; service != NULL; service = next) {
        next = service->hh.next;
        free(service);
    }
}

bool record_is_upload(const struct record *record)
{
    return record->service->is_intake && record->class == WIRE_BULK && (record->flags & WIRE_FLAG_NOTE) == 0;
}

bool record_is_alone(const struct record *record)
{
    return record->deaths > 0 || record_is_upload(record);
}

static struct line *line_of(const struct record *record)
{
    struct lane *lane = &record->service->lanes[record->class];
    return record_is_alone(record) ? &lane->alone : &lane->together;
}

void line_put(struct record *record, bool at_front)
{
    struct line *line = line_of(record);
    const int64_t key[2] = {record->caller_type, record->caller_id};
    struct caller *caller;
    /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): uthash reads the key byte by byte */
    HASH_FIND(hh, line->by_key, key, sizeof key, caller);
    if (caller == NULL) {
        caller = memory_zero(1, sizeof *caller);
        memcpy(caller->key, key, sizeof key);
        HASH_ADD(hh, line->by_key, key, sizeof caller->key, caller);
        DL_APPEND(line->ring, caller);
    }
    if (at_front && line->ring != caller) { /* what is put back had the turn when it was taken */
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): prev is never NULL in a list of utlist */
        DL_DELETE(line->ring, caller);
        DL_PREPEND(line->ring, caller);
    }
    if (at_front)
        DL_PREPEND2(caller->records, record, line_prev, line_next);
    else
        DL_APPEND2(caller->records, record, line_prev, line_next);
    record->caller = caller;
}

void line_take(struct record *record)
{
    struct caller *caller = record->caller;
    DL_DELETE2(caller->records, record, line_prev, line_next);
    record->caller = NULL;
    if (caller->records != NULL)
        return;
    struct line *line = line_of(record);
    HASH_DEL(line->by_key, caller);
    DL_DELETE(line->ring, caller);
    free(caller);
}

struct record *line_first(const struct line *line)
{
    return line->ring == NULL ? NULL : line->ring->records;
}

void line_rotate(struct line *line)
{
    struct caller *caller = line->ring;
    if (caller == NULL || caller->next == NULL)
        return;
    DL_DELETE(line->ring, caller);
    DL_APPEND(line->ring, caller);
}
