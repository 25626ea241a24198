/*
 * door: accepting, limits of connections, first heads, time limits.
 *
 * Over a limit a connection is told so (503 and Retry-After) instead of being closed in silence, and lingers:
 * the bytes of the request that the client is sending are read and thrown away for a moment. The number that
 * lingers is bounded.
 */
#include "front/door.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uthash.h>
#include <utlist.h>

#include "common/clock.h"
#include "common/log.h"
#include "front/answer.h"
#include "front/loop.h"

#define ACCEPTS_A_TURN   128
#define LINGER_US        (2 * US_PER_SECOND)
#define LINGER_MAX       1000
#define BEGIN_US         US_PER_SECOND
#define OUT_OF_FILES_US  (100 * INT64_C(1000))
#define KEPT_LOOK_MIN_US (50 * INT64_C(1000))

#define DETAIL_CONNECTIONS                                                                                   \
    "Try again later, with fewer connections: this service serves no more at the moment."
#define DETAIL_HEAD_TIME "Send the request head without pauses."
#define DETAIL_BODY_TIME "Send the request body without pauses."

/* ---- limits ---- */

/* Connections of one client address, over all loops. */
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
    struct address_table *entry;
    (void)pthread_mutex_lock(&front->addresses_lock);
    HASH_FIND(hh, front->addresses, &client->peer, sizeof(client->peer), entry);
    if (entry == NULL) {
        entry = memory_zero(1, sizeof(*entry));
        entry->address = client->peer;
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
    struct address_table *entry;
    (void)pthread_mutex_lock(&front->addresses_lock);
    HASH_FIND(hh, front->addresses, &client->peer, sizeof(client->peer), entry);
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

void door_forget(struct client *client)
{
    if (client->phase == CLIENT_LINGER)
        client->loop->door.lingering--;
    DL_DELETE2(client->loop->door.phases[client->phase].head, client, prev, next);
    uncount(client);
    free(client);
}

static void close_ours(struct client *client)
{
    (void)close(client->fd); /* leaves the epoll set by itself */
    door_forget(client);
}

/* Tells a client of ours no, and lets it read that. */
static void refuse(struct client *client, unsigned status, const char *detail)
{
    struct door *door = &client->loop->door;
    struct buffer raw = BUFFER_INIT;
    answer_raw(&raw, status, detail);
    ssize_t sent = send(client->fd, raw.data, raw.size, MSG_DONTWAIT | MSG_NOSIGNAL);
    buffer_release(&raw);
    uncount(client);
    if (sent < 0 || door->lingering >= LINGER_MAX) {
        close_ours(client);
        return;
    }
    (void)shutdown(client->fd, SHUT_WR);
    door->lingering++;
    client_enter(client, CLIENT_LINGER);
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
    if (getpeername(client->fd, (struct sockaddr *)&address, &size) != 0) {
        close_ours(client);
        return;
    }
    loop_unwatch(client->loop, client->fd);
    client_enter(client, CLIENT_BUSY);
    http_add(client, (struct sockaddr *)&address, size);
}

/* Looks at what has come so far without taking it: libmicrohttpd will read it. */
static void look(struct client *client, bool ended)
{
    char bytes[HEAD_MAX_BYTES];
    ssize_t got = recv(client->fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_PEEK);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        close_ours(client);
        return;
    }
    struct head_result head = head_scan((struct slice){bytes, (size_t)got});
    if (head.verdict == HEAD_GOOD)
        hand_over(client);
    else if (head.verdict == HEAD_BAD)
        refuse(client, head.status, head.detail);
    else if (ended)
        close_ours(client);
    else if (client->phase == CLIENT_FRESH)
        client_enter(client, CLIENT_HEAD);
}

void door_ready(struct client *client, uint32_t events)
{
    bool ended = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    if (client->phase == CLIENT_LINGER)
        linger(client);
    else
        look(client, ended);
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
    struct client *client = memory_zero(1, sizeof(*client));
    client->source.kind = SOURCE_CLIENT;
    client->loop = loop;
    client->fd = fd;
    client->phase = CLIENT_FRESH;
    client->since_us = loop->now_us;
    client->peer = network_peer(address);
    DL_APPEND2(loop->door.phases[CLIENT_FRESH].head, client, prev, next);
    bool allowed = count(client);
    if (!loop_watch(loop, fd, &client->source, EPOLLIN | EPOLLRDHUP | EPOLLET))
        close_ours(client);
    else if (!allowed)
        refuse(client, 503, DETAIL_CONNECTIONS);
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

/* What happens when the time of a phase is over. */
static void time_is_over(struct client *client)
{
    const struct settings *settings = client->loop->settings;
    switch (client->phase) {
    case CLIENT_FRESH:
    case CLIENT_LINGER:
        close_ours(client);
        return;
    case CLIENT_HEAD:
        refuse(client, 408, DETAIL_HEAD_TIME);
        return;
    case CLIENT_KEPT:
        if (client_has_begun(client)) {
            client_enter(client, CLIENT_KEPT_HEAD);
            return;
        }
        if (client->loop->now_us - client->idle_us >= settings->idle_timeout_ms * 1000)
            client_abort(client);
        client_enter(client, client->aborted ? CLIENT_BUSY : CLIENT_KEPT);
        return;
    case CLIENT_KEPT_HEAD:
    case CLIENT_BODY:
        client_refuse_kept(client, 408, client->phase == CLIENT_BODY ? DETAIL_BODY_TIME : DETAIL_HEAD_TIME);
        client_enter(client, CLIENT_BUSY);
        return;
    case CLIENT_ANSWER:
        client_abort(client);
        client_enter(client, CLIENT_BUSY);
        return;
    case CLIENT_BUSY:
    case CLIENT_PHASE_COUNT:
        return;
    }
}

static int64_t phase_limit_us(const struct settings *settings, enum client_phase phase)
{
    int64_t head_us = settings->head_timeout_ms * 1000, idle_us = settings->idle_timeout_ms * 1000;
    switch (phase) {
    case CLIENT_FRESH:
        return idle_us;
    case CLIENT_HEAD:
    case CLIENT_KEPT_HEAD:
        return head_us;
    case CLIENT_LINGER:
        return LINGER_US;
    case CLIENT_KEPT: { /* looked at this often: whether a head has begun, whether it has been idle for too
                           long */
        int64_t look_us = (head_us < idle_us ? head_us : idle_us) / 2;
        return look_us < KEPT_LOOK_MIN_US ? KEPT_LOOK_MIN_US : look_us;
    }
    case CLIENT_BODY:
    case CLIENT_ANSWER:
        return settings->body_timeout_ms * 1000;
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

static void drain_phase(struct loop *loop, enum client_phase phase)
{
    struct client *next;
    for (struct client *client = loop->door.phases[phase].head; client != NULL; client = next) {
        next = client->next;
        if (phase == CLIENT_FRESH) {
            look(client, /* ended= */ true); /* its request may be there already */
        } else if (!client_has_begun(client)) {
            client_abort(client);
            client_enter(client, CLIENT_BUSY);
        }
    }
}

void door_drain(struct loop *loop)
{
    drain_phase(loop, CLIENT_FRESH);
    drain_phase(loop, CLIENT_KEPT);
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
