/*
 * cached: reads that Redis holds (common/cache.h). The entry of a request is asked for in the gate's one
 * exchange of a turn, with its limits and its token; a hit is answered there, from the loop. What is no hit
 * goes to the query worker, which fills; equal ones that come meanwhile join it.
 *
 * A route takes part by its column `scope` (routes.c). What is read is named by its path, {id} in one
 * spelling, and by request->canonical_query, for routes that read a query. HEAD shares the entry of GET.
 */
#ifndef ECF2_FRONT_CACHED_H
#define ECF2_FRONT_CACHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "common/cache.h"
#include "common/uuid.h"
#include "front/answer.h"

struct cached_value;
struct errand;
struct loop;
struct request;
struct wire_reply;

#define CACHED_RESULT_COUNT (CACHE_ERROR + 2) /* and joined */

/* What a turn asks Redis for. */
struct cached_lookup {
    UT_hash_handle hh; /* by key */
    struct buffer scope, key;
    int64_t caller_id;
    enum cache_result result;
    struct cache_look look;     /* borrowed from the value */
    struct cached_value *value; /* what Redis said; NULL = nothing yet */
};

struct cached {
    struct cached_owner *owners;   /* of tokens, by digest */
    struct cached_lookup *lookups; /* of this turn */
    struct cached_miss *by_id, *by_key;
    uint64_t last_id;
    struct metric *results[CACHED_RESULT_COUNT];
};

/* ---- for the gate */

/* A token of this digest is that lead provider's, for good: with it the key of an entry is known before the
 * token was looked up. Nothing is believed of it: what is answered is what the token's look-up says. */
void cached_learn(struct request *request, int64_t caller_id);
/* Whether the token of this digest was somebody's when it was last asked for. */
bool cached_knows(const struct cached *cached, const uint8_t *digest);
/* Adds the entry that would answer the request to the turn; request->lookup, until cached_turn_over. */
void cached_want(struct request *request);
/* Appends a command for each entry of the turn, of one reply each; says how many. */
size_t cached_append(struct cached *cached, struct redis *redis);
/* Takes their replies, and leaves NULL in place of each. */
void cached_read(struct cached *cached, redisReply **replies);
void cached_turn_over(struct cached *cached);
/* True: it was answered. The token of the request is known to be good. */
bool cached_answer(struct request *request);

/* ---- for reads that were no hit (read.c) */

/* Names where the answer is to be cached, {"scope":…,"key":…}; false where it is not to be. */
bool cached_place(const struct request *request, struct buffer *ret_json);
/* True: an equal request is being answered, and this one with it. */
bool cached_join(struct request *request);
/* The request, and those that will join it, wait for an errand: its owner is what this returns. */
uint64_t cached_begin(struct request *request, const struct uuid *errand);
/* Their errand is over: calls answer for each that still waits, with the reply's body, of which it may take
 * shares. reply: NULL = none came, and there is no body. */
void cached_end(struct loop *loop, uint64_t id,
                void (*answer)(struct request *request, const struct wire_reply *reply,
                               struct shared_body *body),
                const struct wire_reply *reply);

void cached_release(struct cached *cached);

#endif
