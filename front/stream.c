/* stream: asking for pages, and giving them to libmicrohttpd. */
#include "front/stream.h"

#include <inttypes.h>
#include <jansson.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/not_found.h"
#include "front/answer.h"
#include "front/loop.h"
#include "front/read.h"

#define STREAMS_A_CALLER 16
#define PAGE_US          (10 * US_PER_SECOND)
#define BLOCK_BYTES      4096 /* no more fits into the memory of a connection */

#define DETAIL_NO_ANSWER "Try again in a few seconds: the data cannot be read at the moment."
#define DETAIL_BUSY      "Try again in a few seconds: too many results are being read."

struct stream {
    struct request *request;
    const char *kind;
    atomic_int_least64_t *place; /* of struct front's */
    struct buffer page;
    size_t given;    /* of page */
    int64_t next;    /* `after` of the next page; 0 = this is the last */
    bool has_failed; /* the next page will not come */
};

static void page_event(struct loop *loop, struct errand *errand, enum errand_event event,
                       const struct wire_reply *reply);

/* ---- pages ---- */

static void ask(struct request *request, const char *kind, int64_t after)
{
    struct loop *loop = request->loop;
    struct uuid id;
    char text[UUID_TEXT_SIZE], payload[120];
    if (!uuid_parse(request->id, &id))
        return; /* it was one when the stream began */
    uuid_format(&id, text);
    (void)snprintf(payload, sizeof(payload), "{\"fields\":{\"id\":\"%s\",\"after\":\"%" PRId64 "\"}}", text,
                   after);
    struct errand *errand =
        errand_new(ERRAND_READ, WIRE_WAIT, "query", request->caller_id, page_event, request->handle);
    errand->deadline_us = errand->accept_by_us = loop->now_us + PAGE_US;
    read_fill(errand, loop, kind, request->trace, slice_of(payload), request->caller_id, request->token_id,
              request->as_of_us, machine_now_us() + PAGE_US);
    errand_start(loop, errand);
}

static void take_page(struct stream *stream, const struct wire_reply *reply)
{
    CLEANUP(json)
    json_t *extra = reply->extra.size == 0 ? NULL : json_loadb(reply->extra.data, reply->extra.size, 0, NULL);
    int64_t next = json_integer_value(json_object_get(extra, "next"));
    buffer_clear(&stream->page);
    buffer_append(&stream->page, reply->body.data, reply->body.size);
    stream->given = 0;
    stream->next = next > 0 ? next : 0;
}

/* NULL: there is none, or the caller has enough of them. */
static atomic_int_least64_t *take_place(struct front *front, int64_t caller_id)
{
    size_t own = 0;
    for (size_t i = 0; i < STREAMS_MAX; i++)
        own += atomic_load_explicit(&front->streams[i], memory_order_relaxed) == caller_id;
    for (size_t i = 0; i < STREAMS_MAX && own < STREAMS_A_CALLER; i++) {
        int_least64_t nobody = 0;
        if (atomic_compare_exchange_strong_explicit(&front->streams[i], &nobody, caller_id,
                                                    memory_order_relaxed, memory_order_relaxed))
            return &front->streams[i];
    }
    return NULL;
}

static void begin(struct request *request, const struct wire_reply *reply)
{
    atomic_int_least64_t *place = take_place(request->loop->front, request->caller_id);
    if (place == NULL) {
        request_unavailable(request, DETAIL_BUSY);
        return;
    }
    struct stream *stream = memory_zero(1, sizeof(*stream));
    stream->request = request;
    stream->kind = request->stream_kind;
    stream->place = place;
    request->stream = stream;
    take_page(stream, reply);
    struct answer answer = {.status = 200, .stream = stream, .type = "application/x-ndjson; charset=utf-8"};
    request_answer(request, &answer);
}

static void page_event(struct loop *loop, struct errand *errand, enum errand_event event,
                       const struct wire_reply *reply)
{
    bool good = event == ERRAND_READ_DONE && reply->status == 200;
    struct request *request = request_find_streaming(loop, errand->owner);
    if (request != NULL) {
        if (good)
            take_page(request->stream, reply);
        else
            request->stream->has_failed = true;
        client_enter(request->client, CLIENT_ANSWER); /* its time to take a page begins */
        http_go_on(request);
        return;
    }
    request = request_find(loop, errand->owner);
    if (request == NULL)
        return;
    if (good)
        begin(request, reply);
    else if (event == ERRAND_READ_DONE && reply->status == 404)
        request_refuse(request, 404, NOT_FOUND_DETAIL);
    else
        request_unavailable(request, DETAIL_NO_ANSWER);
}

/* ---- to libmicrohttpd ---- */

static ssize_t give(void *context, uint64_t position, char *out, size_t size)
{
    struct stream *stream = context;
    struct request *request = stream->request;
    size_t left = stream->page.size - stream->given;
    (void)position;
    if (left > 0) {
        size = size < left ? size : left;
        memcpy(out, stream->page.data + stream->given, size);
        stream->given += size;
        return (ssize_t)size;
    }
    if (stream->has_failed)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (stream->next == 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    /* Suspended now, it could not be ended any more (http.c). */
    if (request->loop->phase == LOOP_ENDING || !brokers_any_alive(request->loop))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    MHD_suspend_connection(request->http);
    ask(request, stream->kind, stream->next);
    return 0;
}

struct MHD_Response *stream_response(struct stream *stream)
{
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, give, stream, NULL);
}

void stream_release(struct request *request)
{
    if (request->stream == NULL)
        return;
    atomic_store_explicit(request->stream->place, 0, memory_order_relaxed);
    buffer_release(&request->stream->page);
    free(request->stream);
    request->stream = NULL;
}

void stream_by_id(struct request *request, const char *kind)
{
    struct uuid id;
    request->stream_kind = kind;
    if (!uuid_parse(request->id, &id))
        request_refuse(request, 404, NOT_FOUND_DETAIL);
    else if (!brokers_any_alive(request->loop))
        request_unavailable(request, DETAIL_NO_ANSWER);
    else
        ask(request, kind, 0);
}
