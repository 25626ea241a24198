/* feed: what may pass. */
#include "front/feed.h"

#include <string.h>
#include <strings.h>

#include "front/head.h"
#include "front/routes.h"

#define DETAIL_LARGE "Send a smaller body."

static void refuse(struct passage *step, unsigned status, const char *detail)
{
    step->status = status;
    step->detail = detail;
}

/* Empty lines before a request line are passed over (RFC 9112 section 2.2): some clients send one behind a
 * body. */
static size_t empty_lines(struct slice in)
{
    size_t size = 0;
    while (in.size - size >= 2 && in.data[size] == '\r' && in.data[size + 1] == '\n')
        size += 2;
    return size;
}

/* By the request line of a good head: method, blank, target, blank, version. */
static uint64_t body_max_of(struct slice head, uint64_t usual)
{
    const char *end = head.data + head.size;
    const char *target = (const char *)memchr(head.data, ' ', head.size) + 1;
    const char *version = memchr(target, ' ', (size_t)(end - target));
    return route_body_max((struct slice){head.data, (size_t)(target - 1 - head.data)},
                          (struct slice){target, (size_t)(version - target)}, usual);
}

/* Looks at the head at the beginning of in. */
static void take_head(struct feed *feed, uint64_t body_max, struct slice in, struct passage *step)
{
    step->used = empty_lines(in);
    struct head_result head = head_scan((struct slice){in.data + step->used, in.size - step->used});
    if (head.verdict == HEAD_BAD)
        refuse(step, head.status, head.detail);
    if (head.verdict != HEAD_GOOD)
        return;
    feed->body_max = body_max_of((struct slice){in.data + step->used, head.size}, body_max);
    /* Nothing of such a body is worth reading, and 100 Continue would ask for it. */
    if (head.length > feed->body_max * (head.expects_continue ? 1 : 2)) {
        refuse(step, 413, DETAIL_LARGE);
        return;
    }
    feed->state = FEED_PASSING;
    feed->head_left = head.size;
    feed->at_line = false;
    feed->body_left = feed->length = head.length;
    feed->answer_room = head.room;
    feed->chunked = head.chunked;
    feed->chunks = (struct chunks){0};
}

/* Copies at most max bytes; returns how many. */
static size_t copy(struct slice in, char *out, size_t out_size, uint64_t max, struct passage *step)
{
    size_t size = in.size - step->used, room = out_size - step->given;
    size = size < room ? size : room;
    size = size < max ? size : (size_t)max;
    if (size > 0)
        memcpy(out + step->given, in.data + step->used, size);
    step->used += size;
    step->given += size;
    return size;
}

static enum feed_state after_head(const struct feed *feed)
{
    if (feed->chunked)
        return FEED_CHUNKED;
    return feed->body_left > 0 ? FEED_LENGTH : FEED_COMPLETE;
}

static size_t blanks_at(const char *p, size_t left)
{
    size_t size = 0;
    while (size < left && (p[size] == ' ' || p[size] == '\t'))
        size++;
    return size;
}

/* Cookies do not pass: nothing reads them, and libmicrohttpd's own reader of cookies runs past the end of a
 * value that is a lone quotation mark. Who will need them should read the field as it came. */
static size_t cookies_at(const char *p, size_t left)
{
    static const char name[] = "cookie:";
    if (left < sizeof name - 1 || strncasecmp(p, name, sizeof name - 1) != 0)
        return 0;
    const char *end = memchr(p, '\n', left);
    return end == NULL ? 0 : (size_t)(end + 1 - p);
}

/* How many bytes at p, in a good head, are not to pass: a Cookie field, or the blanks behind a value. They
 * are none of it (RFC 9110 section 5.5), but libmicrohttpd would leave them there, and knows no "chunked "
 * and no length "45 ". */
static size_t unwanted_at(const struct feed *feed, const char *p)
{
    const size_t blanks = blanks_at(p, feed->head_left);
    if (blanks > 0)
        return blanks < feed->head_left && p[blanks] == '\r' ? blanks : 0;
    return feed->at_line ? cookies_at(p, feed->head_left) : 0;
}

/* Passes what is left of a good head, all of which is at hand. Blanks within a value pass as a whole: each is
 * looked at once. */
static void pass_head(struct feed *feed, struct slice in, char *out, size_t out_size, struct passage *step)
{
    while (feed->head_left > 0) {
        const char *p = in.data + step->used;
        size_t size = unwanted_at(feed, p);
        if (size > 0) {
            step->used += size;
            feed->head_left -= size;
            continue;
        }
        const size_t blanks = blanks_at(p, feed->head_left);
        size = copy(in, out, out_size, blanks > 0 ? blanks : 1, step);
        if (size == 0)
            return;
        feed->head_left -= size;
        feed->at_line = p[size - 1] == '\n';
    }
    feed->state = after_head(feed);
}

static void pass_chunks(struct feed *feed, struct slice in, char *out, size_t out_size, struct passage *step)
{
    struct slice rest = {in.data + step->used, in.size - step->used};
    struct passage more =
        chunks_pass(&feed->chunks, 2 * feed->body_max, rest, out + step->given, out_size - step->given);
    step->used += more.used;
    step->given += more.given;
    refuse(step, more.status, more.detail);
    if (feed->chunks.state == CHUNKS_END)
        feed->state = FEED_COMPLETE;
}

struct passage feed_pass(struct feed *feed, uint64_t body_max, struct slice in, char *out, size_t out_size)
{
    struct passage step = {0};
    if (feed->state == FEED_HEAD)
        take_head(feed, body_max, in, &step);
    if (out_size == 0)
        return step;
    if (feed->state == FEED_PASSING)
        pass_head(feed, in, out, out_size, &step);
    if (feed->state == FEED_LENGTH) {
        feed->body_left -= copy(in, out, out_size, feed->body_left, &step);
        if (feed->body_left == 0)
            feed->state = FEED_COMPLETE;
    }
    if (feed->state == FEED_CHUNKED)
        pass_chunks(feed, in, out, out_size, &step);
    return step;
}

void feed_next(struct feed *feed)
{
    feed->state = FEED_HEAD;
}
