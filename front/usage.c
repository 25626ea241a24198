/* usage: what is gathered of requests, and the notes that it becomes. */
#include "front/usage.h"

#include <jansson.h>
#include <microhttpd.h>

#include "common/clock.h"
#include "common/metrics.h"
#include "front/filtered.h"
#include "front/loop.h"
#include "front/read.h"
#include "front/usage_event.h"

#define GATHER_US    (US_PER_SECOND / 5) /* then they leave */
#define GATHER_COUNT 128                 /* or when they are so many */
#define GATHER_BYTES (128u << 10)        /* or so large */
#define HELD_BYTES   (1u << 20)          /* without a broker; what comes beyond is dropped */
#define NOTE_US      (5 * US_PER_SECOND) /* for intake to take it; behind that brokers forget it */

static const struct slice wanted_paths = {"/api/v", sizeof("/api/v") - 1};

bool usage_wants(const struct request *request)
{
    return request->loop->settings->analytics && request->path.size >= wanted_paths.size &&
           memcmp(request->path.data, wanted_paths.data, wanted_paths.size) == 0;
}

bool usage_wants_body(const struct request *request)
{
    return usage_wants(request) && request->route != NULL && request->route->method != ROUTE_GET &&
           request->body_size <= REQUEST_BODY_SMALL && request->body_size <= request->client->feed.body_max;
}

/* ---- what is noted of a request ---- */

/* The fields of the list in metrics.md 6.3. Authorization is none of them, nor is whatever else is sent. */
static json_t *request_headers(const struct request *request)
{
    static const struct {
        const char *name, *header;
    } fields[] = {
        {"host", MHD_HTTP_HEADER_HOST},
        {"user_agent", MHD_HTTP_HEADER_USER_AGENT},
        {"accept", MHD_HTTP_HEADER_ACCEPT},
        {"accept_encoding", MHD_HTTP_HEADER_ACCEPT_ENCODING},
        {"connection", MHD_HTTP_HEADER_CONNECTION},
        {"cache_control", MHD_HTTP_HEADER_CACHE_CONTROL},
    };
    json_t *headers = json_object();

    (void)json_object_set_new(headers, "version", json_string(request->version));
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const char *value = MHD_lookup_connection_value(request->http, MHD_HEADER_KIND, fields[i].header);
        if (value != NULL)
            (void)json_object_set_new(headers, fields[i].name, filtered_text(slice_of(value)));
    }
    return headers;
}

static enum MHD_Result take_header(void *headers, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    (void)kind;
    (void)json_object_set_new(headers, name, filtered_text(slice_of(value)));
    return MHD_YES;
}

static json_t *response_headers(struct MHD_Response *response)
{
    json_t *headers = json_object();

    if (response != NULL)
        (void)MHD_get_response_headers(response, take_header, headers);
    return headers;
}

/* A bulk request is noted by its size: its lines are submissions, and kept as such. GET reads no body. */
static void take_body(const struct request *request, struct usage_event *event)
{
    const struct route *route = request->route;

    if (route != NULL && route->method == ROUTE_GET)
        return;
    event->body_size = request->body_size;
    if (route != NULL && route->method != ROUTE_POST_LINES)
        event->body = buffer_slice(&request->body);
}

static void write_event(const struct request *request, unsigned status, struct MHD_Response *response,
                        struct slice body, struct buffer *out)
{
    struct usage_event event = {
        .at_us = machine_now_us(),
        .caller_id = request->caller_id,
        .trace = request->trace,
        .method = request->method,
        .path = request->path,
        .query = request_query(request),
        .request_headers = request_headers(request),
        .status = status,
        .response_headers = response_headers(response),
    };
    take_body(request, &event);
    /* What is sent without its body has none. */
    if (status > 299 && status != MHD_HTTP_NOT_MODIFIED && !request->is_head)
        event.answer = body;
    usage_event_write(&event, out);
}

static struct usage *usage_of(struct loop *loop)
{
    struct usage *usage = &loop->usage;

    if (usage->noted == NULL) {
        usage->noted =
            metric_counter("ecf2_usage_events_total", "requests recorded for analytics", "result=\"noted\"");
        usage->dropped = metric_counter("ecf2_usage_events_total", "requests recorded for analytics",
                                        "result=\"dropped\"");
    }
    return usage;
}

void usage_note(const struct request *request, unsigned status, struct MHD_Response *response,
                struct slice body)
{
    if (request->caller_id == 0 || !usage_wants(request))
        return;
    struct usage *usage = usage_of(request->loop);
    metric_add(usage->noted, 1);
    if (usage->events.size >= HELD_BYTES) {
        metric_add(usage->dropped, 1);
        return;
    }
    if (usage->count == 0)
        usage->send_us = request->loop->now_us + GATHER_US;
    else
        buffer_append_char(&usage->events, ',');
    usage->count++;
    write_event(request, status, response, body, &usage->events);
}

/* ---- sending ---- */

/* The last word of a note that did not leave; of others there is none. owner: how many requests it tells of.
 */
static void note_event(struct loop *loop, struct errand *errand, enum errand_event event,
                       const struct wire_reply *reply)
{
    (void)event, (void)reply;
    metric_add(usage_of(loop)->dropped, (int64_t)errand->owner);
}

static void send_note(struct loop *loop, struct usage *usage)
{
    struct buffer payload = BUFFER_INIT;
    struct errand *errand =
        errand_new(ERRAND_NOTE, WIRE_ASYNC, "intake", CALLER_NOTES, note_event, usage->count);
    char trace[UUID_TEXT_SIZE];

    uuid_format(&errand->id, trace);
    errand->accept_by_us = errand->deadline_us = loop->now_us + NOTE_US;
    buffer_append_text(&payload, "{\"fields\":{\"events\":[");
    buffer_append(&payload, usage->events.data, usage->events.size);
    buffer_append_text(&payload, "]}}");
    read_fill(errand, loop, "note.requests", trace, buffer_slice(&payload), /* caller_id= */ 0,
              /* token_id= */ 0, business_now_us(), /* deadline_us= */ 0);
    buffer_release(&payload);
    buffer_release(&usage->events);
    usage->count = 0;
    errand_start(loop, errand);
}

int64_t usage_tick(struct loop *loop)
{
    struct usage *usage = &loop->usage;

    if (usage->count == 0)
        return INT64_MAX;
    const bool is_due = usage->send_us <= loop->now_us || usage->count >= GATHER_COUNT ||
                        usage->events.size >= GATHER_BYTES || loop->phase != LOOP_SERVING;
    if (!is_due)
        return usage->send_us;
    if (brokers_choose(loop, /* submission= */ true, /* avoid= */ 0) != BROKER_NONE) {
        send_note(loop, usage);
        return INT64_MAX;
    }
    usage->send_us = loop->now_us + GATHER_US; /* no broker takes it now */
    return usage->send_us;
}

void usage_release(struct usage *usage)
{
    if (usage->count > 0)
        metric_add(usage->dropped, (int64_t)usage->count);
    buffer_release(&usage->events);
}
