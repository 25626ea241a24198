/* What is recorded of an API request (metrics.md 6.3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "common/uuid.h"
#include "front/usage_event.h"

#define TRACE "0192d3e4-5a6b-4c7d-8e9f-0a1b2c3d4e5f"

static struct usage_event event_of(const char *body, unsigned status, const char *answer)
{
    return (struct usage_event){.at_us = 1764486000123456,
                                .caller_id = 7,
                                .trace = TRACE,
                                .method = slice_of("POST"),
                                .path = slice_of("/api/v3/x"),
                                .query = slice_of("a=1&email=e"),
                                .body = slice_of(body),
                                .body_size = strlen(body),
                                .request_headers = json_pack("{s:s}", "host", "h"),
                                .status = status,
                                .response_headers = json_pack("{s:s}", "ETag", "t"),
                                .answer = slice_of(answer)};
}

static json_t *written(struct usage_event event)
{
    struct buffer out = BUFFER_INIT;

    usage_event_write(&event, &out);
    json_t *value = json_loadb(out.data, out.size, 0, NULL);
    assert_non_null(value);
    buffer_release(&out);
    return value;
}

/* Compares one field of data. */
static void expect(struct usage_event event, const char *field, const char *expected)
{
    CLEANUP(json) json_t *value = written(event);
    const json_t *found = json_object_get(json_object_get(value, "data"), field);
    CLEANUP(free) char *text = json_dumps(found, JSON_COMPACT | JSON_ENCODE_ANY);

    assert_non_null(text);
    assert_string_equal(text, expected);
}

/* lead-provider-api.md 3.14/2 */
static void all_fields(void **state)
{
    CLEANUP(json) json_t *value = written(event_of("{\"b\":1}", 422, "{\"errors\":[]}"));
    struct uuid id;

    (void)state;
    assert_true(uuid_parse(slice_of(json_string_value(json_object_get(value, "event_id"))), &id));
    assert_true(uuid_is_v7(&id));
    (void)json_object_del(value, "event_id");
    CLEANUP(free) char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(
        text,
        "{\"at\":\"2025-11-30T07:00:00.123456Z\",\"data\":{\"request_body\":{\"b\":1},\"request_headers\":{"
        "\"host\":\"h\",\"query_string\":\"a=1&email=[FILTERED]\"},\"request_method\":\"POST\","
        "\"request_path\":\"/api/v3/x\",\"response_body\":{\"errors\":[]},\"response_headers\":{\"ETag\":"
        "\"t\"},\"status_code\":422},\"lead_provider_id\":7,\"request_uuid\":\"" TRACE "\"}");
}

static void bodies(void **state)
{
    static const struct {
        const char *body, *recorded;
    } examples[] = {
        {"", "{\"a\":[\"1\"],\"email\":[\"[FILTERED]\"]}"},
        {"{\"data\":{\"trn\":\"1234567\",\"b\":[1.5,null]}}",
         "{\"data\":{\"trn\":\"[FILTERED]\",\"b\":[1.5,null]}}"},
        {"\"text\"", "\"text\""},
        {"[]", "[]"},
        {"{", "{\"error\":\"the body is not JSON\",\"bytes\":1}"},
        {"{\"a\":1,\"a\":2}", "{\"error\":\"the body is not JSON\",\"bytes\":13}"},
        {"\"\\u0000\"", "{\"error\":\"the body is not JSON\",\"bytes\":8}"},
        {"\"\xFF\"", "{\"error\":\"the body is not JSON\",\"bytes\":3}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++)
        expect(event_of(examples[i].body, 200, ""), "request_body", examples[i].recorded);
    struct usage_event zero = event_of("1", 200, "");
    zero.body = (struct slice){"1\0", 2};
    zero.body_size = 2;
    expect(zero, "request_body", "{\"error\":\"the body is not JSON\",\"bytes\":2}");
}

static void large_and_lost_bodies(void **state)
{
    static char large[USAGE_BODY_MAX + 2];
    struct usage_event event = event_of("", 200, "");

    (void)state;
    memset(large, ' ', sizeof large - 1);
    large[0] = '1';
    event.body = (struct slice){large, USAGE_BODY_MAX};
    event.body_size = USAGE_BODY_MAX;
    expect(event, "request_body", "1");
    event = event_of(large, 400, large);
    expect(event, "request_body", "{\"error\":\"the body is not recorded\",\"bytes\":16385}");
    event = event_of("", 400, large);
    expect(event, "response_body", "{\"error\":\"the body is not recorded\",\"bytes\":16385}");
    event = event_of("", 202, "");
    event.body_size = 10000000;
    expect(event, "request_body", "{\"error\":\"the body is not recorded\",\"bytes\":10000000}");
}

static void answers(void **state)
{
    (void)state;
    expect(event_of("", 200, ""), "response_body", "{}");
    expect(event_of("", 404, "{\"error\":\"x\",\"name\":\"y\"}"), "response_body",
           "{\"error\":\"x\",\"name\":\"[FILTERED]\"}");
    expect(event_of("", 500, "<html>"), "response_body",
           "{\"error\":\"the answer is not JSON\",\"status\":500}");
    expect(event_of("", 499, ""), "status_code", "499");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_fields),
        cmocka_unit_test(bodies),
        cmocka_unit_test(large_and_lost_bodies),
        cmocka_unit_test(answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
