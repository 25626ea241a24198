/* routes: the table, and finding a row in it. */
#include "front/routes.h"

#include <stddef.h>

#include "common/upload.h"
#include "front/api.h"
#include "front/head.h"
#include "front/health.h"

/* clang-format off */
static const struct route routes[] = {
    /* method          template                                      auth                 body                    local  cached          filters              handler */
    {ROUTE_GET,        "/healthcheck",                               ROUTE_OPEN,          NULL,                   true,  NULL,           NULL,                health_show},
    {ROUTE_GET,        "/healthcheck/live",                          ROUTE_OPEN,          NULL,                   true,  NULL,           NULL,                health_show_live},
    {ROUTE_GET,        "/healthcheck/ready",                         ROUTE_OPEN,          NULL,                   true,  NULL,           NULL,                health_show_ready},
    {ROUTE_GET,        "/api/docs/v3/openapi.yaml",                  ROUTE_OPEN,          NULL,                   false, NULL,           NULL,                docs_show},
    {ROUTE_GET,        "/api/docs/v3/swagger.yaml",                  ROUTE_OPEN,          NULL,                   false, NULL,           NULL,                docs_show},
    {ROUTE_GET,        "/api/v3/participant-declarations",           ROUTE_LEAD_PROVIDER, NULL,                   false, "declarations", declaration_filters, declaration_list},
    {ROUTE_POST,       "/api/v3/participant-declarations",           ROUTE_LEAD_PROVIDER, declaration_attributes, false, NULL,           NULL,                declaration_create},
    {ROUTE_POST_LINES, "/api/v3/participant-declarations/bulk",      ROUTE_LEAD_PROVIDER, declaration_attributes, false, NULL,           NULL,                declaration_bulk},
    {ROUTE_GET,        "/api/v3/participant-declarations/{id}",      ROUTE_LEAD_PROVIDER, NULL,                   false, "declarations", NULL,                declaration_show},
    {ROUTE_PUT,        "/api/v3/participant-declarations/{id}/void", ROUTE_LEAD_PROVIDER, NULL,                   false, NULL,           NULL,                declaration_void},
    {ROUTE_GET,        "/api/v3/submissions",                        ROUTE_LEAD_PROVIDER, NULL,                   false, NULL,           submission_filters,  submission_list},
    {ROUTE_GET,        "/api/v3/submissions/{id}",                   ROUTE_LEAD_PROVIDER, NULL,                   false, NULL,           NULL,                submission_show},
    {ROUTE_GET,        "/api/v3/batches/{id}",                       ROUTE_LEAD_PROVIDER, NULL,                   false, NULL,           NULL,                batch_show},
    {ROUTE_GET,        "/api/v3/batches/{id}/results",               ROUTE_LEAD_PROVIDER, NULL,                   false, NULL,           NULL,                batch_results},
    {0,                NULL,                                         ROUTE_OPEN,          NULL,                   false, NULL,           NULL,                NULL},
};
/* clang-format on */

/* Segment by segment; {id} takes any segment that is not empty. */
static bool matches(const char *template, struct slice path, struct slice *ret_id)
{
    static const char placeholder[] = "{id}";
    const char *p = path.data, *end = path.data + path.size;
    *ret_id = (struct slice){NULL, 0};
    while (*template != '\0') {
        if (strncmp(template, placeholder, sizeof(placeholder) - 1) == 0) {
            const char *start = p;
            while (p < end && *p != '/')
                p++;
            if (p == start)
                return false;
            *ret_id = (struct slice){start, (size_t)(p - start)};
            template += sizeof(placeholder) - 1;
        } else if (p == end || *p != *template) {
            return false;
        } else {
            p++;
            template ++;
        }
    }
    return p == end;
}

static bool method_fits(enum route_method method, struct slice given)
{
    switch (method) {
    case ROUTE_GET:
        return slice_equal(given, slice_of("GET")) || slice_equal(given, slice_of("HEAD"));
    case ROUTE_POST:
    case ROUTE_POST_LINES:
        return slice_equal(given, slice_of("POST"));
    case ROUTE_PUT:
        return slice_equal(given, slice_of("PUT"));
    }
    return false;
}

const struct route *route_find(struct slice method, struct slice path, struct slice *ret_id)
{
    struct slice id;
    for (const struct route *route = routes; route->template != NULL; route++) {
        if (method_fits(route->method, method) && matches(route->template, path, &id)) {
            *ret_id = id;
            return route;
        }
    }
    *ret_id = (struct slice){NULL, 0};
    return NULL;
}

uint64_t route_body_max(struct slice method, struct slice target, uint64_t usual)
{
    struct slice path = head_path(target), id;
    const char *query = path.size == 0 ? NULL : memchr(path.data, '?', path.size);
    if (query != NULL)
        path.size = (size_t)(query - path.data);
    const struct route *route = route_find(method, path, &id);
    return route != NULL && route->method == ROUTE_POST_LINES ? UPLOAD_BODY_MAX : usual;
}

const struct route *routes_all(void)
{
    return routes;
}
