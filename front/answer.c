/* answer: bodies of errors, headers, entity tags. */
#include "front/answer.h"

#include <inttypes.h>
#include <microhttpd.h>
#include <stdio.h>
#include <time.h>

#include "common/clock.h"
#include "common/entity_tag.h"
#include "common/log.h"
#include "front/loop.h"
#include "front/stream.h"

#define JSON_TYPE     "application/json; charset=utf-8"
#define CACHE_PRIVATE "max-age=0, private, must-revalidate"
#define VALUE_SIZE    80

/* ---- bodies ---- */

static const char *title_of(unsigned status)
{
    switch (status) {
    case 400:
        return "Bad request";
    case 404:
        return "Resource not found";
    case 408:
        return "Request timeout";
    case 409:
        return "Conflict";
    case 413:
        return "Content too large";
    case 414:
        return "URL too long";
    case 431:
        return "Request header too large";
    case 503:
        return "Service unavailable";
    case 505:
        return "HTTP version not supported";
    default:
        return "Internal server error";
    }
}

static void append_json_text(struct buffer *out, const char *text)
{
    buffer_append_char(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buffer_append_char(out, '\\');
        buffer_append_char(out, *text);
    }
    buffer_append_char(out, '"');
}

void answer_error(struct answer *answer, unsigned status, const char *text)
{
    answer->status = status;
    buffer_append_text(&answer->body, "{\"error\": ");
    append_json_text(&answer->body, text);
    buffer_append_text(&answer->body, "}");
}

static void append_problem(struct buffer *out, const char *title, const char *detail)
{
    buffer_append_text(out, "{\"errors\":[{\"title\":");
    append_json_text(out, title);
    buffer_append_text(out, ",\"detail\":");
    append_json_text(out, detail);
    buffer_append_text(out, "}]}");
}

void answer_problem(struct answer *answer, unsigned status, const char *detail)
{
    answer_titled_problem(answer, status, title_of(status), detail);
}

void answer_titled_problem(struct answer *answer, unsigned status, const char *title, const char *detail)
{
    answer->status = status;
    append_problem(&answer->body, title, detail);
}

struct shared_body *shared_body_take(struct shared_body *body)
{
    if (body != NULL)
        body->shares++;
    return body;
}

void shared_body_give_back(void *context)
{
    struct shared_body *body = context;
    if (body != NULL && --body->shares == 0)
        body->release(body);
}

struct slice answer_body(const struct answer *answer)
{
    return answer->shared != NULL ? answer->shared->bytes : buffer_slice(&answer->body);
}

void answer_release(struct answer *answer)
{
    buffer_release(&answer->body);
    shared_body_give_back(answer->shared);
    answer->shared = NULL;
}

/* Takes the body. */
static struct MHD_Response *response_with_body(struct answer *answer)
{
    const struct slice body = answer_body(answer);
    if (answer->stream != NULL)
        return stream_response(answer->stream);
    if (answer->shared == NULL)
        return MHD_create_response_from_buffer(body.size, buffer_take(&answer->body), MHD_RESPMEM_MUST_FREE);
    struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
        body.size, (void *)(uintptr_t)body.data /* which it only reads */, shared_body_give_back,
        answer->shared);
    if (response != NULL)
        answer->shared = NULL;
    return response;
}

/* ---- entity tags ---- */

static void etag_of(const struct answer *answer, char ret_etag[ENTITY_TAG_SIZE])
{
    if (answer->tag.size == 0 || answer->tag.size >= ENTITY_TAG_SIZE) {
        entity_tag_make(answer_body(answer), ret_etag);
        return;
    }
    memcpy(ret_etag, answer->tag.data, answer->tag.size);
    ret_etag[answer->tag.size] = '\0';
}

static struct slice opaque_tag(struct slice etag)
{
    if (etag.size >= 2 && etag.data[0] == 'W' && etag.data[1] == '/')
        return (struct slice){etag.data + 2, etag.size - 2};
    return etag;
}

bool answer_etag_matches(struct slice if_none_match, struct slice etag)
{
    const char *p = if_none_match.data, *end = if_none_match.data + if_none_match.size;
    struct slice wanted = opaque_tag(etag);
    while (p < end) {
        while (p < end && (*p == ' ' || *p == '\t' || *p == ','))
            p++;
        const char *start = p;
        while (p < end && *p != '"' && *p != ',') /* W/ or a star */
            p++;
        if (p < end && *p == '"') {
            const char *close = p + 1 == end ? NULL : memchr(p + 1, '"', (size_t)(end - p - 1));
            p = close == NULL ? end : close + 1;
        }
        struct slice given = {start, (size_t)(p - start)};
        if (given.size >= 1 && given.data[0] == '*' && start == if_none_match.data)
            return true;
        if (slice_equal(opaque_tag(given), wanted))
            return true;
    }
    return false;
}

/* ---- headers ---- */

static void add(struct MHD_Response *response, const char *name, const char *value)
{
    if (MHD_add_response_header(response, name, value) != MHD_YES)
        log_event(LOG_ERROR, "header_refused", LOG_TEXT("header", name), LOG_END);
}

static void add_number(struct MHD_Response *response, const char *name, int64_t number)
{
    char value[VALUE_SIZE];
    (void)snprintf(value, sizeof(value), "%" PRId64, number);
    add(response, name, value);
}

static void add_submission_headers(struct MHD_Response *response, const struct answer *answer,
                                   const struct request *request)
{
    char value[VALUE_SIZE], id[UUID_TEXT_SIZE];
    if (answer->location) {
        uuid_format(&request->submission, id);
        (void)snprintf(value, sizeof(value), "/api/v3/%s/%s",
                       request->batch_lines > 0 ? "batches" : "submissions", id);
        add(response, "Location", value);
    }
    if (answer->preference_applied) {
        struct prefer prefer = request->prefer;
        prefer.has_wait = prefer.has_wait && request->batch_lines == 0; /* nobody waits for a batch */
        prefer_applied(&prefer, request->loop->settings->wait_limit_ms, value);
        if (value[0] != '\0')
            add(response, "Preference-Applied", value);
    }
    if (answer->replayed)
        add(response, "Idempotency-Replayed", "true");
}

/* A fixed window: what is left of it says when to come again (OP-9). */
static void add_limit_headers(struct MHD_Response *response, const struct answer *answer)
{
    if (!answer->has_limit)
        return;
    add_number(response, "RateLimit-Limit", answer->limit);
    add_number(response, "RateLimit-Remaining", 0);
    add_number(response, "RateLimit-Reset", answer->limit_left_s);
}

struct MHD_Response *answer_response(struct answer *answer, const struct request *request)
{
    char etag[ENTITY_TAG_SIZE] = "";
    if (answer->etag && answer->status == 200) {
        etag_of(answer, etag);
        bool conditional = request->route != NULL && request->route->method == ROUTE_GET;
        if (conditional && answer_etag_matches(request->if_none_match, slice_of(etag)))
            answer->status = 304; /* the body is not sent, but Content-Length tells its size as 200 would */
    }
    struct MHD_Response *response = response_with_body(answer);
    if (response == NULL)
        return NULL;
    if (answer->status != 304)
        add(response, "Content-Type", answer->type == NULL ? JSON_TYPE : answer->type);
    add(response, "Cache-Control",
        answer->status == 200 || answer->status == 304 ? CACHE_PRIVATE : "no-store");
    add(response, "X-Request-Id", request->trace);
    add(response, "Strict-Transport-Security", "max-age=10800");
    add(response, "X-Content-Type-Options", "nosniff");
    add(response, "X-Robots-Tag", "none");
    if (etag[0] != '\0')
        add(response, "ETag", etag);
    if (answer->retry_after_s > 0)
        add_number(response, "Retry-After", answer->retry_after_s);
    if (answer->redirect != NULL)
        add(response, "Location", answer->redirect);
    add_limit_headers(response, answer);
    add_submission_headers(response, answer, request);
    if (answer->close || request->loop->phase != LOOP_SERVING)
        add(response, "Connection", "close");
    return response;
}

/* Date, as RFC 9110 section 5.6.7 wants it, whatever the locale. */
static void append_date(struct buffer *out)
{
    static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const time_t now = (time_t)(machine_now_us() / US_PER_SECOND);
    struct tm t;
    if (gmtime_r(&now, &t) != NULL)
        buffer_printf(out, "Date: %.3s, %02d %.3s %d %02d:%02d:%02d GMT\r\n", days + 3 * (size_t)t.tm_wday,
                      t.tm_mday, months + 3 * (size_t)t.tm_mon, 1900 + t.tm_year, t.tm_hour, t.tm_min,
                      t.tm_sec);
}

void answer_raw(struct buffer *out, unsigned status, const char *detail, const char *redirect,
                const char *trace, bool with_body)
{
    struct answer answer = {0};
    if (redirect != NULL)
        answer_error(&answer, status, detail);
    else
        answer_problem(&answer, status, detail);
    buffer_printf(out, "HTTP/1.1 %u %s\r\n", status, MHD_get_reason_phrase_for(status));
    append_date(out);
    buffer_printf(
        out,
        "Content-Type: " JSON_TYPE "\r\nContent-Length: %zu\r\nCache-Control: no-store\r\n"
        "X-Request-Id: %s\r\nStrict-Transport-Security: max-age=10800\r\nX-Content-Type-Options: nosniff\r\n"
        "X-Robots-Tag: none\r\n%sConnection: close\r\n",
        answer.body.size, trace, status == 503 ? "Retry-After: 5\r\n" : "");
    if (redirect != NULL)
        buffer_printf(out, "Location: %s\r\n", redirect);
    buffer_append_text(out, "\r\n");
    if (with_body)
        buffer_append(out, answer.body.data, answer.body.size);
    buffer_release(&answer.body);
}
