/* routes: the table, and finding a row in it. */
#include "front/routes.h"

#include <stddef.h>

#include "common/upload.h"
#include "front/api.h"
#include "front/head.h"
#include "front/health.h"
#include "front/list.h"

#define OLD_PART "/ecf"

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
    {ROUTE_GET,        "/api/v3/participants",                       ROUTE_LEAD_PROVIDER, NULL,                   false, "participants", participant_filters, participant_list},
    {ROUTE_GET,        "/api/v3/participants/transfers",             ROUTE_LEAD_PROVIDER, NULL,                   false, "participants", transfer_filters,    transfer_list},
    {ROUTE_GET,        "/api/v3/participants/{id}",                  ROUTE_LEAD_PROVIDER, NULL,                   false, "participants", NULL,                participant_show},
    {ROUTE_GET,        "/api/v3/participants/{id}/transfers",        ROUTE_LEAD_PROVIDER, NULL,                   false, "participants", NULL,                transfer_show},
    {ROUTE_PUT,        "/api/v3/participants/{id}/withdraw",         ROUTE_LEAD_PROVIDER, stop_attributes,        false, NULL,           NULL,                participant_withdraw},
    {ROUTE_PUT,        "/api/v3/participants/{id}/defer",            ROUTE_LEAD_PROVIDER, stop_attributes,        false, NULL,           NULL,                participant_defer},
    {ROUTE_PUT,        "/api/v3/participants/{id}/resume",           ROUTE_LEAD_PROVIDER, resume_attributes,      false, NULL,           NULL,                participant_resume},
    {ROUTE_PUT,        "/api/v3/participants/{id}/change-schedule",  ROUTE_LEAD_PROVIDER, schedule_attributes,    false, NULL,           NULL,                participant_change_schedule},
    {ROUTE_GET,        "/api/v3/unfunded-mentors",                   ROUTE_LEAD_PROVIDER, NULL,                   false, "participants", mentor_filters,      unfunded_mentor_list},
    {ROUTE_GET,        "/api/v3/unfunded-mentors/{id}",              ROUTE_LEAD_PROVIDER, NULL,                   false, "participants", NULL,                unfunded_mentor_show},
    {ROUTE_GET,        "/api/v3/statements",                         ROUTE_LEAD_PROVIDER, NULL,                   false, "statements",   statement_filters,   statement_list},
    {ROUTE_GET,        "/api/v3/statements/{id}",                    ROUTE_LEAD_PROVIDER, NULL,                   false, "statements",   NULL,                statement_show},
    {ROUTE_GET,        "/api/v3/delivery-partners",                  ROUTE_LEAD_PROVIDER, NULL,                   false, "delivery_partners", delivery_partner_filters, delivery_partner_list},
    {ROUTE_GET,        "/api/v3/delivery-partners/{id}",             ROUTE_LEAD_PROVIDER, NULL,                   false, "delivery_partners", NULL,            delivery_partner_show},
    {ROUTE_GET,        "/api/v3/partnerships",                       ROUTE_LEAD_PROVIDER, NULL,                   false, "partnerships", partnership_filters, partnership_list},
    {ROUTE_POST,       "/api/v3/partnerships",                       ROUTE_LEAD_PROVIDER, partnership_attributes, false, NULL,           NULL,                partnership_create},
    {ROUTE_GET,        "/api/v3/partnerships/{id}",                  ROUTE_LEAD_PROVIDER, NULL,                   false, "partnerships", NULL,                partnership_show},
    {ROUTE_PUT_RECORD, "/api/v3/partnerships/{id}",                  ROUTE_LEAD_PROVIDER, correction_attributes,  false, NULL,           NULL,                partnership_update},
    {ROUTE_GET,        "/api/v3/schools",                            ROUTE_LEAD_PROVIDER, NULL,                   false, "schools",      school_filters,      school_list},
    {ROUTE_GET,        "/api/v3/schools/{id}",                       ROUTE_LEAD_PROVIDER, NULL,                   false, "schools",      school_show_filters, school_show},
    {ROUTE_GET,        "/api/v3/submissions",                        ROUTE_LEAD_PROVIDER, NULL,                   false, NULL,           submission_filters,  submission_list},
    {ROUTE_GET,        "/api/v3/submissions/{id}",                   ROUTE_LEAD_PROVIDER, NULL,                   false, NULL,           NULL,                submission_show},
    {ROUTE_GET,        "/api/v3/batches/{id}",                       ROUTE_LEAD_PROVIDER, NULL,                   false, NULL,           NULL,                batch_show},
    {ROUTE_GET,        "/api/v3/batches/{id}/results",               ROUTE_LEAD_PROVIDER, NULL,                   false, NULL,           NULL,                batch_results},
    {0,                NULL,                                         ROUTE_OPEN,          NULL,                   false, NULL,           NULL,                NULL},
};
/* clang-format on */

static const char *past(const char *p, const char *skipped)
{
    return skipped != NULL && p == skipped ? p + sizeof(OLD_PART) - 1 : p;
}

/* Segment by segment; {id} takes any segment that is not empty. skipped: an OLD_PART of the path that is
 * passed over; NULL: there is none. */
static bool matches(const char *template, struct slice path, const char *skipped, struct slice *ret_id)
{
    static const char placeholder[] = "{id}";
    const char *p = path.data, *end = path.data + path.size;
    *ret_id = (struct slice){NULL, 0};
    while (*template != '\0') {
        p = past(p, skipped);
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
    return past(p, skipped) == end;
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
    case ROUTE_PUT_RECORD:
        return slice_equal(given, slice_of("PUT")) || slice_equal(given, slice_of("PATCH"));
    }
    return false;
}

static const struct route *find(struct slice method, struct slice path, const char *skipped,
                                struct slice *ret_id)
{
    struct slice id;
    for (const struct route *route = routes; route->template != NULL; route++) {
        if (method_fits(route->method, method) && matches(route->template, path, skipped, &id)) {
            *ret_id = id;
            return route;
        }
    }
    *ret_id = (struct slice){NULL, 0};
    return NULL;
}

const struct route *route_find(struct slice method, struct slice path, struct slice *ret_id)
{
    return find(method, path, NULL, ret_id);
}

/* Where OLD_PART is in a path of ECF1; NULL: it is none. */
static const char *old_part(struct slice path)
{
    static const char *const moved[] = {"/api/v3/participants" OLD_PART, "/api/v3/partnerships" OLD_PART,
                                        "/api/v3/schools" OLD_PART, "/api/v3/unfunded-mentors" OLD_PART,
                                        NULL};
    for (size_t i = 0; moved[i] != NULL; i++) {
        size_t size = strlen(moved[i]);
        if (path.size >= size && memcmp(path.data, moved[i], size) == 0 &&
            (path.size == size || path.data[size] == '/'))
            return path.data + size - (sizeof(OLD_PART) - 1);
    }
    return NULL;
}

const struct route *route_find_old(struct slice method, struct slice path, struct slice *ret_id)
{
    const char *skipped = old_part(path);
    const struct route *route = skipped == NULL ? NULL : find(method, path, skipped, ret_id);
    return route != NULL ? route : find(method, path, NULL, ret_id);
}

bool route_has_pages(const struct route *route)
{
    return route->filters != NULL && strstr(route->template, "{id}") == NULL;
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

/* ---- for people and tests ---- */

static void describe_methods(const struct route *route, struct buffer *out)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", NULL};
    const char *comma = "";
    for (size_t i = 0; methods[i] != NULL; i++) {
        if (!method_fits(route->method, slice_of(methods[i])))
            continue;
        buffer_printf(out, "%s%s", comma, methods[i]);
        comma = ",";
    }
}

static void describe_query(const struct route *route, struct buffer *out)
{
    for (const struct list_filter *filter = route->filters; filter->form != LIST_END; filter++)
        buffer_printf(out, filter->form == LIST_SORT ? " %s" : " filter[%s]", filter->name);
    if (route_has_pages(route))
        buffer_append_text(out, " page[page] page[per_page]");
}

void routes_describe(struct buffer *out)
{
    for (const struct route *route = routes; route->template != NULL; route++) {
        describe_methods(route, out);
        buffer_printf(out, " %s %s", route->template, route->auth == ROUTE_OPEN ? "open" : "token");
        if (route->filters != NULL)
            describe_query(route, out);
        for (size_t i = 0; route->attributes != NULL && route->attributes[i] != NULL; i++)
            buffer_printf(out, " body:%s", route->attributes[i]);
        buffer_append_text(out, "\n");
    }
}
