/*
 * messaging: ZeroMQ sockets with the options that every process of ours needs (architecture.md section 6),
 * and multipart messages as arrays of frames. Nobody else calls zmq_setsockopt.
 */
#ifndef ECF2_COMMON_MESSAGING_H
#define ECF2_COMMON_MESSAGING_H

#include <stdbool.h>
#include <stddef.h>
#include <zmq.h>

#include "common/error.h"
#include "common/slice.h"

#define MESSAGE_FRAMES_MAX 1024 /* WIRE_MESSAGE_RECORDS_MAX, the routing id, the head, and some */
#define ENDPOINT_SIZE      256  /* of an endpoint's text with its zero */

/* The routing id of a process, "NAME-PID-RANDOM". Random, because a ROUTER gives an id to whoever connected
 * by it last, and in containers every pid is 1 (PROTOCOL.md section 1). */
#define ROUTING_ID_SIZE 64
void messaging_routing_id(const char *name, char ret_id[ROUTING_ID_SIZE]);

/* A DEALER with this routing id, connected to endpoint: ZMQ_IMMEDIATE, no high-water mark of its own below
 * the credits, ZMQ_MAXMSGSIZE, reconnect 50 ms doubling to 1 s, heartbeats of its own off (ours are PING), a
 * vanished machine noticed after 10 s. NULL with ERROR_MESSAGING. Close with messaging_close. */
void *messaging_dealer(void *context, const char *routing_id, const char *endpoint, struct error *err);
/* A ROUTER bound to endpoint: ZMQ_ROUTER_MANDATORY, ZMQ_ROUTER_HANDOVER, ZMQ_MAXMSGSIZE; likewise. */
void *messaging_router(void *context, const char *endpoint, struct error *err);
/* The endpoint that a ROUTER is bound to, with the port that the kernel chose; "" when it is not bound. */
void messaging_endpoint(void *socket, char ret_endpoint[ENDPOINT_SIZE]);
/* Closes at once, but what was sent to a connected peer still has a second to leave (zmq_ctx_term waits so
 * long): with no linger at all a worker's last RESULT and a broker's last REPLY are lost at every restart.
 * NULL is allowed. */
void messaging_close(void *socket);

/* What becomes of the connections of a socket; greeted = its peer speaks ZeroMQ's protocol. Told by libzmq's
 * own thread, a little later. */
enum connection_event { CONNECTION_OTHER, CONNECTION_BEGAN, CONNECTION_GREETED, CONNECTION_ENDED };
/* A socket that tells it, to be polled for ZMQ_POLLIN; NULL with ERROR_MESSAGING. One a context. To be closed
 * with messaging_monitor_close before the one that it tells of. */
void *messaging_monitor(void *context, void *socket, struct error *err);
/* The next event without waiting; false = there is none. *ret_fd: of which connection; not told when it has
 * greeted. */
bool messaging_monitor_next(void *monitor, enum connection_event *ret_event, int *ret_fd);
/* NULL is allowed. */
void messaging_monitor_close(void *monitor, void *socket);

/* A message that was received: frames own their bytes until message_release. 64 KiB: keep one, not one a
 * call. */
struct message {
    zmq_msg_t frames[MESSAGE_FRAMES_MAX];
    size_t count;
};

enum receive_result { RECEIVE_NOTHING, RECEIVE_MESSAGE, RECEIVE_TOO_MANY_FRAMES, RECEIVE_FAILED };
/* Takes one whole message without waiting. A message of too many frames is read to its end and dropped. Only
 * after RECEIVE_MESSAGE is there anything in message, and to be released. */
enum receive_result message_receive(void *socket, struct message *message);
struct slice message_frame(const struct message *message, size_t i);
/* Moves a frame to *ret_frame, the caller's to close; an empty one takes its place. */
void message_take_frame(struct message *message, size_t i, zmq_msg_t *ret_frame);
void message_release(struct message *message);

/* Sends frames as one message without waiting; copies the bytes. False when the peer's pipe is full or
 * unknown: nothing was sent, errno tells (EAGAIN, EHOSTUNREACH). to = routing id (ROUTER) or an empty slice
 * (DEALER). */
bool message_send(void *socket, struct slice to, const struct slice *frames, size_t count);

#endif
