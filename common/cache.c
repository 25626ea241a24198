/* cache: see cache.h. */
#include "common/cache.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/uuid.h"

#define VERSION     1
#define FIXED_BYTES (1 + CACHE_TOKEN_SIZE + 2 + 1) /* before the tag */
#define MS_PER_S    INT64_C(1000)
#define US_PER_MS   INT64_C(1000)
/* Long after its last entry; one that nobody reads any more shall not stay for ever. */
#define TOKEN_LIFE_S "3600"

bool cache_token_equal(const struct cache_token *a, const struct cache_token *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* ------------------------------------------------------------------- names */

int64_t cache_list_owner(int64_t lead_provider_id, const char *list)
{
    static const char *const shared[] = {"schools", "delivery_partners"};

    for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++)
        if (strcmp(list, shared[i]) == 0)
            return 0;
    return lead_provider_id;
}

void cache_scope_append(struct buffer *out, int64_t lead_provider_id, const char *list)
{
    buffer_printf(out, "{lp:%" PRId64 "}:%s", cache_list_owner(lead_provider_id, list), list);
}

void cache_key_append(struct buffer *out, struct slice scope, int64_t lead_provider_id, struct slice target)
{
    buffer_append(out, scope.data, scope.size);
    buffer_printf(out, ":%" PRId64 ":", lead_provider_id);
    buffer_append(out, target.data, target.size);
}

void cache_scopes_each(struct slice scopes, void (*fn)(void *context, struct slice scope), void *context)
{
    const char *end = scopes.data + scopes.size;

    for (const char *p = scopes.data; scopes.size > 0 && p < end;) {
        const char *comma = memchr(p, ',', (size_t)(end - p));
        const char *until = comma == NULL ? end : comma;

        if (until > p)
            fn(context, (struct slice){p, (size_t)(until - p)});
        p = until + 1;
    }
}

/* ----------------------------------------------------------------- entries */

static void put_number(struct buffer *out, uint32_t number, int bytes)
{
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        buffer_append_char(out, (char)(uint8_t)(number >> shift));
}

static uint32_t get_number(const char *p, int bytes)
{
    uint32_t number = 0;

    for (int i = 0; i < bytes; i++)
        number = number << 8 | (uint8_t)p[i];
    return number;
}

void cache_entry_write(struct buffer *out, const struct cache_entry *entry)
{
    const size_t tag_size = entry->tag.size > UINT8_MAX ? 0 : entry->tag.size;

    put_number(out, VERSION, 1);
    buffer_append(out, entry->token.bytes, sizeof entry->token.bytes);
    put_number(out, entry->status, 2);
    put_number(out, (uint32_t)tag_size, 1);
    buffer_append(out, entry->tag.data, tag_size);
    put_number(out, (uint32_t)entry->body.size, 4);
    buffer_append(out, entry->body.data, entry->body.size);
}

bool cache_entry_read(struct slice value, struct cache_entry *ret_entry)
{
    const char *p = value.data;

    if (value.size < FIXED_BYTES || (uint8_t)p[0] != VERSION)
        return false;
    const size_t tag_size = get_number(p + FIXED_BYTES - 1, 1);
    if (value.size - FIXED_BYTES < tag_size + 4)
        return false;
    const char *tag = p + FIXED_BYTES, *body = tag + tag_size + 4;
    const size_t body_size = get_number(tag + tag_size, 4);
    if (value.size - FIXED_BYTES - tag_size - 4 != body_size)
        return false;
    memcpy(ret_entry->token.bytes, p + 1, CACHE_TOKEN_SIZE);
    ret_entry->status = (uint16_t)get_number(p + 1 + CACHE_TOKEN_SIZE, 2);
    ret_entry->tag = (struct slice){tag, tag_size};
    ret_entry->body = (struct slice){body, body_size};
    return true;
}

/* ------------------------------------------------------------------ tokens */

static struct slice text_of(const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_STRING)
        return (struct slice){NULL, 0};
    return (struct slice){reply->str, (size_t)reply->len};
}

static bool token_read(const redisReply *reply, struct cache_token *ret_token)
{
    const struct slice text = text_of(reply);

    if (text.size != CACHE_TOKEN_SIZE)
        return false;
    memcpy(ret_token->bytes, text.data, CACHE_TOKEN_SIZE);
    return true;
}

/* ----------------------------------------------------------------- looking */

void cache_append_look(struct redis *redis, struct slice scope, struct slice key)
{
    redis_append_list(redis, slice_of("MGET"), scope, key);
}

enum cache_result cache_read_look(const redisReply *reply, struct cache_look *ret_look)
{
    *ret_look = (struct cache_look){.has_token = false};
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)
        return CACHE_ERROR;
    const redisReply *token = reply->element[0], *value = reply->element[1];

    ret_look->has_token = token_read(token, &ret_look->token);
    if (value->type == REDIS_REPLY_NIL)
        return CACHE_MISS;
    if (!cache_entry_read(text_of(value), &ret_look->entry))
        return CACHE_ERROR;
    if (!ret_look->has_token || !cache_token_equal(&ret_look->entry.token, &ret_look->token))
        return CACHE_STALE;
    return CACHE_HIT;
}

/* ----------------------------------------------------------------- filling */

static void append_new_token(struct redis *redis, struct slice scope, bool only_if_none)
{
    struct cache_token token;
    const struct slice bytes = {(const char *)token.bytes, sizeof token.bytes};

    random_fill(token.bytes, sizeof token.bytes);
    if (only_if_none)
        redis_append_list(redis, slice_of("SET"), scope, bytes, slice_of("EX"), slice_of(TOKEN_LIFE_S),
                          slice_of("NX"));
    else
        redis_append_list(redis, slice_of("SET"), scope, bytes, slice_of("EX"), slice_of(TOKEN_LIFE_S));
}

/* Seconds and microseconds, as text. */
static bool time_read(const redisReply *reply, int64_t *ret_ms)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
        reply->element[0]->type != REDIS_REPLY_STRING || reply->element[1]->type != REDIS_REPLY_STRING)
        return false;
    const int64_t seconds = strtoll(reply->element[0]->str, NULL, 10);

    *ret_ms = seconds * MS_PER_S + strtoll(reply->element[1]->str, NULL, 10) / US_PER_MS;
    return seconds > 0;
}

bool cache_prepare(struct redis *redis, struct cache_scope *scopes, size_t count, int64_t *ret_until_ms,
                   struct error *err)
{
    const size_t replies_count = 1 + 2 * count;
    int64_t now_ms = 0;

    redis_append_list(redis, slice_of("TIME"));
    for (size_t i = 0; i < count; i++) {
        append_new_token(redis, scopes[i].name, /* only_if_none= */ true);
        redis_append_list(redis, slice_of("GET"), scopes[i].name);
    }
    redisReply **replies = memory_zero(replies_count, sizeof(redisReply *));
    bool good = redis_exchange(redis, replies_count, replies, err);
    if (good) {
        good = time_read(replies[0], &now_ms) ||
               error_set(err, ERROR_CACHE, "Redis does not tell the time as it should");
        *ret_until_ms = now_ms + CACHE_LIFE_MS;
        for (size_t i = 0; i < count; i++)
            scopes[i].has_token = good && token_read(replies[2 + 2 * i], &scopes[i].token);
        redis_replies_free(replies, replies_count);
    }
    free(replies);
    return good;
}

bool cache_fill(struct redis *redis, const struct cache_fill *fills, size_t count, int64_t until_ms,
                struct error *err)
{
    char until[24];

    (void)snprintf(until, sizeof until, "%" PRId64, until_ms);
    for (size_t i = 0; i < count; i++)
        redis_append_list(redis, slice_of("SET"), fills[i].key, fills[i].value, slice_of("PXAT"),
                          slice_of(until));
    redisReply **replies = memory_zero(count, sizeof(redisReply *));
    bool good = redis_exchange(redis, count, replies, err);
    if (good) {
        for (size_t i = 0; i < count && good; i++)
            good = redis_reply_check(replies[i], err);
        redis_replies_free(replies, count);
    }
    free(replies);
    return good;
}

/* ---------------------------------------------------------------- touching */

bool cache_touch(struct redis *redis, const struct slice *scopes, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        append_new_token(redis, scopes[i], /* only_if_none= */ false);
    redisReply **replies = memory_zero(count, sizeof(redisReply *));
    bool good = redis_exchange(redis, count, replies, err);
    if (good) {
        for (size_t i = 0; i < count && good; i++)
            good = redis_reply_check(replies[i], err);
        redis_replies_free(replies, count);
    }
    free(replies);
    return good;
}
