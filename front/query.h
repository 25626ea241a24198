/*
 * query: the query string of a request, as it was sent: what follows the question mark.
 */
#ifndef ECF2_FRONT_QUERY_H
#define ECF2_FRONT_QUERY_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/slice.h"

/* Whether `filter` is given as something else than key/value pairs: `filter=x`, `filter=`, `filter`,
 * `filter[]=x`, `filter[][a]=x`, with any of it percent-encoded (lead-provider-api.md 3.4, number 1). */
bool query_filter_is_malformed(struct slice query);

/* One name and its value, each as sent; a value without = is empty. */
struct query_pair {
    struct slice name, value;
};
/* Takes the first pair off rest. False: there is none left. */
bool query_next(struct slice *rest, struct query_pair *ret_pair);

/* What is given for one key. */
enum query_given {
    QUERY_ABSENT,
    QUERY_TEXT,
    QUERY_NESTED, /* an array or pairs: key[]=x, key[a]=x */
};
/* The value of a key such as "page" or "filter[cohort]"; of several the last one. Appends its text, decoded,
 * to ret_text, which is empty for anything but QUERY_TEXT. Case counts. */
enum query_given query_find(struct slice query, const char *key, struct buffer *ret_text);

/* Appends text with its percent escapes undone; plus_is_space: and + as a space, as forms have it. What is no
 * escape stands for itself. */
void query_decode(struct slice text, bool plus_is_space, struct buffer *out);

#endif
