/*
 * cache: cached reads, never older than what their caller was told (architecture.md section 4, pipeline.md
 * PL-52). The front looks (front/cached.c), the query worker fills (workers/query/reads.c), who tells an
 * outcome touches (common/worker_cache.c).
 *
 * A scope is what one lead provider's reads of a resource can show: "{lp:7}:declarations". Its key holds a
 * random token. An entry's key begins with its scope, so that both lie in one slot of a cluster; its value
 * holds the token that the scope had before the entry's snapshot. It is a hit while the scope has that token
 * still: both are read by one MGET.
 *
 *   commit · touch (a new token) · tell        an entry filled from before the commit has another token
 *   flushed, started again, evicted            the next token is another one: random, so never an old one
 *   Redis could not be told                    tell when CACHE_HOLD_US have passed since the commit: an entry
 *                                              ends CACHE_LIFE_MS after an instant before its snapshot, by
 *                                              Redis's own clock, whenever it was written (PXAT)
 *
 * Redis keeps nothing over its end (no snapshot, no append-only file): a token that came back from a file
 * would bring to life what was filled under it.
 *
 * VALUE OF AN ENTRY, big-endian
 *   version   u8    1
 *   token     16 bytes
 *   status    u16   of the answer
 *   tag       u8 length + bytes: its ETag
 *   body      u32 length + bytes, to the end of the value
 * Another version, or bytes that are not of this shape, are no entry: a miss. So processes of two versions
 * may share a Redis.
 */
#ifndef ECF2_COMMON_CACHE_H
#define ECF2_COMMON_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/redis.h"
#include "common/slice.h"

#define CACHE_TOKEN_SIZE 16
#define CACHE_LIFE_MS    INT64_C(2000) /* of an entry, from an instant before its snapshot */
/* So long after a commit no entry from before it is left; a little longer than their life, for two clocks
 * measure the two. */
#define CACHE_HOLD_US    (INT64_C(1000) * CACHE_LIFE_MS + INT64_C(50000))
#define CACHE_TARGET_MAX 512     /* bytes of what is read, in its key; a longer one is not cached */
#define CACHE_BODY_MAX   1048576 /* a larger one is not cached */

struct cache_token {
    uint8_t bytes[CACHE_TOKEN_SIZE];
};
bool cache_token_equal(const struct cache_token *a, const struct cache_token *b);

/* ---- names */

/* Whose a list is: the lead provider's; or 0, everybody's, where a change of one record is seen by all
 * (schools, delivery partners; pipeline.md section 3, class 3). list is a resource's word, such as
 * "declarations". */
int64_t cache_list_owner(int64_t lead_provider_id, const char *list);
/* Appends "{lp:OWNER}:LIST". */
void cache_scope_append(struct buffer *out, int64_t lead_provider_id, const char *list);
/* Appends the key of an entry: the scope, who reads, and what is read, target: path and query in one
 * spelling. */
void cache_key_append(struct buffer *out, struct slice scope, int64_t lead_provider_id, struct slice target);
/* Calls fn for each scope of a list "{lp:7}:declarations,{lp:8}:declarations", as outcomes store it. */
void cache_scopes_each(struct slice scopes, void (*fn)(void *context, struct slice scope), void *context);

/* ---- entries */

struct cache_entry {
    struct cache_token token;
    uint16_t status;
    struct slice tag, body; /* borrowed from the value */
};
/* Appends the value of an entry. */
void cache_entry_write(struct buffer *out, const struct cache_entry *entry);
/* False when the value is none of this version. */
bool cache_entry_read(struct slice value, struct cache_entry *ret_entry);

/* ---- looking: part of somebody's exchange with Redis */

enum cache_result {
    CACHE_HIT,
    CACHE_STALE, /* an entry of another token */
    CACHE_MISS,  /* no entry */
    CACHE_ERROR  /* Redis did not say, or said what is no entry */
};
struct cache_look {
    bool has_token;
    struct cache_token token; /* of the scope at that instant */
    struct cache_entry entry; /* CACHE_HIT; borrowed from the reply */
};
/* Appends one command, of one reply. */
void cache_append_look(struct redis *redis, struct slice scope, struct slice key);
enum cache_result cache_read_look(const redisReply *reply, struct cache_look *ret_look);

/* ---- filling: tokens and time before the snapshot, entries behind it */

struct cache_scope {
    struct slice name;
    bool has_token;
    struct cache_token token;
};
/* One exchange: reads the token of each scope, and makes those that are missing; *ret_until_ms is when, by
 * Redis's clock, entries end whose snapshot is taken from now on. False: nothing can be filled. */
bool cache_prepare(struct redis *redis, struct cache_scope *scopes, size_t count, int64_t *ret_until_ms,
                   struct error *err) __attribute__((warn_unused_result));
struct cache_fill {
    struct slice key, value;
};
/* One exchange: writes entries. False: some may be there or not. */
bool cache_fill(struct redis *redis, const struct cache_fill *fills, size_t count, int64_t until_ms,
                struct error *err) __attribute__((warn_unused_result));

/* ---- touching */

/* One exchange: a new token for each scope. True: no entry filled until now will be a hit. False: that is not
 * known. */
bool cache_touch(struct redis *redis, const struct slice *scopes, size_t count, struct error *err)
    __attribute__((warn_unused_result));

#endif
