/*
 * messaging: the only place that sets socket options, each with its reason, and that knows of zmq_msg_t.
 *
 * Bounds: a frame is at most WIRE_FRAME_MAX (a longer one costs its sender the connection); a pipe holds at
 * most PIPE_MESSAGES whole messages each way, then a send says EAGAIN and the network holds the sender back.
 * What libzmq cannot bound is the number of frames of one unfinished message, so sockets belong on a private
 * network.
 */
#include "common/messaging.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/uuid.h"
#include "common/wire.h"

#define PIPE_MESSAGES                                                                                        \
    10000 /* above every credit: a ROUTER at its mark would drop, and ours must never have to */
#define RECONNECT_FIRST_MS 50
#define RECONNECT_LAST_MS  1000
#define LINGER_MS          1000
#define VANISHED_MS        10000 /* unacknowledged bytes for so long: the other machine is gone */
#define KEEPALIVE_IDLE_S   5
#define KEEPALIVE_EVERY_S  2
#define KEEPALIVE_COUNT    3

struct socket_option {
    int name;
    int value;
};

/* Options of both kinds of socket. TCP ones do nothing on ipc and inproc. */
static const struct socket_option common_options[] = {
    {ZMQ_SNDHWM, PIPE_MESSAGES},
    {ZMQ_RCVHWM, PIPE_MESSAGES},
    {ZMQ_LINGER, LINGER_MS},
    /* An idle peer whose machine lost its power would stay connected for hours. */
    {ZMQ_TCP_MAXRT, VANISHED_MS},
    {ZMQ_TCP_KEEPALIVE, 1},
    {ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S},
    {ZMQ_TCP_KEEPALIVE_INTVL, KEEPALIVE_EVERY_S},
    {ZMQ_TCP_KEEPALIVE_CNT, KEEPALIVE_COUNT},
};

static const struct socket_option dealer_options[] = {
    /* Nothing is queued for a broker that is away: it goes to another one, or the caller is told. */
    {ZMQ_IMMEDIATE, 1},
    {ZMQ_RECONNECT_IVL, RECONNECT_FIRST_MS},
    {ZMQ_RECONNECT_IVL_MAX, RECONNECT_LAST_MS},
};

static const struct socket_option router_options[] = {
    /* Without it a message to a peer that is gone or full vanishes without a word. */
    {ZMQ_ROUTER_MANDATORY, 1},
    /* A worker that reconnects under its name takes its place over; else it is refused until the old
       connection dies. */
    {ZMQ_ROUTER_HANDOVER, 1},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool options_set(void *socket, const struct socket_option *options, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (zmq_setsockopt(socket, options[i].name, &options[i].value, sizeof options[i].value) != 0)
            return error_set(err, ERROR_MESSAGING, "socket option %d: %s", options[i].name,
                             zmq_strerror(errno));
    return true;
}

static void *socket_open(void *context, int type, const char *endpoint, struct error *err)
{
    void *socket = zmq_socket(context, type);
    if (socket == NULL) {
        (void)error_set(err, ERROR_MESSAGING, "zmq_socket: %s", zmq_strerror(errno));
        return NULL;
    }
    const int64_t frame_max = WIRE_FRAME_MAX;
    /* Only where the endpoint is one ("tcp://[::1]:5570"): else 127.0.0.1 would show as [::ffff:127.0.0.1].
     */
    const struct socket_option ipv6 = {ZMQ_IPV6, strchr(endpoint, '[') != NULL};
    if (zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame_max, sizeof frame_max) != 0)
        (void)error_set(err, ERROR_MESSAGING, "ZMQ_MAXMSGSIZE: %s", zmq_strerror(errno));
    else if (options_set(socket, &ipv6, 1, err) &&
             options_set(socket, common_options, COUNT(common_options), err))
        return socket;
    messaging_close(socket);
    return NULL;
}

void messaging_routing_id(const char *name, char ret_id[ROUTING_ID_SIZE])
{
    uint32_t random;

    random_fill(&random, sizeof random);
    (void)snprintf(ret_id, ROUTING_ID_SIZE, "%.40s-%d-%08x", name, (int)getpid(), random);
}

void *messaging_dealer(void *context, const char *routing_id, const char *endpoint, struct error *err)
{
    void *socket = socket_open(context, ZMQ_DEALER, endpoint, err);
    if (socket == NULL)
        return NULL;
    if (zmq_setsockopt(socket, ZMQ_ROUTING_ID, routing_id, strlen(routing_id)) != 0)
        (void)error_set(err, ERROR_MESSAGING, "routing id \"%s\": %s", routing_id, zmq_strerror(errno));
    else if (!options_set(socket, dealer_options, COUNT(dealer_options), err))
        ; /* err says it */
    else if (zmq_connect(socket, endpoint) != 0)
        (void)error_set_hint(err, ERROR_MESSAGING,
                             "ECF2_BROKERS lists endpoints such as tcp://127.0.0.1:5570",
                             "cannot connect to \"%s\": %s", endpoint, zmq_strerror(errno));
    else
        return socket;
    messaging_close(socket);
    return NULL;
}

void *messaging_router(void *context, const char *endpoint, struct error *err)
{
    void *socket = socket_open(context, ZMQ_ROUTER, endpoint, err);
    if (socket == NULL)
        return NULL;
    if (!options_set(socket, router_options, COUNT(router_options), err))
        ; /* err says it */
    else if (zmq_bind(socket, endpoint) != 0)
        (void)error_set_hint(err, ERROR_MESSAGING,
                             "ECF2_BROKER_BIND is a free endpoint such as tcp://127.0.0.1:5570",
                             "cannot bind \"%s\": %s", endpoint, zmq_strerror(errno));
    else
        return socket;
    messaging_close(socket);
    return NULL;
}

void messaging_endpoint(void *socket, char ret_endpoint[ENDPOINT_SIZE])
{
    size_t size = ENDPOINT_SIZE;
    if (zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, ret_endpoint, &size) != 0)
        ret_endpoint[0] = '\0';
}

void messaging_close(void *socket)
{
    if (socket != NULL)
        (void)zmq_close(socket); /* fails only for what is no socket */
}

/* ---- connections ---- */

#define MONITOR_ENDPOINT "inproc://connections"

void *messaging_monitor(void *context, void *socket, struct error *err)
{
    static const struct {
        int name, value;
    } options[] = {
        /* No mark: at one, libzmq's thread would stand still until we read, and with it every connection.
           What can gather is what connects within a turn of the loop. */
        {ZMQ_RCVHWM, 0},
        {ZMQ_LINGER, 0},
    };
    void *monitor = zmq_socket(context, ZMQ_PAIR);
    bool good = monitor != NULL;
    for (size_t i = 0; good && i < COUNT(options); i++)
        good = zmq_setsockopt(monitor, options[i].name, &options[i].value, sizeof options[i].value) == 0;
    good = good &&
           zmq_socket_monitor(socket, MONITOR_ENDPOINT,
                              ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED) ==
               0 &&
           zmq_connect(monitor, MONITOR_ENDPOINT) == 0;
    if (good)
        return monitor;
    (void)error_set(err, ERROR_MESSAGING, "cannot watch connections: %s", zmq_strerror(errno));
    messaging_monitor_close(monitor, socket);
    return NULL;
}

void messaging_monitor_close(void *monitor, void *socket)
{
    if (monitor == NULL)
        return;
    (void)zmq_socket_monitor(socket, NULL, 0);
    messaging_close(monitor);
}

/* zmq_socket_monitor(3): a frame of event (16 bits) and value (32 bits), as this machine writes them; then
 * the endpoint. */
bool messaging_monitor_next(void *monitor, enum connection_event *ret_event, int *ret_fd)
{
    char bytes[sizeof(uint16_t) + sizeof(uint32_t)];
    uint16_t event;
    int32_t value;
    int size;
    do
        size = zmq_recv(monitor, bytes, sizeof bytes, ZMQ_DONTWAIT);
    while (size < 0 && errno == EINTR);
    if (size != (int)sizeof bytes)
        return false;
    (void)zmq_recv(monitor, NULL, 0, ZMQ_DONTWAIT); /* it came with the first one */
    memcpy(&event, bytes, sizeof event);
    memcpy(&value, bytes + sizeof event, sizeof value);
    *ret_fd = value;
    *ret_event = event == ZMQ_EVENT_ACCEPTED              ? CONNECTION_BEGAN
                 : event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED ? CONNECTION_GREETED
                 : event == ZMQ_EVENT_DISCONNECTED        ? CONNECTION_ENDED
                                                          : CONNECTION_OTHER;
    return true;
}

/* ---- receiving ---- */

/* zmq_msg_recv without waiting, whatever signals come. -1 with errno EAGAIN = nothing there. */
static int frame_receive(void *socket, zmq_msg_t *frame)
{
    int size;
    do
        size = zmq_msg_recv(frame, socket, ZMQ_DONTWAIT);
    while (size < 0 && errno == EINTR);
    return size;
}

/* Reads what is left of the message whose last frame was frame. */
static void rest_skip(void *socket, zmq_msg_t *frame)
{
    while (zmq_msg_more(frame) && frame_receive(socket, frame) >= 0)
        ;
}

enum receive_result message_receive(void *socket, struct message *message)
{
    message->count = 0;
    for (;;) {
        zmq_msg_t *frame = &message->frames[message->count];
        (void)zmq_msg_init(frame); /* never fails */
        if (frame_receive(socket, frame) < 0) {
            /* libzmq delivers whole messages: nothing can be missing in the middle of one. */
            bool nothing = errno == EAGAIN && message->count == 0;
            (void)zmq_msg_close(frame);
            message_release(message);
            return nothing ? RECEIVE_NOTHING : RECEIVE_FAILED;
        }
        message->count++;
        if (!zmq_msg_more(frame))
            return RECEIVE_MESSAGE;
        if (message->count == MESSAGE_FRAMES_MAX) {
            rest_skip(socket, frame);
            message_release(message);
            return RECEIVE_TOO_MANY_FRAMES;
        }
    }
}

struct slice message_frame(const struct message *message, size_t i)
{
    assert(i < message->count);
    /* zmq_msg_data wants a pointer to a message that is not const, but changes nothing.
     * NOLINTNEXTLINE(performance-no-int-to-ptr) */
    zmq_msg_t *frame = (zmq_msg_t *)(uintptr_t)&message->frames[i];
    return (struct slice){.data = zmq_msg_data(frame), .size = zmq_msg_size(frame)};
}

void message_take_frame(struct message *message, size_t i, zmq_msg_t *ret_frame)
{
    assert(i < message->count);
    (void)zmq_msg_init(ret_frame); /* never fails; nor does the move of a frame that was received */
    (void)zmq_msg_move(ret_frame, &message->frames[i]);
}

void message_release(struct message *message)
{
    for (size_t i = 0; i < message->count; i++)
        (void)zmq_msg_close(&message->frames[i]);
    message->count = 0;
}

/* ---- sending ---- */

static bool frame_send(void *socket, struct slice bytes, bool more)
{
    int sent;
    do
        sent = zmq_send(socket, bytes.data, bytes.size, ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0));
    while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

bool message_send(void *socket, struct slice to, const struct slice *frames, size_t count)
{
    assert(count > 0);
    /* The first part decides: it finds the pipe and its room. A refusal there leaves nothing behind. */
    bool addressed = to.size > 0;
    if (addressed && !frame_send(socket, to, true))
        return false;
    bool complete = true;
    int reason = 0;
    for (size_t i = 0; i < count; i++) {
        if (frame_send(socket, frames[i], i + 1 < count))
            continue;
        if (i == 0 && !addressed)
            return false;
        /* The peer went away in mid-message. libzmq drops parts until the last one has been given to it:
         * stopping here would make it swallow the beginning of the next message. */
        if (complete)
            reason = errno;
        complete = false;
    }
    if (!complete)
        errno = reason;
    return complete;
}
