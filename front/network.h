/*
 * network: whose request it is (operations.md OP-11). Addresses are 16 bytes, IPv4 mapped into IPv6 as
 * ::ffff:a.b.c.d.
 */
#ifndef ECF2_FRONT_NETWORK_H
#define ECF2_FRONT_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "common/error.h"
#include "common/slice.h"

#define NETWORK_ADDRESS_SIZE 16
#define NETWORK_TEXT_SIZE    48

struct network_address {
    uint8_t bytes[NETWORK_ADDRESS_SIZE];
};

struct network {
    struct network_address address;
    unsigned bits; /* of the 128 that must be equal */
};

struct network_list {
    struct network *items;
    size_t count;
};

/* Reads "192.0.2.1, 2001:db8::/32, …": addresses, each perhaps with /bits. variable names the setting in
 * errors. An empty text is an empty list. */
bool network_list_parse(const char *variable, const char *text, struct network_list *ret_list,
                        struct error *err) __attribute__((warn_unused_result));
void network_list_release(struct network_list *list);
bool network_list_has(const struct network_list *list, const struct network_address *address);

/* The peer of a socket; what is neither IPv4 nor IPv6 becomes ::. */
struct network_address network_peer(const struct sockaddr *peer);

/* Reads an address of X-Forwarded-For: "a.b.c.d", "a.b.c.d:port", "v6", "[v6]", "[v6]:port". */
bool network_address_parse(struct slice text, struct network_address *ret_address);

/* Goes over the elements of one X-Forwarded-For value from the right. *client is the nearest address known so
 * far; while it is a trusted proxy, the element before it takes its place. False: stop, *client is the client
 * (a proxy not trusted, or an element that is no address). */
bool network_forwarded(const struct network_list *trusted, struct slice value,
                       struct network_address *client);

/* What requests and connections are counted by: the address, for IPv6 its first 64 bits, for whoever has
 * those has all of them (OP-11). */
struct network_address network_group(const struct network_address *address);
/* The same as text. */
void network_key(const struct network_address *address, char ret_text[NETWORK_TEXT_SIZE]);
/* The whole address as text, for logs. */
void network_format(const struct network_address *address, char ret_text[NETWORK_TEXT_SIZE]);

#endif
