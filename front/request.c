/* request: the table of requests, bodies, answers. */
#include "front/request.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <utlist.h>

#include "common/clock.h"
#include "front/answer.h"
#include "front/bulk.h"
#include "front/gate.h"
#include "front/loop.h"
#include "front/stream.h"
#include "front/submit.h"

/* Bodies of all requests together, over all loops: 10 000 connections times 1 MiB would not fit the machine.
 */
#define BODY_MEMORY_MAX (INT64_C(64) << 20)

#define DETAIL_BUSY    "Try again later: too many requests are being handled."
#define DETAIL_GIVE_UP "Try again, and keep your side of the connection open until the answer is there."

/* ---- the table: a handle is a slot's index and the number of times that it was used ---- */

struct request_slot {
    struct request *request; /* NULL = free */
    uint32_t generation, next_free;
};

static uint64_t slot_take(struct request_table *table, struct request *request)
{
    if (table->free_head == 0) {
        if (table->used == table->size) {
            table->size = table->size == 0 ? 64 : table->size * 2;
            table->slots = memory_grow(table->slots, table->size, sizeof(*table->slots));
        }
        table->slots[table->used] = (struct request_slot){NULL, 0, 0};
        table->free_head = (uint32_t)++table->used;
    }
    uint32_t index = table->free_head - 1;
    struct request_slot *slot = &table->slots[index];
    table->free_head = slot->next_free;
    slot->request = request;
    slot->generation++;
    return (uint64_t)slot->generation << 32 | index;
}

static void slot_give(struct request_table *table, uint64_t handle)
{
    uint32_t index = (uint32_t)handle;
    table->slots[index].request = NULL;
    table->slots[index].next_free = table->free_head;
    table->free_head = index + 1;
}

static struct request *slot_find(const struct request_table *table, uint64_t handle)
{
    uint32_t index = (uint32_t)handle;
    if (index >= table->used || table->slots[index].generation != (uint32_t)(handle >> 32))
        return NULL;
    return table->slots[index].request;
}

struct request *request_find(struct loop *loop, uint64_t handle)
{
    struct request *request = slot_find(&loop->requests, handle);
    return request != NULL && request->state == REQUEST_WAITING ? request : NULL;
}

struct request *request_find_streaming(struct loop *loop, uint64_t handle)
{
    struct request *request = slot_find(&loop->requests, handle);
    return request != NULL && request->state == REQUEST_ANSWERED && request->stream != NULL ? request : NULL;
}

struct request *request_new(struct loop *loop, struct MHD_Connection *http)
{
    struct request *request = memory_zero(1, sizeof(*request));
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(http, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    request->loop = loop;
    request->http = http;
    request->client = info->socket_context;
    request->handle = slot_take(&loop->requests, request);
    loop->requests.open++;
    request->started_us = monotonic_now_us();
    loop_make_trace(loop, request->trace);
    request->client->request = request;
    return request;
}

/* Its body is counted by bulk.c. */
static bool is_bulk(const struct request *request)
{
    return request->route != NULL && request->route->method == ROUTE_POST_LINES;
}

void request_release_body(struct request *request)
{
    if (request->body.capacity > 0 && !is_bulk(request))
        atomic_fetch_sub_explicit(&request->loop->front->body_bytes, (int64_t)request->body.capacity,
                                  memory_order_relaxed);
    buffer_release(&request->body);
}

static void leave_flight(struct request *request)
{
    if (request->in_flight)
        atomic_fetch_sub_explicit(&request->loop->front->in_flight, 1, memory_order_relaxed);
    request->in_flight = false;
}

void request_free(struct request *request)
{
    request->client->request = NULL;
    request_part(request);
    if (request->state == REQUEST_WAITING)
        request->loop->requests.waiting--;
    leave_flight(request);
    request_release_body(request);
    bulk_release(request);
    stream_release(request);
    buffer_release(&request->query);
    buffer_release(&request->canonical_query);
    buffer_release(&request->payload);
    slot_give(&request->loop->requests, request->handle);
    request->loop->requests.open--;
    free(request);
}

void requests_release(struct loop *loop)
{
    free(loop->requests.slots);
}

/* ---- coming in ---- */

/* A write that reads no body is told from another by it all the same (submissions.md section 5). */
static bool needs_body(const struct request *request)
{
    const struct route *route = request->route;
    return route != NULL &&
           (route->attributes != NULL || (route->method != ROUTE_GET && request->has_idempotency_key) ||
            usage_wants_body(request));
}

/* Whether the body is kept: of a route that needs one, of a size that it reads, and memory for it. A small
 * one, as all the documented ones are, needs no room among the large ones, which anybody may send, token or
 * not. */
static bool keeps_body(struct request *request)
{
    struct front *front = request->loop->front;
    if (!needs_body(request))
        return false;
    if (request->body_size > request->client->feed.body_max) {
        request->body_dropped = true;
        return false;
    }
    if (request->body_dropped)
        return false;
    bool room = is_bulk(request)
                    ? bulk_charge(request, 2 * (int64_t)request->body_size)
                    : request->body_size <= REQUEST_BODY_SMALL ||
                          atomic_load_explicit(&front->body_bytes, memory_order_relaxed) <= BODY_MEMORY_MAX;
    request->body_dropped = request->body_no_memory = !room;
    return room;
}

void request_take_body(struct request *request, struct slice bytes)
{
    if (request->body_size == 0 && is_bulk(request))
        request->is_known = gate_digest(request) && cached_knows(&request->loop->cached, request->digest);
    request->body_size += bytes.size;
    if (!keeps_body(request)) {
        request_release_body(request);
        bulk_release(request);
        return;
    }
    if (is_bulk(request)) {
        /* All at once where that is known; what has not come takes no memory yet. */
        if (request->body.capacity == 0)
            (void)buffer_reserve(&request->body, (size_t)request->client->feed.length);
        buffer_append(&request->body, bytes.data, bytes.size);
        return;
    }
    int64_t before = (int64_t)request->body.capacity;
    buffer_append(&request->body, bytes.data, bytes.size);
    atomic_fetch_add_explicit(&request->loop->front->body_bytes, (int64_t)request->body.capacity - before,
                              memory_order_relaxed);
}

struct slice request_query(const struct request *request)
{
    if (request->query.size == 0)
        return (struct slice){"", 0};
    return (struct slice){request->query.data + 1, request->query.size - 1};
}

void request_join(struct request *request, struct request **list)
{
    request->list = list;
    DL_APPEND2(*list, request, prev, next);
}

void request_part(struct request *request)
{
    if (request->list != NULL)
        DL_DELETE2(*request->list, request, prev, next);
    request->list = NULL;
}

void request_arrived(struct request *request)
{
    struct front *front = request->loop->front;
    client_enter(request->client, request->client->ended ? CLIENT_LEAVING : CLIENT_BUSY);
    request->in_flight = true;
    int64_t others = atomic_fetch_add_explicit(&front->in_flight, 1, memory_order_relaxed);
    if (others > atomic_load_explicit(&front->most_in_flight, memory_order_relaxed))
        atomic_store_explicit(&front->most_in_flight, others, memory_order_relaxed); /* roughly is enough */
    /* Always: see http.c. */
    MHD_suspend_connection(request->http);
    request->state = REQUEST_WAITING;
    request->loop->requests.waiting++;
    bool local = request->route != NULL && request->route->is_local;
    if (others >= request->loop->settings->max_in_flight && !local)
        request_unavailable(request, DETAIL_BUSY);
    else
        request_join(request, &request->loop->requests.turn);
}

/* ---- going out ---- */

/* It waits no longer. */
static void settle(struct request *request, enum request_state state)
{
    request->loop->requests.waiting--;
    request->state = state;
    request_part(request);
    leave_flight(request);
    request_release_body(request);
    bulk_release(request);
}

void request_answer(struct request *request, struct answer *answer)
{
    if (request->state != REQUEST_WAITING) {
        answer_release(answer);
        return;
    }
    const struct slice body =
        answer_body(answer); /* the response's from now on, and there until it has left */
    struct MHD_Response *response = answer_response(answer, request);
    if (response == NULL)
        abort(); /* no memory */
    observe_answer(request, answer->status);
    usage_note(request, answer->status, response, body);
    settle(request, REQUEST_ANSWERED);
    client_enter(request->client, CLIENT_ANSWER);
    http_respond(request, answer->status, response);
}

void request_give_up(struct request *request)
{
    if (request->kind != NULL)
        submit_give_up(request);
    else
        request_unavailable(request, DETAIL_GIVE_UP);
}

void request_end(struct request *request)
{
    settle(request, REQUEST_ABANDONED);
    http_end(request);
}

void request_abandon(struct request *request)
{
    observe_answer(request, OBSERVE_CLIENT_GONE);
    usage_note(request, OBSERVE_CLIENT_GONE, NULL, (struct slice){NULL, 0});
    request_end(request);
}

void request_refuse(struct request *request, unsigned status, const char *detail)
{
    struct answer answer = {0};
    answer_problem(&answer, status, detail);
    request_answer(request, &answer);
}

void request_refuse_parameter(struct request *request, const char *detail)
{
    struct answer answer = {0};
    answer_titled_problem(&answer, 400, "Bad parameter", detail);
    request_answer(request, &answer);
}

void request_too_large(struct request *request, const char *detail)
{
    struct answer answer = {.close = true};
    answer_problem(&answer, 413, detail);
    request_answer(request, &answer);
}

void request_unavailable(struct request *request, const char *detail)
{
    struct answer answer = {.retry_after_s = 5};
    answer_problem(&answer, 503, detail);
    request_answer(request, &answer);
}
