/*
 * answer: what goes back to a client: status, JSON body, the headers of lead-provider-api.md 3.7, 3.10 and of
 * submissions.md.
 */
#ifndef ECF2_FRONT_ANSWER_H
#define ECF2_FRONT_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/slice.h"

struct MHD_Response;
struct request;
struct stream;

/* A body that several answers share, none of which copies it. Of one loop, which counts its shares. */
struct shared_body {
    size_t shares;
    struct slice bytes;
    void (*release)(struct shared_body *body); /* after the last share was given back */
};
struct shared_body *shared_body_take(struct shared_body *body); /* one more share; of NULL: NULL */
void shared_body_give_back(void *context);                      /* one share; of NULL: nothing */

struct answer {
    unsigned status;
    struct buffer body;
    struct shared_body
        *shared;             /* the body instead: one share of it, which goes to the response. NULL = none */
    struct stream *stream;   /* the body instead: NDJSON, page by page; the request's. NULL = none */
    int64_t retry_after_s;   /* 0 = no Retry-After */
    bool location;           /* Location of the request's submission */
    const char *redirect;    /* Location of a redirect, borrowed; NULL = none */
    bool preference_applied; /* repeat what was honoured of Prefer */
    bool replayed;           /* the answer of an earlier request: Idempotency-Replayed */
    bool etag;               /* weak ETag over the body; 304 when the client has it */
    struct slice tag;        /* that ETag where it is known already, borrowed; else empty */
    bool close;
    const char *type; /* of the body, static; NULL = JSON */
    /* for 429 */
    bool has_limit;
    int64_t limit, limit_left_s;
};

/* {"error": "text"}: 401, 429, 404 of a route. */
void answer_error(struct answer *answer, unsigned status, const char *text);
/* {"errors": [{"title": …, "detail": "…"}]}; the title follows from the status. */
void answer_problem(struct answer *answer, unsigned status, const char *detail);
/* The same with a title of its own. */
void answer_titled_problem(struct answer *answer, unsigned status, const char *title, const char *detail);
/* Its bytes, there until the response that answer_response makes of it has left. */
struct slice answer_body(const struct answer *answer);
/* What was not made a response of. */
void answer_release(struct answer *answer);
/* Turns the answer into a response of libmicrohttpd, whose body it takes. May change status to 304. */
struct MHD_Response *answer_response(struct answer *answer, const struct request *request);
/* A whole HTTP response that goes past libmicrohttpd, with Connection: close. redirect: where to, or NULL.
 * Without body: to HEAD. */
void answer_raw(struct buffer *out, unsigned status, const char *detail, const char *redirect,
                const char *trace, bool with_body);

/* Whether an If-None-Match value names this entity tag, compared weakly (RFC 9110 section 13.1.2). */
bool answer_etag_matches(struct slice if_none_match, struct slice etag);

#endif
