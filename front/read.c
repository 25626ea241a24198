/* read: requests that the query worker answers. */
#include "front/read.h"

#include <jansson.h>
#include <stdio.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/not_found.h"
#include "front/answer.h"
#include "front/list.h"
#include "front/loop.h"

#define READ_US (10 * US_PER_SECOND)

#define DETAIL_NO_ANSWER "Try again in a few seconds: the data cannot be read at the moment."
#define DETAIL_INSTANT                                                                                       \
    "Send filter[updated_since] as an ISO 8601 date with time, such as 2025-09-01T08:30:00Z: it is not a "   \
    "valid ISO 8601 date."
#define DETAIL_MISSING                                                                                       \
    "Send filter[cohort] with the cohort's year, such as filter[cohort]=2025: the filter '#/cohort' is "     \
    "needed."
#define DETAIL_PAGE                                                                                          \
    "Send page[page] and page[per_page] as whole numbers from 1, such as page[page]=2&page[per_page]=100."

void read_fill(struct errand *errand, struct loop *loop, const char *kind, const char *trace,
               struct slice payload, int64_t caller_id, int64_t token_id, int64_t as_of_us,
               int64_t deadline_us)
{
    bool note = errand->kind == ERRAND_NOTE;
    const struct wire_record record = {
        .class = errand->class,
        .caller_type = caller_id == 0 ? WIRE_SYSTEM : WIRE_LEAD_PROVIDER,
        .flags = note ? WIRE_FLAG_NOTE : 0,
        .id = errand->id,
        .as_of_us = as_of_us,
        .accept_by_us = machine_now_us() + (errand->accept_by_us - loop->now_us),
        .deadline_us = deadline_us,
        .caller_id = caller_id,
        .token_id = token_id,
        .kind = slice_of(kind),
        .trace = slice_of(trace),
        .reply_to = slice_of(note ? "" : loop->routing_id),
        .payload = payload,
    };
    wire_record_write(&errand->record, &record);
}

static int64_t retry_after(struct slice extra)
{
    if (extra.size == 0)
        return 0;
    CLEANUP(json) json_t *headers = json_loadb(extra.data, extra.size, 0, NULL);
    int64_t seconds = json_integer_value(json_object_get(headers, "retry_after"));
    return seconds > 0 ? seconds : 0;
}

static void answer_one(struct request *request, const struct wire_reply *reply, struct shared_body *body)
{
    if (reply == NULL || reply->status == 503) {
        request_unavailable(request, DETAIL_NO_ANSWER);
        return;
    }
    struct answer answer = {.status = reply->status,
                            .etag = true,
                            .retry_after_s = retry_after(reply->extra),
                            .shared = shared_body_take(body)};
    request_answer(request, &answer);
}

static void read_event(struct loop *loop, struct errand *errand, enum errand_event event,
                       const struct wire_reply *reply)
{
    cached_end(loop, errand->owner, answer_one, event == ERRAND_READ_DONE ? reply : NULL);
}

void read_ask(struct request *request, const char *kind, struct slice fields)
{
    struct loop *loop = request->loop;
    struct buffer payload = BUFFER_INIT, place = BUFFER_INIT;
    if (!brokers_any_alive(loop)) {
        request_unavailable(request, DETAIL_NO_ANSWER);
        return;
    }
    if (cached_join(request))
        return;
    buffer_printf(&payload, "{\"fields\":%.*s", (int)fields.size, fields.data);
    if (cached_place(request, &place))
        buffer_printf(&payload, ",\"cache\":%s", place.data);
    buffer_append_char(&payload, '}');
    struct errand *errand =
        errand_new(ERRAND_READ, WIRE_WAIT, "query", request->caller_id, read_event, /* owner= */ 0);
    errand->owner = cached_begin(request, &errand->id);
    errand->deadline_us = errand->accept_by_us = loop->now_us + READ_US;
    read_fill(errand, loop, kind, request->trace, buffer_slice(&payload), request->caller_id,
              request->token_id, request->as_of_us, machine_now_us() + READ_US);
    errand_start(loop, errand);
    buffer_release(&payload);
    buffer_release(&place);
}

/* Whether the query can be read; else the request is answered. */
static bool query_is_good(struct request *request)
{
    switch (request->verdict) {
    case LIST_GOOD:
        return true;
    case LIST_MISSING:
        request_refuse_parameter(request, DETAIL_MISSING);
        break;
    case LIST_BAD_INSTANT:
        request_refuse(request, 400, DETAIL_INSTANT);
        break;
    case LIST_BAD_PAGE:
        request_refuse(request, 400, DETAIL_PAGE);
        break;
    }
    return false;
}

void read_by_id(struct request *request, const char *kind)
{
    const struct slice filters = buffer_slice(&request->canonical_query);
    struct buffer fields = BUFFER_INIT;
    struct uuid id;
    char text[UUID_TEXT_SIZE];
    if (!query_is_good(request))
        return;
    if (!uuid_parse(request->id, &id)) {
        request_refuse(request, 404, NOT_FOUND_DETAIL);
        return;
    }
    uuid_format(&id, text);
    buffer_printf(&fields, "{\"id\":\"%s\"", text);
    if (filters.size > 0)
        buffer_printf(&fields, ",%.*s", (int)filters.size - 1, filters.data + 1);
    else
        buffer_append_char(&fields, '}');
    read_ask(request, kind, buffer_slice(&fields));
    buffer_release(&fields);
}

void read_list(struct request *request, const char *kind)
{
    if (query_is_good(request))
        read_ask(request, kind, buffer_slice(&request->canonical_query));
}
