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
    LIST_ID,      /* one UUID, as an array of at most one: anything else matches nothing */
    LIST_NUMBER,  /* a number: what stands behind its leading digits is ignored, without any it is 0 */
    LIST_NEEDED,  /* the same, and the filter must be there, be it blank (3.4, number 10) */
    LIST_SORT, /* the parameter itself, no filter: those of the words that it names, comma-separated, in their
                  order, each once, with "-" before those that descend (3.6) */
};

struct list_filter {
    enum list_form form;
    const char *name;
    const char *const *words; /* LIST_WORD, LIST_SORT: NULL ends them */
};

enum list_verdict { LIST_GOOD, LIST_MISSING, LIST_BAD_INSTANT, LIST_BAD_PAGE };

/* What lists can be sorted by (lead-provider-api.md 3.6), LIST_SORT's words. */
extern const char *const list_sort_names[];

/* Appends the fields of a list: {filter: …,"page":n,"per_page":n}, filters in the order of the
 * table and only those that are given; years, ids and instants (in microseconds) in ascending order and each
 * once. So questions that mean the same have the same bytes. Without has_pages, of what is no list, page and
 * per_page are neither read nor written. Filters that the table does not have are
 * ignored. filters: LIST_END ends them. ret_wants_now: an instant is among them, and what has changed since
 * is not to be read from a cache (lead-provider-api.md 3.4). */
enum list_verdict list_fields(struct slice query, const struct list_filter *filters, bool has_pages,
                              struct buffer *out, bool *ret_wants_now);

/* filter[updated_since]: a date with time, Z or an offset behind it, else UTC; or a bare date. False: it is
 * anything else. */
bool list_instant_parse(struct slice text, int64_t *ret_instant_us);

#endif
