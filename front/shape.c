/* shape: the steps in their order. */
#include "front/shape.h"

#include <jansson.h>

#include "common/cleanup.h"
#include "common/upload.h"
#include "front/body.h"
#include "front/loop.h"
#include "front/ndjson.h"

#define DETAIL_LARGE  "Send a smaller body."
#define DETAIL_MEMORY "Nothing was accepted. Try again later: too many bodies are being received."
#define DETAIL_LINES  "Send at most 10000 lines in one request."
#define DETAIL_NO_LINES                                                                                      \
    "Send at least one line of JSON, each the body of the single request, with Content-Type "                \
    "application/x-ndjson."
#define DETAIL_FILTER "Send each filter as filter[name]=value: filter must be a set of key/value pairs."

/* A body under another type is not read (3.3.2): it counts as none. */
static enum body_verdict read_body(struct request *request, const char **ret_detail)
{
    const char *const *attributes = request->route->attributes;
    struct slice body = {NULL, 0};
    if (attributes == NULL)
        return BODY_GOOD;
    if (body_type_is_json(request->content_type))
        body = buffer_slice(&request->body);
    return body_to_payload(body, attributes, &request->payload, ret_detail);
}

/* Whether there are lines, and how many; what each of them is, is its own affair (bulk.c). */
static enum body_verdict read_lines(struct request *request, const char **ret_detail)
{
    size_t last = 0;
    if (body_type_is_lines(request->content_type) && ndjson_count(buffer_slice(&request->body), &last) > 0)
        return last > UPLOAD_LINES_MAX ? BODY_TOO_LARGE : BODY_GOOD;
    *ret_detail = DETAIL_NO_LINES;
    return BODY_STRUCTURE;
}

bool shape_body(const struct request *request, struct slice body, struct buffer *out, const char **ret_detail)
{
    if (body.size > (uint64_t)request->loop->settings->max_body_bytes) {
        *ret_detail = DETAIL_LARGE;
        return false;
    }
    return body_to_payload(body, request->route->attributes, out, ret_detail) == BODY_GOOD;
}

/* Structure that is looked at behind the record (routes.h): who looks it up is told what is wrong. */
static void hand_on(struct request *request, const char *detail)
{
    CLEANUP(json) json_t *value = json_string(detail);
    CLEANUP(free) char *text = value == NULL ? NULL : json_dumps(value, JSON_ENCODE_ANY);
    buffer_clear(&request->payload);
    buffer_printf(&request->payload, "{\"fields\":{},\"structure\":%s}", text == NULL ? "null" : text);
}

bool shape_refuse(struct request *request)
{
    const char *detail = NULL;
    if (request->body_no_memory) {
        request_unavailable(request, DETAIL_MEMORY);
        return true;
    }
    if (request->body_dropped) {
        request_too_large(request, DETAIL_LARGE);
        return true;
    }
    const enum route_method method = request->route->method;
    enum body_verdict verdict =
        method == ROUTE_POST_LINES ? read_lines(request, &detail) : read_body(request, &detail);
    const bool comes_later = verdict == BODY_STRUCTURE && method == ROUTE_PUT_RECORD;
    if (verdict == BODY_TOO_LARGE)
        request_refuse(request, 413, DETAIL_LINES);
    else if (verdict == BODY_SYNTAX)
        request_refuse(request, 400, detail);
    else if (request->filter_is_malformed)
        request_refuse_parameter(request, DETAIL_FILTER);
    else if (comes_later)
        hand_on(request, detail);
    else if (verdict == BODY_STRUCTURE)
        request_refuse(request, 400, detail);
    return (verdict != BODY_GOOD && !comes_later) || request->filter_is_malformed;
}
