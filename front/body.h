/*
 * body: the JSON body of a write, {"data":{"attributes":{…}}}, as lead-provider-api.md 3.3 has it, and what
 * goes on to the workers: {"fields":{…}}. Shape only; whether a value makes sense is decided there.
 */
#ifndef ECF2_FRONT_BODY_H
#define ECF2_FRONT_BODY_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/slice.h"

/* More is refused before the parser sees it; the documented bodies need 3. */
#define BODY_DEPTH_MAX 32

/* application/json and its aliases, with any parameters (3.3.2). A body of another type is not read. */
bool body_type_is_json(struct slice content_type);

/* Appends {"fields":{name: text|null, …}} to out for the names (NULL-terminated) that the endpoint knows. A
 * string is taken as it is, a number or a boolean becomes its text as sent, an array, an object, null or
 * nothing becomes null. NULL on success, else the detail of a 400 `Bad request` (static text) and out
 * untouched. Refused besides malformed structure: duplicate keys, U+0000, lone surrogates, malformed UTF-8,
 * numbers that do not fit, too much nesting. A zero must follow the bytes of body (struct buffer has one). */
const char *body_to_payload(struct slice body, const char *const *names, struct buffer *out);

/* Whether such a detail speaks of the body's structure (3.2 step 6), not of its syntax (step 4). */
bool body_problem_is_structure(const char *problem);

#endif
