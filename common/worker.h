/*
 * worker: the runtime that every process behind the front shares. A worker is its rules and its SQL; this is
 * the rest: settings, log, metrics, signals, brokers, credit, PostgreSQL, batches, halving, dead letters.
 *
 * One loop. What waits at the brokers is taken as one batch (at most 200 records), handled in one
 * transaction, and given back as RESULT after the commit. While a statement runs the loop goes on answering
 * pings (db_wait).
 *
 * What happens when handle() says false (architecture.md section 4, "a failure is contained"):
 *
 * - ERROR_DB_LOST: reconnect with a growing, capped delay, then the same batch again, for nothing was
 * decided; the third time in a row it is the batch's own doing, and counts as anything else. A database that
 * stays away for a third of the lease: the records go back to the broker, uncounted.
 *
 * - ERROR_DB_CONFLICT: rolled back; up to 3 times again (after a time-out for a lock once, taking only
 * locks that are free), then halved; alone, and after 10 s of meeting locks all that meet them, given back
 * without a stage row (PL-22), however often for a lock, else 20 times (PL-33). What was given back a few
 * times already takes only locks that are free: a batch shall not wait each second for the same one.
 *
 * - anything else: rolled back; halved until the item stands alone; then its failure is written as a stage
 * row `error` (PL-40) and the record is done: the scheduler sends it again (PL-43).
 */
#ifndef ECF2_COMMON_WORKER_H
#define ECF2_COMMON_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/db.h"
#include "common/error.h"
#include "common/settings.h"
#include "common/wire.h"

struct redis;
struct worker;

/* One record in hand. The handler reads record (borrowed until the batch ends; it may set its fields to point
 * at memory from work_keep) and says what becomes of it: exactly one of work_done, work_forward, work_return,
 * work_wait. */
struct work_item {
    struct wire_record record;
    enum wire_disposition disposition; /* 0 until the handler has said it */
    const char *next_service;          /* for WIRE_FORWARD and WIRE_RETURN */
    const char *failure; /* why it counts as failed although handle() succeeded (the 20th return) */
    void *context;       /* the handler's own, e.g. decoded facts */
    /* the runtime's own: */
    size_t broker;
    void *frame;
    struct slice original; /* the record as it came, in frame */
    struct work_reply *replies;
    struct work_text *kept;
    struct slice touched;
};

void work_done(struct work_item *item);
/* Hands the record on to another service, with the fields as they are now. */
void work_forward(struct work_item *item, const char *service);
/* Gives it back to `service` (its own, or "validation" when the facts moved), delayed by the broker; counts
 * as one return. The 20th return becomes an error of this stage instead (PL-33). */
void work_return(struct work_item *item, const char *service, const char *reason);
/* The same because it has to wait for somebody else: for a lock, or for an earlier submission of its subject.
 * Delayed as long, but however often that is, it is no error of the submission. */
void work_wait(struct work_item *item, const char *service, const char *reason);
/* Queues a reply to the front that waits for this record; leaves after handle() has succeeded, so after the
 * commit. Nothing happens when nobody waits. Slices are copied. */
void work_reply(struct work_item *item, const struct wire_reply *reply);
/* The replies of this item tell of what these cache scopes show, a list as outcomes store it (cache.h): none
 * of them leaves before the cache can no longer show anything older (pipeline.md PL-52). Adds to those of
 * earlier calls. Copied. */
void work_touch(struct work_item *item, struct slice scopes);
/* Copies text so that it lives until the batch ends; for fields of the record. */
struct slice work_keep(struct work_item *item, struct slice text);

/* For a process that waits for more than brokers and its database: one descriptor in the same wait, which may
 * be an epoll set. */
struct worker_watch {
    /* Once, before the loop. Gives the descriptor, which stays. */
    bool (*open)(struct worker *worker, int *ret_fd, struct error *err);
    /* It is readable. Also called while a statement of this process runs: so no statements in it. */
    void (*ready)(struct worker *worker);
    /* After SIGTERM, again and again while connected to the database, until nothing is in hand. */
    bool (*finish)(struct worker *worker, bool *ret_done, struct error *err);
    /* Once, behind the loop; also when open has failed. */
    void (*close)(struct worker *worker);
};

struct worker_definition {
    const char *service;                                 /* "validation" */
    const char *paragraph;                               /* what --help says */
    const char *role;                                    /* "ecf2_validation" */
    const struct db_statement *const *const *statements; /* as db_new */
    /* Decides a batch: begins and commits its own transaction on worker_db(). All items are of this service.
     */
    bool (*handle)(struct worker *worker, struct work_item *items, size_t count, struct error *err);
    /* What is a batch of its own (PL-16): a broker hands it out alone, but what several hand out becomes one
     * queue. NULL: nothing. */
    bool (*is_alone)(const struct work_item *item);
    /* Whether a lone failing item gets a stage row (stages of submissions), or none (what is not accepted)
     * and, where it is a read, is answered 503. A dry run is as a read. */
    bool failures_are_stages;
    /* Called about every tick_ms while connected to the database; NULL = never. False as for handle, without
     * halving. */
    bool (*tick)(struct worker *worker, struct error *err);
    int64_t tick_ms;
    /* After each (re)connection to the database, before work; may be NULL. */
    bool (*connected)(struct worker *worker, struct error *err);
    /* Whether it says HELLO to brokers and so gets COUNTS (the scheduler). */
    bool wants_counts;
    /* A message that the runtime does not know: COUNTS, REFUSED, STATUS (the scheduler); may be NULL. */
    void (*message)(struct worker *worker, size_t broker, const struct wire_head *head, struct slice frame);
    const struct worker_watch *watch; /* NULL = nothing else */
};

/* Runs until SIGTERM or SIGINT: then BYE, finish what is in hand, give back what is queued, leave within 30 s
 * (PL-56). Returns the exit status for main(). */
int worker_main(const struct worker_definition *definition, int argc, char **argv);

struct db *worker_db(struct worker *worker);
/* The connection to Redis; for what a handler does with the cache within its batch. */
struct redis *worker_redis(struct worker *worker);
/* Waits until then (monotonic), answering the brokers. False: the process is to leave. */
bool worker_pause(struct worker *worker, int64_t until_us) __attribute__((warn_unused_result));
/* How many of the first of these, one at least, are one batch: until one that is_alone (NULL: none is). */
size_t work_together(const struct work_item *items, size_t count,
                     bool (*is_alone)(const struct work_item *item));
/* Whether a handler is to take only locks that are free: somebody in the batch has waited for one in vain. */
bool worker_takes_free_locks_only(const struct worker *worker);
const struct settings *worker_settings(const struct worker *worker);
size_t worker_broker_count(const struct worker *worker);
bool worker_broker_is_alive(const struct worker *worker, size_t broker);
/* "validation-4711": for stage rows and logs */
const char *worker_name(const struct worker *worker);
/* Sends records to a service from outside a batch (the scheduler), in one message to this broker (or, with
 * SIZE_MAX, each record to the broker that its subject's hash chooses among those that answer). False: no
 * broker. */
bool worker_submit(struct worker *worker, size_t broker, const char *service,
                   const struct wire_record *records, size_t count);
/* Calls tick in the next turn of the loop. */
void worker_tick_soon(struct worker *worker);
/* Wakes the notifications worker (common/wake.h) behind the replies of the batch in hand. */
void worker_wake_notifications(struct worker *worker);
/* Sends a head and an optional frame to every broker that answers (LEADER). */
void worker_broadcast(struct worker *worker, enum wire_command command, const char *service, int64_t number,
                      struct slice frame);

#endif
