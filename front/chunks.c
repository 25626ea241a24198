/* chunks: the state machine. What passes is never longer than what came. */
#include "front/chunks.h"

#include "common/token.h"

#include "front/head.h"

#define SIZE_DIGITS_MAX 16 /* of 64 bits */

#define DETAIL_SIZE                                                                                          \
    "Begin each chunk of the body with its size in hexadecimal digits, perhaps an extension behind a "       \
    "semicolon, and CR LF."
#define DETAIL_DATA "End each chunk of the body with CR LF, behind as many bytes as its size says."
#define DETAIL_TRAILER                                                                                       \
    "Send each trailer field as a name, a colon and a value, on a line that ends with CR LF."
#define DETAIL_EXTENSION "Send shorter chunk extensions: all together at most 4 KiB."
#define DETAIL_TRAILERS  "Send fewer or shorter trailer fields: all together at most 4 KiB."
#define DETAIL_LARGE     "Send a smaller body."

enum action { PASS, DROP, BAD_SIZE, BAD_DATA, BAD_TRAILER, BAD_LONG_EXTENSION, BAD_LONG_TRAILER, BAD_LARGE };

static const struct {
    unsigned status;
    const char *detail;
} refusals[] = {
    [BAD_SIZE] = {400, DETAIL_SIZE},
    [BAD_DATA] = {400, DETAIL_DATA},
    [BAD_TRAILER] = {400, DETAIL_TRAILER},
    [BAD_LONG_EXTENSION] = {400, DETAIL_EXTENSION},
    [BAD_LONG_TRAILER] = {431, DETAIL_TRAILERS},
    [BAD_LARGE] = {413, DETAIL_LARGE},
};

static bool is_text(char c)
{
    return c == '\t' || ((unsigned char)c >= ' ' && c != 0x7f);
}

static enum action move(struct chunks *chunks, enum chunks_state state, enum action action)
{
    chunks->state = state;
    return action;
}

static enum action take_extra(struct chunks *chunks, enum action too_long)
{
    return ++chunks->extra > CHUNKS_EXTRA_MAX ? too_long : DROP;
}

static enum action take_size(struct chunks *chunks, char c)
{
    int digit = hex_value(c);
    if (digit >= 0 && chunks->digits < SIZE_DIGITS_MAX) {
        chunks->digits++;
        chunks->left = chunks->left << 4 | (uint64_t)digit;
        return PASS;
    }
    if (chunks->digits > 0 && c == ';')
        return move(chunks, CHUNKS_EXTENSION, take_extra(chunks, BAD_LONG_EXTENSION));
    return chunks->digits > 0 && c == '\r' ? move(chunks, CHUNKS_SIZE_LF, PASS) : BAD_SIZE;
}

static enum action end_size(struct chunks *chunks, uint64_t total_max)
{
    chunks->digits = 0;
    if (chunks->left > total_max - chunks->total)
        return BAD_LARGE;
    chunks->total += chunks->left;
    return move(chunks, chunks->left == 0 ? CHUNKS_TRAILER : CHUNKS_DATA, PASS);
}

static enum action take_trailer(struct chunks *chunks, char c)
{
    enum action extra = take_extra(chunks, BAD_LONG_TRAILER);
    switch (chunks->state) {
    case CHUNKS_TRAILER: /* a blank would continue the line before: no token byte */
        if (c == '\r')
            return move(chunks, CHUNKS_LAST_LF, PASS);
        return head_is_token_byte(c) ? move(chunks, CHUNKS_TRAILER_NAME, extra) : BAD_TRAILER;
    case CHUNKS_TRAILER_NAME:
        if (c == ':')
            return move(chunks, CHUNKS_TRAILER_VALUE, extra);
        return head_is_token_byte(c) ? extra : BAD_TRAILER;
    case CHUNKS_TRAILER_VALUE:
        if (c == '\r')
            return move(chunks, CHUNKS_TRAILER_LF, extra);
        return is_text(c) ? extra : BAD_TRAILER;
    default: /* CHUNKS_TRAILER_LF */
        return c == '\n' ? move(chunks, CHUNKS_TRAILER, extra) : BAD_TRAILER;
    }
}

static enum action take(struct chunks *chunks, uint64_t total_max, char c)
{
    switch (chunks->state) {
    case CHUNKS_SIZE:
        return take_size(chunks, c);
    case CHUNKS_EXTENSION:
        if (c == '\r')
            return move(chunks, CHUNKS_SIZE_LF, PASS);
        return is_text(c) ? take_extra(chunks, BAD_LONG_EXTENSION) : BAD_SIZE;
    case CHUNKS_SIZE_LF:
        return c == '\n' ? end_size(chunks, total_max) : BAD_SIZE;
    case CHUNKS_DATA_CR:
        return c == '\r' ? move(chunks, CHUNKS_DATA_LF, PASS) : BAD_DATA;
    case CHUNKS_DATA_LF:
        return c == '\n' ? move(chunks, CHUNKS_SIZE, PASS) : BAD_DATA;
    case CHUNKS_LAST_LF:
        return c == '\n' ? move(chunks, CHUNKS_END, PASS) : BAD_TRAILER;
    default:
        return take_trailer(chunks, c);
    }
}

/* Data, as much as there is and fits. */
static size_t pass_data(struct chunks *chunks, struct slice in, char *out, size_t out_size)
{
    size_t size = in.size < out_size ? in.size : out_size;
    if (size > chunks->left)
        size = (size_t)chunks->left;
    memcpy(out, in.data, size);
    chunks->left -= size;
    if (chunks->left == 0)
        chunks->state = CHUNKS_DATA_CR;
    return size;
}

struct passage chunks_pass(struct chunks *chunks, uint64_t total_max, struct slice in, char *out,
                           size_t out_size)
{
    struct passage step = {0};
    while (step.used < in.size && step.given < out_size && chunks->state != CHUNKS_END) {
        if (chunks->state == CHUNKS_DATA) {
            struct slice rest = {in.data + step.used, in.size - step.used};
            size_t passed = pass_data(chunks, rest, out + step.given, out_size - step.given);
            step.used += passed;
            step.given += passed;
            continue;
        }
        enum action action = take(chunks, total_max, in.data[step.used]);
        if (action != PASS && action != DROP) {
            step.status = refusals[action].status;
            step.detail = refusals[action].detail;
            return step;
        }
        if (action == PASS)
            out[step.given++] = in.data[step.used];
        step.used++;
    }
    return step;
}
