/* reader: the reading, and the recv() that libmicrohttpd calls. */
#include "front/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "front/door.h"
#include "front/loop.h"

#define DETAIL_HEAD_END "Send the whole request head: the connection ended before its empty line."
#define DETAIL_BODY_END                                                                                      \
    "Send the whole body: the connection ended before as many bytes as Content-Length says, or before the "  \
    "last chunk."

/* The loop whose libmicrohttpd is at work in this thread. */
static _Thread_local struct loop *serving;

void reader_serve(struct loop *loop)
{
    serving = loop;
}

void reader_add(struct client *client)
{
    struct reader *reader = &client->loop->reader;
    size_t fd = (size_t)client->fd, size = reader->size == 0 ? 64 : reader->size;
    while (size <= fd)
        size *= 2;
    if (size > reader->size) {
        reader->by_fd = memory_grow(reader->by_fd, size, sizeof(*reader->by_fd));
        for (; reader->size < size; reader->size++)
            reader->by_fd[reader->size] = NULL;
    }
    reader->by_fd[fd] = client;
}

void reader_remove(struct client *client)
{
    struct reader *reader = &client->loop->reader;
    if ((size_t)client->fd < reader->size && reader->by_fd[client->fd] == client)
        reader->by_fd[client->fd] = NULL;
}

void reader_release(struct reader *reader)
{
    free(reader->by_fd);
    *reader = (struct reader){0};
}

/* ---- reading ---- */

/* Keeps for the next time what has come and did not pass. */
static void hold(struct client *client, size_t size)
{
    if (size == 0) {
        buffer_release(&client->held);
        return;
    }
    buffer_clear(&client->held);
    buffer_append(&client->held, client->loop->reader.bytes, size);
}

/* Behind the bytes at hand, at most so many are of use: of a head all, of a body what fits out. */
static size_t room(const struct client *client, size_t have, size_t out_size)
{
    size_t left = sizeof(client->loop->reader.bytes) - have;
    return client->feed.state == FEED_HEAD || left < out_size ? left : out_size;
}

static ssize_t receive(int fd, char *bytes, size_t size)
{
    ssize_t got;
    do { /* not recv(), which would come back here */
        got = recvfrom(fd, bytes, size, MSG_DONTWAIT, NULL, NULL);
    } while (got < 0 && errno == EINTR);
    return got;
}

/* The client has sent its last byte. */
static enum reader_news take_end(struct client *client, size_t have)
{
    if (client->feed.state == FEED_HEAD && have == 0)
        return READER_ENDED;
    hold(client, have);
    door_refuse(client, 400, client->feed.state == FEED_HEAD ? DETAIL_HEAD_END : DETAIL_BODY_END);
    return READER_REFUSED;
}

/* Reads until out is full (with out_size 0: until the head is good), the request is complete, or nothing more
 * has come. The last is found by asking once more, also after less came than was asked for: an end that came
 * together with the last bytes is told once only. */
static enum reader_news read_on(struct client *client, char *out, size_t out_size, size_t *ret_given)
{
    char *bytes = client->loop->reader.bytes;
    const uint64_t body_max = (uint64_t)client->loop->settings->max_body_bytes;
    size_t have = client->held.size, given = 0;
    if (have > 0)
        memcpy(bytes, client->held.data, have);
    for (;;) {
        struct passage step =
            feed_pass(&client->feed, body_max, (struct slice){bytes, have}, out + given, out_size - given);
        if (step.status != 0) {
            hold(client, have); /* what is refused tells its method */
            door_refuse(client, step.status, step.detail);
            return READER_REFUSED;
        }
        have -= step.used;
        memmove(bytes, bytes + step.used, have);
        given += step.given;
        if (client->feed.state == FEED_COMPLETE || (client->feed.state != FEED_HEAD && given == out_size))
            break;
        ssize_t got = receive(client->fd, bytes + have, room(client, have, out_size - given));
        if (got < 0 && errno == EAGAIN)
            break;
        if (got < 0)
            return READER_ENDED;
        if (got == 0)
            return take_end(client, have);
        have += (size_t)got;
    }
    hold(client, have);
    *ret_given = given;
    return client->feed.state == FEED_HEAD || (given == 0 && out_size > 0) ? READER_WAITING : READER_READY;
}

enum reader_news reader_look(struct client *client)
{
    char nothing[1];
    size_t given;
    return read_on(client, nothing, 0, &given);
}

/* ---- recv() ---- */

static struct client *client_of(int fd)
{
    if (serving == NULL || fd < 0 || (size_t)fd >= serving->reader.size)
        return NULL;
    return serving->reader.by_fd[fd];
}

static ssize_t not_now(int code)
{
    errno = code;
    return -1;
}

ssize_t reader_recv(int fd, void *out, size_t size, int flags) __asm__("recv");

ssize_t reader_recv(int fd, void *out, size_t size, int flags)
{
    struct client *client = client_of(fd);
    size_t given = 0;
    if (client == NULL)
        return recvfrom(fd, out, size, flags, NULL, NULL);
    if (client->refused || client->aborted)
        return 0;
    /* Taken for "nothing has come" the library would not ask again before something new comes; but what
     * follows this request may be held here already. */
    if (client->feed.state == FEED_COMPLETE)
        return not_now(EINTR);
    switch (read_on(client, out, size, &given)) {
    case READER_READY:
        return (ssize_t)given;
    case READER_WAITING:
        if (client->phase == CLIENT_KEPT && client->held.size > 0)
            client_enter(client, CLIENT_KEPT_HEAD);
        return not_now(EAGAIN);
    case READER_ENDED:
    case READER_REFUSED:
        break;
    }
    return 0;
}
