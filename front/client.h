/*
 * client: one connection, from accept to close.
 *
 * Its first request head is read (peeked at) by us: until it is complete and good, libmicrohttpd does not
 * know the connection, which so costs no pool while it is idle, gets our answers to what is malformed, and a
 * deadline of ours. Then the library owns the socket. Each phase has one time limit, so a list in order of
 * arrival per phase is all the timer that is needed.
 */
#ifndef ECF2_FRONT_CLIENT_H
#define ECF2_FRONT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "front/network.h"

struct loop;
struct MHD_Connection;

/* What an event of a loop's epoll set is about: first member of whatever its pointer points at. */
enum source_kind { SOURCE_STOP, SOURCE_DOOR, SOURCE_HTTP, SOURCE_BROKER, SOURCE_CLIENT };
struct source {
    enum source_kind kind;
};

enum client_phase {
    CLIENT_FRESH,     /* ours: no byte has come yet; closed in silence */
    CLIENT_HEAD,      /* ours: the first head is coming; then 408 */
    CLIENT_LINGER,    /* ours: answered with a refusal; what still comes is thrown away, lest a reset eat the
                         answer */
    CLIENT_KEPT,      /* libmicrohttpd's, between requests; looked at now and then */
    CLIENT_KEPT_HEAD, /* libmicrohttpd's: a further head is coming; then 408 */
    CLIENT_BODY,      /* libmicrohttpd's: a body is coming; then 408 */
    CLIENT_ANSWER,    /* libmicrohttpd's: an answer is leaving, if the client reads it */
    CLIENT_BUSY,      /* a request is in hand: its own deadlines hold; or the library is about to close */
    CLIENT_PHASE_COUNT
};

struct client {
    struct source source;
    struct loop *loop;
    struct client *prev, *next; /* in the list of its phase */
    struct MHD_Connection *http;
    int fd;
    enum client_phase phase;
    bool counted; /* among the connections that max_connections limits */
    bool counted_address;
    bool aborted;      /* shut down by us: nothing more is written */
    int64_t since_us;  /* in this phase, or last looked at */
    int64_t idle_us;   /* when the last request ended */
    uint64_t consumed; /* bytes of all requests so far, as far as known */
    struct network_address peer;
};

struct client_list {
    struct client *head;
};

/* Moves a client into a phase; its time limit begins anew. */
void client_enter(struct client *client, enum client_phase phase);
/* A request has ended on a kept connection: bytes is its size, or 0 where it is not known. */
void client_rest(struct client *client, uint64_t bytes);
/* Writes a refusal where nothing else is being written and cuts the connection off (the library notices). */
void client_refuse_kept(struct client *client, unsigned status, const char *detail);
/* Whether bytes of a further request have come on a kept connection. libmicrohttpd does not tell; the kernel
 * does. */
bool client_has_begun(const struct client *client);
/* Cuts the connection off without a word. */
void client_abort(struct client *client);

#endif
