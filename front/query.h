/*
 * query: the query string of a request, as it was sent.
 */
#ifndef ECF2_FRONT_QUERY_H
#define ECF2_FRONT_QUERY_H

#include <stdbool.h>

#include "common/slice.h"

/* Whether `filter` is given as something else than key/value pairs: `filter=x`, `filter=`, `filter`,
 * `filter[]=x`, `filter[][a]=x`, with any of it percent-encoded (lead-provider-api.md 3.4, number 1). query:
 * what follows the question mark. */
bool query_filter_is_malformed(struct slice query);

#endif
