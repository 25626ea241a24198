/* Chunked bodies: what passes of them, and what is refused, whole and in pieces (RFC 9112 section 7.1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/buffer.h"
#include "front/chunks.h"

#define TOTAL_MAX 100

/* passes: what comes out of it up to its end, or to where it is refused. */
static const struct {
    const char *in, *passes;
    unsigned status;
    enum chunks_state state;
} examples[] = {
    {"0\r\n\r\n", "0\r\n\r\n", 0, CHUNKS_END},
    {"0\r\n\r\nGET", "0\r\n\r\n", 0, CHUNKS_END},
    {"3\r\nabc\r\n0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n", 0, CHUNKS_END},
    {"1\r\na\r\n2\r\nbc\r\n00\r\n\r\n", "1\r\na\r\n2\r\nbc\r\n00\r\n\r\n", 0, CHUNKS_END},
    {"2\r\n\r\n\r\n0\r\n\r\n", "2\r\n\r\n\r\n0\r\n\r\n", 0, CHUNKS_END},
    {"a\r\n0123456789\r\n", "a\r\n0123456789\r\n", 0, CHUNKS_SIZE},
    {"A\r\n01234", "A\r\n01234", 0, CHUNKS_DATA},
    {"000000000000001\r\na\r\n", "000000000000001\r\na\r\n", 0, CHUNKS_SIZE},
    {"64\r\n", "64\r\n", 0, CHUNKS_DATA},
    /* extensions and trailers are left out */
    {"3;x\r\nabc\r\n0;y=\"z;\"\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n", 0, CHUNKS_END},
    {"3;\r\nabc\r\n", "3\r\nabc\r\n", 0, CHUNKS_SIZE},
    {"3;\t\xff \r\nabc\r\n", "3\r\nabc\r\n", 0, CHUNKS_SIZE},
    {"0\r\nX: y\r\nZ:\r\n\r\n", "0\r\n\r\n", 0, CHUNKS_END},
    {"0\r\nContent-Length: 5\r\n\r\n", "0\r\n\r\n", 0, CHUNKS_END},
    /* sizes */
    {"\r\n", "", 400, CHUNKS_SIZE},
    {"g\r\n", "", 400, CHUNKS_SIZE},
    {"-1\r\n", "", 400, CHUNKS_SIZE},
    {"+1\r\n", "", 400, CHUNKS_SIZE},
    {"0x1\r\n", "0", 400, CHUNKS_SIZE},
    {" 1\r\n", "", 400, CHUNKS_SIZE},
    {"1 \r\n", "1", 400, CHUNKS_SIZE},
    {"1 ;x\r\n", "1", 400, CHUNKS_SIZE},
    {";x\r\n", "", 400, CHUNKS_SIZE},
    {"1\n", "1", 400, CHUNKS_SIZE},
    {"1\r1", "1\r", 400, CHUNKS_SIZE_LF},
    {"1;x\n", "1", 400, CHUNKS_EXTENSION},
    {"1;x\x01", "1", 400, CHUNKS_EXTENSION},
    {"1;x\x7f", "1", 400, CHUNKS_EXTENSION},
    {"00000000000000001\r\n", "0000000000000000", 400, CHUNKS_SIZE},
    {"65\r\n", "65\r", 413, CHUNKS_SIZE_LF},
    {"ffffffffffffffff\r\n", "ffffffffffffffff\r", 413, CHUNKS_SIZE_LF},
    {"1\r\na\r\nffffffffffffffff\r\n", "1\r\na\r\nffffffffffffffff\r", 413, CHUNKS_SIZE_LF},
    {"1\r\na\r\n64\r\n", "1\r\na\r\n64\r", 413, CHUNKS_SIZE_LF},
    /* data */
    {"1\r\nab", "1\r\na", 400, CHUNKS_DATA_CR},
    {"1\r\na\n", "1\r\na", 400, CHUNKS_DATA_CR},
    {"1\r\na\ra", "1\r\na\r", 400, CHUNKS_DATA_LF},
    /* trailers */
    {"0\r\n\n", "0\r\n", 400, CHUNKS_TRAILER},
    {"0\r\n\ra", "0\r\n\r", 400, CHUNKS_LAST_LF},
    {"0\r\n: x", "0\r\n", 400, CHUNKS_TRAILER},
    {"0\r\n x", "0\r\n", 400, CHUNKS_TRAILER},
    {"0\r\nX\r", "0\r\n", 400, CHUNKS_TRAILER_NAME},
    {"0\r\nX : y", "0\r\n", 400, CHUNKS_TRAILER_NAME},
    {"0\r\nX: y\n", "0\r\n", 400, CHUNKS_TRAILER_VALUE},
    {"0\r\nX: y\x01", "0\r\n", 400, CHUNKS_TRAILER_VALUE},
    {"0\r\nX: y\rz", "0\r\n", 400, CHUNKS_TRAILER_LF},
    {"0\r\nX: y\r\n z", "0\r\n", 400, CHUNKS_TRAILER},
};

/* Passes in pieces of in_size bytes into pieces of out_size; each piece has memory of its own, so that a
 * sanitizer sees a step outside. */
static struct passage pass(struct chunks *chunks, struct slice in, size_t in_size, size_t out_size,
                           struct buffer *out)
{
    struct passage all = {0}, step = {0};
    do {
        size_t left = in.size - all.used, size = left < in_size ? left : in_size;
        char *piece = memory_alloc(size + 1), *room = memory_alloc(out_size);
        memcpy(piece, in.data + all.used, size);
        step = chunks_pass(chunks, TOTAL_MAX, (struct slice){piece, size}, room, out_size);
        assert_true(step.used <= size && step.given <= out_size && step.given <= step.used);
        buffer_append(out, room, step.given);
        all.used += step.used;
        all.given += step.given;
        all.status = step.status;
        all.detail = step.detail;
        free(piece);
        free(room);
    } while (step.status == 0 && step.used > 0);
    return all;
}

static void test_examples(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 3, 7, 1000};
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        for (size_t k = 0; k < 25; k++) {
            struct chunks chunks = {0};
            struct buffer out = BUFFER_INIT;
            struct passage all = pass(&chunks, slice_of(examples[i].in), sizes[k / 5], sizes[k % 5], &out);
            if (all.status != examples[i].status || (all.status != 0) != (all.detail != NULL) ||
                chunks.state != examples[i].state ||
                !slice_equal(buffer_slice(&out), slice_of(examples[i].passes)))
                fail_msg("example %zu, %zu: %s: %u, state %d, passed %.*s", i, k, examples[i].in, all.status,
                         chunks.state, (int)out.size, out.data);
            buffer_release(&out);
        }
    }
}

/* begin, `count` times c */
static unsigned pass_long(const char *begin, char c, size_t count)
{
    struct buffer in = BUFFER_INIT, out = BUFFER_INIT;
    struct chunks chunks = {0};
    buffer_append_text(&in, begin);
    for (size_t i = 0; i < count; i++)
        buffer_append_char(&in, c);
    unsigned status = pass(&chunks, buffer_slice(&in), 1000, 1000, &out).status;
    buffer_release(&in);
    buffer_release(&out);
    return status;
}

static void test_extra_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(pass_long("1;", 'x', CHUNKS_EXTRA_MAX - 1), 0);
    assert_int_equal(pass_long("1;", 'x', CHUNKS_EXTRA_MAX), 400);
    assert_int_equal(pass_long("0\r\nX:", 'y', CHUNKS_EXTRA_MAX - 2), 0);
    assert_int_equal(pass_long("0\r\nX:", 'y', CHUNKS_EXTRA_MAX - 1), 431);
    assert_int_equal(pass_long("0\r\n", 'y', CHUNKS_EXTRA_MAX + 1), 431);
    assert_int_equal(pass_long("1;xxxxx\r\na\r\n0\r\nX:", 'y', CHUNKS_EXTRA_MAX - 8), 0);
    assert_int_equal(pass_long("1;xxxxx\r\na\r\n0\r\nX:", 'y', CHUNKS_EXTRA_MAX - 7),
                     431); /* both together */
}

static void test_total_is_bounded(void **state)
{
    (void)state;
    for (int size = 1; size <= TOTAL_MAX; size++) {
        struct buffer in = BUFFER_INIT, out = BUFFER_INIT;
        struct chunks chunks = {0};
        for (int sum = 0; sum + size <= TOTAL_MAX; sum += size)
            buffer_printf(&in, "%x\r\n%0*d\r\n", (unsigned)size, size, 0);
        assert_int_equal(pass(&chunks, buffer_slice(&in), 1000, 1000, &out).status, 0);
        assert_int_equal(chunks.total, TOTAL_MAX / size * size);
        buffer_clear(&in);
        buffer_printf(&in, "%x\r\n%0*d\r\n", (unsigned)size, size, 0);
        assert_int_equal(pass(&chunks, buffer_slice(&in), 1000, 1000, &out).status, 413);
        buffer_release(&in);
        buffer_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_extra_is_bounded),
        cmocka_unit_test(test_total_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
