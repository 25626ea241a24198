/*
 * reader: reads from connections, for us and for libmicrohttpd.
 *
 * The library reads a connection with recv(), as much as there is, and answers itself what it does not like.
 * No option changes that. So this program has a recv() of its own, which takes the place of libc's for every
 * library in it (a symbol of the program comes before those of libraries): called by libmicrohttpd for a
 * connection of ours it gives what the feed lets pass; called by anybody else it does what recv() does. What
 * has come and may not pass yet is held in the client.
 */
#ifndef ECF2_FRONT_READER_H
#define ECF2_FRONT_READER_H

#include <stddef.h>

#include "front/client.h"
#include "front/head.h"

/* Of one loop. */
struct reader {
    struct client **by_fd; /* libmicrohttpd's connections */
    size_t size;
    char bytes[HEAD_MAX_BYTES]; /* what is being looked at */
};

enum reader_news {
    READER_WAITING, /* too little has come */
    READER_READY,   /* there is a good head (reader_look) */
    READER_ENDED,   /* the client has ended the connection between requests, or it is broken */
    READER_REFUSED  /* the client was told no (door_refuse) */
};

/* Reads a connection of the door's until its first head is there. */
enum reader_news reader_look(struct client *client);
/* From now on libmicrohttpd reads it, until reader_remove. */
void reader_add(struct client *client);
void reader_remove(struct client *client);
/* Around everything in which libmicrohttpd reads; loop NULL = from now on it does not. */
void reader_serve(struct loop *loop);
void reader_release(struct reader *reader);

#endif
