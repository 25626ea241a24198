/*
 * usage: API requests, noted for analytics where ECF2_ANALYTICS is on (lead-provider-api.md 3.14 number 2,
 * metrics.md UA-1 and 6.3). A request is noted when it is answered, once; what is noted leaves as a message
 * to intake a moment later, many requests in one. Nobody waits for it, and it may be lost (pipeline.md
 * PL-17): the loop holds a bounded number of bytes, and drops what comes beyond.
 *
 * Who asked is told by the token that the gate has found good; nothing is looked up for a note.
 */
#ifndef ECF2_FRONT_USAGE_H
#define ECF2_FRONT_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/slice.h"

struct loop;
struct metric;
struct request;
struct MHD_Response;

struct usage {
    struct buffer events; /* behind each other, separated by commas */
    size_t count;
    int64_t send_us; /* monotonic: when they leave, unless they are many */
    struct metric *noted, *dropped;
};

/* Whether the request is one that is noted, if its token is good: what it takes has to be kept. */
bool usage_wants(const struct request *request);
/* Whether its body is kept for the note only: of a write that reads none, a small one. */
bool usage_wants_body(const struct request *request);
/* It is answered with this status. response: NULL = nobody was there. body: of the answer; borrowed. */
void usage_note(const struct request *request, unsigned status, struct MHD_Response *response,
                struct slice body);
/* Sends what has been gathered for long enough; returns when to come again. */
int64_t usage_tick(struct loop *loop);
void usage_release(struct usage *usage);

#endif
