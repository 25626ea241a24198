/*
 * feed: the bytes of a connection on their way to libmicrohttpd. What passes is one sound request, head and
 * body, and then nothing until its answer has left (feed_next): so every head and every chunk is looked at by
 * us first, also those of later requests and of requests sent behind each other without waiting. Pure:
 * reader.c has the sockets.
 */
#ifndef ECF2_FRONT_FEED_H
#define ECF2_FRONT_FEED_H

#include "front/chunks.h"

enum feed_state {
    FEED_HEAD,    /* a head is wanted: its bytes stay where they are until all of it is there, and good */
    FEED_PASSING, /* a good head is passing */
    FEED_LENGTH,  /* a body of a known length is */
    FEED_CHUNKED, /* a body in chunks is */
    FEED_COMPLETE /* all of the request has passed */
};

/* Starts zeroed. */
struct feed {
    enum feed_state state;
    bool chunked;       /* the body of this request */
    bool at_line;       /* the next byte of the head begins a line */
    size_t head_left;   /* bytes of the head that have not passed */
    uint64_t body_left; /* the same of a body of known length */
    uint64_t length;    /* that length; 0 = none, or not known */
    uint64_t body_max;  /* the largest body that is of use to this request */
    size_t answer_room; /* what the answer's head may have beyond the usual (head.h) */
    struct chunks chunks;
};

/* Passes as much of in as may pass and fits out; out_size may be 0, to look at a head only. body_max: the
 * largest body that is of use to most routes (routes.h knows of which more is). Twice as much passes, so that
 * the answer can come at its end; a body that is known to be larger is refused at once. */
struct passage feed_pass(struct feed *feed, uint64_t body_max, struct slice in, char *out, size_t out_size);
/* The answer has left: the next request may pass. */
void feed_next(struct feed *feed);

#endif
