/*
 * tokens: what Redis does not know of a token is asked of the query worker, once per digest however many
 * requests wait for it; and intake is told now and then that a token was used (lead-provider-api.md 3.1).
 */
#ifndef ECF2_FRONT_TOKENS_H
#define ECF2_FRONT_TOKENS_H

#include <stdint.h>

struct loop;
struct request;

struct tokens {
    struct token_lookup *lookups; /* by digest */
    struct token_use *uses;       /* by token: when intake was told last */
};

/* The request waits for the look-up of its digest, and then goes on at the gate. */
void token_ask(struct request *request);
/* A request presented this token. */
void token_used(struct loop *loop, int64_t token_id);
void tokens_release(struct loop *loop);

#endif
