/* Request heads: sizes, syntax, and what smuggling is made of (architecture.md section 6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/buffer.h"
#include "front/head.h"

#define GET  "GET /x HTTP/1.1\r\n"
#define POST "POST /x HTTP/1.1\r\nHost: a\r\n"
#define END  "\r\n"

static const struct {
    const char *bytes;
    enum head_verdict verdict;
    unsigned status;
} examples[] = {
    {"", HEAD_INCOMPLETE, 0},
    {"G", HEAD_INCOMPLETE, 0},
    {GET, HEAD_INCOMPLETE, 0},
    {GET "Host: a\r\n", HEAD_INCOMPLETE, 0},
    {GET "Host: a\r\n\r", HEAD_INCOMPLETE, 0},
    {GET "Host: a\r\n" END, HEAD_GOOD, 0},
    {"\r\n\r\n" GET "Host: a\r\n" END, HEAD_GOOD, 0},
    {"GET /x HTTP/1.0\r\n" END, HEAD_GOOD, 0},
    {"GET /x HTTP/1.2\r\nHost: a\r\n" END, HEAD_GOOD, 0},
    {"BREW /x HTTP/1.1\r\nHost: a\r\n" END, HEAD_GOOD, 0},
    {POST "Content-Length: 5\r\n" END "12345", HEAD_GOOD, 0},
    {POST "Content-Length: 99999999999999999999999\r\n" END, HEAD_GOOD, 0},
    {POST "Transfer-Encoding: chunked\r\n" END, HEAD_GOOD, 0},
    {POST "transfer-encoding:\tCHUNKED\r\n" END, HEAD_GOOD, 0},
    /* blanks behind a value are none of it (RFC 9110 section 5.5) */
    {POST "Content-Length: 5 \r\n" END "12345", HEAD_GOOD, 0},
    {POST "Transfer-Encoding: chunked \t\r\n" END, HEAD_GOOD, 0},
    {GET "Host:\r\n" END, HEAD_GOOD, 0},
    {GET "Host: a\r\nB:\tc\td\xe9\r\n" END, HEAD_GOOD, 0},
    /* the request line */
    {"garbage\r\n" END, HEAD_BAD, 400},
    {"GET /x\r\n" END, HEAD_BAD, 400},
    {" GET /x HTTP/1.1\r\n" END, HEAD_BAD, 400},
    {"GET  HTTP/1.1\r\n" END, HEAD_BAD, 400},
    {"GET /x y HTTP/1.1\r\nHost: a\r\n" END, HEAD_BAD, 400},
    {"GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n" END, HEAD_BAD, 400},
    {"GET /x\tHTTP/1.1 \r\nHost: a\r\n" END, HEAD_BAD, 400},
    {"G@T /x HTTP/1.1\r\nHost: a\r\n" END, HEAD_BAD, 400},
    {"GET /x HTTP/1.1 \r\nHost: a\r\n" END, HEAD_BAD, 400},
    {"GET /x http/1.1\r\nHost: a\r\n" END, HEAD_BAD, 400},
    {"GET /x HTTP/1.10\r\nHost: a\r\n" END, HEAD_BAD, 400},
    {"GET /x HTTP/2.0\r\nHost: a\r\n" END, HEAD_BAD, 505},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HEAD_BAD, 505},
    {"GET /x HTTP/0.9\r\n" END, HEAD_BAD, 505},
    /* lines */
    {"GET /x HTTP/1.1\nHost: a\n\n", HEAD_BAD, 400},
    {GET "Host: a\nB: c\r\n" END, HEAD_BAD, 400},
    {GET "Host: a\r\nB: c\rd\r\n" END, HEAD_BAD, 400},
    {GET "Host: a\r\n\n", HEAD_BAD, 400},
    {"GET /x HTTP/1.1\rHost: a\r\r", HEAD_BAD, 400},
    {"GET /x HTTP/1.1\r\r\nHost: a\r\n" END, HEAD_BAD, 400},
    {GET "Host: a\r\nno colon\r\n" END, HEAD_BAD, 400},
    {GET "Host: a\r\n: empty name\r\n" END, HEAD_BAD, 400},
    {GET "Host: a\r\nB : c\r\n" END, HEAD_BAD, 400},
    {GET "Host: a\r\nB: c\r\n folded\r\n" END, HEAD_BAD, 400},
    {GET "Host: a\r\n B: c\r\n" END, HEAD_BAD, 400},
    {GET "Host: a\r\nB: c\x01\r\n" END, HEAD_BAD, 400},
    {GET "Host: a\r\nB: c\x7f\r\n" END, HEAD_BAD, 400},
    {GET "B c: d\r\nHost", HEAD_BAD, 400}, /* at once */
    /* framing */
    {GET END, HEAD_BAD, 400},
    {GET "Host: a\r\nHost: a\r\n" END, HEAD_BAD, 400},
    {GET "Host: a\r\nhOST: b\r\n" END, HEAD_BAD, 400},
    {"GET /x HTTP/1.0\r\nHost: a\r\nHost: b\r\n" END, HEAD_BAD, 400},
    {POST "Content-Length: 2\r\nContent-Length: 2\r\n" END, HEAD_BAD, 400},
    {POST "Content-Length: 2, 2\r\n" END, HEAD_BAD, 400},
    {POST "Content-Length: +2\r\n" END, HEAD_BAD, 400},
    {POST "Content-Length: 0x2\r\n" END, HEAD_BAD, 400},
    {POST "Content-Length: -1\r\n" END, HEAD_BAD, 400},
    {POST "Content-Length: 2 2\r\n" END, HEAD_BAD, 400},
    {POST "Content-Length: \t \r\n" END, HEAD_BAD, 400},
    {POST "Content-Length:\r\n" END, HEAD_BAD, 400},
    {POST "Content-Length: 9999999999999999999999x\r\n" END, HEAD_BAD, 400},
    {POST "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n" END, HEAD_BAD, 400},
    {POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" END, HEAD_BAD, 400},
    {POST "Transfer-Encoding: identity\r\n" END, HEAD_BAD, 400},
    {POST "Transfer-Encoding: gzip, chunked\r\n" END, HEAD_BAD, 400},
    {POST "Transfer-Encoding: chunked, identity\r\n" END, HEAD_BAD, 400},
    {POST "Transfer-Encoding: chunked \x0b\r\n" END, HEAD_BAD, 400},
    {POST "Transfer-Encoding: \"chunked\"\r\n" END, HEAD_BAD, 400},
    {POST "Transfer-Encoding:\x0b"
          "chunked\r\n" END,
     HEAD_BAD, 400},
    {POST "Transfer-Encoding:\r\n" END, HEAD_BAD, 400},
    {"POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" END, HEAD_BAD, 400},
};

static void test_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct head_result result = head_scan(slice_of(examples[i].bytes));
        if (result.verdict != examples[i].verdict || result.status != examples[i].status ||
            (result.verdict == HEAD_BAD) != (result.detail != NULL))
            fail_msg("example %zu: %s", i, examples[i].bytes);
        if (result.verdict == HEAD_GOOD) {
            const char *end = strstr(examples[i].bytes + 2, "\r\n\r\n");
            size_t size = (size_t)(end - examples[i].bytes) + 4;
            assert_int_equal(result.size,
                             strncmp(examples[i].bytes, "\r\n", 2) == 0 ? strlen(examples[i].bytes) : size);
        }
    }
}

static void test_token_bytes(void **state)
{
    (void)state;
    static const char all[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";
    for (int c = 0; c < 256; c++)
        assert_int_equal(head_is_token_byte((char)c), c != 0 && strchr(all, c) != NULL);
}

/* What is told of what follows the head. */
static void test_what_follows(void **state)
{
    (void)state;
    struct head_result none = head_scan(slice_of(GET "Host: a\r\n" END)),
                       sized = head_scan(slice_of(POST "Content-Length: 123456789012345678\r\n" END)),
                       chunked = head_scan(slice_of(POST "Transfer-Encoding: Chunked \r\n" END)),
                       asking =
                           head_scan(slice_of(POST "Content-Length: 5 \r\nExpect: 100-Continue\t \r\n" END)),
                       other = head_scan(slice_of(POST "Content-Length: 5\r\nExpect: 200-ok\r\n" END));
    assert_true(!none.chunked && none.length == 0 && !none.expects_continue);
    assert_true(!sized.chunked && sized.length == UINT64_C(123456789012345678));
    assert_true(chunked.chunked && chunked.length == 0);
    assert_true(asking.expects_continue && asking.length == 5);
    assert_false(other.expects_continue);
}

/* Numbers of any length; what does not fit is too large. */
static void test_lengths(void **state)
{
    (void)state;
    static const struct {
        const char *digits;
        uint64_t length;
    } lengths[] = {
        {"0", 0},
        {"00000000000000000000000000000000000000007", 7},
        {"1844674407370955159", UINT64_C(1844674407370955159)},
        {"9999999999999999999", UINT64_C(9999999999999999999)},
        {"18446744073709551615", UINT64_MAX},
        {"18446744073709551616", UINT64_MAX},
        {"36893488147419103232", UINT64_MAX},
        {"99999999999999999999999", UINT64_MAX},
    };
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct buffer head = BUFFER_INIT;
        buffer_printf(&head, POST "Content-Length: %s\r\n" END, lengths[i].digits);
        struct head_result result = head_scan(buffer_slice(&head));
        assert_int_equal(result.verdict, HEAD_GOOD);
        assert_true(result.length == lengths[i].length);
        buffer_release(&head);
    }
}

static void test_paths(void **state)
{
    (void)state;
    static const struct {
        const char *target, *path;
    } paths[] = {
        {"/", "/"},
        {"/a/b", "/a/b"},
        {"*", "*"},
        {"http://a/b/c", "/b/c"},
        {"HTTPS://user@a.example:443/b", "/b"},
        {"http://[::1]:80/b", "/b"},
        {"http://a", "/"},
        {"http://a/", "/"},
        {"http://a//b", "//b"},
        /* no such form */
        {"http:///b", "http:///b"},
        {"http://", "http://"},
        {"http:/b", "http:/b"},
        {"ftp://a/b", "ftp://a/b"},
        {"/http://a/b", "/http://a/b"},
        {"//a/b", "//a/b"},
        {"a:80", "a:80"},
    };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        if (!slice_equal(head_path(slice_of(paths[i].target)), slice_of(paths[i].path)))
            fail_msg("path of %s", paths[i].target);
}

/* A head that is good stays incomplete byte by byte until its end, and is never bad on the way. */
static void test_byte_by_byte(void **state)
{
    (void)state;
    static const char text[] = "\r\nPOST /x?a=b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    for (size_t size = 0; size < sizeof(text); size++) {
        struct head_result result = head_scan((struct slice){text, size});
        assert_int_equal(result.verdict, size < sizeof(text) - 4 ? HEAD_INCOMPLETE : HEAD_GOOD);
    }
}

static void test_zero_bytes(void **state)
{
    (void)state;
    static const char in_value[] = GET "Host: a\r\nB: c\0d\r\n\r\n",
                      in_name[] = GET "Host: a\r\nB\0: c\r\n\r\n",
                      in_url[] = "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_int_equal(head_scan((struct slice){in_value, sizeof(in_value) - 1}).verdict, HEAD_BAD);
    assert_int_equal(head_scan((struct slice){in_name, sizeof(in_name) - 1}).verdict, HEAD_BAD);
    assert_int_equal(head_scan((struct slice){in_url, sizeof(in_url) - 1}).verdict, HEAD_BAD);
}

/* begin, `count` times c, end */
static struct head_result scan_long(const char *begin, char c, size_t count, const char *end)
{
    struct buffer bytes = BUFFER_INIT;
    buffer_append_text(&bytes, begin);
    for (size_t i = 0; i < count; i++)
        buffer_append_char(&bytes, c);
    buffer_append_text(&bytes, end);
    struct head_result result = head_scan(buffer_slice(&bytes));
    buffer_release(&bytes);
    return result;
}

static void test_sizes(void **state)
{
    (void)state;
    static const char rest[] = " HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_int_equal(scan_long("GET /", 'a', HEAD_URL_MAX - 1, rest).verdict, HEAD_GOOD);
    assert_int_equal(scan_long("GET /", 'a', HEAD_URL_MAX, rest).status, 414);
    assert_int_equal(scan_long("GET /", 'a', 100000, rest).status, 414);
    assert_int_equal(scan_long("GET /", 'a', 100000, "").status, 414); /* without waiting for its end */
    /* A line of HEAD_LINE_MAX bytes is good, one more is bad, whether its end is there or not. */
    static const char end[] = " / HTTP/1.1\r\nHost: a\r\n\r\n";
    const size_t room = HEAD_LINE_MAX - strlen(" / HTTP/1.1");
    assert_int_equal(scan_long("", 'A', room, end).verdict, HEAD_GOOD);
    assert_int_equal(scan_long("", 'A', room, " / HTTP/1.1\r").verdict, HEAD_INCOMPLETE);
    assert_int_equal(scan_long("", 'A', room + 1, end).status, 414);
    assert_int_equal(scan_long("", 'A', room + 1, " / HTTP/1.1\r").status, 414);
    assert_int_equal(scan_long(GET "Host: a\r\nB: ", 'a', 6000, "\r\n\r\n").verdict, HEAD_GOOD);
    assert_int_equal(scan_long(GET "Host: a\r\nB: ", 'a', HEAD_MAX_BYTES, "\r\n\r\n").status, 431);
    assert_int_equal(scan_long(GET "Host: a\r\nB: ", 'a', 100000, "").status, 431);
    assert_int_equal(scan_long(GET "Host: a\r\nB: ", 'a', 100, "").verdict, HEAD_INCOMPLETE);
}

/* Many short fields: what the library keeps of each counts too. */
static void test_many_fields(void **state)
{
    (void)state;
    for (size_t count = 0; count < 200; count++) {
        struct buffer bytes = BUFFER_INIT;
        buffer_append_text(&bytes, GET "Host: a\r\n");
        for (size_t i = 0; i < count; i++)
            buffer_append_text(&bytes, "B: c\r\n");
        buffer_append_text(&bytes, END);
        size_t needed = bytes.size + (count + 1) * HEAD_FIELD_BYTES + HEAD_ANSWER_BYTES;
        struct head_result result = head_scan(buffer_slice(&bytes));
        assert_int_equal(result.verdict, needed <= HEAD_POOL_BYTES ? HEAD_GOOD : HEAD_BAD);
        buffer_release(&bytes);
    }
}

static void test_any_bytes(void **state)
{
    (void)state;
    static const char alphabet[] = "GET /:\r\n\r\n HTTP/1.";
    unsigned random = 7;
    for (int round = 0; round < 50000; round++) {
        char *text = malloc(40); /* so that a sanitizer sees a read outside */
        for (size_t i = 0; i < 40; i++) {
            random = random * 1103515245u + 12345u;
            text[i] = (random >> 24) % 8 == 0 ? (char)(random >> 16)
                                              : alphabet[(random >> 16) % (sizeof(alphabet) - 1)];
        }
        struct head_result result = head_scan((struct slice){text, 40});
        assert_true(result.verdict != HEAD_GOOD || result.size <= 40);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),    cmocka_unit_test(test_byte_by_byte),
        cmocka_unit_test(test_zero_bytes),  cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_token_bytes), cmocka_unit_test(test_what_follows),
        cmocka_unit_test(test_lengths),     cmocka_unit_test(test_paths),
        cmocka_unit_test(test_many_fields), cmocka_unit_test(test_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
