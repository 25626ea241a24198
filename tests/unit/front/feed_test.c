/* What libmicrohttpd gets to see of a connection's bytes: one sound request after the other, and nothing
 * else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/buffer.h"
#include "front/feed.h"
#include "front/head.h"

#define BODY_MAX 100

#define GET     "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST    "POST / HTTP/1.1\r\nHost: a\r\n"
#define SIZED   POST "Content-Length: 3\r\n\r\nabc"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"

/* Passes what of in may pass, offered in growing pieces as they come from a socket: what was not used is
 * offered again. */
static struct passage pass(struct feed *feed, struct slice in, size_t in_size, size_t out_size,
                           struct buffer *out)
{
    struct passage all = {0};
    for (size_t have = 0;;) {
        char *piece = memory_alloc(have + 1), *room = memory_alloc(out_size);
        memcpy(piece, in.data + all.used, have);
        struct passage step = feed_pass(feed, BODY_MAX, (struct slice){piece, have}, room, out_size);
        assert_true(step.used <= have && step.given <= out_size);
        buffer_append(out, room, step.given);
        all.used += step.used;
        all.given += step.given;
        all.status = step.status;
        all.detail = step.detail;
        have -= step.used;
        free(piece);
        free(room);
        if (step.status != 0 || feed->state == FEED_COMPLETE)
            return all;
        if (step.used > 0)
            continue;
        size_t left = in.size - all.used - have;
        if (left == 0)
            return all;
        have += left < in_size ? left : in_size;
    }
}

static const size_t sizes[] = {1, 2, 5, 64, 8000};

static void test_one_after_the_other(void **state)
{
    (void)state;
    static const char *const requests[] = {GET, SIZED, CHUNKED, GET, CHUNKED, SIZED, SIZED};
    const size_t count = sizeof(requests) / sizeof(requests[0]);
    struct buffer in = BUFFER_INIT;
    for (size_t i = 0; i < count; i++)
        buffer_append_text(&in, requests[i]);
    for (size_t k = 0; k < 25; k++) {
        struct feed feed = {0};
        size_t at = 0;
        for (size_t i = 0; i < count; i++) {
            struct buffer out = BUFFER_INIT;
            struct slice rest = {in.data + at, in.size - at};
            struct passage all = pass(&feed, rest, sizes[k / 5], sizes[k % 5], &out);
            assert_int_equal(all.status, 0);
            assert_int_equal(feed.state, FEED_COMPLETE);
            assert_true(slice_equal(buffer_slice(&out), slice_of(requests[i])));
            at += all.used;
            buffer_release(&out);
            /* Nothing more before the answer has left. */
            struct passage more =
                feed_pass(&feed, BODY_MAX, (struct slice){in.data + at, in.size - at}, (char[10]){0}, 10);
            assert_true(more.used == 0 && more.given == 0 && more.status == 0);
            feed_next(&feed);
        }
        assert_int_equal(at, in.size);
    }
    buffer_release(&in);
}

/* Blanks behind values do not pass, nor do cookies; other blanks and fields do, and what only looks like
 * them. */
static void test_unwanted(void **state)
{
    (void)state;
    static const struct {
        const char *in, *wanted;
    } heads[] = {
        {"POST / HTTP/1.1\r\nHost:\ta \t b \t\r\nX: \t \r\nContent-Length: 6 \r\n\r\na  \r\nb",
         "POST / HTTP/1.1\r\nHost:\ta \t b\r\nX:\r\nContent-Length: 6\r\n\r\na  \r\nb"},
        {"POST / HTTP/1.1\r\ncookie:\r\nHost: a\r\nCookie: a=\"; b \r\nCOOKIE: c\r\nContent-Length: "
         "11\r\n\r\n\r\nCookie: a",
         "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n\r\nCookie: a"},
        {"POST /Cookie:a HTTP/1.1\r\nHost: Cookie:a\r\nX-Cookie: a\r\nCookie2: a\r\nX: y Cookie: "
         "a\r\nContent-Length: 0\r\n\r\n",
         "POST /Cookie:a HTTP/1.1\r\nHost: Cookie:a\r\nX-Cookie: a\r\nCookie2: a\r\nX: y Cookie: "
         "a\r\nContent-Length: 0\r\n\r\n"},
    };
    for (size_t k = 0; k < 25 * (sizeof heads / sizeof heads[0]); k++) {
        struct feed feed = {0};
        struct buffer out = BUFFER_INIT;
        const char *in = heads[k / 25].in;
        struct passage all = pass(&feed, slice_of(in), sizes[k % 25 / 5], sizes[k % 5], &out);
        assert_true(all.status == 0 && all.used == strlen(in) && feed.state == FEED_COMPLETE);
        assert_true(slice_equal(buffer_slice(&out), slice_of(heads[k / 25].wanted)));
        buffer_release(&out);
    }
}

static const struct {
    const char *in;
    unsigned status;
    enum feed_state state;
} examples[] = {
    {"", 0, FEED_HEAD},
    {"\r\n\r\n", 0, FEED_HEAD},
    {"G", 0, FEED_HEAD},
    {POST "Content-Length: 3\r\n", 0, FEED_HEAD},
    {POST "Content-Length: 3\r\n\r\n", 0, FEED_LENGTH},
    {POST "Content-Length: 3\r\n\r\nab", 0, FEED_LENGTH},
    {POST "Content-Length: 0\r\n\r\nab", 0, FEED_COMPLETE},
    {POST "Transfer-Encoding: chunked\r\n\r\n", 0, FEED_CHUNKED},
    {POST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r", 0, FEED_CHUNKED},
    {POST "Content-Length: 200\r\n\r\n", 0, FEED_LENGTH},
    {POST "Content-Length: 201\r\n\r\n", 413, FEED_HEAD},
    {POST "Content-Length: 999999999999999999\r\n\r\n", 413, FEED_HEAD},
    {POST "Content-Length: 100\r\nExpect: 100-Continue\r\n\r\n", 0, FEED_LENGTH},
    {POST "Content-Length: 101\r\nExpect: 100-Continue\r\n\r\n", 413, FEED_HEAD},
    {POST "Content-Length: 101\r\nExpect: x\r\n\r\n", 0, FEED_LENGTH},
    {POST "Transfer-Encoding: chunked\r\n\r\nc8\r\n", 0, FEED_CHUNKED},
    {POST "Transfer-Encoding: chunked\r\n\r\nc9\r\n", 413, FEED_CHUNKED},
    {POST "Transfer-Encoding: chunked\r\n\r\nx", 400, FEED_CHUNKED},
    {POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400, FEED_HEAD},
    {"GET /\r\n\r\n", 400, FEED_HEAD},
    {"GET / HTTP/3.0\r\n\r\n", 505, FEED_HEAD},
};

static void test_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        for (size_t k = 0; k < 25; k++) {
            struct feed feed = {0};
            struct buffer out = BUFFER_INIT;
            struct passage all = pass(&feed, slice_of(examples[i].in), sizes[k / 5], sizes[k % 5], &out);
            if (all.status != examples[i].status || feed.state != examples[i].state ||
                (all.status != 0) != (all.detail != NULL))
                fail_msg("example %zu, %zu: %s: %u, state %d", i, k, examples[i].in, all.status, feed.state);
            if (feed.state == FEED_HEAD)
                assert_int_equal(out.size, 0); /* of a head that is not good nothing passes */
            buffer_release(&out);
        }
    }
}

/* Looking takes nothing but empty lines. */
static void test_look(void **state)
{
    (void)state;
    struct feed feed = {0};
    char nothing[1] = "";
    struct passage step = feed_pass(&feed, BODY_MAX, slice_of("\r\n\r\nGET"), nothing, 0);
    assert_true(step.used == 4 && step.given == 0 && feed.state == FEED_HEAD);
    step = feed_pass(&feed, BODY_MAX, slice_of(GET), nothing, 0);
    assert_true(step.used == 0 && step.given == 0 && feed.state == FEED_PASSING);
    step = feed_pass(&feed, BODY_MAX, slice_of("x"), nothing, 0);
    assert_true(step.used == 0 && step.given == 0 && step.status == 0);
}

/* What one body left behind does not count for the next. */
static void test_each_begins_anew(void **state)
{
    (void)state;
    struct feed feed = {0};
    for (int i = 0; i < 100; i++) {
        struct buffer in = BUFFER_INIT, out = BUFFER_INIT;
        buffer_printf(&in, "%s%x;%0*d\r\n%0*d\r\n0\r\n\r\n", POST "Transfer-Encoding: chunked\r\n\r\n",
                      BODY_MAX, (int)CHUNKS_EXTRA_MAX - 10, 0, BODY_MAX, 0);
        assert_int_equal(pass(&feed, buffer_slice(&in), 8000, 8000, &out).status, 0);
        assert_int_equal(feed.state, FEED_COMPLETE);
        feed_next(&feed);
        buffer_release(&in);
        buffer_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_after_the_other),
        cmocka_unit_test(test_unwanted),
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_look),
        cmocka_unit_test(test_each_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
