/*
 * door: where connections come in, and where they are told no. Accepts, keeps to the limits of connections,
 * waits for first heads, and watches the time limits of connections (client.h).
 */
#ifndef ECF2_FRONT_DOOR_H
#define ECF2_FRONT_DOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "front/client.h"

struct door {
    struct source source;
    int fd; /* listening socket, -1 = closed */
    struct client_list phases[CLIENT_PHASE_COUNT];
    int64_t accept_again_us; /* no accept before (starting, or out of descriptors); 0 = accepting */
    unsigned lingering;
};

/* Takes fd, a listening socket of this loop alone. Accepting begins with door_begin(), or a second later: so
 * a front that starts beside others on their port does not answer 503 while it looks for its brokers. */
void door_open(struct loop *loop, int fd);
/* A broker answers: accepting need not wait any longer. */
void door_begin(struct loop *loop);
/* The listening socket is readable. */
void door_accept(struct loop *loop);
/* Something came on a connection that is still ours, or one of libmicrohttpd's has ended. */
void door_ready(struct client *client, uint32_t events);
/* Tells a client no where nothing else is being written, counts and logs that, and lets it read it. One that
 * is still ours may be freed; one of libmicrohttpd's is closed by it when it reads next (http_wake). */
void door_refuse(struct client *client, unsigned status, const char *detail);
/* The same with a redirect that libmicrohttpd has no room for; the client's request waits. */
void door_redirect(struct client *client, unsigned status, const char *detail, const char *location);
/* libmicrohttpd is about to close this connection: takes it off all lists and counts and frees it. */
void door_leave(struct client *client);
/* Acts on time limits that have passed; returns when the next one passes (monotonic µs, INT64_MAX = none). */
int64_t door_tick(struct loop *loop);
/* Stops listening; what the kernel had accepted already is still taken in. */
void door_shut(struct loop *loop);
/* Cuts off connections without a request in hand. */
void door_drain(struct loop *loop);
/* Closes what is still ours, at the end. */
void door_close(struct loop *loop);

#endif
