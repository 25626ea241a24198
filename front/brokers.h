/*
 * brokers: this loop's link to each broker: one DEALER under the same routing id everywhere, HELLO, COUNTS,
 * and records that leave once a turn, those of one service and class in one message.
 */
#ifndef ECF2_FRONT_BROKERS_H
#define ECF2_FRONT_BROKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/messaging.h"
#include "common/wire.h"
#include "front/answer.h"
#include "front/client.h"

#define BROKERS_MAX     16
#define BROKER_SERVICES 16 /* remembered of a broker's COUNTS */
#define BROKER_NONE     SIZE_MAX
#define BROKER_ALIVE_US INT64_C(3000000) /* without COUNTS for longer it counts as gone */

struct broker_service {
    char name[WIRE_SERVICE_MAX + 1];
    int64_t workers;
};

struct broker {
    struct source source;
    void *socket;
    char *endpoint;
    int64_t heard_us; /* the last COUNTS, monotonic; 0 = never */
    int64_t hello_us; /* when HELLO is due */
    bool draining;
    int64_t undecided[WIRE_CLASS_COUNT], leader[WIRE_CLASS_COUNT];
    struct broker_service services[BROKER_SERVICES];
    size_t service_count;
    int64_t in_hand; /* records of ours there */
};

struct brokers {
    struct broker list[BROKERS_MAX];
    size_t count, next; /* next: where round-robin goes on */
    struct message *message;
    size_t reply_frame; /* of the message: the reply that is being told */
    struct buffer head;
};

bool brokers_open(struct loop *loop, void *zmq, struct error *err) __attribute__((warn_unused_result));
/* Takes every message that is there. */
void brokers_receive(struct loop *loop);
/* While a reply is being told: its body, to be held for longer and by many. It is not copied where that would
 * cost more than to hold on to what it came in. One share, the caller's. */
struct shared_body *brokers_keep_body(struct loop *loop, const struct wire_reply *reply);
/* HELLO where it is due; returns when the next is. */
int64_t brokers_tick(struct loop *loop);
/* True when a message waits although no event will tell so: ZMQ_FD is edge-triggered, and sending eats edges.
 */
bool brokers_have_input(struct loop *loop);
void brokers_say_bye(struct loop *loop);
void brokers_close(struct loop *loop);

bool broker_is_alive(const struct loop *loop, size_t broker);
bool brokers_any_alive(const struct loop *loop);
/* The alive broker with the fewest records of ours, round-robin among equals; one that drains takes no
 * submissions. Brokers in the bit set `avoid` are chosen only if there is no other. BROKER_NONE: none. */
size_t brokers_choose(struct loop *loop, bool submission, uint32_t avoid);
/* Sends records (of one service and class) to a broker as one message. False: it takes nothing now. */
bool broker_submit(struct loop *loop, size_t broker, const char *service, const struct slice *records,
                   size_t count);
/* Undecided submissions of a class, all brokers together (PL-13). */
int64_t brokers_undecided(const struct loop *loop, enum wire_class class);
/* Workers of a service at all alive brokers; -1 when no broker mentions it. */
int64_t brokers_workers(const struct loop *loop, const char *service);

#endif
