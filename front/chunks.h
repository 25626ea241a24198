/*
 * chunks: a chunked body (RFC 9112 section 7.1) on its way to libmicrohttpd, byte by byte. Sizes and data
 * pass; extensions and trailers, which nobody here reads, are checked and left out; anything else is refused.
 * So the library, which answers malformed chunks itself as bare HTML, sees none.
 */
#ifndef ECF2_FRONT_CHUNKS_H
#define ECF2_FRONT_CHUNKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/slice.h"

/* Bytes of all extensions and trailers of a body together. */
#define CHUNKS_EXTRA_MAX 4096u

enum chunks_state {
    CHUNKS_SIZE,
    CHUNKS_EXTENSION,
    CHUNKS_SIZE_LF, /* LF wanted; also below */
    CHUNKS_DATA,
    CHUNKS_DATA_CR,
    CHUNKS_DATA_LF,
    CHUNKS_TRAILER, /* at the beginning of a line */
    CHUNKS_TRAILER_NAME,
    CHUNKS_TRAILER_VALUE,
    CHUNKS_TRAILER_LF,
    CHUNKS_LAST_LF,
    CHUNKS_END
};

/* Starts zeroed. */
struct chunks {
    enum chunks_state state;
    unsigned digits; /* of the size that is being read */
    unsigned extra;  /* bytes of extensions and trailers so far */
    uint64_t left;   /* that size; then what has not passed of that chunk's data */
    uint64_t total;  /* sizes of all chunks so far */
};

/* How far bytes came. */
struct passage {
    size_t used, given; /* bytes taken from in, bytes put to out */
    unsigned status;    /* what to refuse the request with; 0 = all is well */
    const char *detail;
};

/* Passes as much of in as fits out. Stops at the end of the body (state CHUNKS_END), so what follows it stays
 * in in. total_max: how many bytes of data a body may have; more is 413 as soon as their size is announced.
 */
struct passage chunks_pass(struct chunks *chunks, uint64_t total_max, struct slice in, char *out,
                           size_t out_size);

#endif
