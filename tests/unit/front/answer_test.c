/* Bodies of errors (lead-provider-api.md 3.8) and entity tags. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "front/answer.h"

static void test_bodies(void **state)
{
    (void)state;
    struct answer answer = {0};
    answer_error(&answer, 401, "HTTP Token: Access denied");
    assert_int_equal(answer.status, 401);
    assert_string_equal(answer.body.data, "{\"error\": \"HTTP Token: Access denied\"}");
    buffer_release(&answer.body);

    static const struct {
        unsigned status;
        const char *title;
    } titles[] = {{400, "Bad request"},
                  {404, "Resource not found"},
                  {409, "Conflict"},
                  {413, "Content too large"},
                  {503, "Service unavailable"}};
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
        struct answer problem = {0};
        struct buffer expected = BUFFER_INIT;
        answer_problem(&problem, titles[i].status, "say \"x\\y\"");
        buffer_printf(&expected, "{\"errors\":[{\"title\":\"%s\",\"detail\":\"say \\\"x\\\\y\\\"\"}]}",
                      titles[i].title);
        assert_string_equal(problem.body.data, expected.data);
        buffer_release(&problem.body);
        buffer_release(&expected);
    }
}

static void note_release(struct shared_body *body)
{
    body->bytes = (struct slice){"gone", 4};
}

static void test_shared(void **state)
{
    (void)state;
    struct shared_body body = {.shares = 1, .bytes = slice_of("{}"), .release = note_release};
    struct answer answer = {.status = 200, .shared = shared_body_take(&body)};
    assert_true(slice_equal(answer_body(&answer), slice_of("{}")));
    answer_release(&answer);
    assert_null(answer.shared);
    assert_true(slice_equal(body.bytes, slice_of("{}"))); /* whose it is has a share still */
    shared_body_give_back(&body);
    assert_true(slice_equal(body.bytes, slice_of("gone")));
    assert_null(shared_body_take(NULL));
    shared_body_give_back(NULL);
}

static void test_raw(void **state)
{
    (void)state;
    struct buffer raw = BUFFER_INIT;
    answer_raw(&raw, 408, "Hurry.", NULL, "some-trace", true);
    assert_int_equal(strncmp(raw.data, "HTTP/1.1 408 Request Timeout\r\n", 30), 0);
    assert_non_null(strstr(raw.data, "\r\nConnection: close\r\n"));
    assert_null(strstr(raw.data, "Retry-After"));
    const char *body = strstr(raw.data, "\r\n\r\n") + 4;
    assert_string_equal(body, "{\"errors\":[{\"title\":\"Request timeout\",\"detail\":\"Hurry.\"}]}");
    char length[40];
    (void)snprintf(length, sizeof(length), "\r\nContent-Length: %zu\r\n", strlen(body));
    assert_non_null(strstr(raw.data, length));
    assert_non_null(strstr(raw.data, "\r\nX-Request-Id: some-trace\r\n"));
    struct tm date;
    assert_non_null(
        strptime(strstr(raw.data, "\r\nDate: "), "\r\nDate: %a, %d %b %Y %H:%M:%S GMT\r\n", &date));
    buffer_release(&raw);
    answer_raw(&raw, 408, "Hurry.", NULL, "some-trace", false); /* to HEAD: the size, not the body */
    assert_non_null(strstr(raw.data, length));
    assert_string_equal(strstr(raw.data, "\r\n\r\n"), "\r\n\r\n");
    buffer_release(&raw);
    answer_raw(&raw, 503, "x", NULL, "some-trace", true);
    assert_non_null(strstr(raw.data, "\r\nRetry-After: 5\r\n"));
    assert_null(strstr(raw.data, "Location"));
    buffer_release(&raw);
    answer_raw(&raw, 308, "Go there.", "https://a/b", "some-trace", true);
    assert_int_equal(strncmp(raw.data, "HTTP/1.1 308 Permanent Redirect\r\n", 33), 0);
    assert_non_null(strstr(raw.data, "\r\nLocation: https://a/b\r\n"));
    assert_string_equal(strstr(raw.data, "\r\n\r\n"), "\r\n\r\n{\"error\": \"Go there.\"}");
    buffer_release(&raw);
}

static void test_if_none_match(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        bool matches;
    } examples[] = {
        {"W/\"abc\"", true},     {"\"abc\"", true},     {"*", true},         {"\"x\", W/\"abc\"", true},
        {"\"x\",\"abc\"", true}, {" W/\"abc\" ", true}, {"\"abcd\"", false}, {"abc", false},
        {"\"x,abc\"", false},    {"\"x\", *", false},   {"", false},         {"\"abc", false},
        {"W/\"ABC\"", false},    {",,,", false},        {"W/", false},       {"\"\"", false},
    };
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        if (answer_etag_matches(slice_of(examples[i].field), slice_of("W/\"abc\"")) != examples[i].matches)
            fail_msg("If-None-Match: %s", examples[i].field);
    }
    assert_false(answer_etag_matches((struct slice){NULL, 0}, slice_of("W/\"abc\"")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_shared),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_if_none_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
