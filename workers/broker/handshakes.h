/*
 * handshakes: connections that ended before their peer had said that it speaks our protocol: a port scanner,
 * somebody's browser, a client of another service. libzmq swallows what they send; these are the only trace
 * of it.
 *
 * libzmq tells when a connection began and ended, by its descriptor, but not which one of those that began
 * has greeted. It is taken for the newest: a greeting takes milliseconds, and who does not speak our protocol
 * hangs longer. Where that is wrong, the one is counted when the other ends: the number stays right.
 */
#ifndef ECF2_WORKERS_BROKER_HANDSHAKES_H
#define ECF2_WORKERS_BROKER_HANDSHAKES_H

#include <stdbool.h>
#include <stddef.h>

struct handshakes {
    int *pending; /* descriptors, oldest first: never more than the process may have open */
    size_t count, capacity;
};

void handshakes_began(struct handshakes *handshakes, int fd);
void handshakes_greeted(struct handshakes *handshakes);
/* Whether the connection that ended had never greeted. */
bool handshakes_ended(struct handshakes *handshakes, int fd);
void handshakes_release(struct handshakes *handshakes);

#endif
