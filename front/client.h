/*
 * client: one connection, from accept to close.
 *
 * Until its first request head is complete and good, libmicrohttpd does not know the connection, which so
 * costs no pool while it is idle. Then the library owns the socket, and reads from it what we let it
 * (reader.h). Each phase has one time limit, so a list in order of arrival per phase is all the timer that is
 * needed.
 */
#ifndef ECF2_FRONT_CLIENT_H
#define ECF2_FRONT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "front/feed.h"
#include "front/network.h"

struct loop;
struct request;
struct MHD_Connection;

/* What an event of a loop's epoll set is about: first member of whatever its pointer points at. */
enum source_kind { SOURCE_STOP, SOURCE_DOOR, SOURCE_HTTP, SOURCE_BROKER, SOURCE_CLIENT };
struct source {
    enum source_kind kind;
};

enum client_phase {
    CLIENT_FRESH,  /* ours: no byte has come yet; closed in silence */
    CLIENT_HEAD,   /* ours: the first head is coming; then 408 */
    CLIENT_LINGER, /* ours: answered for the last time; what still comes is thrown away, lest a reset eat the
                      answer */
    CLIENT_KEPT,   /* libmicrohttpd's, between requests; closed in silence */
    CLIENT_KEPT_HEAD, /* libmicrohttpd's: a further head is coming; then 408 */
    CLIENT_BODY,      /* libmicrohttpd's: a body is coming; then 408 */
    CLIENT_ANSWER,    /* libmicrohttpd's: an answer is leaving, if the client reads it */
    CLIENT_LEAVING, /* a request is in hand, and the client has ended its side: perhaps it is gone, perhaps it
                       still reads; then it gets the answer that there is (request_give_up) */
    CLIENT_BUSY,    /* a request is in hand: its own deadlines hold; or the library is about to close */
    CLIENT_PHASE_COUNT
};

struct client {
    struct source source;
    struct loop *loop;
    struct client *prev, *next; /* in the list of its phase */
    struct MHD_Connection *http;
    struct request *request; /* in hand; NULL = none */
    int fd;
    enum client_phase phase;
    bool counted; /* among the connections that max_connections limits */
    bool counted_address;
    bool aborted;     /* shut down by us: nothing more is written */
    bool refused;     /* had its last answer from us; libmicrohttpd is to close it without a word */
    bool ended;       /* the client will send nothing more */
    int64_t since_us; /* in this phase */
    struct feed feed;
    struct buffer held; /* bytes that have come and may not pass yet (reader.c) */
    struct network_address peer;
};

struct client_list {
    struct client *head;
};

/* Moves a client into a phase; its time limit begins anew. */
void client_enter(struct client *client, enum client_phase phase);
/* An answer has left: the connection is kept, and its next request may come. */
void client_rest(struct client *client);
/* Whether something has come that nobody has read. */
bool client_has_unread(const struct client *client);
/* Cuts the connection off without a word. */
void client_abort(struct client *client);

#endif
