/*
 * errands: records that this loop sends to the brokers and hears about again: submissions, reads, notes. From
 * here come fairness (at most max_in_flight_per_caller of one caller at the brokers, the rest waits here, in
 * turn over callers, waiting ones before asynchronous ones), sending again under the same id, and every
 * deadline.
 */
#ifndef ECF2_FRONT_ERRANDS_H
#define ECF2_FRONT_ERRANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/uuid.h"
#include "common/wire.h"

struct errand;
struct loop;

enum errand_kind { ERRAND_SUBMISSION, ERRAND_READ, ERRAND_NOTE };

/* What happened. All but ERRAND_ACCEPTED and ERRAND_DEADLINE are the last word: the errand is gone
 * afterwards. */
enum errand_event {
    ERRAND_ACCEPTED,  /* durable */
    ERRAND_DEADLINE,  /* accepted, but not decided when the client's patience ended */
    ERRAND_DECIDED,   /* reply: the answer of a submission */
    ERRAND_READ_DONE, /* reply: the answer of a read */
    ERRAND_HELD,      /* reply: another submission has its idempotency key; nothing was accepted */
    ERRAND_REFUSED,   /* nothing was accepted: refused by the brokers, or there was no room until its time was
                         over */
    ERRAND_UNKNOWN    /* no acknowledgement came: accepted or not, nobody knows */
};

/* reply is NULL where none came. The function may call errand_drop(). */
typedef void errand_fn(struct loop *loop, struct errand *errand, enum errand_event event,
                       const struct wire_reply *reply);

struct errand {
    struct uuid id;
    UT_hash_handle hh;
    enum errand_kind kind;
    enum wire_class class;
    const char *service; /* static */
    int64_t caller;      /* fairness is over this */
    struct buffer record;
    errand_fn *fn;
    uint64_t owner;     /* for fn: the handle of a request, or its own */
    int64_t bulk_bytes; /* that it counts against ECF2_BULK_MEMORY (bulk.h) */

    int64_t accept_by_us,
        deadline_us; /* monotonic: until then it is worth sending; until then somebody waits */

    /* errands.c's own */
    struct errand *prev, *next; /* in its caller's queue */
    struct errand_caller *from;
    enum { ERRAND_QUEUED, ERRAND_SENT, ERRAND_IS_ACCEPTED } state;
    int64_t again_us, due_us;
    size_t broker, heap_index;
    uint32_t tried;
    unsigned sends, refusals;
    bool dropped;
};

/* So long after accept_by an acknowledgement is listened for (PL-11). */
#define ERRAND_LISTENS_US (2 * US_PER_SECOND)

/* Callers of errands that are nobody's in particular; negative, so no lead provider has them. */
#define CALLER_TOKENS (-1)
#define CALLER_HEALTH (-2)
#define CALLER_NOTES  (-3)

struct errands {
    struct errand *by_id;
    struct errand_caller *callers;
    size_t queued[WIRE_CLASS_COUNT];
    struct errand **heap; /* by due_us */
    size_t heap_size, heap_capacity;
};

/* A new errand, not yet under way; the caller fills in the record and the times and calls errand_start. */
struct errand *errand_new(enum errand_kind kind, enum wire_class class, const char *service, int64_t caller,
                          errand_fn *fn, uint64_t owner);
void errand_start(struct loop *loop, struct errand *errand);
/* NULL when there is none of this id. */
struct errand *errand_find(struct loop *loop, const struct uuid *id);
/* Nobody waits any more. Called by its own function, which ends it on return. */
void errand_drop(struct loop *loop, struct errand *errand);
/* What a broker said. */
void errand_reply(struct loop *loop, const struct wire_reply *reply);
void errand_refused(struct loop *loop, size_t broker, const struct uuid *id, int64_t refusal);

/* Sends what may be sent. */
void errands_flush(struct loop *loop);
/* Acts on deadlines; returns when the next one is. */
int64_t errands_tick(struct loop *loop);
/* The patience of every waiting client ends now (SIGTERM). */
void errands_hurry(struct loop *loop);
void errands_release(struct loop *loop);

#endif
