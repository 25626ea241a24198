/*
 * door: accepting, limits of connections, first heads, refusals, time limits.
 *
 * Over a limit a connection is told so (503 and Retry-After) instead of being closed in silence. A connection
 * that was answered for the last time lingers: what its client is still sending is read and thrown away for a
 * moment. The number that lingers is bounded.
 */
#include "front/door.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uthash.h>
#include <utlist.h>

#include "common/clock.h"
#include "common/log.h"
#include "front/answer.h"
#include "front/loop.h"

#define ACCEPTS_A_TURN  128
#define LINGER_US       (2 * US_PER_SECOND)
#define LINGER_MAX      1000
#define BEGIN_US        US_PER_SECOND
#define OUT_OF_FILES_US (100 * INT64_C(1000))
#define LEAVING_US      (2 * US_PER_SECOND)

#define DETAIL_CONNECTIONS                                                                                   \
    "Try again later, with fewer connections: this service serves no more at the moment."
#define DETAIL_HEAD_TIME "Send the request head without pauses."
#define DETAIL_BODY_TIME "Send the request body without pauses."

/* ---- limits ---- */

/* Connections of one client address (network_group), over all loops. */
struct address_table {
    struct network_address address;
    int64_t connections;
    UT_hash_handle hh;
};

static bool count_address(struct client *client)
{
    struct front *front = client->loop->front;
    if (front->trusted_proxies.count > 0)
        return true; /* all clients come from the proxies' addresses */
    const struct network_address group = network_group(&client->peer);
    struct address_table *entry;
    (void)pthread_mutex_lock(&front->addresses_lock);
    HASH_FIND(hh, front->addresses, &group, sizeof(group), entry);
    if (entry == NULL) {
        entry = memory_zero(1, sizeof(*entry));
        entry->address = group;
        HASH_ADD(hh, front->addresses, address, sizeof(entry->address), entry);
    }
    entry->connections++;
    client->counted_address = true;
    bool allowed = entry->connections <= front->settings->max_connections_per_address;
    (void)pthread_mutex_unlock(&front->addresses_lock);
    return allowed;
}

static void uncount(struct client *client)
{
    struct front *front = client->loop->front;
    if (client->counted)
        atomic_fetch_sub_explicit(&front->connections, 1, memory_order_relaxed);
    client->counted = false;
    if (!client->counted_address)
        return;
    client->counted_address = false;
    const struct network_address group = network_group(&client->peer);
    struct address_table *entry;
    (void)pthread_mutex_lock(&front->addresses_lock);
    HASH_FIND(hh, front->addresses, &group, sizeof(group), entry);
    if (entry != NULL && --entry->connections == 0) {
        HASH_DEL(front->addresses, entry);
        free(entry);
    }
    (void)pthread_mutex_unlock(&front->addresses_lock);
}

static bool count(struct client *client)
{
    struct front *front = client->loop->front;
    client->counted = true;
    int64_t others = atomic_fetch_add_explicit(&front->connections, 1, memory_order_relaxed);
    return others < front->settings->max_connections && count_address(client);
}

/* ---- connections that are ours ---- */

/* Off all lists and counts; its socket is closed by whoever has it. */
static void forget(struct client *client)
{
    if (client->phase == CLIENT_LINGER)
        client->loop->door.lingering--;
    DL_DELETE2(client->loop->door.phases[client->phase].head, client, prev, next);
    uncount(client);
    buffer_release(&client->held);
    free(client);
}

static void close_ours(struct client *client)
{
    (void)close(client->fd); /* leaves the epoll set by itself */
    forget(client);
}

static struct client *client_new(struct loop *loop, int fd, enum client_phase phase)
{
    struct client *client = memory_zero(1, sizeof(*client));
    client->source.kind = SOURCE_CLIENT;
    client->loop = loop;
    client->fd = fd;
    client->phase = phase;
    client->since_us = loop->now_us;
    DL_APPEND2(loop->door.phases[phase].head, client, prev, next);
    return client;
}

/* ---- the last answer ---- */

static bool is_ours(const struct client *client)
{
    return client->phase == CLIENT_FRESH || client->phase == CLIENT_HEAD;
}

/* Lets the client read the last answer: reads and throws away what it is still sending. */
static void linger_begin(struct client *client)
{
    (void)shutdown(client->fd, SHUT_WR);
    client->loop->door.lingering++;
    client_enter(client, CLIENT_LINGER);
}

/* The same for a connection that libmicrohttpd is about to close: it closes its descriptor, we keep another
 * one. */
static void linger_instead(struct client *client)
{
    struct loop *loop = client->loop;
    if (loop->door.lingering >= LINGER_MAX)
        return;
    int fd = fcntl(client->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return;
    /* Closing leaves the epoll set only with the last descriptor. */
    loop_unwatch(loop, client->fd);
    struct client *rest = client_new(loop, fd, CLIENT_FRESH);
    if (loop_watch(loop, fd, &rest->source, EPOLLIN | EPOLLRDHUP | EPOLLET))
        linger_begin(rest);
    else
        close_ours(rest);
}

/* Of a request that has not become one: its head, as far as it has come, is held. An answer to HEAD has no
 * content. */
static bool asks_head(const struct client *client)
{
    static const char method[] = "HEAD ";
    size_t at = 0;
    if (client->request != NULL)
        return client->request->is_head;
    while (at < client->held.size && (client->held.data[at] == '\r' || client->held.data[at] == '\n'))
        at++;
    return client->held.size - at >= sizeof(method) - 1 &&
           memcmp(client->held.data + at, method, sizeof(method) - 1) == 0;
}

static bool send_last(struct client *client, unsigned status, const char *detail, const char *redirect)
{
    struct buffer raw = BUFFER_INIT;
    struct request *request = client->request;
    char trace[UUID_TEXT_SIZE];
    if (request == NULL)
        loop_make_trace(client->loop, trace);
    answer_raw(&raw, status, detail, redirect, request == NULL ? trace : request->trace, !asks_head(client));
    ssize_t sent = send(client->fd, raw.data, raw.size, MSG_DONTWAIT | MSG_NOSIGNAL);
    buffer_release(&raw);
    if (request == NULL)
        observe_refusal(client->loop, status, client->loop->now_us - client->since_us, trace);
    else
        observe_answer(request, status);
    return sent >= 0;
}

static void answer_last(struct client *client, unsigned status, const char *detail, const char *redirect)
{
    bool sent = send_last(client, status, detail, redirect);
    uncount(client);
    if (!is_ours(client)) {
        client->refused = true;
        if (sent)
            linger_instead(client);
        client_enter(client, CLIENT_BUSY);
    } else if (sent && client->loop->door.lingering < LINGER_MAX) {
        linger_begin(client);
    } else {
        close_ours(client);
    }
}

void door_refuse(struct client *client, unsigned status, const char *detail)
{
    answer_last(client, status, detail, NULL);
}

void door_redirect(struct client *client, unsigned status, const char *detail, const char *location)
{
    answer_last(client, status, detail, location);
    request_end(client->request);
}

void door_leave(struct client *client)
{
    reader_remove(client);
    /* After the last answer, in time: what the client has sent behind it would make closing a reset. */
    bool answered = client->phase == CLIENT_KEPT || client->phase == CLIENT_KEPT_HEAD;
    if (answered && !client->aborted && client_has_unread(client))
        linger_instead(client);
    forget(client);
}

/* Throws away what comes on a connection that was refused, a little at a time. */
static void linger(struct client *client)
{
    char sink[4096];
    ssize_t got = 0;
    for (int i = 0; i < 16; i++) {
        got = recv(client->fd, sink, sizeof(sink), MSG_DONTWAIT);
        if (got <= 0)
            break;
    }
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        close_ours(client);
}

static void hand_over(struct client *client)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);
    /* Of its end we want to know also while libmicrohttpd is not reading, because a request is in hand. */
    if (getpeername(client->fd, (struct sockaddr *)&address, &size) != 0 ||
        !loop_rewatch(client->loop, client->fd, &client->source, EPOLLRDHUP | EPOLLET)) {
        close_ours(client);
        return;
    }
    client_enter(client, CLIENT_BUSY);
    http_add(client, (struct sockaddr *)&address, size);
}

/* Looks at what has come so far; begun: at least one byte has. */
static void look(struct client *client, bool begun)
{
    switch (reader_look(client)) {
    case READER_READY:
        hand_over(client);
        return;
    case READER_ENDED:
        close_ours(client);
        return;
    case READER_WAITING:
        if (client->phase == CLIENT_FRESH && (begun || client->held.size > 0))
            client_enter(client, CLIENT_HEAD);
        return;
    case READER_REFUSED:
        return;
    }
}

/* The client of a connection of libmicrohttpd's has ended its side, or is gone. Without a request in hand the
 * library finds out by itself. */
static void end(struct client *client, bool gone)
{
    bool waits = client->request != NULL && client->request->state == REQUEST_WAITING;
    client->ended = true;
    if (waits && gone)
        request_abandon(client->request);
    else if (waits && client->phase == CLIENT_BUSY)
        client_enter(client, CLIENT_LEAVING);
}

void door_ready(struct client *client, uint32_t events)
{
    if (client->phase == CLIENT_LINGER)
        linger(client);
    else if (is_ours(client))
        look(client, /* begun= */ true);
    else
        end(client, (events & (EPOLLHUP | EPOLLERR)) != 0);
}

/* ---- accepting ---- */

void door_open(struct loop *loop, int fd)
{
    loop->door.source.kind = SOURCE_DOOR;
    loop->door.fd = fd;
    loop->door.accept_again_us = loop->now_us + BEGIN_US;
}

void door_begin(struct loop *loop)
{
    if (loop->door.accept_again_us != 0)
        loop->door.accept_again_us = loop->now_us;
}

static void admit(struct loop *loop, int fd, const struct sockaddr *address)
{
    struct client *client = client_new(loop, fd, CLIENT_FRESH);
    client->peer = network_peer(address);
    bool allowed = count(client);
    if (!loop_watch(loop, fd, &client->source, EPOLLIN | EPOLLRDHUP | EPOLLET))
        close_ours(client);
    else if (!allowed)
        door_refuse(client, 503, DETAIL_CONNECTIONS);
}

/* Out of descriptors or memory: the listening socket stays readable, so it is left alone for a moment. */
static void accept_later(struct loop *loop)
{
    log_event(LOG_ERROR, "accept_failed", LOG_TEXT("reason", strerrordesc_np(errno)),
              LOG_INT("loop", loop->number), LOG_END);
    loop_unwatch(loop, loop->door.fd);
    loop->door.accept_again_us = loop->now_us + OUT_OF_FILES_US;
}

void door_accept(struct loop *loop)
{
    for (int i = 0; i < ACCEPTS_A_TURN && loop->door.fd >= 0; i++) {
        struct sockaddr_storage address;
        socklen_t size = sizeof(address);
        int fd = accept4(loop->door.fd, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            admit(loop, fd, (struct sockaddr *)&address);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
            accept_later(loop);
        else if (errno == ECONNABORTED || errno == EINTR)
            continue;
        return;
    }
}

/* ---- time limits ---- */

/* Tells the client of a connection of libmicrohttpd's that it is too slow. */
static void hurry(struct client *client, const char *detail)
{
    door_refuse(client, 408, detail);
    http_wake(client);
}

/* What happens when the time of a phase is over. */
static void time_is_over(struct client *client)
{
    switch (client->phase) {
    case CLIENT_FRESH:
    case CLIENT_LINGER:
        close_ours(client);
        return;
    case CLIENT_HEAD:
        door_refuse(client, 408, DETAIL_HEAD_TIME);
        return;
    case CLIENT_KEPT_HEAD:
        hurry(client, DETAIL_HEAD_TIME);
        return;
    case CLIENT_BODY:
        hurry(client, DETAIL_BODY_TIME);
        return;
    case CLIENT_KEPT:
    case CLIENT_ANSWER:
        client_abort(client);
        client_enter(client, CLIENT_BUSY);
        return;
    case CLIENT_LEAVING:
        client_enter(client, CLIENT_BUSY);
        request_give_up(client->request);
        return;
    case CLIENT_BUSY:
    case CLIENT_PHASE_COUNT:
        return;
    }
}

static int64_t phase_limit_us(const struct settings *settings, enum client_phase phase)
{
    switch (phase) {
    case CLIENT_FRESH:
    case CLIENT_KEPT:
        return settings->idle_timeout_ms * 1000;
    case CLIENT_HEAD:
    case CLIENT_KEPT_HEAD:
        return settings->head_timeout_ms * 1000;
    case CLIENT_LINGER:
        return LINGER_US;
    case CLIENT_BODY:
    case CLIENT_ANSWER:
        return settings->body_timeout_ms * 1000;
    case CLIENT_LEAVING:
        return LEAVING_US;
    case CLIENT_BUSY:
    case CLIENT_PHASE_COUNT:
        break;
    }
    return INT64_MAX;
}

int64_t door_tick(struct loop *loop)
{
    struct door *door = &loop->door;
    int64_t next_us = INT64_MAX;
    for (int phase = 0; phase < CLIENT_BUSY; phase++) {
        int64_t limit_us = phase_limit_us(loop->settings, (enum client_phase)phase);
        struct client *client;
        while ((client = door->phases[phase].head) != NULL && client->since_us + limit_us <= loop->now_us)
            time_is_over(client);
        if (client != NULL && client->since_us + limit_us < next_us)
            next_us = client->since_us + limit_us;
    }
    if (door->accept_again_us != 0 && door->accept_again_us <= loop->now_us) {
        door->accept_again_us = 0;
        if (door->fd >= 0 && !loop_watch(loop, door->fd, &door->source, EPOLLIN))
            door->accept_again_us = loop->now_us + OUT_OF_FILES_US;
    }
    if (door->accept_again_us != 0 && door->accept_again_us < next_us)
        next_us = door->accept_again_us;
    return next_us;
}

/* ---- the end ---- */

void door_shut(struct loop *loop)
{
    if (loop->door.fd < 0)
        return;
    door_accept(loop); /* closing the socket resets what is in its queue */
    (void)close(loop->door.fd);
    loop->door.fd = -1;
    loop->door.accept_again_us = 0;
}

void door_drain(struct loop *loop)
{
    struct client *client, *next;
    DL_FOREACH_SAFE2(loop->door.phases[CLIENT_FRESH].head, client, next, next)
    {
        look(client, /* begun= */ false); /* its request may be there already */
    }
    DL_FOREACH_SAFE2(loop->door.phases[CLIENT_FRESH].head, client, next, next)
    {
        close_ours(client);
    }
    DL_FOREACH_SAFE2(loop->door.phases[CLIENT_KEPT].head, client, next, next)
    {
        if (client_has_unread(client))
            continue;
        client_abort(client);
        client_enter(client, CLIENT_BUSY);
    }
}

void door_close(struct loop *loop)
{
    door_shut(loop);
    const enum client_phase ours[] = {CLIENT_FRESH, CLIENT_HEAD, CLIENT_LINGER};
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        while (loop->door.phases[ours[i]].head != NULL)
            /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the analyzer loses track in utlist */
            close_ours(loop->door.phases[ours[i]].head);
}
