/*
 * filtered: what a client sent, as it may be recorded: the values of parameters and JSON keys whose names say
 * that they are personal or secret are replaced (operations.md OP-23, metrics.md UA-9).
 */
#ifndef ECF2_FRONT_FILTERED_H
#define ECF2_FRONT_FILTERED_H

#include <jansson.h>
#include <stdbool.h>

#include "common/buffer.h"
#include "common/slice.h"

#define FILTERED "[FILTERED]" /* instead of a value */

/* Whether what has this name is not to be recorded; case does not count. */
bool filtered_hides(struct slice name);
/* Replaces hidden values in objects, at any depth. */
void filtered_json(json_t *value);
/* Appends a query string as it was sent, but for hidden values. */
void filtered_query(struct slice query, struct buffer *out);
/* The same decoded, {name: [value, …]}. */
json_t *filtered_parameters(struct slice query);
/* A JSON string of any bytes, which PostgreSQL takes too: U+FFFD for each zero, and where all of it is no
 * UTF-8 for each byte beyond ASCII. */
json_t *filtered_text(struct slice bytes);

#endif
