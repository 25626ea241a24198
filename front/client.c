/* client: phases of a connection, and cutting one off. */
#include "front/client.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <utlist.h>

#include "front/answer.h"
#include "front/loop.h"

void client_enter(struct client *client, enum client_phase phase)
{
    struct client_list *lists = client->loop->door.phases;
    DL_DELETE2(lists[client->phase].head, client, prev, next);
    client->phase = phase;
    client->since_us = client->loop->now_us;
    DL_APPEND2(lists[phase].head, client, prev, next);
}

/* Bytes that have come on the connection so far, read by anybody or not; 0 = the kernel does not tell. */
static uint64_t bytes_received(const struct client *client)
{
    struct tcp_info info;
    socklen_t size = sizeof(info);
    memset(&info, 0, sizeof(info));
    if (getsockopt(client->fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return 0;
    return info.tcpi_bytes_received;
}

void client_rest(struct client *client, uint64_t bytes)
{
    client->consumed = bytes == 0 ? bytes_received(client) : client->consumed + bytes;
    client->idle_us = client->loop->now_us;
    client_enter(client, CLIENT_KEPT);
}

bool client_has_begun(const struct client *client)
{
    /* Some clients send a stray CR LF after a body. */
    const uint64_t stray = 2;
    return bytes_received(client) > client->consumed + stray;
}

void client_abort(struct client *client)
{
    client->aborted = true;
    (void)shutdown(client->fd, SHUT_RDWR);
}

void client_refuse_kept(struct client *client, unsigned status, const char *detail)
{
    struct buffer raw = BUFFER_INIT;
    answer_raw(&raw, status, detail);
    (void)send(client->fd, raw.data, raw.size, MSG_DONTWAIT | MSG_NOSIGNAL);
    buffer_release(&raw);
    client_abort(client);
}
