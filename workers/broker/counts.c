/*
 * counts: what fronts and the scheduler are told every second and when it changes, and what the scheduler's
 * leader tells us (PL-13).
 */
#include <jansson.h>

#include "common/cleanup.h"
#include "workers/broker/broker_private.h"

#define LEADER_LIFE     (30 * SECOND)
#define LEADER_JSON_MAX 4096
#define LEADER_MOST     INT64_C(1000000000000) /* a number that is a count of something */

const struct leader_numbers *leader_now(const struct broker *broker)
{
    return broker->leader.until_us > broker->now_us ? &broker->leader : NULL;
}

static bool leader_number(const json_t *object, const char *key, int64_t *ret_number)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > LEADER_MOST)
        return false;
    *ret_number = json_integer_value(value);
    return true;
}

bool leader_receive(struct broker *broker, struct slice json)
{
    if (json.size > LEADER_JSON_MAX)
        return false;
    CLEANUP(json) json_t *object = json_loadb(json.data, json.size, JSON_REJECT_DUPLICATES, NULL);
    struct leader_numbers leader = {.until_us = broker->now_us + LEADER_LIFE};
    for (int class = 0; class < WIRE_CLASS_COUNT; class ++)
        if (!leader_number(object, wire_class_name((enum wire_class) class), &leader.undecided[class]))
            return false;
    if (!leader_number(object, "unfed", &leader.unfed))
        return false;
    broker->leader = leader;
    broker->counts_wanted = true;
    return true;
}

static void classes_write(struct buffer *out, const int64_t *undecided)
{
    for (int class = 0; class < WIRE_CLASS_COUNT; class ++)
        buffer_printf(out, "%s\"%s\":%lld", class == 0 ? "{" : ",", wire_class_name((enum wire_class) class),
                      (long long)undecided[class]);
}

/* The names of services are safe in JSON as they are (wire_service_is_valid). */
static void counts_write(const struct broker *broker, struct buffer *out)
{
    const struct service *service;
    const char *comma = "";
    buffer_append_text(out, "{\"undecided\":");
    classes_write(out, broker->undecided);
    buffer_append_text(out, "},\"services\":{");
    for (service = broker->services; service != NULL; service = service->hh.next) {
        buffer_printf(out, "%s\"%s\":%zu", comma, service->name, service->workers);
        comma = ",";
    }
    buffer_append_text(out, "},\"leader\":");
    const struct leader_numbers *leader = leader_now(broker);
    if (leader == NULL) {
        buffer_append_text(out, "null}");
        return;
    }
    classes_write(out, leader->undecided);
    buffer_printf(out, ",\"unfed\":%lld}}", (long long)leader->unfed);
}

void counts_send(struct broker *broker, struct peer *peer)
{
    struct buffer json = BUFFER_INIT;
    counts_write(broker, &json);
    struct slice frames[2] = {[1] = buffer_slice(&json)};
    (void)peer_send(broker, peer, WIRE_COUNTS, NULL, broker->draining ? 1 : 0, frames, 2);
    buffer_release(&json);
}

void counts_broadcast(struct broker *broker)
{
    struct buffer json = BUFFER_INIT;
    counts_write(broker, &json);
    for (struct peer *peer = broker->peers; peer != NULL; peer = peer->hh.next) {
        struct slice frames[2] = {[1] = buffer_slice(&json)};
        if (peer->listens && !peer->gone)
            (void)peer_send(broker, peer, WIRE_COUNTS, NULL, broker->draining ? 1 : 0, frames, 2);
    }
    buffer_release(&json);
    broker->counts_wanted = false;
    broker->counts_sent_us = broker->now_us;
}
