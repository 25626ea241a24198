/*
 * gate: what every request passes once per turn of the loop, in the order of lead-provider-api.md 3.2: rate
 * limits, route, token. One pipelined exchange with Redis serves all requests of a turn: equal counters are
 * added up and equal tokens asked for once.
 */
#ifndef ECF2_FRONT_GATE_H
#define ECF2_FRONT_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/error.h"

struct loop;
struct redis;
struct request;

struct gate {
    struct redis *redis;
    bool redis_up;    /* the last exchange succeeded */
    int64_t asked_us; /* when it was */
    /* Token answers of the query worker on their way into Redis with the next exchange. */
    struct gate_fill *fills;
    struct gate_turn *turn; /* scratch memory of a turn */
};

bool gate_open(struct loop *loop, struct error *err) __attribute__((warn_unused_result));
void gate_close(struct loop *loop);
/* Passes the requests of this turn through; now and then asks Redis whether it is there, for /healthcheck. */
void gate_run(struct loop *loop);
/* Fills the digest of the request's token; false where it has none. */
bool gate_digest(struct request *request);
/* The token of a request is known to be good: its handler takes over. */
void gate_passed(struct request *request, int64_t token_id, int64_t caller_id);
/* 401 */
void gate_denied(struct request *request);
/* Puts a good token into Redis for a few seconds, unless something is there already (a revocation). */
void gate_remember(struct loop *loop, const char *digest_hex, int64_t token_id, int64_t caller_id);

#endif
