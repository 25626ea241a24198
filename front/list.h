/*
 * list: filters and pages of a query string (lead-provider-api.md 3.4 and 3.5), as the query worker is to
 * have them.
 */
#ifndef ECF2_FRONT_LIST_H
#define ECF2_FRONT_LIST_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/slice.h"

/* How the value of a filter is read. What is blank is no filter. */
enum list_form {
    LIST_END,
    LIST_YEARS,   /* years, comma-separated; what does not consist of digits is dropped */
    LIST_IDS,     /* UUIDs likewise */
    LIST_INSTANT, /* ISO 8601; anything else is refused */
    LIST_WORD,    /* one of the words; another one matches nothing, and is sent as "" */
};

struct list_filter {
    enum list_form form;
    const char *name;
    const char *const *words; /* LIST_WORD: NULL ends them */
};

enum list_verdict { LIST_GOOD, LIST_BAD_INSTANT, LIST_BAD_PAGE };

/* Appends the fields of a list: {filter: …,"page":n,"per_page":n}, filters in the order of the
 * table and only those that are given; years, ids and instants (in microseconds) in ascending order and each
 * once. So questions that mean the same have the same bytes. Filters that the table does not have are
 * ignored. filters: LIST_END ends them. ret_wants_now: an instant is among them, and what has changed since
 * is not to be read from a cache (lead-provider-api.md 3.4). */
enum list_verdict list_fields(struct slice query, const struct list_filter *filters, struct buffer *out,
                              bool *ret_wants_now);

/* filter[updated_since]: a date with time, Z or an offset behind it, else UTC; or a bare date. False: it is
 * anything else. */
bool list_instant_parse(struct slice text, int64_t *ret_instant_us);

#endif
