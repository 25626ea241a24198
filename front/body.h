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
/* application/x-ndjson likewise (submissions.md section 4). */
bool body_type_is_lines(struct slice content_type);

/* What is wrong with a body, by the steps of lead-provider-api.md 3.2. */
enum body_verdict {
    BODY_GOOD,
    BODY_SYNTAX,    /* step 4: it is no JSON that we read */
    BODY_STRUCTURE, /* step 6: it is not the documented structure, or there is none */
    BODY_TOO_LARGE  /* step 4: more lines than a bulk request may have */
};

/* Appends {"fields":{name: text|null, …}} to out for the names (NULL-terminated) that the endpoint knows. A
 * string is taken as it is, a number or a boolean becomes its text as sent, an array, an object, null or
 * nothing becomes null. Unless it is good, ret_detail is what to say of it (static text) and out
 * is untouched. Syntax covers besides what is no JSON: duplicate keys, U+0000, lone surrogates, malformed
 * UTF-8, numbers beyond a double, too much nesting. A zero must follow the bytes of body (struct buffer has
 * one). */
enum body_verdict body_to_payload(struct slice body, const char *const *names, struct buffer *out,
                                  const char **ret_detail);

#endif
