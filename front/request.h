/*
 * request: one HTTP request from its first line to its answer. Who answers it later holds a handle, never a
 * pointer.
 */
#ifndef ECF2_FRONT_REQUEST_H
#define ECF2_FRONT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/slice.h"
#include "common/token.h"
#include "common/uuid.h"
#include "front/list.h"
#include "front/network.h"
#include "front/prefer.h"
#include "front/routes.h"

struct answer;
struct cached_lookup;
struct client;
struct loop;
struct MHD_Connection;

enum request_state {
    REQUEST_NEW,      /* the request line is there */
    REQUEST_READING,  /* the head is there; a body may be coming */
    REQUEST_COMPLETE, /* all there; suspended in the next call */
    REQUEST_WAITING,  /* all there, connection suspended: in this turn's list, or waiting for an answer */
    REQUEST_ANSWERED,
    REQUEST_ABANDONED /* nobody is there to be answered */
};

#define FORWARDED_MAX 8 /* X-Forwarded-For fields of a request that are looked at: the last ones */

#define REQUEST_BODY_SMALL 4096 /* bytes; the documented bodies are */

struct request {
    struct loop *loop;
    struct client *client;
    struct MHD_Connection *http;
    struct request *prev, *next,
        **list; /* this turn's, or of those that wait for a token look-up; NULL = none */
    uint64_t handle;
    enum request_state state;
    bool in_flight; /* counted against max_in_flight */
    bool is_head;
    int64_t started_us; /* monotonic */
    char trace[UUID_TEXT_SIZE];

    /* Borrowed from libmicrohttpd until the answer has left. */
    struct slice method, path, id;
    const char *version; /* "HTTP/1.1" */
    struct slice authorization, content_type, if_none_match, server_date, forwarded_proto;
    struct slice forwarded[FORWARDED_MAX];
    size_t forwarded_count;
    struct slice idempotency_key;
    bool has_authorization, has_server_date, has_idempotency_key;
    struct prefer prefer;

    const struct route *route; /* NULL: none, 404 */
    struct network_address address;
    bool by_plain_http;  /* and HTTPS is wanted: redirected */
    struct buffer query; /* with its question mark; kept for redirects and for lists */
    struct buffer body;
    uint64_t body_size; /* as it came, thrown away or not */
    bool body_dropped;  /* too large, or no memory for it */
    bool body_no_memory;
    struct buffer payload;    /* what its attributes become for the workers (shape.h) */
    bool filter_is_malformed; /* `filter` in the query, and not as key/value pairs */

    /* Known after the gate. */
    uint8_t digest[TOKEN_DIGEST_SIZE];
    bool has_digest;
    int64_t caller_id, token_id; /* lead provider, token; 0 = not known */
    int64_t as_of_us;            /* business time at which the request is judged */

    /* A read (cached.h). */
    enum list_verdict verdict;          /* of a list: whether its query can be read */
    struct buffer canonical_query;      /* the fields of a list, ASCII; part of its key */
    bool is_uncached;                   /* by its query: it wants what is there now (updated_since) */
    const struct cached_lookup *lookup; /* while the gate passes it */

    /* A submission (submit.c). */
    struct uuid submission; /* of a repetition: the first one's */
    const char *kind;
    int64_t wait_ms;
    bool accepted;
    int64_t listens_until_us; /* monotonic: for an acknowledgement; known then: it is not accepted any more */
    size_t batch_lines, batch_rejected; /* of the batch that it is, and how many of them were malformed; 0
                                           lines = it is none */
    bool is_repetition;                 /* of a request that was accepted, with the same idempotency key */
    bool first_waits;                   /* which waits for its answer, or waited */
    int64_t first_age_us;               /* since its acceptance */

    /* A bulk request (bulk.c), a streamed answer (stream.c). */
    struct bulk *bulk;       /* while its lines are looked at */
    int64_t bulk_bytes;      /* that count against ECF2_BULK_MEMORY */
    bool is_known;           /* its token was good before: some of that memory is kept for such (bulk.h) */
    const char *stream_kind; /* of read */
    struct stream *stream;   /* while its answer leaves */
};

struct request_table {
    struct request_slot *slots;
    size_t size, used;
    uint32_t free_head;        /* index + 1, 0 = none */
    struct request *turn;      /* all there since the last turn */
    struct request *splitting; /* bulk requests whose lines are looked at */
    size_t open;               /* all of them */
    size_t waiting;            /* in state REQUEST_WAITING */
};

struct request *request_new(struct loop *loop, struct MHD_Connection *http);
void request_free(struct request *request);
/* NULL when it is gone, or answered already. */
struct request *request_find(struct loop *loop, uint64_t handle);

/* The same of one whose answer is leaving page by page (stream.h). */
struct request *request_find_streaming(struct loop *loop, uint64_t handle);

/* All of it is there: it joins this turn's list, or is refused for lack of room. */
void request_arrived(struct request *request);
/* What follows the question mark; borrowed. */
struct slice request_query(const struct request *request);
/* Takes body bytes. */
void request_take_body(struct request *request, struct slice bytes);
/* Its body is of no more use. */
void request_release_body(struct request *request);
/* Puts a waiting request into a list, takes it out of the one that it is in. */
void request_join(struct request *request, struct request **list);
void request_part(struct request *request);
/* Sends the answer (which gives its body away), logs and counts it. Later calls do nothing. */
void request_answer(struct request *request, struct answer *answer);
/* 400 `Bad parameter`: step 5 of the order of checks (lead-provider-api.md 3.2). */
void request_refuse_parameter(struct request *request, const char *detail);
/* request_answer with an error of lead-provider-api.md 3.8: {"errors": [{title, detail}]}, title by status.
 */
void request_refuse(struct request *request, unsigned status, const char *detail);
/* 413, and the connection ends. */
void request_too_large(struct request *request, const char *detail);
/* 503 with Retry-After and no Location: nothing was accepted. */
void request_unavailable(struct request *request, const char *detail);
/* The client of a waiting request has ended its side and has had some time since: the request is answered
 * with what there is, 202 when it was accepted, else 503, for a client that still reads. */
void request_give_up(struct request *request);
/* A waiting request was answered past libmicrohttpd, which is to close its connection. */
void request_end(struct request *request);
/* The client of a waiting request is gone: its connection ends without an answer. What was accepted is
 * decided all the same. */
void request_abandon(struct request *request);
void requests_release(struct loop *loop);

#endif
