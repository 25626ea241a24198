/*
 * gate: one exchange with Redis a turn.
 *
 * Commands of a turn: for each counter that some request of it moves INCRBY and EXPIRE, for each token GET,
 * for each entry of the cache MGET (cached.c), for each answer of the query worker SET NX. A counter that n
 * requests move is moved once, by n; the k-th of them is counted as number value - n + k. Without Redis the
 * counters are this process's own and tokens are asked of the query worker.
 */
#include "front/gate.h"

#include <inttypes.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>
#include <utlist.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/declaration_date.h"
#include "common/log.h"
#include "common/redis.h"
#include "common/token.h"
#include "front/answer.h"
#include "front/authorization.h"
#include "front/loop.h"
#include "front/shape.h"

#define DIGEST_HEX_SIZE (2 * TOKEN_DIGEST_SIZE + 1)
#define TOKEN_KEY_SIZE  (6 + DIGEST_HEX_SIZE)
#define TOKEN_LIFE_S    "10"
#define COMMAND_COUNTER 2                   /* replies of a counter */
#define IDLE_US         (2 * US_PER_SECOND) /* without an exchange: then Redis is asked whether it is there */
#define KEYED_BYTES     16                  /* of the digest by which Authorization values are counted */

#define DETAIL_DATE "Send X-With-Server-Date as an ISO 8601 date with time, such as 2025-09-01T08:30:00Z."

/* One key that this turn counts under. */
struct gate_counter {
    UT_hash_handle hh;
    char key[RATE_KEY_SIZE];
    enum rate_limit limit;
    int64_t moved, value;
    int64_t given; /* numbers handed out to requests */
};

/* One token that this turn asks for. */
struct gate_token {
    UT_hash_handle hh;
    char hex[DIGEST_HEX_SIZE];
    enum { TOKEN_ABSENT, TOKEN_GOOD, TOKEN_REVOKED } found;
    int64_t token_id, caller_id;
};

/* What one request needs to know. */
struct gate_ask {
    struct request *request;
    struct gate_counter *counters[RATE_COUNT];
    struct gate_token *token;
};

struct gate_fill {
    struct gate_fill *prev, *next;
    char hex[DIGEST_HEX_SIZE];
    int64_t token_id, caller_id;
};

struct gate_turn {
    struct gate_counter *counters;
    struct gate_token *tokens;
    struct gate_ask *asks;
    size_t count, capacity;
    redisReply **replies; /* kept to the turn's end: entries are answered from them */
    size_t reply_count;
    struct network_address address; /* formatted last; the next request often comes from there too */
    char address_key[NETWORK_TEXT_SIZE];
};

bool gate_open(struct loop *loop, struct error *err)
{
    loop->gate.redis = redis_new(loop->settings->redis, err);
    loop->gate.turn = memory_zero(1, sizeof(*loop->gate.turn));
    loop->gate.redis_up = true; /* so that its absence is logged */
    return loop->gate.redis != NULL;
}

static void fills_clear(struct gate *gate)
{
    struct gate_fill *fill, *next;
    DL_FOREACH_SAFE2(gate->fills, fill, next, next)
    {
        DL_DELETE2(gate->fills, fill, prev, next);
        free(fill);
    }
}

void gate_close(struct loop *loop)
{
    fills_clear(&loop->gate);
    if (loop->gate.turn != NULL)
        free(loop->gate.turn->asks);
    free(loop->gate.turn);
    redis_free(loop->gate.redis);
}

void gate_remember(struct loop *loop, const char *digest_hex, int64_t token_id, int64_t caller_id)
{
    struct gate_fill *fill = memory_zero(1, sizeof(*fill));
    (void)snprintf(fill->hex, sizeof(fill->hex), "%s", digest_hex);
    fill->token_id = token_id;
    fill->caller_id = caller_id;
    DL_APPEND2(loop->gate.fills, fill, prev, next);
}

/* ---- what the turn needs to know ---- */

static struct gate_counter *counter_find(struct gate_turn *turn, enum rate_limit limit, const char *key)
{
    struct gate_counter *counter;
    HASH_FIND_STR(turn->counters, key, counter);
    if (counter != NULL)
        return counter;
    counter = memory_zero(1, sizeof(*counter));
    (void)snprintf(counter->key, sizeof(counter->key), "%s", key);
    counter->limit = limit;
    HASH_ADD_STR(turn->counters, key, counter);
    return counter;
}

static struct slice address_key(struct gate_turn *turn, const struct network_address *address)
{
    if (turn->address_key[0] == '\0' || memcmp(&turn->address, address, sizeof(*address)) != 0) {
        turn->address = *address;
        network_key(address, turn->address_key);
    }
    return slice_of(turn->address_key);
}

/* By the value of Authorization, but never the token itself, which has no business in Redis. */
static void authorization_key(struct slice authorization, char ret_key[2 * KEYED_BYTES + 1])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    (void)EVP_Digest(authorization.data, authorization.size, digest, NULL, EVP_sha256(), NULL);
    hex_format(digest, KEYED_BYTES, ret_key);
}

static void ask_limits(struct gate_turn *turn, struct gate_ask *ask, int64_t now_us)
{
    struct request *request = ask->request;
    if (network_list_has(&request->loop->front->probe_networks, &request->address))
        return; /* OP-5 */
    for (int i = 0; i < RATE_COUNT; i++) {
        enum rate_limit limit = (enum rate_limit)i;
        char hex[2 * KEYED_BYTES + 1], key[RATE_KEY_SIZE];
        struct slice value = {hex, sizeof(hex) - 1};
        if (!rate_applies(limit, request->path, request->has_authorization))
            continue;
        if (rate_rule(limit)->by == RATE_BY_ADDRESS)
            value = address_key(turn, &request->address);
        else
            authorization_key(request->authorization, hex);
        rate_key(limit, now_us, value, key);
        ask->counters[i] = counter_find(turn, limit, key);
        ask->counters[i]->moved++;
    }
}

bool gate_digest(struct request *request)
{
    struct slice token;
    struct error err = {0};
    if (request->has_digest || !authorization_token(request->authorization, &token))
        return request->has_digest;
    request->has_digest = token_digest(request->loop->settings->token_key, token, request->digest, &err);
    if (!request->has_digest)
        log_failure(LOG_ERROR, "token_digest_failed", &err);
    return request->has_digest;
}

static void ask_token(struct gate_turn *turn, struct gate_ask *ask)
{
    struct request *request = ask->request;
    char hex[DIGEST_HEX_SIZE];
    /* Of a path that is none the token matters to analytics only, where this exchange tells it too. */
    bool matters = request->route == NULL ? usage_wants(request) : request->route->auth != ROUTE_OPEN;
    if (!matters || request->by_plain_http || !gate_digest(request))
        return;
    hex_format(request->digest, TOKEN_DIGEST_SIZE, hex);
    HASH_FIND_STR(turn->tokens, hex, ask->token);
    if (ask->token != NULL)
        return;
    ask->token = memory_zero(1, sizeof(*ask->token));
    memcpy(ask->token->hex, hex, sizeof(hex));
    HASH_ADD_STR(turn->tokens, hex, ask->token);
}

static void turn_collect(struct loop *loop, struct gate_turn *turn, int64_t now_us)
{
    struct request *request, *next;
    turn->count = 0;
    DL_FOREACH_SAFE2(loop->requests.turn, request, next, next)
    {
        request_part(request);
        if (turn->count == turn->capacity) {
            turn->capacity = turn->capacity == 0 ? 256 : 2 * turn->capacity;
            turn->asks = memory_grow(turn->asks, turn->capacity, sizeof(*turn->asks));
        }
        struct gate_ask *ask = &turn->asks[turn->count++];
        *ask = (struct gate_ask){.request = request};
        ask_limits(turn, ask, now_us);
        ask_token(turn, ask);
        cached_want(request);
    }
}

/* ---- the exchange ---- */

static size_t append_commands(struct redis *redis, const struct gate_turn *turn, struct cached *cached,
                              const struct gate_fill *fills)
{
    size_t replies = 1;
    char text[TOKEN_KEY_SIZE], number[24], life[24], value[96];
    redis_append_list(redis, slice_of("PING")); /* so that there is always a reply */
    for (struct gate_counter *counter = turn->counters; counter != NULL; counter = counter->hh.next) {
        (void)snprintf(number, sizeof(number), "%" PRId64, counter->moved);
        (void)snprintf(life, sizeof(life), "%" PRId64, 2 * rate_rule(counter->limit)->period_s);
        redis_append_list(redis, slice_of("INCRBY"), slice_of(counter->key), slice_of(number));
        redis_append_list(redis, slice_of("EXPIRE"), slice_of(counter->key), slice_of(life));
        replies += COMMAND_COUNTER;
    }
    for (struct gate_token *token = turn->tokens; token != NULL; token = token->hh.next) {
        (void)snprintf(text, sizeof(text), "token:%s", token->hex);
        redis_append_list(redis, slice_of("GET"), slice_of(text));
        replies++;
    }
    replies += cached_append(cached, redis);
    for (const struct gate_fill *fill = fills; fill != NULL; fill = fill->next) {
        (void)snprintf(text, sizeof(text), "token:%s", fill->hex);
        (void)snprintf(value, sizeof(value), "{\"token_id\":%" PRId64 ",\"lead_provider_id\":%" PRId64 "}",
                       fill->token_id, fill->caller_id);
        redis_append_list(redis, slice_of("SET"), slice_of(text), slice_of(value), slice_of("EX"),
                          slice_of(TOKEN_LIFE_S), slice_of("NX"));
        replies++;
    }
    return replies;
}

static void read_token(struct gate_token *token, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_STRING)
        return; /* absent, or an error: the query worker knows */
    struct slice text = {reply->str, (size_t)reply->len};
    if (slice_equal(text, slice_of("revoked"))) {
        token->found = TOKEN_REVOKED;
        return;
    }
    CLEANUP(json) json_t *entry = json_loadb(text.data, text.size, 0, NULL);
    token->token_id = json_integer_value(json_object_get(entry, "token_id"));
    token->caller_id = json_integer_value(json_object_get(entry, "lead_provider_id"));
    if (token->token_id > 0 && token->caller_id > 0)
        token->found = TOKEN_GOOD;
}

static void read_replies(struct gate_turn *turn, struct cached *cached)
{
    redisReply **replies = turn->replies;
    size_t i = 1; /* behind PING's */
    for (struct gate_counter *counter = turn->counters; counter != NULL; counter = counter->hh.next) {
        if (replies[i]->type == REDIS_REPLY_INTEGER)
            counter->value = replies[i]->integer;
        i += COMMAND_COUNTER;
    }
    for (struct gate_token *token = turn->tokens; token != NULL; token = token->hh.next)
        read_token(token, replies[i++]);
    cached_read(cached, replies + i);
}

static bool exchange(struct gate *gate, struct cached *cached, struct error *err)
{
    struct gate_turn *turn = gate->turn;
    if (!redis_ready(gate->redis) && !redis_connect(gate->redis, err))
        return false;
    size_t count = append_commands(gate->redis, turn, cached, gate->fills);
    turn->replies = memory_zero(count, sizeof(redisReply *));
    if (!redis_exchange(gate->redis, count, turn->replies, err))
        return false;
    turn->reply_count = count;
    read_replies(turn, cached);
    return true;
}

/* Asks Redis; counters that it did not tell are counted here. */
static void turn_ask(struct loop *loop, struct gate_turn *turn, int64_t now_us)
{
    struct gate *gate = &loop->gate;
    struct error err = {0};
    bool asks = turn->counters != NULL || turn->tokens != NULL || gate->fills != NULL;
    if (!asks && loop->now_us - gate->asked_us < IDLE_US)
        return;
    gate->asked_us = loop->now_us;
    bool up = exchange(gate, &loop->cached, &err);
    if (up != gate->redis_up)
        log_event(up ? LOG_INFO : LOG_WARNING, up ? "redis_up" : "redis_down", LOG_INT("loop", loop->number),
                  LOG_TEXT("detail", up ? NULL : err.detail), LOG_END);
    gate->redis_up = up;
    fills_clear(gate);
    for (struct gate_counter *counter = turn->counters; counter != NULL; counter = counter->hh.next)
        if (counter->value == 0)
            counter->value = rate_count_here(counter->key, counter->moved, now_us);
}

/* ---- the order of checks (lead-provider-api.md 3.2) ---- */

static void refuse_limited(struct request *request, enum rate_limit limit, int64_t now_us)
{
    struct answer answer = {.has_limit = true};
    answer.limit = rate_allowed(request->loop->settings, limit);
    answer.limit_left_s = rate_left_s(limit, now_us);
    answer.retry_after_s = answer.limit_left_s;
    answer_error(&answer, 429, "Too many requests");
    observe_limited(request, limit);
    request_answer(request, &answer);
}

/* Hands out this request's number of each of its counters. True: one of them is over its limit. */
static bool is_limited(struct gate_ask *ask, enum rate_limit *ret_limit)
{
    bool limited = false;
    for (int i = 0; i < RATE_COUNT; i++) {
        struct gate_counter *counter = ask->counters[i];
        if (counter == NULL)
            continue;
        int64_t number = counter->value - counter->moved + ++counter->given;
        if (number > rate_allowed(ask->request->loop->settings, (enum rate_limit)i) && !limited) {
            *ret_limit = (enum rate_limit)i;
            limited = true;
        }
    }
    return limited;
}

void gate_denied(struct request *request)
{
    struct answer answer = {0};
    answer_error(&answer, 401, "HTTP Token: Access denied");
    request_answer(request, &answer);
}

/* The instant that the request is judged at (lead-provider-api.md 3.10). False: X-With-Server-Date is
 * malformed. */
static bool set_instant(struct request *request)
{
    if (request->loop->settings->request_clock && request->has_server_date)
        return declaration_date_parse(request->server_date, &request->as_of_us);
    request->as_of_us = business_now_us();
    return true;
}

void gate_passed(struct request *request, int64_t token_id, int64_t caller_id)
{
    request->token_id = token_id;
    request->caller_id = caller_id;
    token_used(request->loop, token_id);
    cached_learn(request, caller_id);
    if (!set_instant(request))
        request_refuse(request, 400, DETAIL_DATE);
    else if (!shape_refuse(request) && !cached_answer(request))
        request->route->handle(request);
}

static void pass(struct gate_ask *ask, int64_t now_us)
{
    struct request *request = ask->request;
    enum rate_limit limit = RATE_ADDRESS;
    /* Who is refused is known, if Redis knows: no look-up is made for it (metrics.md UA-3). */
    if (ask->token != NULL && ask->token->found == TOKEN_GOOD)
        request->caller_id = ask->token->caller_id;
    if (is_limited(ask, &limit)) {
        refuse_limited(request, limit, now_us);
    } else if (request->by_plain_http) {
        https_redirect(request);
    } else if (request->route == NULL) {
        struct answer answer = {0};
        answer_error(&answer, 404, "Not found");
        request_answer(request, &answer);
    } else if (request->route->auth == ROUTE_OPEN) {
        request->route->handle(request);
    } else if (ask->token == NULL || ask->token->found == TOKEN_REVOKED) {
        gate_denied(request);
    } else if (ask->token->found == TOKEN_GOOD) {
        gate_passed(request, ask->token->token_id, ask->token->caller_id);
    } else {
        token_ask(request);
    }
}

static void turn_clear(struct gate_turn *turn)
{
    redis_replies_free(turn->replies, turn->reply_count);
    free(turn->replies);
    turn->replies = NULL;
    turn->reply_count = 0;
    struct gate_counter *counter, *next_counter;
    HASH_ITER(hh, turn->counters, counter, next_counter)
    {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyzer loses track in uthash */
        HASH_DEL(turn->counters, counter);
        free(counter);
    }
    struct gate_token *token, *next_token;
    HASH_ITER(hh, turn->tokens, token, next_token)
    {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyzer loses track in uthash */
        HASH_DEL(turn->tokens, token);
        free(token);
    }
}

void gate_run(struct loop *loop)
{
    struct gate_turn *turn = loop->gate.turn;
    int64_t now_us = machine_now_us();
    turn_collect(loop, turn, now_us);
    turn_ask(loop, turn, now_us);
    for (size_t i = 0; i < turn->count; i++) {
        pass(&turn->asks[i], now_us);
        turn->asks[i].request->lookup = NULL;
    }
    cached_turn_over(&loop->cached);
    turn_clear(turn);
}
