/* worker_private: what the files of the worker runtime share; see worker.h. */
#ifndef ECF2_COMMON_WORKER_PRIVATE_H
#define ECF2_COMMON_WORKER_PRIVATE_H

#include "common/messaging.h"
#include "common/metrics.h"
#include "common/redis.h"
#include "common/worker.h"

#define WORKER_BROKERS_MAX 16

struct broker_link {
    char *endpoint;
    void *socket;
    int64_t heard_us;  /* monotonic; 0 = never */
    int64_t said_us;   /* monotonic: when the last READY or HELLO left */
    bool credit_given; /* a READY was sent and no WORK has used it up */
    bool hello_given;  /* a HELLO was sent since the broker was last silent */
    bool said_bye;     /* it has confirmed our BYE: no more WORK comes */
};

struct work_reply {
    struct work_reply *next;
    struct buffer frame;
};

struct work_text {
    struct work_text *next;
    char data[];
};

/* Names of cache scopes, each once; owned. */
struct worker_scopes {
    struct slice *names;
    size_t count, capacity;
};

enum worker_state { WORKER_RUNNING, WORKER_DRAINING, WORKER_LEAVING /* at once */ };

struct worker {
    const struct worker_definition *definition;
    struct settings settings;
    char name[WIRE_SERVICE_MAX + 16]; /* "SERVICE-PID": its PostgreSQL session and its stage rows */
    char routing_id[ROUTING_ID_SIZE];
    enum worker_state state;
    int64_t leave_by_us; /* monotonic: when draining turns into leaving */
    int signal_fd;
    int watched_fd;           /* of definition->watch; -1 = none */
    bool wakes_notifications; /* when the batch is reported */

    void *zmq;
    struct broker_link brokers[WORKER_BROKERS_MAX];
    size_t broker_count;
    struct message *message; /* room for one message; 64 KiB, so not on the stack */

    struct db *db;
    int64_t reconnect_at_us, reconnect_delay_us;

    int64_t hand_back_us;    /* monotonic: how long the batch in hand waits for the database */
    struct work_item *queue; /* received and not yet begun */
    size_t queued, queue_capacity;
    int64_t next_tick_us;
    bool free_locks_only; /* in the present attempt at a batch */

    struct redis *redis;
    struct worker_scopes untold; /* scopes that Redis is to be told of */
    struct held_batch *held;     /* answers that wait for that, or for time to pass; the oldest first */
    size_t held_count;
    bool cache_is_away; /* it could not be told the last time */
    int64_t tell_at_us; /* monotonic: when it is tried again */

    struct metric *batch_size, *batch_seconds, *retries;
};

/* worker_brokers.c */
bool worker_brokers_open(struct worker *worker, struct error *err);
void worker_brokers_close(struct worker *worker);
/* Waits for a message, a signal, fd (-1 = none) or the deadline (monotonic µs), then takes all messages: PING
 * is answered, WORK queued. False = leave at once. */
bool worker_wait(struct worker *worker, int fd, bool write, int64_t deadline_us);
/* READY to every broker that has no credit of ours; nothing while draining or with work queued. */
void worker_offer(struct worker *worker);
void worker_withdraw(struct worker *worker);
void worker_say_bye(struct worker *worker);
bool worker_all_said_bye(const struct worker *worker);
/* Sends the replies and results of items that are decided, one message a broker; then releases them. */
void worker_report(struct worker *worker, struct work_item *items, size_t count);
/* Sends the replies of items, one message a loop. */
void worker_send_replies(struct worker *worker, const struct work_item *items, size_t count);
void work_item_release(struct work_item *item);

/* worker_cache.c */
/* Touches the scopes of a batch that was committed; what must not be told yet is taken out of items and held.
 */
void worker_touch_cache(struct worker *worker, struct work_item *items, size_t count);
/* Sends what need not be held any longer; when that is next the case, monotonic. */
void worker_release_held(struct worker *worker);
int64_t worker_held_next_us(const struct worker *worker);
bool worker_holds_too_many(const struct worker *worker);
void worker_cache_close(struct worker *worker);

/* worker_batch.c */
void worker_take_batch(struct worker *worker);
/* True when connected; tries to connect when the next attempt is due. */
bool worker_connect(struct worker *worker);

#endif
