/* client: phases of a connection, and cutting one off. */
#include "front/client.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <utlist.h>

#include "front/loop.h"

void client_enter(struct client *client, enum client_phase phase)
{
    struct client_list *lists = client->loop->door.phases;
    DL_DELETE2(lists[client->phase].head, client, prev, next);
    client->phase = phase;
    client->since_us = client->loop->now_us;
    DL_APPEND2(lists[phase].head, client, prev, next);
}

void client_rest(struct client *client)
{
    feed_next(&client->feed);
    client_enter(client, CLIENT_KEPT);
}

bool client_has_unread(const struct client *client)
{
    int size = 0;
    return client->held.size > 0 || (ioctl(client->fd, FIONREAD, &size) == 0 && size > 0);
}

void client_abort(struct client *client)
{
    client->aborted = true;
    (void)shutdown(client->fd, SHUT_RDWR);
}
