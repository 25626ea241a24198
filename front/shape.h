/*
 * shape: what a request must look like before its handler sees it (lead-provider-api.md 3.2 steps 4 to 6).
 * The same for every route: a row of routes.c says which attributes its body has.
 */
#ifndef ECF2_FRONT_SHAPE_H
#define ECF2_FRONT_SHAPE_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/slice.h"

struct request;

/* True when the request was answered: its body is too large (413), malformed or not of the documented
 * structure, or its filter is malformed (400). Else request->payload holds its attributes, where it has any;
 * of ROUTE_PUT_RECORD also what is wrong with the structure: {"fields":{},"structure":…}. */
bool shape_refuse(struct request *request);
/* The body of one write of the request's route: its own, or a line of a bulk request. Appends its attributes
 * to out, or says in ret_detail (static text) what would be right. body as body.h wants it. */
bool shape_body(const struct request *request, struct slice body, struct buffer *out, const char **ret_detail)
    __attribute__((warn_unused_result));

#endif
