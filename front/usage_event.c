/* usage_event: the fields. */
#include "front/usage_event.h"

#include "common/clock.h"
#include "common/uuid.h"
#include "front/filtered.h"

/* What is said of a body that is not recorded as it is: metrics.md 6.3, "an object saying so". */
static json_t *instead(const char *error, uint64_t bytes)
{
    return json_pack("{s:s, s:I}", "error", error, "bytes", (json_int_t)bytes);
}

/* NULL: it is no JSON that we read (body.h), or nothing. */
static json_t *read_json(struct slice text)
{
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;

    /* Jansson passes over a zero byte behind a number. */
    if (text.size == 0 || memchr(text.data, '\0', text.size) != NULL)
        return NULL;
    json_t *value = json_loadb(text.data, text.size, flags, NULL);
    filtered_json(value);
    return value;
}

static json_t *request_body(const struct usage_event *event)
{
    if (event->body_size == 0)
        return filtered_parameters(event->query);
    if (event->body.size != event->body_size || event->body.size > USAGE_BODY_MAX)
        return instead("the body is not recorded", event->body_size);
    json_t *value = read_json(event->body);
    return value != NULL ? value : instead("the body is not JSON", event->body_size);
}

static json_t *response_body(const struct usage_event *event)
{
    if (event->answer.size == 0)
        return json_object();
    if (event->answer.size > USAGE_BODY_MAX)
        return instead("the body is not recorded", event->answer.size);
    json_t *value = read_json(event->answer);
    return value != NULL
               ? value
               : json_pack("{s:s, s:i}", "error", "the answer is not JSON", "status", (int)event->status);
}

static int append(const char *bytes, size_t size, void *out)
{
    buffer_append(out, bytes, size);
    return 0;
}

void usage_event_write(struct usage_event *event, struct buffer *out)
{
    const struct uuid id = uuid_v7();
    char id_text[UUID_TEXT_SIZE], at[RFC3339_SIZE];
    struct buffer query = BUFFER_INIT;

    uuid_format(&id, id_text);
    rfc3339_format_us(event->at_us, at);
    filtered_query(event->query, &query);
    (void)json_object_set_new(event->request_headers, "query_string", filtered_text(buffer_slice(&query)));
    buffer_release(&query);
    json_t *note = json_pack(
        "{s:s, s:s, s:s, s:I, s:{s:o, s:o, s:o, s:o, s:o, s:o, s:i}}", "event_id", id_text, "at", at,
        "request_uuid", event->trace, "lead_provider_id", (json_int_t)event->caller_id, "data",
        "request_method", filtered_text(event->method), "request_path", filtered_text(event->path),
        "request_headers", event->request_headers, "request_body", request_body(event), "response_headers",
        event->response_headers, "response_body", response_body(event), "status_code", (int)event->status);
    event->request_headers = event->response_headers = NULL;
    /* Without memory there is none: it is lost, as any note may be (pipeline.md PL-17). */
    (void)json_dump_callback(note, append, out, JSON_COMPACT);
    json_decref(note);
}
