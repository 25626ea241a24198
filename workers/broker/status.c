/* status: the JSON that an operator sees (its shape stands in broker.h), and rates. */
#include <jansson.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "workers/broker/broker_private.h"

static const char *const total_names[] = {
#define X(name) #name,
    BROKER_TOTALS(X)
#undef X
};
static const char *const refusal_names[WIRE_REFUSAL_COUNT] = {
    [WIRE_QUEUE_FULL] = "queue_full",
    [WIRE_DRAINING] = "draining",
    [WIRE_NO_SERVICE] = "no_service",
    [WIRE_WORKER_DIED] = "worker_died",
};

static void set_number(json_t *object, const char *key, int64_t number)
{
    (void)json_object_set_new(object, key, json_integer(number));
}

int64_t lane_oldest_us(const struct broker *broker, const struct lane *lane)
{
    return lane->ages == NULL ? 0 : broker->now_us - lane->ages->queued_us;
}

void rates_second(struct broker *broker)
{
    broker->seconds++;
    for (int i = 0; i < BROKER_RATES; i++)
        broker->history[broker->seconds % (BROKER_RATE_WINDOW + 1)][i] = broker->totals[i];
}

/* Over the seconds that are whole: at most ten, fewer after the start. */
static json_t *rates_json(const struct broker *broker)
{
    json_t *rates = json_object();
    unsigned window = broker->seconds < BROKER_RATE_WINDOW ? broker->seconds : BROKER_RATE_WINDOW;
    const uint64_t *newest = broker->history[broker->seconds % (BROKER_RATE_WINDOW + 1)];
    const uint64_t *oldest = broker->history[(broker->seconds - window) % (BROKER_RATE_WINDOW + 1)];
    for (int i = 0; i < BROKER_RATES; i++)
        set_number(rates, total_names[i], window == 0 ? 0 : (int64_t)((newest[i] - oldest[i]) / window));
    return rates;
}

static json_t *classes_json(const int64_t *undecided)
{
    json_t *classes = json_object();
    for (int class = 0; class < WIRE_CLASS_COUNT; class ++)
        set_number(classes, wire_class_name((enum wire_class) class), undecided[class]);
    return classes;
}

static json_t *workers_json(const struct broker *broker, const struct service *service)
{
    json_t *workers = json_array();
    const struct peer *peer;
    for (peer = broker->peers; peer != NULL; peer = peer->hh.next) {
        if (peer->service != service)
            continue;
        char name[PEER_NAME_SIZE];
        peer_name(peer, name);
        json_t *worker = json_object();
        (void)json_object_set_new(worker, "name", json_string(name));
        set_number(worker, "credit", peer->credit);
        set_number(worker, "in_hand", (int64_t)peer->in_hand);
        set_number(worker, "silent_ms", (broker->now_us - peer->heard_us) / MS);
        (void)json_object_set_new(worker, "leaving", json_boolean(peer->leaving));
        (void)json_array_append_new(workers, worker);
    }
    return workers;
}

static json_t *lane_json(const struct broker *broker, const struct lane *lane)
{
    json_t *object = json_object();
    set_number(object, "waiting", (int64_t)lane->waiting);
    set_number(object, "delayed", (int64_t)lane->delayed);
    set_number(object, "handed_out", (int64_t)lane->handed_out);
    set_number(object, "oldest_ms", lane_oldest_us(broker, lane) / MS);
    return object;
}

static json_t *services_json(const struct broker *broker)
{
    json_t *services = json_object();
    const struct service *service;
    for (service = broker->services; service != NULL; service = service->hh.next) {
        json_t *object = json_object();
        (void)json_object_set_new(object, "workers", workers_json(broker, service));
        for (int class = 0; class < WIRE_CLASS_COUNT; class ++)
            (void)json_object_set_new(object, wire_class_name((enum wire_class) class),
                                      lane_json(broker, &service->lanes[class]));
        (void)json_object_set_new(services, service->name, object);
    }
    return services;
}

static json_t *totals_json(const struct broker *broker)
{
    json_t *totals = json_object(), *refused = json_object(), *bad = json_object();
    for (int i = 0; i < TOTAL_COUNT; i++)
        set_number(totals, total_names[i], (int64_t)broker->totals[i]);
    for (int i = 1; i < WIRE_REFUSAL_COUNT; i++)
        set_number(refused, refusal_names[i], (int64_t)broker->refused[i]);
    for (int i = 0; i < BROKER_BAD_COUNT; i++)
        set_number(bad, bad_name((enum broker_bad)i), (int64_t)broker->bad[i]);
    (void)json_object_set_new(totals, "refused", refused);
    (void)json_object_set_new(totals, "bad_messages", bad);
    return totals;
}

void broker_status(const struct broker *broker, struct buffer *out)
{
    CLEANUP(json) json_t *status = json_object();
    (void)json_object_set_new(status, "version", json_string(ECF2_VERSION));
    set_number(status, "uptime_ms", (broker->now_us - broker->started_us) / MS);
    (void)json_object_set_new(status, "draining", json_boolean(broker->draining));
    set_number(status, "records", HASH_COUNT(broker->records));
    set_number(status, "bytes", broker->bytes);
    set_number(status, "peers", HASH_COUNT(broker->peers));
    (void)json_object_set_new(status, "undecided", classes_json(broker->undecided));
    const struct leader_numbers *leader = leader_now(broker);
    json_t *told = leader == NULL ? json_null() : classes_json(leader->undecided);
    if (leader != NULL)
        set_number(told, "unfed", leader->unfed);
    (void)json_object_set_new(status, "leader", told);
    (void)json_object_set_new(status, "services", services_json(broker));
    (void)json_object_set_new(status, "totals", totals_json(broker));
    (void)json_object_set_new(status, "rates", rates_json(broker));
    CLEANUP(free) char *text = json_dumps(status, JSON_COMPACT);
    if (text != NULL) /* NULL only without memory */
        buffer_append_text(out, text);
}
