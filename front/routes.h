/*
 * routes: every path that the front serves, one row each, to be read from top to bottom (routes.c).
 */
#ifndef ECF2_FRONT_ROUTES_H
#define ECF2_FRONT_ROUTES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/slice.h"

struct buffer;
struct list_filter;
struct request;

enum route_method {
    ROUTE_GET = 1,
    ROUTE_POST = 2,
    ROUTE_PUT = 3,
    ROUTE_POST_LINES = 4, /* POST of many at once: each line is the body of the single call (submissions.md
                             section 4) */
    ROUTE_PUT_RECORD = 5  /* PUT or PATCH of a record, which is looked up before the structure of the body is
                             (lead-provider-api.md 3.2, step 6c): the workers say what is wrong with it */
};
enum route_auth { ROUTE_OPEN, ROUTE_LEAD_PROVIDER };

struct route {
    enum route_method method; /* GET answers HEAD too */
    const char *template;     /* {id} stands for one segment; also the label of logs and metrics */
    enum route_auth auth;
    /* The names of a body's attributes that mean something, NULL ends them; NULL: a body that is sent is read
     * and thrown away. */
    const char *const *attributes;
    /* A health check, answered from what the loop knows: never refused for lack of room, nor redirected to
     * HTTPS. */
    bool is_local;
    /* Reads that may be cached (cached.h): the word of their cache scope; NULL: none is. */
    const char *scope;
    /* What its query may filter by (list.h), of a list, or of one record (then without pages); NULL: it has
     * no meaning. */
    const struct list_filter *filters;
    /* Called when limits, token and shape (shape.h) are passed; answers now, or sends messages and answers
     * later. */
    void (*handle)(struct request *request);
};

/* The route of a method and a path without its query; NULL: there is none, 404. ret_id borrows the {id}
 * segment from path, empty where the template has none. */
const struct route *route_find(struct slice method, struct slice path, struct slice *ret_id);
/* The same where the paths of ECF1 that have moved are served too (lead-provider-api.md 11.1):
 * /api/v3/participants/ecf…, and partnerships, schools and unfunded mentors likewise, are looked up without
 * /ecf first.
 */
const struct route *route_find_old(struct slice method, struct slice path, struct slice *ret_id);
/* Whether its query has pages: that of a list, not of one record (filters). */
bool route_has_pages(const struct route *route);
/* The largest body that is of use to a request with this line (target: with its query), where most routes
 * have use for `usual`. */
uint64_t route_body_max(struct slice method, struct slice target, uint64_t usual);
/* All rows; a NULL template ends them. */
const struct route *routes_all(void);
/* One line a row: methods, template, "open" or "token", then what of its query means something (filter[name],
 * page[page], sort), and the attributes of its body (body:name). */
void routes_describe(struct buffer *out);

#endif
