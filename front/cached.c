/*
 * cached: keys, look-ups, and who may join whom.
 *
 * A request may join an errand of an equal one where its answer cannot be older than what the client was told
 * before it asked. Until the errand is sent, its snapshot is still to come: anybody may. Afterwards only who
 * read the same token of the scope as the first one did, for nothing was told by a new token between the two,
 * and only for as long as an entry lives: what Redis could not be told of is told later than that after its
 * commit (CACHE_HOLD_US).
 */
#include "front/cached.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/metrics.h"
#include "common/token.h"
#include "front/answer.h"
#include "front/loop.h"

#define JOINED      (CACHE_ERROR + 1)
#define OWNERS_MAX  100000
#define PLACEHOLDER "{id}"

struct cached_value {
    struct shared_body body; /* of the entry in it, if it has one */
    redisReply *reply;
};

struct cached_owner {
    UT_hash_handle hh;
    uint8_t digest[TOKEN_DIGEST_SIZE];
    int64_t caller_id;
};

/* One errand, and who waits for it. */
struct cached_miss {
    UT_hash_handle hh;     /* by id */
    UT_hash_handle hh_key; /* by key: the newest of a key */
    uint64_t id;
    char *key;  /* NULL: nobody can join */
    bool found; /* by_key has it */
    bool has_token;
    struct cache_token token; /* that the first one read */
    struct uuid errand;
    int64_t begun_us; /* monotonic: before its snapshot */
    struct request *waiting;
};

/* ---- names ---- */

/* Path and query in one spelling. False: it is not cached. */
static bool target_of(const struct request *request, struct buffer *out)
{
    const char *template = request->route->template, *place = strstr(template, PLACEHOLDER);
    struct uuid id;
    char text[UUID_TEXT_SIZE];
    if (place == NULL) {
        buffer_append_text(out, template);
    } else if (uuid_parse(request->id, &id)) {
        uuid_format(&id, text);
        buffer_printf(out, "%.*s%s%s", (int)(place - template), template, text,
                      place + sizeof(PLACEHOLDER) - 1);
    } else {
        return false;
    }
    if (request->canonical_query.size > 0) {
        buffer_append_char(out, '?');
        buffer_append(out, request->canonical_query.data, request->canonical_query.size);
    }
    return out->size <= CACHE_TARGET_MAX;
}

/* Whatever is read at an instant that the request names is its own. */
static bool may_be_cached(const struct request *request)
{
    return request->route != NULL && request->route->scope != NULL && !request->is_uncached &&
           !(request->loop->settings->request_clock && request->has_server_date);
}

static bool name_entry(const struct request *request, int64_t caller_id, struct buffer *scope,
                       struct buffer *key)
{
    struct buffer target = BUFFER_INIT;
    bool named = may_be_cached(request) && target_of(request, &target);
    if (named) {
        cache_scope_append(scope, caller_id, request->route->scope);
        cache_key_append(key, buffer_slice(scope), caller_id, buffer_slice(&target));
    }
    buffer_release(&target);
    return named;
}

bool cached_place(const struct request *request, struct buffer *ret_json)
{
    struct buffer scope = BUFFER_INIT, key = BUFFER_INIT;
    bool named = name_entry(request, request->caller_id, &scope, &key);
    CLEANUP(json)
    json_t *place = named ? json_pack("{s:s#, s:s#}", "scope", scope.data, (int)scope.size, "key", key.data,
                                      (int)key.size)
                          : NULL; /* also where it is no text */
    CLEANUP(free) char *text = place == NULL ? NULL : json_dumps(place, JSON_COMPACT);
    if (text != NULL)
        buffer_append_text(ret_json, text);
    buffer_release(&scope);
    buffer_release(&key);
    return text != NULL;
}

/* ---- look-ups ---- */

static struct cached_owner *owner_find(const struct cached *cached, const uint8_t *digest)
{
    struct cached_owner *owner;
    HASH_FIND(hh, cached->owners, digest, TOKEN_DIGEST_SIZE, owner);
    return owner;
}

bool cached_knows(const struct cached *cached, const uint8_t *digest)
{
    return owner_find(cached, digest) != NULL;
}

void cached_learn(struct request *request, int64_t caller_id)
{
    struct cached *cached = &request->loop->cached;
    if (!request->has_digest || owner_find(cached, request->digest) != NULL)
        return;
    if (HASH_COUNT(cached->owners) >= OWNERS_MAX) { /* the oldest makes room */
        struct cached_owner *oldest = cached->owners;
        HASH_DEL(cached->owners, oldest);
        free(oldest);
    }
    struct cached_owner *owner = memory_zero(1, sizeof(*owner));
    memcpy(owner->digest, request->digest, sizeof(owner->digest));
    owner->caller_id = caller_id;
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyzer loses track in uthash */
    HASH_ADD(hh, cached->owners, digest, sizeof(owner->digest), owner);
}

/* Answers are sent from where the reply lies: a page of 100 kB copied for each request cost more than all the
 * rest. */
static void value_release(struct shared_body *body)
{
    struct cached_value *value = (struct cached_value *)body; /* its first member */
    freeReplyObject(value->reply);
    free(value);
}

static struct cached_value *value_new(redisReply *reply)
{
    struct cached_value *value = memory_zero(1, sizeof(*value));
    value->body = (struct shared_body){.shares = 1, .release = value_release};
    value->reply = reply;
    return value;
}

static void lookup_free(struct cached_lookup *lookup)
{
    if (lookup->value != NULL)
        shared_body_give_back(&lookup->value->body);
    buffer_release(&lookup->scope);
    buffer_release(&lookup->key);
    free(lookup);
}

void cached_want(struct request *request)
{
    struct cached *cached = &request->loop->cached;
    const struct cached_owner *owner =
        request->has_digest && may_be_cached(request) ? owner_find(cached, request->digest) : NULL;
    if (owner == NULL)
        return;
    struct cached_lookup *lookup = memory_zero(1, sizeof(*lookup)), *other = NULL;
    lookup->caller_id = owner->caller_id;
    lookup->result = CACHE_ERROR; /* until Redis has said something */
    if (!name_entry(request, owner->caller_id, &lookup->scope, &lookup->key)) {
        lookup_free(lookup);
        return;
    }
    HASH_FIND(hh, cached->lookups, lookup->key.data, lookup->key.size, other);
    if (other != NULL) {
        lookup_free(lookup);
        lookup = other;
    } else {
        HASH_ADD_KEYPTR(hh, cached->lookups, lookup->key.data, lookup->key.size, lookup);
    }
    request->lookup = lookup;
}

size_t cached_append(struct cached *cached, struct redis *redis)
{
    for (struct cached_lookup *lookup = cached->lookups; lookup != NULL; lookup = lookup->hh.next)
        cache_append_look(redis, buffer_slice(&lookup->scope), buffer_slice(&lookup->key));
    return HASH_COUNT(cached->lookups);
}

void cached_read(struct cached *cached, redisReply **replies)
{
    size_t i = 0;
    for (struct cached_lookup *lookup = cached->lookups; lookup != NULL; lookup = lookup->hh.next, i++) {
        lookup->result = cache_read_look(replies[i], &lookup->look);
        lookup->value = value_new(replies[i]);
        lookup->value->body.bytes = lookup->look.entry.body;
        replies[i] = NULL;
    }
}

void cached_turn_over(struct cached *cached)
{
    struct cached_lookup *lookup, *next;
    HASH_ITER(hh, cached->lookups, lookup, next)
    {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyzer loses track in uthash */
        HASH_DEL(cached->lookups, lookup);
        lookup_free(lookup);
    }
}

/* ---- answers ---- */

static void count_result(struct cached *cached, int result)
{
    static const char *const names[CACHED_RESULT_COUNT] = {"hit", "stale", "miss", "error", "joined"};
    if (cached->results[result] == NULL) {
        char labels[32];
        (void)snprintf(labels, sizeof(labels), "result=\"%s\"", names[result]);
        cached->results[result] = metric_counter("ecf2_cache_requests_total",
                                                 "reads that may be cached, by what the cache had", labels);
    }
    metric_add(cached->results[result], 1);
}

/* What the turn found for this very caller; NULL: nothing was asked. */
static const struct cached_lookup *lookup_of(const struct request *request)
{
    const struct cached_lookup *lookup = request->lookup;
    return lookup != NULL && lookup->caller_id == request->caller_id ? lookup : NULL;
}

bool cached_answer(struct request *request)
{
    const struct cached_lookup *lookup = lookup_of(request);
    if (lookup == NULL || lookup->result != CACHE_HIT)
        return false;
    const struct cache_entry *entry = &lookup->look.entry;
    struct answer answer = {.status = entry->status,
                            .etag = true,
                            .tag = entry->tag,
                            .shared = shared_body_take(&lookup->value->body)};
    count_result(&request->loop->cached, CACHE_HIT);
    request_answer(request, &answer);
    return true;
}

static bool may_join(struct loop *loop, const struct cached_miss *miss, const struct cached_lookup *lookup)
{
    const struct errand *errand = errand_find(loop, &miss->errand);
    if (errand != NULL && errand->state == ERRAND_QUEUED)
        return true;
    return lookup != NULL && lookup->look.has_token && miss->has_token &&
           cache_token_equal(&lookup->look.token, &miss->token) &&
           monotonic_now_us() - miss->begun_us < INT64_C(1000) * CACHE_LIFE_MS;
}

bool cached_join(struct request *request)
{
    struct cached *cached = &request->loop->cached;
    struct buffer scope = BUFFER_INIT, key = BUFFER_INIT;
    struct cached_miss *miss = NULL;
    if (name_entry(request, request->caller_id, &scope, &key))
        HASH_FIND(hh_key, cached->by_key, key.data, key.size, miss);
    buffer_release(&scope);
    buffer_release(&key);
    if (miss == NULL || !may_join(request->loop, miss, lookup_of(request)))
        return false;
    count_result(cached, JOINED);
    request_join(request, &miss->waiting);
    return true;
}

/* Others find it by its key, instead of an older one. */
static void miss_show(struct cached *cached, struct cached_miss *miss)
{
    struct cached_miss *older = NULL;
    size_t size = strlen(miss->key);
    HASH_FIND(hh_key, cached->by_key, miss->key, size, older);
    if (older != NULL) {
        HASH_DELETE(hh_key, cached->by_key, older);
        older->found = false;
    }
    HASH_ADD_KEYPTR(hh_key, cached->by_key, miss->key, size, miss);
    miss->found = true;
}

uint64_t cached_begin(struct request *request, const struct uuid *errand)
{
    struct cached *cached = &request->loop->cached;
    const struct cached_lookup *lookup = lookup_of(request);
    struct buffer scope = BUFFER_INIT, key = BUFFER_INIT;
    struct cached_miss *miss = memory_zero(1, sizeof(*miss));
    miss->id = ++cached->last_id;
    miss->errand = *errand;
    miss->begun_us = monotonic_now_us();
    if (lookup != NULL) {
        miss->has_token = lookup->look.has_token;
        miss->token = lookup->look.token;
    }
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyzer loses track in uthash */
    HASH_ADD(hh, cached->by_id, id, sizeof(miss->id), miss);
    if (name_entry(request, request->caller_id, &scope, &key)) {
        const int unasked = request->loop->gate.redis_up ? CACHE_MISS : CACHE_ERROR;
        count_result(cached, lookup == NULL ? unasked : (int)lookup->result);
        miss->key = buffer_take(&key);
        miss_show(cached, miss);
    }
    buffer_release(&scope);
    buffer_release(&key);
    request_join(request, &miss->waiting);
    return miss->id;
}

static void miss_free(struct cached *cached, struct cached_miss *miss)
{
    if (miss->found)
        HASH_DELETE(hh_key, cached->by_key, miss);
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyzer loses track in uthash */
    HASH_DELETE(hh, cached->by_id, miss);
    free(miss->key);
    free(miss);
}

void cached_end(struct loop *loop, uint64_t id,
                void (*answer)(struct request *request, const struct wire_reply *reply,
                               struct shared_body *body),
                const struct wire_reply *reply)
{
    struct cached_miss *miss;
    HASH_FIND(hh, loop->cached.by_id, &id, sizeof(id), miss);
    if (miss == NULL)
        return;
    struct shared_body *body = reply == NULL || miss->waiting == NULL ? NULL : brokers_keep_body(loop, reply);
    while (miss->waiting != NULL) {
        struct request *request = miss->waiting;
        request_part(request);
        answer(request, reply, body);
    }
    shared_body_give_back(body);
    miss_free(&loop->cached, miss);
}

void cached_release(struct cached *cached)
{
    struct cached_owner *owner, *next_owner;
    HASH_ITER(hh, cached->owners, owner, next_owner)
    {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyzer loses track in uthash */
        HASH_DEL(cached->owners, owner);
        free(owner);
    }
    while (cached->by_id != NULL)
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyzer loses track in uthash */
        miss_free(cached, cached->by_id);
    cached_turn_over(cached);
}
