/*
 * fields: what was submitted, as the front passes it on: {"fields":{name: text or null, …},…} (front/body.h).
 */
#ifndef ECF2_COMMON_FIELDS_H
#define ECF2_COMMON_FIELDS_H

#include <jansson.h>
#include <stdbool.h>

#include "common/error.h"
#include "common/slice.h"

/* The document of a payload, the caller's; NULL with ERROR_WIRE when it is not of that shape: the front made
 * it, so that is a bug of ours and no answer to a client. what: for the operator, "a partnership". */
json_t *fields_parse(struct slice payload, const char *what, struct error *err)
    __attribute__((warn_unused_result));
/* One of its texts, borrowed from it; of size 0 where it is blank or not there. */
bool fields_text(json_t *document, const char *what, const char *name, struct slice *ret_text,
                 struct error *err) __attribute__((warn_unused_result));

#endif
