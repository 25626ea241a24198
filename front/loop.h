/*
 * loop: one thread that serves HTTP. It owns one libmicrohttpd daemon, one DEALER per broker and one
 * connection to Redis, and shares nothing with other loops but counters (struct front).
 *
 * A turn: wait; take in connections and messages; let libmicrohttpd read requests; pass them through the gate
 * with one exchange with Redis; act on deadlines; send to the brokers; let libmicrohttpd write answers.
 */
#ifndef ECF2_FRONT_LOOP_H
#define ECF2_FRONT_LOOP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/settings.h"
#include "front/brokers.h"
#include "front/cached.h"
#include "front/client.h"
#include "front/door.h"
#include "front/errands.h"
#include "front/gate.h"
#include "front/health.h"
#include "front/http.h"
#include "front/https.h"
#include "front/network.h"
#include "front/observe.h"
#include "front/reader.h"
#include "front/request.h"
#include "front/stream.h"
#include "front/tokens.h"
#include "front/usage.h"

#define RANDOM_SIZE 1024

/* What all loops share. */
struct front {
    const struct settings *settings;
    void *zmq;
    struct network_list trusted_proxies, probe_networks;
    char https_base[HTTPS_BASE_SIZE]; /* empty: nothing is redirected */
    char commit[48];
    atomic_int_least64_t connections, in_flight, most_in_flight, body_bytes;
    atomic_int_least64_t bulk_bytes;           /* ECF2_BULK_MEMORY (bulk.h) */
    atomic_int_least64_t streams[STREAMS_MAX]; /* who reads each of them: a caller's id; 0 = nobody */
    struct address_table *addresses;           /* connections by address (door.c) */
    pthread_mutex_t addresses_lock;
};

enum loop_phase {
    LOOP_SERVING,
    LOOP_DRAINING, /* no new connections, answers end their connections, waiting requests may finish */
    LOOP_ENDING    /* every request has been answered or is being refused; answers leave */
};

struct loop {
    struct front *front;
    const struct settings *settings;
    int number;
    char routing_id[ROUTING_ID_SIZE]; /* of all its sockets */
    pthread_t thread;
    bool has_thread;
    int epoll, stop_fd;
    struct source stop_source;
    bool stop_asked;
    int64_t now_us; /* monotonic, as of this turn */
    enum loop_phase phase;
    int64_t hurry_us, end_us; /* of draining: when waiting ends, when everything does */

    uint8_t random[RANDOM_SIZE]; /* for trace ids: one system call for many requests */
    size_t random_left;

    struct door door;
    struct reader reader;
    struct http http;
    struct request_table requests;
    struct gate gate;
    struct cached cached;
    struct tokens tokens;
    struct brokers brokers;
    struct errands errands;
    struct health health;
    struct observe observe;
    struct usage usage;
};

/* Opens everything but the thread; fd is a listening socket of this loop's own, taken on success. */
bool loop_open(struct loop *loop, struct front *front, int number, int fd, struct error *err)
    __attribute__((warn_unused_result));
bool loop_start(struct loop *loop, struct error *err) __attribute__((warn_unused_result));
/* Asks it to finish what it has and end; any thread may call it. loop_join waits for that. */
void loop_stop(struct loop *loop);
void loop_join(struct loop *loop);
void loop_close(struct loop *loop);
/* A new random UUID as text, for a request's trace. */
void loop_make_trace(struct loop *loop, char ret_trace[UUID_TEXT_SIZE]);
/* Adds a descriptor to the loop's epoll set; changes what is watched for; takes it off. */
bool loop_watch(struct loop *loop, int fd, struct source *source, uint32_t events);
bool loop_rewatch(struct loop *loop, int fd, struct source *source, uint32_t events);
void loop_unwatch(struct loop *loop, int fd);

#endif
