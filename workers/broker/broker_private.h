/*
 * broker_private: what the files of the core share.
 *
 *   service ── lane (one a class) ──┬── line: callers in turn, each with its records in order of arrival
 *                                   └── line of those that are handed out alone
 *   subject ── heap of its records that nobody has in hand, by accept_no; only the first of them stands in a
 * line peer ───── list of the records in its hand, in the order of handing out
 *
 * A record is in one place at a time (enum record_state). record_lift takes it out of any place, record_wait,
 * record_delay and record_hand put it into one: counts, heaps and lists follow from these four and nowhere
 * else.
 */
#ifndef ECF2_WORKERS_BROKER_BROKER_PRIVATE_H
#define ECF2_WORKERS_BROKER_BROKER_PRIVATE_H

#include <uthash.h>
#include <utlist.h>

#include "common/metrics.h"
#include "common/wire.h"
#include "workers/broker/broker.h"
#include "workers/broker/heap.h"

#define MS                 INT64_C(1000)
#define SECOND             (1000 * MS)
#define BROKER_SERVICES    64 /* more names than we will ever have; each costs memory and metrics for good */
#define BROKER_PEERS       4096 /* each has a connection, so this bounds who forgets to say goodbye */
#define BROKER_RATE_WINDOW 10   /* seconds */

#define OWNER_OF(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

struct service;
struct peer;
struct subject;
struct caller;

enum record_state {
    RECORD_LIFTED,    /* between two places, within one function */
    RECORD_WAITING,   /* in a line, or behind another one of its subject */
    RECORD_DELAYED,   /* given back: waits until due_us */
    RECORD_HANDED_OUT /* in the hand of a worker */
};

struct record {
    UT_hash_handle hh; /* broker.records, by id */
    struct uuid id;
    enum record_state state;
    enum wire_class class;
    enum wire_caller caller_type;
    uint8_t deaths, returns, flags;
    bool reply_taken; /* a copy brought reply_to while a worker has the record: what comes back needs it again
                       */
    bool in_due;
    int64_t accept_no, caller_id, accept_by_us, deadline_us;
    uint64_t arrival; /* breaks ties of accept_no */
    struct service *service;

    /* The frame as received: one copy, which we own. Moving the zmq_msg_t instead would be no gain: small
     * frames share libzmq's 8 KiB receive buffer and would pin it for as long as the record is held. */
    char *bytes;
    size_t size;

    struct caller *caller;                   /* in whose line it stands; NULL = in no line */
    struct record *line_prev, *line_next;    /* of the caller */
    struct record *age_prev, *age_next;      /* waiting or delayed ones of the lane, oldest first */
    struct record *hand_prev, *hand_next;    /* of the peer */
    struct heap_node due_node, subject_node; /* broker.due; subject.waiting */
    struct subject *subject;
    struct peer *peer; /* who has it in hand */
    int64_t due_us;    /* delayed: when it waits again; waiting: when it expires */
    int64_t queued_us; /* when it came to wait here */
    int64_t handed_us; /* when it was handed out */
};

struct caller {
    UT_hash_handle hh; /* line.by_key */
    int64_t key[2];    /* caller type, caller id */
    struct caller *prev, *next;
    struct record *records;
};

/* Callers that have something waiting, in turn: one record each, round and round (PL-14). */
struct line {
    struct caller *by_key;
    struct caller *ring; /* whose turn it is, first */
};

struct lane {
    struct line together, alone;
    bool alone_next; /* batches alternate between the two lines where both have something */
    struct record *ages;
    size_t waiting, delayed, handed_out;
    struct metric *depth, *oldest;
};

struct service {
    UT_hash_handle hh; /* broker.services */
    char name[WIRE_SERVICE_MAX + 1];
    bool is_intake, is_query, is_scheduler;
    struct lane lanes[WIRE_CLASS_COUNT];
    struct peer *ready; /* workers with credit, longest idle first */
    size_t workers;     /* that are not leaving */
    size_t uploads_out; /* uploads at an intake (PL-16) */
    unsigned turn;      /* which batch of ten is next */
    struct metric *worker_gauge;
};

struct subject {
    UT_hash_handle hh; /* broker.subjects */
    struct heap waiting;
    struct record *in_line;    /* the one of waiting that stands in a line */
    struct record *handed_out; /* never more than one */
    size_t size;               /* records that point here */
    size_t key_size;
    char key[];
};

struct peer {
    UT_hash_handle hh; /* broker.peers */
    struct peer *ready_prev, *ready_next;
    struct service *service; /* NULL = no worker */
    bool listens;            /* wants COUNTS */
    bool leaving;            /* has said BYE */
    bool in_ready;
    bool gone; /* a send found nobody; dies in the next turn, when what it had sent is read */
    int64_t credit;
    int64_t heard_us;
    int64_t retry_us; /* its pipe was full: not before */
    struct record *hand;
    size_t in_hand;
    size_t id_size;
    char id[];
};

/* Totals since start, in the order in which STATUS shows them. The first BROKER_RATES have rates. */
/* clang-format off */
#define BROKER_TOTALS(X)                                                                                     \
    X(received)                                                                                              \
    X(handed_out)                                                                                            \
    X(done)                                                                                                  \
    X(forwarded)                                                                                             \
    X(returned)                                                                                              \
    X(replies)                                                                                               \
    X(replies_dropped)                                                                                       \
    X(copies_dropped)                                                                                        \
    X(expired)                                                                                               \
    X(strays)                                                                                                \
    X(deaths)                                                                                                \
    X(buried)
/* clang-format on */
#define BROKER_RATES 6

enum total {
#define X(name) TOTAL_##name,
    BROKER_TOTALS(X)
#undef X
        TOTAL_COUNT
};

struct leader_numbers {
    int64_t undecided[WIRE_CLASS_COUNT], unfed;
    int64_t until_us; /* 0 = never told */
};

struct broker {
    struct broker_limits limits;
    broker_send_fn *send;
    void *context;
    int64_t now_us, machine_us, started_us;
    uint64_t arrivals;

    struct service *services;
    struct record *records;
    struct subject *subjects;
    struct peer *peers;
    struct heap due;
    int64_t bytes;
    int64_t undecided[WIRE_CLASS_COUNT];
    struct leader_numbers leader;
    bool draining, leaving;
    size_t peers_gone; /* marked gone, to be looked at in the next turn */

    int64_t sweep_us, next_sweep_us; /* how often silence and leases are looked at */
    int64_t ping_us, next_ping_us;
    int64_t next_second_us; /* COUNTS, rates, gauges */
    int64_t counts_sent_us;
    bool counts_wanted; /* something changed that fronts should know */
    int64_t again_us;   /* something that could not go now may go then */

    uint64_t totals[TOTAL_COUNT];
    uint64_t totals_shown[TOTAL_COUNT]; /* what of them the metrics have */
    uint64_t refused[WIRE_REFUSAL_COUNT];
    uint64_t bad[BROKER_BAD_COUNT];
    uint64_t bad_logged[BROKER_BAD_COUNT],
        bad_shown[BROKER_BAD_COUNT]; /* what of them log and metrics have */
    int64_t bad_logged_us;
    uint64_t history[BROKER_RATE_WINDOW + 1][BROKER_RATES]; /* the first totals at the last seconds */
    unsigned seconds;
    struct buffer scratch; /* for the head of a message */
};

/* ---- queue.c: services and their lines ---- */

/* NULL when there is none. */
struct service *service_find(const struct broker *broker, struct slice name);
/* Makes it when there is none; NULL when the name cannot be one, or there are too many. */
struct service *service_get(struct broker *broker, struct slice name);
void services_free(struct broker *broker);
/* Whether this record is handed out with no other beside it: its last worker died of it perhaps (PL-41), or
 * it is an upload (PL-16). */
bool record_is_alone(const struct record *record);
bool record_is_upload(const struct record *record);
void line_put(struct record *record, bool at_front);
void line_take(struct record *record);
/* The record whose turn it is; NULL = nobody waits. */
struct record *line_first(const struct line *line);
/* Gives the next caller the turn. Called before the first record is taken: the caller may be gone afterwards.
 */
void line_rotate(struct line *line);

/* ---- records.c: records by id, and their places ---- */

struct record *record_find(const struct broker *broker, const struct uuid *id);
/* Copies the frame. The record is lifted and of no service. fields were read from frame. */
struct record *record_new(struct broker *broker, struct slice frame, const struct wire_record *fields);
/* Takes it out of where it is and forgets it. */
void record_forget(struct broker *broker, struct record *record);
/* What the worker made of it: the frame replaces the held one; deaths stay as counted here, a reply_to that
 * was taken over meanwhile is put in. The record must be lifted. */
void record_replace(struct broker *broker, struct record *record, struct slice frame,
                    const struct wire_record *fields);
/* A copy came of what is held: takes reply_to and deadline over where the copy knows them better. */
void record_meet_copy(struct broker *broker, struct record *record, const struct wire_record *copy);
void record_set_deaths(struct record *record, unsigned deaths);
void record_set_returns(struct record *record, unsigned returns);
/* The frame that is held, as fields. */
struct wire_record record_fields(const struct record *record);

void record_lift(struct broker *broker, struct record *record);
void record_wait(struct broker *broker, struct record *record, struct service *service, bool at_front);
void record_delay(struct broker *broker, struct record *record, struct service *service, int64_t until_us);
void record_hand(struct broker *broker, struct record *record, struct peer *peer);
/* Delayed ones whose time has come wait again; waiting ones that nobody listens to any more are forgotten. */
void records_due(struct broker *broker);

/* ---- subjects.c ---- */

void subject_attach(struct broker *broker, struct record *record, struct slice key);
void subject_detach(struct broker *broker, struct record *record);
/* Puts the one of the subject whose turn it is into its line, and takes another one out. NULL is allowed. */
void subject_settle(struct subject *subject, bool at_front);

/* ---- peers.c ---- */

struct peer *peer_find(const struct broker *broker, struct slice id);
/* NULL when there are too many. */
struct peer *peer_get(struct broker *broker, struct slice id);
void peer_is_heard(struct broker *broker, struct peer *peer);
void peer_ready(struct broker *broker, struct peer *peer, struct service *service, int64_t credit);
/* BYE. A peer that is no worker is forgotten by it. */
void peer_leave(struct broker *broker, struct peer *peer);
void peer_credit(struct peer *peer, int64_t credit);
/* Sends a head and frames (frames[0] is left free for it). False = not sent; a peer that is gone is marked.
 */
bool peer_send(struct broker *broker, struct peer *peer, enum wire_command command, const char *service,
               int64_t number, struct slice *frames, size_t count);
/* The same to a routing id, whoever that is. */
enum broker_sent id_send(struct broker *broker, struct slice id, enum wire_command command,
                         const char *service, int64_t number, struct slice *frames, size_t count);
/* The broker itself slept: its peers were not silent meanwhile. */
void peers_excuse(struct broker *broker, int64_t gap_us);
void peers_bury_gone(struct broker *broker);
void peers_sweep(struct broker *broker);
void peers_ping(struct broker *broker);
void peers_free(struct broker *broker);
#define PEER_NAME_SIZE (2 + 2 * WIRE_ROUTING_ID_MAX + 1)
/* The routing id where it is a plain word, else its bytes in hexadecimal. */
void peer_name(const struct peer *peer, char ret_name[PEER_NAME_SIZE]);

/* ---- broker.c ---- */

const char *bad_name(enum broker_bad reason);

/* ---- submit.c, results.c, dispatch.c, counts.c, status.c, gauges.c ---- */

void submit_receive(struct broker *broker, struct slice from, const struct wire_head *head,
                    const struct slice *frames, size_t count);
void refuse(struct broker *broker, struct slice to, const char *service, enum wire_refusal reason,
            const struct uuid *ids, size_t count);
void result_receive(struct broker *broker, struct peer *peer, const struct slice *frames, size_t count);
/* Its worker died; the record is lifted (deaths.c). */
void record_survive(struct broker *broker, struct record *record);
void dispatch(struct broker *broker);
void counts_send(struct broker *broker, struct peer *peer);
void counts_broadcast(struct broker *broker);
bool leader_receive(struct broker *broker, struct slice json);
const struct leader_numbers *leader_now(const struct broker *broker);
void rates_second(struct broker *broker);
void gauges_set(struct broker *broker);
int64_t lane_oldest_us(const struct broker *broker, const struct lane *lane);

#endif
