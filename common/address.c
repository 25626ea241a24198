/* address: from the text of a setting to a socket. */
#include "common/address.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HOST_SIZE 256
#define PORT_SIZE 6

/* "host:port" and "[host]:port" into their parts. */
static bool split(const char *text, char ret_host[HOST_SIZE], char ret_port[PORT_SIZE])
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL)
        return false;
    const char *host = text, *host_end = colon, *port = colon + 1;
    if (host[0] == '[') {
        host++;
        host_end--;
        if (host_end <= host || *host_end != ']')
            return false;
    } else if (memchr(host, ':', (size_t)(host_end - host)) != NULL) {
        return false; /* an IPv6 address without brackets */
    }
    size_t host_size = (size_t)(host_end - host), port_size = strlen(port);
    if (host_size == 0 || host_size >= HOST_SIZE || port_size == 0 || port_size >= PORT_SIZE ||
        strspn(port, "0123456789") != port_size)
        return false;
    memcpy(ret_host, host, host_size);
    ret_host[host_size] = '\0';
    memcpy(ret_port, port, port_size + 1);
    return true;
}

bool address_parse(const char *variable, const char *text, struct sockaddr_storage *ret_address,
                   socklen_t *ret_size, struct error *err)
{
    char host[HOST_SIZE], port[PORT_SIZE];
    unsigned number;
    if (!split(text, host, port) || sscanf(port, "%u", &number) != 1 || number > 65535)
        return error_set(err, ERROR_SETTINGS, "%s is \"%.80s\"; it must be host:port or [IPv6 address]:port",
                         variable, text);
    const struct addrinfo wanted = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found;
    int code = getaddrinfo(host, port, &wanted, &found);
    if (code != 0)
        return error_set(err, ERROR_SYSTEM, "the host in %s=%.80s cannot be found: %s", variable, text,
                         gai_strerror(code));
    memcpy(ret_address, found->ai_addr, found->ai_addrlen);
    *ret_size = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

static bool format_bound(int fd, char ret_text[ADDRESS_TEXT_SIZE])
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof(address);
    char host[ADDRESS_TEXT_SIZE - 10], port[PORT_SIZE];
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0 ||
        getnameinfo((struct sockaddr *)&address, size, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return false;
    (void)snprintf(ret_text, ADDRESS_TEXT_SIZE, address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
                   port);
    return true;
}

int address_listen(const char *variable, const char *text, bool reuse_port, char ret_text[ADDRESS_TEXT_SIZE],
                   struct error *err)
{
    struct sockaddr_storage address = {0};
    socklen_t size;
    if (!address_parse(variable, text, &address, &size, err))
        return -1;
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, /* protocol= */ 0);
    const int on = 1;
    /* A restart must not wait for connections of the process before it to time out. */
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        (reuse_port && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0) ||
        bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, SOMAXCONN) != 0 ||
        !format_bound(fd, ret_text)) {
        (void)error_set(err, ERROR_SYSTEM, "cannot listen on %s=%.80s: %s", variable, text, strerror(errno));
        if (fd >= 0)
            (void)close(fd);
        return -1;
    }
    return fd;
}
