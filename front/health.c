/* health: three answers, and the read that keeps them true. */
#include "front/health.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/buffer.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "front/answer.h"
#include "front/loop.h"
#include "front/read.h"

#define ASK_EVERY_US     (2 * US_PER_SECOND)
#define FRESH_US         (5 * US_PER_SECOND)
#define SKEW_MAX_US      (2 * US_PER_SECOND) /* PL-1 */
#define ANSWER_WITHIN_US (4 * US_PER_SECOND)

/* Always shown; others when a broker mentions them. */
static const char *const needed_services[] = {"intake",   "validation", "eligibility",
                                              "payments", "query",      NULL};

/* ---- what is known ---- */

static bool database_is_connected(const struct loop *loop)
{
    return loop->health.database_us != 0 && loop->now_us - loop->health.database_us < FRESH_US;
}

static bool clock_is_right(const struct loop *loop)
{
    return llabs(loop->health.skew_us) < SKEW_MAX_US;
}

bool health_is_ready(const struct loop *loop)
{
    return loop->phase == LOOP_SERVING && brokers_any_alive(loop) && clock_is_right(loop);
}

void health_clock(struct loop *loop, int64_t database_clock_us)
{
    if (database_clock_us != 0) /* a broker that answers for intake does not know it */
        loop->health.skew_us = machine_now_us() - database_clock_us;
}

/* ---- asking ---- */

static void health_event(struct loop *loop, struct errand *errand, enum errand_event event,
                         const struct wire_reply *reply)
{
    (void)errand;
    if (event != ERRAND_READ_DONE || reply->status != 200)
        return;
    loop->health.database_us = loop->now_us;
    CLEANUP(json) json_t *body = json_loadb(reply->body.data, reply->body.size, 0, NULL);
    const char *migration = json_string_value(json_object_get(body, "migration"));
    (void)snprintf(loop->health.migration, sizeof(loop->health.migration), "%s",
                   migration == NULL ? "" : migration);
}

static void ask(struct loop *loop)
{
    struct uuid trace = uuid_v4();
    char trace_text[UUID_TEXT_SIZE];
    uuid_format(&trace, trace_text);
    struct errand *errand =
        errand_new(ERRAND_READ, WIRE_WAIT, "query", CALLER_HEALTH, health_event, /* owner= */ 0);
    errand->deadline_us = errand->accept_by_us = loop->now_us + ANSWER_WITHIN_US;
    read_fill(errand, loop, "read.health", trace_text, slice_of("{\"fields\":{}}"), /* caller_id= */ 0,
              /* token_id= */ 0, business_now_us(), machine_now_us() + ANSWER_WITHIN_US);
    errand_start(loop, errand);
}

int64_t health_tick(struct loop *loop)
{
    if (loop->phase != LOOP_SERVING)
        return INT64_MAX;
    if (loop->health.ask_us <= loop->now_us) {
        bool alive = brokers_any_alive(loop);
        if (alive)
            ask(loop);
        loop->health.ask_us = loop->now_us + (alive ? ASK_EVERY_US : ASK_EVERY_US / 8);
    }
    return loop->health.ask_us;
}

/* ---- answers ---- */

static bool is_needed(const char *service)
{
    for (size_t i = 0; needed_services[i] != NULL; i++)
        if (strcmp(needed_services[i], service) == 0)
            return true;
    return false;
}

static json_t *workers_json(const struct loop *loop)
{
    json_t *workers = json_object();
    for (size_t i = 0; needed_services[i] != NULL; i++)
        (void)json_object_set_new(
            workers, needed_services[i],
            json_string(brokers_workers(loop, needed_services[i]) > 0 ? "fresh" : "stale"));
    for (size_t i = 0; i < loop->brokers.count; i++) {
        const struct broker *broker = &loop->brokers.list[i];
        for (size_t k = 0; broker_is_alive(loop, i) && k < broker->service_count; k++)
            if (!is_needed(broker->services[k].name))
                (void)json_object_set_new(
                    workers, broker->services[k].name,
                    json_string(brokers_workers(loop, broker->services[k].name) > 0 ? "fresh" : "stale"));
    }
    return workers;
}

/* Serving needs a broker, the database, and who accepts and reads; who decides may be late (202 says so). */
static bool can_serve(const struct loop *loop)
{
    return health_is_ready(loop) && database_is_connected(loop) && brokers_workers(loop, "intake") > 0 &&
           brokers_workers(loop, "query") > 0;
}

static void answer_json(struct request *request, unsigned status, json_t *json)
{
    struct answer answer = {.status = status, .retry_after_s = status == 503 ? 5 : 0};
    CLEANUP(free) char *text = json_dumps(json, JSON_COMPACT);
    buffer_append_text(&answer.body, text == NULL ? "{}" : text);
    json_decref(json);
    request_answer(request, &answer);
}

void health_show(struct request *request)
{
    const struct loop *loop = request->loop;
    json_t *body = json_object();
    (void)json_object_set_new(body, "commit_sha", json_string(loop->front->commit));
    (void)json_object_set_new(body, "database",
                              json_string(database_is_connected(loop) ? "connected" : "not connected"));
    (void)json_object_set_new(body, "redis", json_string(loop->gate.redis_up ? "connected" : "degraded"));
    (void)json_object_set_new(body, "broker",
                              json_string(brokers_any_alive(loop) ? "connected" : "not connected"));
    (void)json_object_set_new(body, "workers", workers_json(loop));
    (void)json_object_set_new(body, "migration",
                              loop->health.migration[0] == '\0' ? json_null()
                                                                : json_string(loop->health.migration));
    answer_json(request, can_serve(loop) ? 200 : 503, body);
}

void health_show_live(struct request *request)
{
    json_t *body = json_object();
    (void)json_object_set_new(body, "status", json_string("live"));
    answer_json(request, 200, body);
}

/* What keeps new requests away from here. */
static const char *ready_word(const struct loop *loop)
{
    if (loop->phase != LOOP_SERVING)
        return "draining";
    if (!brokers_any_alive(loop))
        return "no broker";
    return clock_is_right(loop) ? "ready" : "clock differs from the database's";
}

void health_show_ready(struct request *request)
{
    json_t *body = json_object();
    (void)json_object_set_new(body, "status", json_string(ready_word(request->loop)));
    answer_json(request, health_is_ready(request->loop) ? 200 : 503, body);
}
