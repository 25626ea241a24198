/* tokens: look-ups that Redis could not answer, and notes of use. */
#include "front/tokens.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>
#include <utlist.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "front/loop.h"
#include "front/read.h"

#define LOOKUP_US (5 * US_PER_SECOND)
#define NOTE_US   (60 * US_PER_SECOND)
#define USES_MAX  100000

#define DETAIL_TOKEN "Try again in a few seconds: the token cannot be checked at the moment."

/* One look-up, and who waits for it. */
struct token_lookup {
    UT_hash_handle hh;
    uint8_t digest[TOKEN_DIGEST_SIZE];
    char hex[2 * TOKEN_DIGEST_SIZE + 1];
    struct request *waiting;
    struct uuid errand;
};

struct token_use {
    UT_hash_handle hh;
    int64_t token_id, told_us;
};

enum outcome { OUTCOME_GOOD, OUTCOME_BAD, OUTCOME_NOT_KNOWN };

/* Lets everybody who waits go on. */
static void lookup_finish(struct loop *loop, struct token_lookup *lookup, enum outcome outcome,
                          int64_t token_id, int64_t caller_id)
{
    HASH_DEL(loop->tokens.lookups, lookup);
    struct request *request, *next;
    DL_FOREACH_SAFE2(lookup->waiting, request, next, next)
    {
        request_part(request);
        if (outcome == OUTCOME_GOOD)
            gate_passed(request, token_id, caller_id);
        else if (outcome == OUTCOME_BAD)
            gate_denied(request);
        else
            request_unavailable(request, DETAIL_TOKEN);
    }
    free(lookup);
}

static struct token_lookup *lookup_of(struct loop *loop, const struct errand *errand)
{
    for (struct token_lookup *lookup = loop->tokens.lookups; lookup != NULL; lookup = lookup->hh.next)
        if (uuid_equal(&lookup->errand, &errand->id))
            return lookup;
    return NULL;
}

static void lookup_event(struct loop *loop, struct errand *errand, enum errand_event event,
                         const struct wire_reply *reply)
{
    struct token_lookup *lookup = lookup_of(loop, errand);
    if (lookup == NULL)
        return;
    if (event != ERRAND_READ_DONE || (reply->status != 200 && reply->status != 404)) {
        lookup_finish(loop, lookup, OUTCOME_NOT_KNOWN, 0, 0);
        return;
    }
    CLEANUP(json)
    json_t *body = reply->status == 200 ? json_loadb(reply->body.data, reply->body.size, 0, NULL) : NULL;
    int64_t token_id = json_integer_value(json_object_get(body, "token_id"));
    int64_t caller_id = json_integer_value(json_object_get(body, "lead_provider_id"));
    bool good = token_id > 0 && caller_id > 0;
    if (good)
        gate_remember(loop, lookup->hex, token_id, caller_id);
    lookup_finish(loop, lookup, good ? OUTCOME_GOOD : OUTCOME_BAD, token_id, caller_id);
}

static void lookup_start(struct loop *loop, struct token_lookup *lookup, const char *trace)
{
    char payload[128];
    struct errand *errand =
        errand_new(ERRAND_READ, WIRE_WAIT, "query", CALLER_TOKENS, lookup_event, /* owner= */ 0);
    errand->deadline_us = errand->accept_by_us = loop->now_us + LOOKUP_US;
    (void)snprintf(payload, sizeof(payload), "{\"fields\":{\"digest\":\"%s\"}}", lookup->hex);
    read_fill(errand, loop, "read.token", trace, slice_of(payload), /* caller_id= */ 0, /* token_id= */ 0,
              business_now_us(), machine_now_us() + LOOKUP_US);
    lookup->errand = errand->id;
    errand_start(loop, errand);
}

void token_ask(struct request *request)
{
    struct loop *loop = request->loop;
    struct token_lookup *lookup;
    HASH_FIND(hh, loop->tokens.lookups, request->digest, TOKEN_DIGEST_SIZE, lookup);
    if (lookup != NULL) {
        request_join(request, &lookup->waiting);
        return;
    }
    if (!brokers_any_alive(loop)) {
        request_unavailable(request, DETAIL_TOKEN);
        return;
    }
    lookup = memory_zero(1, sizeof(*lookup));
    memcpy(lookup->digest, request->digest, sizeof(lookup->digest));
    hex_format(request->digest, TOKEN_DIGEST_SIZE, lookup->hex);
    request_join(request, &lookup->waiting);
    HASH_ADD(hh, loop->tokens.lookups, digest, sizeof(lookup->digest), lookup);
    lookup_start(loop, lookup, request->trace);
}

/* ---- notes ---- */

static void note_event(struct loop *loop, struct errand *errand, enum errand_event event,
                       const struct wire_reply *reply)
{
    (void)loop, (void)errand, (void)event, (void)reply; /* PL-17: may be lost */
}

static void note_send(struct loop *loop, int64_t token_id)
{
    char payload[64];
    struct uuid id = uuid_v7();
    char trace[UUID_TEXT_SIZE];
    uuid_format(&id, trace);
    struct errand *errand =
        errand_new(ERRAND_NOTE, WIRE_ASYNC, "intake", CALLER_NOTES, note_event, /* owner= */ 0);
    errand->accept_by_us = errand->deadline_us = loop->now_us + US_PER_SECOND;
    (void)snprintf(payload, sizeof(payload), "{\"fields\":{\"token_id\":%" PRId64 "}}", token_id);
    read_fill(errand, loop, "note.token_used", trace, slice_of(payload), /* caller_id= */ 0, token_id,
              business_now_us(), /* deadline_us= */ 0);
    errand_start(loop, errand);
}

void token_used(struct loop *loop, int64_t token_id)
{
    struct token_use *use;
    HASH_FIND(hh, loop->tokens.uses, &token_id, sizeof(token_id), use);
    if (use != NULL && loop->now_us - use->told_us < NOTE_US)
        return;
    if (use == NULL) {
        if (HASH_COUNT(loop->tokens.uses) >= USES_MAX) { /* the oldest makes room */
            struct token_use *oldest = loop->tokens.uses;
            HASH_DEL(loop->tokens.uses, oldest);
            free(oldest);
        }
        use = memory_zero(1, sizeof(*use));
        use->token_id = token_id;
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyzer loses track in uthash */
        HASH_ADD(hh, loop->tokens.uses, token_id, sizeof(use->token_id), use);
    }
    use->told_us = loop->now_us;
    if (brokers_any_alive(loop))
        note_send(loop, token_id);
}

void tokens_release(struct loop *loop)
{
    struct token_use *use, *next;
    HASH_ITER(hh, loop->tokens.uses, use, next)
    {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyzer loses track in uthash */
        HASH_DEL(loop->tokens.uses, use);
        free(use);
    }
    struct token_lookup *lookup, *next_lookup;
    HASH_ITER(hh, loop->tokens.lookups, lookup, next_lookup)
    {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyzer loses track in uthash */
        HASH_DEL(loop->tokens.lookups, lookup);
        free(lookup);
    }
}
