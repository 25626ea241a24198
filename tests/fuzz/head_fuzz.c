/* The bytes of a connection: heads, bodies, chunks (front/feed.h). What passes to libmicrohttpd is sound, as
 * a second reader sees it, and the same however the bytes come. */
#include "tests/fuzz/fuzz.h"

#include <strings.h>

#include "front/feed.h"
#include "front/head.h"

#define BODY_MAX 300

/* ---- another reader of a request that has passed ---- */

static const char *find_line_end(const char *p, const char *end)
{
    for (; p < end; p++) {
        CHECK(*p != '\0' && *p != '\n');
        if (*p == '\r') {
            CHECK(p + 1 < end && p[1] == '\n');
            return p;
        }
    }
    fuzz_fail("a line has an end", __FILE__, __LINE__);
    return NULL;
}

struct seen {
    unsigned hosts, lengths, encodings;
    uint64_t length;
};

static void read_field(struct seen *seen, const char *line, const char *stop)
{
    char text[HEAD_MAX_BYTES + 1];
    memcpy(text, line, (size_t)(stop - line));
    text[stop - line] = '\0';
    CHECK(text[0] != ' ' && text[0] != '\t' && text[0] != ':' && strchr(text, ':') != NULL);
    CHECK(strcspn(text, " \t") > strcspn(text, ":"));
    seen->hosts += strncasecmp(text, "host:", 5) == 0;
    CHECK(strncasecmp(text, "cookie:", 7) != 0);
    seen->encodings += strncasecmp(text, "transfer-encoding:", 18) == 0;
    if (strncasecmp(text, "content-length:", 15) == 0) {
        seen->lengths++;
        seen->length = strtoull(text + 15, NULL, 10);
    }
}

static const char *read_chunks(const char *p, const char *end)
{
    uint64_t total = 0;
    for (;;) {
        const char *stop = find_line_end(p, end);
        char *digits_end;
        uint64_t size = strtoull(p, &digits_end, 16);
        CHECK(stop > p && digits_end == stop && *p != '+' && *p != '-' && *p != ' ');
        p = stop + 2;
        CHECK(size <= (uint64_t)(end - p));
        p += size;
        total += size;
        CHECK(find_line_end(p, end) == p);
        p += 2;
        if (size == 0)
            break;
    }
    CHECK(total <= 2 * BODY_MAX);
    return p;
}

static void read_request(struct slice bytes)
{
    const char *p = bytes.data, *end = p + bytes.size, *stop = find_line_end(p, end);
    struct seen seen = {0};
    CHECK(stop > p && stop - p <= (ptrdiff_t)HEAD_LINE_MAX);
    bool version_1_0 = memcmp(stop - 9, " HTTP/1.0", 9) == 0;
    CHECK(memcmp(stop - 9, " HTTP/1.", 8) == 0);
    for (p = stop + 2; *p != '\r'; p = stop + 2) {
        stop = find_line_end(p, end);
        read_field(&seen, p, stop);
    }
    p += 2;
    CHECK(seen.hosts <= 1 && (seen.hosts == 1 || version_1_0) && seen.lengths + seen.encodings <= 1);
    CHECK((size_t)(p - bytes.data) <= HEAD_MAX_BYTES && seen.length <= 2 * BODY_MAX);
    CHECK((seen.encodings == 0 ? p + seen.length : read_chunks(p, end)) == end);
}

/* ---- passing ---- */

struct result {
    struct buffer out;
    unsigned status;
    size_t used, requests;
    bool in_body;
};

/* Everything that passes of the requests in bytes, in pieces. */
static struct result pass(struct slice bytes, size_t in_size, size_t out_size, bool checks)
{
    struct result result = {.out = BUFFER_INIT};
    struct feed feed = {0};
    size_t have = 0, begun = 0;
    while (result.status == 0) {
        char *in = fuzz_copy((struct slice){bytes.data + result.used, have}), *out = memory_alloc(out_size);
        struct passage step = feed_pass(&feed, BODY_MAX, (struct slice){in, have}, out, out_size);
        CHECK(step.used <= have && step.given <= out_size && (step.status == 0) == (step.detail == NULL));
        buffer_append(&result.out, out, step.given);
        free(in);
        free(out);
        result.used += step.used;
        result.status = step.status;
        have -= step.used;
        if (feed.state == FEED_COMPLETE) {
            if (checks)
                read_request((struct slice){result.out.data + begun, result.out.size - begun});
            begun = result.out.size;
            result.requests++;
            feed_next(&feed);
        } else if (step.used == 0 && step.given == 0) {
            size_t left = bytes.size - result.used - have, more = left < in_size ? left : in_size;
            if (left == 0 || step.status != 0)
                break;
            have += more;
        }
    }
    result.in_body = feed.state != FEED_HEAD;
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size};
    /* A long input comes in longer pieces, for a head is looked at anew with each. */
    size_t in_size = fuzz_choice(&input) % 16 + 1u + size / 50,
           out_size = fuzz_choice(&input) % 32 + 1u + size / 50;
    if (input.size == 0)
        return 0;
    struct result whole = pass(input, SIZE_MAX, 2 * size + 1, /* checks= */ true);
    struct result pieces = pass(input, in_size, out_size, /* checks= */ false);
    CHECK(slice_equal(buffer_slice(&whole.out), buffer_slice(&pieces.out)));
    CHECK((whole.status == 0) == (pieces.status == 0) && whole.requests == pieces.requests);
    CHECK(whole.status == 0 || whole.status == 400 || whole.status == 413 || whole.status == 414 ||
          whole.status == 431 || whole.status == 505);
    CHECK(whole.in_body == pieces.in_body);
    buffer_release(&whole.out);
    buffer_release(&pieces.out);
    return 0;
}
