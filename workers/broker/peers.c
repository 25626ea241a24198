/*
 * peers: who speaks with us. A worker has a service, credit, and records in hand; a listener (front,
 * scheduler) wants COUNTS. Somebody who only submits, or asks for STATUS, is no peer: nothing is remembered
 * of it.
 *
 * A worker is dead when it was silent for silence_ms, when it had a record in hand for longer than lease_ms,
 * or when nobody is connected by its name. Dead means forgotten: should it speak again, it is told RESTART.
 *
 * "Nobody is connected" counts a turn later: what the worker sent before it left may still stand in our
 * socket, and a worker that finished its work and went is not dead.
 */
#include <stdlib.h>

#include "common/log.h"
#include "workers/broker/broker_private.h"

struct peer *peer_find(const struct broker *broker, struct slice id)
{
    struct peer *peer = NULL;
    if (id.size > 0)
        HASH_FIND(hh, broker->peers, id.data, id.size, peer);
    return peer;
}

struct peer *peer_get(struct broker *broker, struct slice id)
{
    struct peer *peer = peer_find(broker, id);
    if (peer != NULL)
        return peer;
    if (id.size == 0 || id.size > WIRE_ROUTING_ID_MAX || HASH_COUNT(broker->peers) >= BROKER_PEERS)
        return NULL;
    peer = memory_zero(1, sizeof *peer + id.size);
    memcpy(peer->id, id.data, id.size);
    peer->id_size = id.size;
    peer->heard_us = broker->now_us;
    HASH_ADD_KEYPTR(hh, broker->peers, peer->id, peer->id_size, peer);
    return peer;
}

void peer_name(const struct peer *peer, char ret_name[PEER_NAME_SIZE])
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:";
    static const char digits[] = "0123456789abcdef";
    size_t i = 0;
    while (i < peer->id_size && peer->id[i] != '\0' && strchr(plain, peer->id[i]) != NULL)
        i++;
    if (i == peer->id_size) {
        memcpy(ret_name, peer->id, peer->id_size);
        ret_name[peer->id_size] = '\0';
        return;
    }
    char *at = ret_name;
    *at++ = '0';
    *at++ = 'x';
    for (i = 0; i < peer->id_size; i++) {
        *at++ = digits[(uint8_t)peer->id[i] >> 4];
        *at++ = digits[(uint8_t)peer->id[i] & 15];
    }
    *at = '\0';
}

/* ---- credit ---- */

/* Whether it stands among the ready follows from the rest. */
static void peer_line_up(struct peer *peer)
{
    struct service *service = peer->service;
    bool ready = service != NULL && peer->credit > 0 && !peer->leaving && !peer->gone;
    if (ready == peer->in_ready)
        return;
    if (ready)
        DL_APPEND2(service->ready, peer, ready_prev, ready_next);
    else if (service != NULL) /* always: peer_unlist takes the credit first */
        DL_DELETE2(service->ready, peer, ready_prev, ready_next);
    peer->in_ready = ready;
}

void peer_credit(struct peer *peer, int64_t credit)
{
    peer->credit = credit < 0 ? 0 : credit > WIRE_BATCH_MAX ? WIRE_BATCH_MAX : credit;
    peer_line_up(peer);
}

/* Takes it out of the workers of its service. What it has in hand stays there. */
static void peer_unlist(struct peer *peer)
{
    if (peer->service == NULL)
        return;
    peer_credit(peer, 0);
    if (!peer->leaving)
        peer->service->workers--;
    peer->service = NULL;
}

void peer_ready(struct broker *broker, struct peer *peer, struct service *service, int64_t credit)
{
    bool new_here = peer->service != service || peer->leaving;
    if (new_here) {
        peer_unlist(peer);
        peer->service = service;
        peer->leaving = false;
        service->workers++;
        broker->counts_wanted = true;
    }
    peer_credit(peer, credit);
}

/* ---- sending ---- */

enum broker_sent id_send(struct broker *broker, struct slice id, enum wire_command command,
                         const char *service, int64_t number, struct slice *frames, size_t count)
{
    buffer_clear(&broker->scratch);
    wire_head_write(&broker->scratch, command, service, number);
    frames[0] = buffer_slice(&broker->scratch);
    return broker->send(broker->context, id, frames, count);
}

bool peer_send(struct broker *broker, struct peer *peer, enum wire_command command, const char *service,
               int64_t number, struct slice *frames, size_t count)
{
    enum broker_sent sent =
        id_send(broker, (struct slice){peer->id, peer->id_size}, command, service, number, frames, count);
    if (sent == BROKER_PEER_GONE && !peer->gone) {
        peer->gone = true;
        broker->peers_gone++;
        peer_line_up(peer);
    }
    return sent == BROKER_SENT;
}

static void peer_tell_restart(struct broker *broker, struct slice id)
{
    struct slice frames[1];
    (void)id_send(broker, id, WIRE_RESTART, NULL, 0, frames, 1);
}

/* ---- life and death ---- */

void peer_is_heard(struct broker *broker, struct peer *peer)
{
    peer->heard_us = broker->now_us;
    if (!peer->gone)
        return;
    /* It reconnected, or this was still in the pipe: ask at once which. */
    peer->gone = false;
    broker->peers_gone--;
    broker->next_ping_us = broker->now_us;
    peer_line_up(peer);
}

static void peer_remove(struct broker *broker, struct peer *peer)
{
    if (peer->gone)
        broker->peers_gone--;
    peer_unlist(peer);
    HASH_DEL(broker->peers, peer); // NOLINT(clang-analyzer-unix.Malloc): the analyzer loses track in uthash
    free(peer);
}

void peer_leave(struct broker *broker, struct peer *peer)
{
    peer->listens = false;
    if (peer->service == NULL) {
        peer_remove(broker, peer);
        return;
    }
    if (peer->leaving)
        return;
    peer_credit(peer, 0);
    peer->leaving = true;
    peer->service->workers--;
    broker->counts_wanted = true;
}

/* The end of a worker: what it had in hand survives it. why is a word for the log. */
static void worker_die(struct broker *broker, struct peer *peer, const char *why)
{
    char name[PEER_NAME_SIZE];
    peer_name(peer, name);
    bool in_peace = peer->gone && peer->in_hand == 0;
    log_event(in_peace ? LOG_INFO : LOG_WARNING, in_peace ? "worker_left" : "worker_dead",
              LOG_TEXT("service", peer->service->name), LOG_TEXT("worker", name), LOG_TEXT("why", why),
              LOG_INT("in_hand", peer->in_hand), LOG_INT("silent_ms", (broker->now_us - peer->heard_us) / MS),
              LOG_END);
    if (!in_peace)
        broker->totals[TOTAL_deaths]++;
    broker->counts_wanted = true;
    peer_unlist(peer);
    while (peer->hand != NULL) {
        struct record *record = peer->hand;
        record_lift(broker, record);
        record_survive(broker, record);
    }
    if (!peer->gone) /* it may only have been stopped, and waits for work that we no longer give it */
        peer_tell_restart(broker, (struct slice){peer->id, peer->id_size});
    if (peer->gone || !peer->listens)
        peer_remove(broker, peer);
}

void peers_bury_gone(struct broker *broker)
{
    struct peer *next;
    if (broker->peers_gone == 0)
        return;
    for (struct peer *peer = broker->peers; peer != NULL; peer = next) {
        next = peer->hh.next; /* it may die here */
        if (!peer->gone)
            continue;
        if (peer->service != NULL)
            worker_die(broker, peer, "disconnected");
        else
            peer_remove(broker, peer);
    }
}

void peers_sweep(struct broker *broker)
{
    struct peer *next;
    for (struct peer *peer = broker->peers; peer != NULL; peer = next) {
        next = peer->hh.next; /* it may die here */
        if (peer->service == NULL || peer->gone)
            continue;
        if (broker->now_us - peer->heard_us > broker->limits.silence_us)
            worker_die(broker, peer, "silent");
        else if (peer->hand != NULL && broker->now_us - peer->hand->handed_us > broker->limits.lease_us)
            worker_die(broker, peer, "lease over");
    }
}

void peers_excuse(struct broker *broker, int64_t gap_us)
{
    for (struct peer *peer = broker->peers; peer != NULL; peer = peer->hh.next) {
        peer->heard_us += gap_us;
        for (struct record *record = peer->hand; record != NULL; record = record->hand_next)
            record->handed_us += gap_us;
    }
}

void peers_ping(struct broker *broker)
{
    for (struct peer *peer = broker->peers; peer != NULL; peer = peer->hh.next) {
        struct slice frames[1];
        if (peer->service != NULL && !peer->gone)
            (void)peer_send(broker, peer, WIRE_PING, peer->service->name, broker->now_us, frames, 1);
    }
}

void peers_free(struct broker *broker)
{
    struct peer *next;
    struct peer *first = broker->peers;
    HASH_CLEAR(hh, broker->peers);
    for (struct peer *peer = first; peer != NULL; peer = next) {
        next = peer->hh.next;
        free(peer);
    }
}
