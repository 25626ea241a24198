/*
 * notifications: what the files of ecf2-notifications share.
 *
 * Its work is rows of webhook_deliveries without a final attempt (notifications.md NT-35, NT-49). A turn
 * (turn.c), as often as something happened and at least once a second:
 *
 *   finish   what endpoints have answered is written, its lock given back              (attempts.c)
 *   look     which endpoints there are, and a snapshot, to be told two seconds later   (endpoints.c)
 *   find     what is due, for each endpoint as much as it has room for                 (find.c)
 *   take     lock it with "try", look again behind the lock                            (take.c)
 *   begin    render what it tells, write that it was begun, commit, send               (render.c, attempts.c)
 *
 * and libcurl sends, many at once, in the loop's own wait (send.c). What is in hand is in flight: nothing is
 * kept for later, so that a slow endpoint holds only its own few.
 */
#ifndef ECF2_WORKERS_NOTIFICATIONS_NOTIFICATIONS_H
#define ECF2_WORKERS_NOTIFICATIONS_NOTIFICATIONS_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/metrics.h"
#include "common/webhook.h"
#include "common/worker.h"

#define IN_HAND_MAX  512 /* deliveries of one worker; a turn takes no more than a batch of them */
#define TAKE_MAX     200
#define KNOWN_MAX    500                  /* unfinished deliveries that a worker remembers of one endpoint */
#define ERROR_SIZE   200                  /* of the text that says why an attempt failed */
#define LOOK_BACK_US (10 * US_PER_SECOND) /* an id is made before its commit */
#define HOUR_US      (INT64_C(3600) * US_PER_SECOND)
#define KEPT_US      (INT64_C(62) * 24 * HOUR_US) /* deliveries are kept 30 days behind their month's end */

struct delivery;

/* An unfinished delivery that was tried before: when it is due again. */
struct known {
    struct uuid id;
    int64_t due_us; /* monotonic */
};

struct endpoint {
    struct endpoint *next;
    int64_t id;
    enum wire_caller owner_type;
    int64_t owner_id;
    char *url;
    struct buffer stored, stored_before; /* secrets as they lie in the database, to see a change */
    struct webhook_secret secret, secret_before;
    bool is_listed;           /* in the last list: not disabled */
    bool is_usable;           /* its secret can be read, its URL may be called */
    bool is_failing;          /* it took nothing since failing_since_us */
    int64_t failing_since_us; /* monotonic */
    size_t in_hand;
    size_t asked_for, found; /* of the look under way */
    struct uuid oldest_found;

    bool has_more;        /* the last look left some behind */
    struct uuid new_from; /* nothing untried is before this id, but for what find_unfinished finds */
    struct uuid unfinished_from;
    int64_t oldest_new_us;         /* id's time of the oldest that was found last; 0 = none was */
    struct known known[KNOWN_MAX]; /* by due_us */
    size_t known_count;
};

/* What became of an attempt. */
struct attempt_result {
    const char *outcome;    /* accepted, transient, ambiguous, suppressed */
    int64_t wait_ms;        /* until the next one; -1 = this one is final */
    long code;              /* HTTP status; 0 = none was received */
    char error[ERROR_SIZE]; /* empty = none */
};

/* In hand: locked by our session, begun, in flight or answered. */
struct delivery {
    UT_hash_handle hh;     /* of notifications.hand, by id */
    struct delivery *next; /* of a list that a turn has under way, or of those that are finished */
    struct uuid id;
    struct endpoint *endpoint;
    struct slice kind;   /* static */
    struct uuid subject; /* the submission or batch that it is about */
    char trace[UUID_TEXT_SIZE];
    int64_t n, failures, tried_ms; /* as they were when it was taken */
    int64_t begun_us;              /* monotonic */
    bool is_locked;                /* the session that has its lock is still ours */
    struct buffer body;            /* empty = there is nothing to tell */
    struct attempt_result result;
    /* send.c */
    CURL *easy;
    struct curl_slist *headers;
    size_t received;  /* bytes of the answer, thrown away */
    bool was_refused; /* an address of the host is not public */
    int64_t retry_after_s;
};

struct snapshot {
    char *text;
    int64_t taken_us;    /* monotonic: not later than this */
    int64_t database_us; /* the database's clock then */
};
#define SNAPSHOTS 32

struct notifications {
    struct worker *worker;
    const struct settings *settings;
    bool only_public;

    struct endpoint *endpoints;
    size_t rotation; /* who is first, so that none always is */

    struct delivery *hand;     /* all that is in flight or answered, by id */
    struct delivery *finished; /* those that are answered and not yet written */

    struct snapshot snapshots[SNAPSHOTS]; /* the newest last */
    size_t snapshot_count;
    int64_t find_at_us; /* monotonic: when the next snapshot may be used; INT64_MAX = there is none */
    int64_t listed_us;  /* monotonic: when endpoints were listed last */
    int64_t next_unfinished_us;
    bool woken;

    struct metric *in_flight, *oldest_due, *dead;
};

extern struct notifications notifications; /* the runtime's callbacks have no room for it */

/* ---- turn.c ---- */

bool turn(struct notifications *n, struct error *err) __attribute__((warn_unused_result));
/* Only what ends is done; *ret_done: nothing is in hand any more. */
bool turn_to_end(struct notifications *n, bool *ret_done, struct error *err)
    __attribute__((warn_unused_result));
/* The connection that held our locks is gone, and they with it. */
void turn_forget(struct notifications *n);

/* ---- endpoints.c ---- */

/* Reads the list of endpoints anew, and takes a snapshot. */
bool endpoints_list(struct notifications *n, struct error *err) __attribute__((warn_unused_result));
struct endpoint *endpoint_find(struct notifications *n, int64_t id);
/* How many more deliveries it may be sent now. */
size_t endpoint_room(const struct notifications *n, const struct endpoint *endpoint);
/* Remembers when a delivery is due again; forgets the latest where there are too many. */
void endpoint_know(struct endpoint *endpoint, const struct uuid *id, int64_t due_us);
/* Takes the first one that is due by now_us out; false = none is. */
bool endpoint_next_due(struct endpoint *endpoint, int64_t now_us, struct uuid *ret_id);
/* Monotonic: when something of somebody with room is due; INT64_MAX = nothing is known. */
int64_t endpoints_next_due_us(const struct notifications *n);
void endpoints_free(struct notifications *n);
/* The newest snapshot that is two seconds old, NULL = there is none yet; says in n->find_at_us when the next
 * one will be. */
const struct snapshot *snapshot_to_use(struct notifications *n, int64_t now_us);

/* ---- find.c ---- */

struct found {
    struct endpoint *endpoint;
    struct uuid id;
};

/* What to take now, at most TAKE_MAX: what is known to be due, then what is new. */
bool find_deliveries(struct notifications *n, struct found ret_found[TAKE_MAX], size_t *ret_count,
                     struct error *err) __attribute__((warn_unused_result));
/* Looks for everything unfinished, and remembers what is due when. */
bool find_unfinished(struct notifications *n, struct error *err) __attribute__((warn_unused_result));
/* The smallest version 7 UUID of an instant. */
struct uuid id_floor(int64_t instant_us);

/* ---- take.c ---- */

/* Locks what was found and looks again: *ret_deliveries are those that are ours and due, a list. */
bool take_deliveries(struct notifications *n, const struct found *found, size_t count,
                     struct delivery **ret_deliveries, struct error *err) __attribute__((warn_unused_result));
/* Those of a list, or one, are no longer ours. */
void deliveries_free(struct delivery *deliveries);
/* Locks of these are given back with a statement of their own; queued, for a pipeline. */
void unlock_params(struct db_params *params, const struct delivery *deliveries);
/* In order of their ids' times: ids, then created_at, as two arrays. */
void delivery_params(struct db_params *params, const struct delivery *deliveries);

/* ---- render.c ---- */

/* The kinds that can be told, as the text of an array parameter. */
void render_kinds(struct db_params *params);
/* NULL = no such kind can be told. */
const char *render_kind(struct slice name);
/* The statements that read what deliveries tell: queued for a pipeline, of which render_read takes the
 * results, as many as render_queue says, and fills the bodies. */
struct rendering {
    struct db_params submissions, batches;
};
size_t render_queue(struct db *db, const struct delivery *deliveries, struct rendering *ret_rendering);
bool render_read(struct delivery *deliveries, PGresult *const *results, struct error *err)
    __attribute__((warn_unused_result));
void render_release(struct rendering *rendering);

/* ---- attempts.c ---- */

/* Renders, writes that they are begun, commits, and sends. */
bool attempts_begin(struct notifications *n, struct delivery **deliveries, struct error *err)
    __attribute__((warn_unused_result));
/* Writes what became of those that have been answered, and unlocks them. */
bool attempts_finish(struct notifications *n, struct error *err) __attribute__((warn_unused_result));

/* ---- retry.c: pure ---- */

/* Milliseconds to wait after the k-th failure (from 1): first_ms, doubling to an hour, give or take a fifth
 * by chance (any number) (notifications.md NT-40). */
int64_t retry_wait_ms(int64_t failures, int64_t first_ms, uint32_t chance);
/* The wait behind a failure: at least asked_ms, which the endpoint has asked for, but an hour at most; -1
 * where it would end later than give_up_ms from the first attempt, tried_ms ago (NT-51). */
int64_t retry_after_failure_ms(int64_t failures, int64_t tried_ms, int64_t first_ms, int64_t give_up_ms,
                               int64_t asked_ms, uint32_t chance);

/* ---- send.c ---- */

bool sender_open(struct notifications *n, int *ret_fd, struct error *err) __attribute__((warn_unused_result));
/* Sends; the delivery is the sender's until it stands in n->finished. */
void sender_send(struct notifications *n, struct delivery *delivery);
/* Lets libcurl go on: the descriptor is readable. */
void sender_serve(struct notifications *n);
/* Everything that is under way is given up and freed. */
void sender_close(struct notifications *n);

#endif
