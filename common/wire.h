/* clang-format off */
/*
 * wire: the protocol between front, broker and workers, version 1. This page comes before the code (style.md
 * section 5); wire.c is its codec. PROTOCOL.md beside this file has the states and pictures.
 *
 * TRANSPORT. Each front loop, worker, scheduler and tool has one DEALER socket per broker; a broker has one ROUTER.
 * A message is a ZeroMQ multipart message: one head frame, then frames as the command says. ROUTER sees, as always,
 * the peer's routing id in front. All integers are big-endian.
 *
 * HEAD FRAME
 *   "E2"      2 bytes
 *   version   u8    1
 *   command   u8    enum wire_command
 *   service   u8 length + bytes: the service that the command is about, or empty
 *   number    i64   meaning by command, else 0
 *
 * RECORD FRAME: one unit of work. A message carries k of them, of one service; a broker splits and joins messages at
 * record borders only, and never looks into payload, facts or verdict.
 *   version     u8   1
 *   class       u8   enum wire_class
 *   deaths      u8   hand-outs that ended with the death of the worker
 *   returns     u8   times given back since the first hand-out at this stage chain (pipeline.md PL-33)
 *   caller_type u8   enum wire_caller
 *   flags       u8   WIRE_FLAG_…
 *   id          16 bytes
 *   accept_no   i64  0 until intake has written it
 *   as_of       i64  business time, microseconds
 *   accept_by   i64  machine time: intake refuses what comes later, or would be committed 1 s later (PL-11)
 *   deadline    i64  machine time until which somebody waits for the answer; 0 = nobody
 *   caller_id   i64
 *   token_id    i64  api_tokens.id, 0 = none
 *   then each as u32 length + bytes: kind, trace, request_digest, reply_to, subject, payload, facts,
 *   verdict
 *
 * A codec failure never crashes a process: the receiver counts it, logs it and drops the message (a broker) or
 * buries the record (a worker).
 */
/* clang-format on */
#ifndef ECF2_COMMON_WIRE_H
#define ECF2_COMMON_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/slice.h"
#include "common/uuid.h"

#define WIRE_VERSION        1
#define WIRE_SERVICE_MAX    32          /* bytes of a service name: a-z, 0-9, "_" and "-" */
#define WIRE_ROUTING_ID_MAX 255         /* bytes of a routing id, as ZeroMQ has it: 1 to 255 */
#define WIRE_RECORD_MAX     (24u << 20) /* bytes of a record */
/* Bytes of a frame, ZMQ_MAXMSGSIZE of every socket: more than a record, or the RESULT that hands a largest
 * record on (disposition and service stand before it) would cost its worker the connection. */
#define WIRE_FRAME_MAX (WIRE_RECORD_MAX + 512u)
/* Record, result, reply or id frames of a message; a receiver reads no more. */
#define WIRE_MESSAGE_RECORDS_MAX 1000
#define WIRE_BATCH_MAX           200 /* records handed out at once (PL-35) */
/* Bytes of records handed out at once, but always one record. More than 200 of the usual ones have; storing a
 * body of 1 MiB takes PostgreSQL a tenth of a second, and others wait for the batch to end. */
#define WIRE_BATCH_BYTES_MAX (1u << 20)
#define WIRE_DEATHS_MAX      3  /* the third death buries (PL-41) */
#define WIRE_RETURNS_MAX     20 /* the 20th return is an error (PL-33) */
/* From this return on the delay does not grow; who only waits for others is counted so far and no further. */
#define WIRE_RETURNS_WAITING 8

/* clang-format off */
/* command, name, direction and frames behind the head:
 *
 * HELLO     front, scheduler → broker. number = 0. Says: send me COUNTS every second. No frames. The broker answers COUNTS
 *           at once. Sent again after RESTART, and when nothing came for 3 s: ZeroMQ reconnects without a word, and a
 *           broker that was started again knows nobody.
 * READY     worker → broker. service; number = credit: how many records it takes now. Replaces earlier credit. Sent
 *           at start, after each RESULT when it can take more, after RESTART, and when nothing (no PING) came for 3 s. It
 *           may cross a WORK: who repeats it must be able to keep what he granted twice.
 * RESTART   broker → worker. "I do not know you" or "I took you for dead": answer with READY. What was in hand is still
 *           worked to its end.
 * SUBMIT    front, intake, scheduler → broker. service; record frames. A record whose id the broker holds is dropped (PL-43)
 *           after its reply_to was taken over; a front that sends it to intake while it is held, accepted, at a later
 *           stage has lost its acknowledgement: the broker itself answers ACCEPTED (clock 0).
 * WORK      broker → worker. service; number = how many; record frames, at most the credit, which is used up by it (credit
 *           falls to 0), and at most WIRE_BATCH_BYTES_MAX of them unless it is one.
 * RESULT    worker → broker. service; one frame a record: disposition u8, then DONE: id (16 bytes); RETURN and
 *           FORWARD: u8 length + service, then the record as it is to be handed out next. RETURN is delayed by 10 ms,
 *           doubling with `returns` to 1 s. A record that the worker had in hand and that the broker no longer counts
 *           as its own (lease over, worker thought dead) is ignored, except that a DONE removes a queued copy.
 * REPLY     worker → broker → front. service = empty; frames: routing id of the front loop, then reply frames (below),
 *           all for that loop. The broker passes it on without the routing id; unknown front: dropped and counted.
 * REFUSED   broker → sender of SUBMIT, or WIRE_WORKER_DIED → reply_to of the record. service; number = enum
 *           wire_refusal; one frame an id (16 bytes).
 * PING      broker → worker, every second. PONG   worker → broker. number is echoed.
 * BYE       worker → broker: I take nothing more (draining); what is in hand will still come as RESULT. The broker
 *           answers BYE: no WORK comes behind it. Front → broker likewise: no more COUNTS.
 * COUNTS    broker → front and scheduler, every second and on change of draining. number = 1 while draining. One frame:
 *           JSON {"undecided":{"wait":n,"async":n,"bulk":n},"services":{"intake":workers,…},"leader":{"wait":…}|null}.
 * LEADER    scheduler's leader → broker, number = 0, one frame: JSON {"wait":n,"async":n,"bulk":n,"unfed":n}; kept and
 *           shown in COUNTS for 30 s (PL-13).
 * STATUS    tool → broker. The broker answers STATUS with one frame of JSON (broker.h says its shape).
 * DRAIN     tool → broker: number 1 = refuse new work before acceptance (intake) and finish; 0 = take it again.
 *
 * A new command, flag bit or JSON key is version 1 still: who does not know it counts and drops the command, keeps the
 * bit, ignores the key. A change of a frame's layout is version 2 (PROTOCOL.md section 8).
 */
#define WIRE_COMMANDS(X)                                                                                              \
    X(WIRE_HELLO, "hello")                                                                                            \
    X(WIRE_READY, "ready")                                                                                            \
    X(WIRE_RESTART, "restart")                                                                                        \
    X(WIRE_SUBMIT, "submit")                                                                                          \
    X(WIRE_WORK, "work")                                                                                              \
    X(WIRE_RESULT, "result")                                                                                          \
    X(WIRE_REPLY, "reply")                                                                                            \
    X(WIRE_REFUSED, "refused")                                                                                        \
    X(WIRE_PING, "ping")                                                                                              \
    X(WIRE_PONG, "pong")                                                                                              \
    X(WIRE_BYE, "bye")                                                                                                \
    X(WIRE_COUNTS, "counts")                                                                                          \
    X(WIRE_LEADER, "leader")                                                                                          \
    X(WIRE_STATUS, "status")                                                                                          \
    X(WIRE_DRAIN, "drain")
/* clang-format on */

enum wire_command {
    WIRE_NO_COMMAND = 0,
#define X(command, name) command,
    WIRE_COMMANDS(X)
#undef X
        WIRE_COMMAND_COUNT
};

enum wire_class { WIRE_WAIT, WIRE_ASYNC, WIRE_BULK, WIRE_CLASS_COUNT };
/* The same words as submissions.caller_type. */
enum wire_caller {
    WIRE_LEAD_PROVIDER,
    WIRE_SCHOOL,
    WIRE_APPROPRIATE_BODY,
    WIRE_DFE_STAFF,
    WIRE_SYSTEM,
    WIRE_CALLER_COUNT
};
enum wire_refusal {
    WIRE_QUEUE_FULL = 1,
    WIRE_DRAINING = 2,
    WIRE_NO_SERVICE = 3,
    WIRE_WORKER_DIED = 4,
    WIRE_REFUSAL_COUNT
};
enum wire_disposition { WIRE_DONE = 1, WIRE_RETURN = 2, WIRE_FORWARD = 3, WIRE_DISPOSITION_COUNT };

#define WIRE_FLAG_DRY_RUN 0x01 /* nothing is stored (PL-55; common/dry_run.h) */
#define WIRE_FLAG_RESENT  0x02 /* sent again by the scheduler: no reply_to */
/* A note to intake (PL-17): no submission, so a broker does not count it as undecided. */
#define WIRE_FLAG_NOTE 0x04

/* kind of the note that wakes the scheduler: there are lines of bulk to feed (PL-16). */
#define WIRE_WAKE_LINES "wake.lines"

/* Whether this may be the name of a service: 1 to WIRE_SERVICE_MAX of a-z, 0-9, "_" and "-". It goes into
 * metrics and JSON as it is. */
bool wire_service_is_valid(struct slice name);

/* Names are static; "unknown" for a number that is none. */
const char *wire_command_name(enum wire_command command);
const char *wire_class_name(enum wire_class class);
bool wire_class_parse(struct slice text, enum wire_class *ret_class);
const char *wire_caller_name(enum wire_caller caller);
bool wire_caller_parse(struct slice text, enum wire_caller *ret_caller);

struct wire_head {
    enum wire_command command;
    struct slice service; /* borrowed from the frame */
    int64_t number;
};

/* A record as its fields. All slices are borrowed: from the frame when read, from the caller when written. */
struct wire_record {
    enum wire_class class;
    uint8_t deaths, returns, flags;
    enum wire_caller caller_type;
    struct uuid id;
    int64_t accept_no, as_of_us, accept_by_us, deadline_us, caller_id, token_id;
    struct slice kind;  /* a name of common/kinds.h, or of a read or note */
    struct slice trace; /* text of a UUID */
    /* SHA-256 over method, path and body bytes (submissions.md section 5): 32 bytes. The front makes it,
     * intake stores it; empty for reads, notes and what is sent again. */
    struct slice request_digest;
    struct slice reply_to; /* routing id of the front's loop; empty = nobody */
    struct slice subject;  /* empty until intake has found it */
    /* JSON object {"fields":{…},…}: what was sent, and how (common/idempotency.h). Of class bulk at intake:
     * all lines of a bulk request (common/upload.h). */
    struct slice payload;
    struct slice facts;   /* JSON object: what the rules saw; empty before validation */
    struct slice verdict; /* JSON object: digest of the facts, rules_version, what the stages decided */
};

/* What a front loop is told about a record of its own. */
enum wire_reply_kind {
    WIRE_ACCEPTED = 1, /* durable; accept_no and the database's clock are set */
    WIRE_DECIDED = 2,  /* status and body of the answer */
    WIRE_READ = 3,     /* answer to a read or a dry run: status and body */
    WIRE_HELD = 4      /* not accepted, for another submission has its idempotency key: body says which
                          (common/idempotency.h); the database's clock is set. Only to who gave a key */
};

/* REPLY FRAME: kind u8, status u16, id 16 bytes, accept_no i64, clock i64 (machine time of the database,
 * microseconds, 0 = not told), extra u32 length + bytes (JSON object of header values, may be empty), body
 * u32 length + bytes. */
struct wire_reply {
    enum wire_reply_kind kind;
    uint16_t status;
    struct uuid id;
    int64_t accept_no, clock_us;
    struct slice extra;
    struct slice body;
};

/* Writers append to out. Readers fill ret_…, or leave it untouched and say false with ERROR_WIRE. Readers
 * check every bound and the end of the frame: versions, commands, classes and the like that are known,
 * numbers not negative where they are times or orders, reply_to that a ROUTER can send to. A head may name a
 * service that no broker takes (wire_service_is_valid), so that it can be refused. */
void wire_head_write(struct buffer *out, enum wire_command command, const char *service, int64_t number);
bool wire_head_read(struct slice frame, struct wire_head *ret_head, struct error *err)
    __attribute__((warn_unused_result));
/* Why wire_head_read does not take it, for who counts by reason: somebody else's bytes, or another version of
 * ours. */
enum wire_head_fault { WIRE_HEAD_GOOD, WIRE_HEAD_STRANGE, WIRE_HEAD_VERSION, WIRE_HEAD_COMMAND };
enum wire_head_fault wire_head_fault(struct slice frame);
void wire_record_write(struct buffer *out, const struct wire_record *record);
bool wire_record_read(struct slice frame, struct wire_record *ret_record, struct error *err)
    __attribute__((warn_unused_result));
void wire_reply_write(struct buffer *out, const struct wire_reply *reply);
bool wire_reply_read(struct slice frame, struct wire_reply *ret_reply, struct error *err)
    __attribute__((warn_unused_result));

/* One frame of a RESULT. For WIRE_DONE only id is read and written; else service and record. */
struct wire_result {
    enum wire_disposition disposition;
    struct uuid id;
    struct slice service;
    struct slice record; /* a record frame's bytes */
};
void wire_result_write(struct buffer *out, const struct wire_result *result);
bool wire_result_read(struct slice frame, struct wire_result *ret_result, struct error *err)
    __attribute__((warn_unused_result));

/* The broker changes these two in place, in the bytes of a record frame that was read successfully. */
void wire_record_set_deaths(char *record, uint8_t deaths);
void wire_record_set_returns(char *record, uint8_t returns);
/* Replaces reply_to (and deadline) when a copy brings one: makes a new frame in out. */
void wire_record_with_reply_to(struct buffer *out, const struct wire_record *record, struct slice reply_to,
                               int64_t deadline_us);

#endif
