/*
 * http: libmicrohttpd in external epoll mode, without a thread or listening socket of its own: the loop calls
 * http_run.
 */
#ifndef ECF2_FRONT_HTTP_H
#define ECF2_FRONT_HTTP_H

#include <stdbool.h>
#include <sys/socket.h>

#include "common/error.h"
#include "front/client.h"

struct MHD_Daemon;
struct MHD_Response;
struct request;

struct http {
    struct source source;
    struct MHD_Daemon *daemon;
    struct client *adding; /* while MHD_add_connection runs */
    bool resumed;          /* a connection was resumed since the last run: run again before waiting */
};

bool http_open(struct loop *loop, struct error *err) __attribute__((warn_unused_result));
/* Hands a connection over, whose first head is there. */
void http_add(struct client *client, const struct sockaddr *address, socklen_t size);
/* Serves what is ready. */
void http_run(struct loop *loop);
/* Whether it must run again at once. */
bool http_is_pending(struct loop *loop);
/* Queues the response of a request and lets its connection go on. Takes the reference of response. */
void http_respond(struct request *request, unsigned status, struct MHD_Response *response);
/* Lets the connection of a request that is abandoned end. */
void http_end(struct request *request);
/* Lets an answer that leaves page by page go on: there is more of it, or its end (stream.c). */
void http_go_on(struct request *request);
/* Makes the library read a connection on which it waits for more of a request: to find that it is to be
 * closed. */
void http_wake(struct client *client);
/* Stops the library. No request may be in hand: a suspended connection would make it abort. */
void http_close(struct loop *loop);

#endif
