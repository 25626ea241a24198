/* network: addresses as 16 bytes, lists of networks, X-Forwarded-For. */
#include "front/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_mapped(const struct network_address *address)
{
    return memcmp(address->bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

static struct network_address from_ipv4(const struct in_addr *ipv4)
{
    struct network_address address;
    memcpy(address.bytes, mapped_prefix, sizeof(mapped_prefix));
    memcpy(address.bytes + sizeof(mapped_prefix), ipv4, sizeof(*ipv4));
    return address;
}

/* A bare numeric address of either family. */
static bool parse_bare(struct slice text, struct network_address *ret_address)
{
    char copy[INET6_ADDRSTRLEN];
    if (text.size == 0 || text.size >= sizeof(copy) || memchr(text.data, '\0', text.size) != NULL)
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    struct in_addr ipv4;
    struct in6_addr ipv6;
    if (inet_pton(AF_INET, copy, &ipv4) == 1) {
        *ret_address = from_ipv4(&ipv4);
        return true;
    }
    if (inet_pton(AF_INET6, copy, &ipv6) != 1)
        return false;
    memcpy(ret_address->bytes, &ipv6, sizeof(ret_address->bytes));
    return true;
}

static struct slice trim(struct slice text)
{
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

bool network_address_parse(struct slice text, struct network_address *ret_address)
{
    text = trim(text);
    if (text.size > 0 && text.data[0] == '[') {
        const char *close = memchr(text.data, ']', text.size);
        return close != NULL &&
               parse_bare((struct slice){text.data + 1, (size_t)(close - text.data - 1)}, ret_address);
    }
    if (parse_bare(text, ret_address))
        return true;
    const char *colon = text.size == 0 ? NULL : memchr(text.data, ':', text.size);
    return colon != NULL && parse_bare((struct slice){text.data, (size_t)(colon - text.data)}, ret_address);
}

/* "address" or "address/bits" */
static bool parse_network(struct slice text, struct network *ret_network)
{
    const char *slash = memchr(text.data, '/', text.size);
    struct slice address = {text.data, slash == NULL ? text.size : (size_t)(slash - text.data)};
    if (!parse_bare(address, &ret_network->address))
        return false;
    bool ipv4 = is_mapped(&ret_network->address) && memchr(address.data, ':', address.size) == NULL;
    unsigned most = ipv4 ? 32 : 128, bits = most;
    if (slash != NULL) {
        size_t digits = text.size - address.size - 1;
        if (digits == 0 || digits > 3)
            return false;
        bits = 0;
        for (size_t i = 0; i < digits; i++) {
            if (slash[1 + i] < '0' || slash[1 + i] > '9')
                return false;
            bits = bits * 10 + (unsigned)(slash[1 + i] - '0');
        }
    }
    ret_network->bits = ipv4 ? bits + 96 : bits;
    return bits <= most;
}

bool network_list_parse(const char *variable, const char *text, struct network_list *ret_list,
                        struct error *err)
{
    struct network_list list = {NULL, 0};
    for (const char *p = text; *p != '\0';) {
        size_t size = strcspn(p, ",");
        struct slice item = trim((struct slice){p, size});
        p += size + (p[size] == ',');
        if (item.size == 0)
            continue;
        list.items = memory_grow(list.items, list.count + 1, sizeof(*list.items));
        if (!parse_network(item, &list.items[list.count])) {
            network_list_release(&list);
            return error_set(err, ERROR_SETTINGS,
                             "%s holds \"%.*s\"; it must be addresses such as 192.0.2.1 or "
                             "2001:db8::/32, separated by commas",
                             variable, (int)(item.size > 60 ? 60 : item.size), item.data);
        }
        list.count++;
    }
    *ret_list = list;
    return true;
}

void network_list_release(struct network_list *list)
{
    free(list->items);
    list->items = NULL;
    list->count = 0;
}

static bool covers(const struct network *network, const struct network_address *address)
{
    size_t whole = network->bits / 8;
    unsigned rest = network->bits % 8;
    if (memcmp(network->address.bytes, address->bytes, whole) != 0)
        return false;
    if (rest == 0)
        return true;
    uint8_t mask = (uint8_t)(0xff << (8 - rest));
    return ((network->address.bytes[whole] ^ address->bytes[whole]) & mask) == 0;
}

bool network_list_has(const struct network_list *list, const struct network_address *address)
{
    for (size_t i = 0; i < list->count; i++)
        if (covers(&list->items[i], address))
            return true;
    return false;
}

struct network_address network_peer(const struct sockaddr *peer)
{
    struct network_address address = {{0}};
    if (peer->sa_family == AF_INET) {
        struct sockaddr_in ipv4;
        memcpy(&ipv4, peer, sizeof(ipv4));
        return from_ipv4(&ipv4.sin_addr);
    }
    if (peer->sa_family == AF_INET6) {
        struct sockaddr_in6 ipv6;
        memcpy(&ipv6, peer, sizeof(ipv6));
        memcpy(address.bytes, &ipv6.sin6_addr, sizeof(address.bytes));
    }
    return address;
}

bool network_forwarded(const struct network_list *trusted, struct slice value, struct network_address *client)
{
    size_t end = value.size;
    for (;;) {
        if (!network_list_has(trusted, client))
            return false;
        size_t start = end;
        while (start > 0 && value.data[start - 1] != ',')
            start--;
        if (!network_address_parse((struct slice){value.data + start, end - start}, client))
            return false;
        if (start == 0)
            return true;
        end = start - 1;
    }
}

void network_format(const struct network_address *address, char ret_text[NETWORK_TEXT_SIZE])
{
    if (is_mapped(address))
        (void)inet_ntop(AF_INET, address->bytes + sizeof(mapped_prefix), ret_text, NETWORK_TEXT_SIZE);
    else
        (void)inet_ntop(AF_INET6, address->bytes, ret_text, NETWORK_TEXT_SIZE);
}

struct network_address network_group(const struct network_address *address)
{
    struct network_address group = *address;
    if (!is_mapped(address))
        memset(group.bytes + 8, 0, 8);
    return group;
}

void network_key(const struct network_address *address, char ret_text[NETWORK_TEXT_SIZE])
{
    struct network_address group = network_group(address);
    network_format(&group, ret_text);
}
