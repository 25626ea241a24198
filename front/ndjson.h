/*
 * ndjson: the lines of a bulk request's body (submissions.md section 4). Pure: bytes in, lines out.
 */
#ifndef ECF2_FRONT_NDJSON_H
#define ECF2_FRONT_NDJSON_H

#include <stdbool.h>
#include <stddef.h>

#include "common/slice.h"

/* Starts zeroed but for `rest`, which is the body. */
struct ndjson {
    struct slice rest; /* what has not been looked at */
    size_t line;       /* number of the last line that was, from 1; blank ones count */
};

/* The next line that is not blank (nothing but spaces, tabs and carriage returns), without its line feed;
 * borrowed from the body. False: there is none. The last line may lack its line feed. */
bool ndjson_next(struct ndjson *lines, struct slice *ret_line);
/* How many lines are not blank; ret_last is the number of the last of them, 0 = none. */
size_t ndjson_count(struct slice body, size_t *ret_last);

#endif
