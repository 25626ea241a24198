/*
 * broker: queues by service, hands work to whichever worker has room (common/PROTOCOL.md is the page,
 * pipeline.md PL-11 to 14, PL-16, PL-40 to 44 and section 7 the rules). This is the core: no socket, no
 * clock, no thread. It is fed with messages and with the time, and speaks through a function that it was
 * given, so that tests can play every case.
 *
 * Everything that it holds is a hint or can be rebuilt from the database: killed, it loses time and nothing
 * else.
 *
 * A turn: broker_now, any number of broker_receive, broker_turn. Then sleep until broker_next_us or the next
 * message.
 *
 * STATUS is one JSON object:
 *   version, uptime_ms, draining, records, bytes (with our own overhead), peers
 *   undecided   {"wait":n,"async":n,"bulk":n} as this broker counts them
 *   leader      {"wait":n,"async":n,"bulk":n,"unfed":n} or null
 *   services    by name: {"workers":[{"name":routing id (hexadecimal with "0x" where it is no plain
 * word),"credit":n, "in_hand":n,"silent_ms":n,"leaving":bool}],
 *               "wait"|"async"|"bulk":{"waiting":n,"delayed":n,"handed_out":n,"oldest_ms":n}}
 *               waiting includes what waits for an earlier one of its subject; oldest_ms is the longest time
 * that something waits or is delayed since it last came into this queue, 0 = nothing does totals      since
 * start: received, handed_out, done, forwarded, returned, replies, replies_dropped, copies_dropped, expired,
 * strays (results for what the worker no longer owned), deaths (workers lost with work in hand or without a
 * word), buried, and the objects refused and bad_messages by reason rates       per second over the last ten
 * seconds: received, handed_out, done, forwarded, returned, replies
 */
#ifndef ECF2_WORKERS_BROKER_BROKER_H
#define ECF2_WORKERS_BROKER_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/slice.h"
#include "common/wire.h"

struct broker;

struct broker_limits {
    int64_t undecided[WIRE_CLASS_COUNT]; /* at intake, per class (PL-13) */
    int64_t records, bytes;              /* held at most; what workers hand on is taken above it */
    int64_t lease_us, silence_us;
};

enum broker_sent {
    BROKER_SENT,
    BROKER_PEER_FULL, /* its pipe is full (EAGAIN): nothing was sent */
    BROKER_PEER_GONE  /* nobody is connected by this name (EHOSTUNREACH): nothing was sent */
};
/* Sends frames, the head first, to a routing id. All is borrowed for the call. */
typedef enum broker_sent broker_send_fn(void *context, struct slice to, const struct slice *frames,
                                        size_t count);

/* Why a message was thrown away; names as STATUS, the metric and the log have them. */
#define BROKER_BAD(X)                                                                                        \
    X(BROKER_BAD_FRAMES, "frames")       /* none, or more or fewer than its command has */                   \
    X(BROKER_BAD_HANDSHAKE, "handshake") /* bytes that were no ZeroMQ: a connection that never greeted */    \
    X(BROKER_BAD_HEAD, "head")           /* no head frame of ours */                                         \
    X(BROKER_BAD_VERSION, "version")     /* a head of another version */                                     \
    X(BROKER_BAD_COMMAND, "command")     /* one that is not known, or that a broker never receives */        \
    X(BROKER_BAD_SERVICE, "service")     /* a worker of, or work for, a service that cannot be */            \
    X(BROKER_BAD_RECORD, "record")                                                                           \
    X(BROKER_BAD_RESULT, "result")                                                                           \
    X(BROKER_BAD_CONTENT,                                                                                    \
      "content")               /* JSON, a routing id or a number that is not as the command wants it */      \
    X(BROKER_BAD_PEER, "peer") /* more peers than this broker remembers */

enum broker_bad {
#define X(reason, name) reason,
    BROKER_BAD(X)
#undef X
        BROKER_BAD_COUNT
};

/* now_us is monotonic, machine_us the machine's time since 1970; both only ever come in through here and
 * broker_now. */
struct broker *broker_new(const struct broker_limits *limits, broker_send_fn *send, void *context,
                          int64_t now_us, int64_t machine_us);
void broker_free(struct broker *broker);

/* The time of the turn that begins. */
void broker_now(struct broker *broker, int64_t now_us, int64_t machine_us);
/* A message from the peer with this routing id: any bytes; frames[0] should be a head. All is borrowed for
 * the call. */
void broker_receive(struct broker *broker, struct slice from, const struct slice *frames, size_t count);
/* Something that could not even be read as frames. */
void broker_receive_bad(struct broker *broker, enum broker_bad reason);
/* The end of a turn: what is due, then handing out. */
void broker_turn(struct broker *broker);
/* When broker_turn must be called again at the latest, though no message comes. */
int64_t broker_next_us(const struct broker *broker);

/* Refuses what is not accepted yet, and tells the fronts; or takes it again. */
void broker_drain(struct broker *broker, bool draining);
/* Refuses it for good: no DRAIN message takes it back. For SIGTERM. */
void broker_leave(struct broker *broker);
/* Whether it holds no record. */
bool broker_is_empty(const struct broker *broker);
/* The JSON of STATUS. */
void broker_status(const struct broker *broker, struct buffer *out);

#endif
