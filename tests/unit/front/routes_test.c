/* The route table: what is served, and that nothing else is (lead-provider-api.md section 2: 404, never 405).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/buffer.h"
#include "common/upload.h"
#include "front/routes.h"

#define ID "01936f2e-0000-7000-8000-000000000000"

static const struct {
    const char *method, *path, *template, *id; /* template NULL: 404 */
} examples[] = {
    {"GET", "/healthcheck", "/healthcheck", ""},
    {"HEAD", "/healthcheck", "/healthcheck", ""},
    {"GET", "/healthcheck/live", "/healthcheck/live", ""},
    {"GET", "/healthcheck/ready", "/healthcheck/ready", ""},
    {"GET", "/healthcheck/", NULL, ""},
    {"GET", "/healthcheck/other", NULL, ""},
    {"POST", "/healthcheck", NULL, ""},
    {"POST", "/api/v3/participant-declarations", "/api/v3/participant-declarations", ""},
    {"GET", "/api/v3/participant-declarations", "/api/v3/participant-declarations", ""},
    {"HEAD", "/api/v3/participant-declarations", "/api/v3/participant-declarations", ""},
    {"GET", "/api/v3/participant-declarations/", NULL, ""},
    {"POST", "/api/v3/participant-declarations/bulk", "/api/v3/participant-declarations/bulk", ""},
    {"GET", "/api/v3/participant-declarations/bulk", "/api/v3/participant-declarations/{id}", "bulk"},
    {"PUT", "/api/v3/participant-declarations/bulk", NULL, ""},
    {"GET", "/api/v3/batches/" ID, "/api/v3/batches/{id}", ID},
    {"GET", "/api/v3/batches/" ID "/results", "/api/v3/batches/{id}/results", ID},
    {"GET", "/api/v3/batches", NULL, ""},
    {"POST", "/api/v3/participant-declarations/", NULL, ""},
    {"PUT", "/api/v3/participant-declarations", NULL, ""},
    {"DELETE", "/api/v3/participant-declarations/" ID, NULL, ""},
    {"GET", "/api/v3/participant-declarations/" ID, "/api/v3/participant-declarations/{id}", ID},
    {"HEAD", "/api/v3/participant-declarations/" ID, "/api/v3/participant-declarations/{id}", ID},
    {"GET", "/api/v3/participant-declarations/x", "/api/v3/participant-declarations/{id}", "x"},
    {"GET", "/api/v3/participant-declarations/a/b", NULL, ""},
    {"PUT", "/api/v3/participant-declarations/" ID "/void", "/api/v3/participant-declarations/{id}/void", ID},
    {"PUT", "/api/v3/participant-declarations/x/void", "/api/v3/participant-declarations/{id}/void", "x"},
    {"PUT", "/api/v3/participant-declarations//void", NULL, ""},
    {"PUT", "/api/v3/participant-declarations/" ID "/void/", NULL, ""},
    {"PUT", "/api/v3/participant-declarations/" ID, NULL, ""},
    {"GET", "/api/v3/participant-declarations/" ID "/void", NULL, ""},
    {"POST", "/api/v3/participant-declarations/" ID "/void", NULL, ""},
    {"PATCH", "/api/v3/participant-declarations/" ID "/void", NULL, ""},
    {"GET", "/api/v3/participants", "/api/v3/participants", ""},
    {"HEAD", "/api/v3/participants", "/api/v3/participants", ""},
    {"GET", "/api/v3/participants/" ID, "/api/v3/participants/{id}", ID},
    {"GET", "/api/v3/participants/transfers", "/api/v3/participants/transfers", ""}, /* reserved, no id */
    {"HEAD", "/api/v3/participants/transfers", "/api/v3/participants/transfers", ""},
    {"GET", "/api/v3/participants/Transfers", "/api/v3/participants/{id}", "Transfers"},
    {"GET", "/api/v3/participants/ecf", "/api/v3/participants/{id}", "ecf"}, /* 11.1: read as an id */
    {"GET", "/api/v3/participants/ecf/" ID, NULL, ""},
    {"GET", "/api/v3/participants/" ID "/transfers", "/api/v3/participants/{id}/transfers", ID},
    {"GET", "/api/v3/participants/transfers/transfers", "/api/v3/participants/{id}/transfers", "transfers"},
    {"GET", "/api/v3/participants/ecf/" ID "/transfers", NULL, ""},
    {"GET", "/api/v3/participants//transfers", NULL, ""},
    {"POST", "/api/v3/participants", NULL, ""},
    {"PUT", "/api/v3/participants/" ID, NULL, ""},
    {"PUT", "/api/v3/participants/transfers", NULL, ""},
    {"POST", "/api/v3/participants/transfers", NULL, ""},
    {"GET", "/api/v3/unfunded-mentors", "/api/v3/unfunded-mentors", ""},
    {"GET", "/api/v3/unfunded-mentors/" ID, "/api/v3/unfunded-mentors/{id}", ID},
    {"HEAD", "/api/v3/unfunded-mentors/" ID, "/api/v3/unfunded-mentors/{id}", ID},
    {"POST", "/api/v3/unfunded-mentors", NULL, ""},
    {"GET", "/api/v3/statements", "/api/v3/statements", ""},
    {"HEAD", "/api/v3/statements/" ID, "/api/v3/statements/{id}", ID},
    {"GET", "/api/v3/statements/ecf", "/api/v3/statements/{id}", "ecf"},
    {"GET", "/api/v3/statements/ecf/" ID, NULL, ""},
    {"DELETE", "/api/v3/statements/" ID, NULL, ""},
    {"GET", "/api/v3/delivery-partners", "/api/v3/delivery-partners", ""},
    {"HEAD", "/api/v3/delivery-partners/" ID, "/api/v3/delivery-partners/{id}", ID},
    {"GET", "/api/v3/delivery-partners/ecf", "/api/v3/delivery-partners/{id}", "ecf"},
    {"GET", "/api/v3/delivery-partners/ecf/" ID, NULL, ""},
    {"DELETE", "/api/v3/delivery-partners/" ID, NULL, ""},
    {"GET", "/api/v3/partnerships", "/api/v3/partnerships", ""},
    {"HEAD", "/api/v3/partnerships/" ID, "/api/v3/partnerships/{id}", ID},
    {"GET", "/api/v3/partnerships/ecf", "/api/v3/partnerships/{id}", "ecf"},
    {"GET", "/api/v3/partnerships/ecf/" ID, NULL, ""},
    {"DELETE", "/api/v3/partnerships/" ID, NULL, ""},
    {"GET", "/api/v3/schools", "/api/v3/schools", ""},
    {"HEAD", "/api/v3/schools/" ID, "/api/v3/schools/{id}", ID},
    {"GET", "/api/v3/schools/ecf", "/api/v3/schools/{id}", "ecf"},
    {"GET", "/api/v3/schools/ecf/" ID, NULL, ""},
    {"DELETE", "/api/v3/schools/" ID, NULL, ""},
    {"POST", "/api/v3/statements", NULL, ""},
    {"POST", "/api/v3/delivery-partners", NULL, ""},
    {"POST", "/api/v3/schools", NULL, ""},
    {"POST", "/api/v3/partnerships", "/api/v3/partnerships", ""},
    {"PUT", "/api/v3/partnerships", NULL, ""},
    {"PATCH", "/api/v3/partnerships", NULL, ""},
    {"PUT", "/api/v3/partnerships/" ID, "/api/v3/partnerships/{id}", ID},
    {"PATCH", "/api/v3/partnerships/x", "/api/v3/partnerships/{id}", "x"},
    {"POST", "/api/v3/partnerships/" ID, NULL, ""},
    {"GET", "/api/v3/submissions/" ID, "/api/v3/submissions/{id}", ID},
    {"GET", "/api/v3/submissions/", NULL, ""},
    {"GET", "/api/v3/submissions", "/api/v3/submissions", ""},
    {"HEAD", "/api/v3/submissions", "/api/v3/submissions", ""},
    {"POST", "/api/v3/submissions", NULL, ""},
    {"GET", "/api/docs/v3/openapi.yaml", "/api/docs/v3/openapi.yaml", ""},
    {"GET", "/api/docs/v3/swagger.yaml", "/api/docs/v3/swagger.yaml", ""},
    {"GET", "/api/docs/v2/openapi.yaml", NULL, ""},
    {"POST", "/api/docs/v3/openapi.yaml", NULL, ""},
    {"GET", "/api/v3/Submissions/x", NULL, ""},
    {"get", "/api/v3/submissions/x", NULL, ""},
    {"GET", "/api/v1/submissions/x", NULL, ""},
    {"GET", "/api/v4/submissions/x", NULL, ""},
    {"GET", "//api/v3/submissions/x", NULL, ""},
    {"GET", "/", NULL, ""},
    {"GET", "", NULL, ""},
    {"GET", "*", NULL, ""},
    {"OPTIONS", "*", NULL, ""},
    {"GET", "http://host/healthcheck", NULL, ""},
};

static void test_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct slice id;
        const struct route *route = route_find(slice_of(examples[i].method), slice_of(examples[i].path), &id);
        const char *found = route == NULL ? NULL : route->template;
        const char *wanted = examples[i].template;
        bool equal = found == NULL ? wanted == NULL : wanted != NULL && strcmp(found, wanted) == 0;
        if (!equal || !slice_equal(id, slice_of(examples[i].id)))
            fail_msg("%s %s", examples[i].method, examples[i].path);
    }
}

/* Each row is reached by its own template, and has what a row needs. */
static void test_every_row(void **state)
{
    (void)state;
    for (const struct route *route = routes_all(); route->template != NULL; route++) {
        struct slice id;
        static const char *const methods[] = {[ROUTE_GET] = "GET",
                                              [ROUTE_POST] = "POST",
                                              [ROUTE_PUT] = "PUT",
                                              [ROUTE_POST_LINES] = "POST",
                                              [ROUTE_PUT_RECORD] = "PATCH"};
        const char *method = methods[route->method];
        assert_ptr_equal(route_find(slice_of(method), slice_of(route->template), &id), route);
        assert_non_null(route->handle);
        /* Only health and the public pages need no token. */
        assert_int_equal(route->auth == ROUTE_OPEN, strncmp(route->template, "/healthcheck", 12) == 0 ||
                                                        strncmp(route->template, "/api/docs/", 10) == 0);
        assert_true(route->method != ROUTE_GET || route->attributes == NULL);
    }
}

/* lead-provider-api.md 11.1: the four that have moved, and nothing else. */
static const char *const moved[] = {"/api/v3/participants", "/api/v3/partnerships", "/api/v3/schools",
                                    "/api/v3/unfunded-mentors"};

/* The path of ECF1 of a row that has moved: /ecf behind what it begins with, and an id. False: it has not. */
static bool make_old_path(const char *template, struct buffer *out)
{
    static const char placeholder[] = "{id}";
    buffer_clear(out);
    for (size_t i = 0; i < sizeof(moved) / sizeof(moved[0]); i++) {
        size_t size = strlen(moved[i]);
        if (strncmp(template, moved[i], size) != 0 || (template[size] != '\0' && template[size] != '/'))
            continue;
        const char *rest = template + size, *place = strstr(rest, placeholder);
        buffer_printf(out, "%s/ecf", moved[i]);
        if (place == NULL)
            buffer_append_text(out, rest);
        else
            buffer_printf(out, "%.*s%s%s", (int)(place - rest), rest, ID, place + sizeof(placeholder) - 1);
        return true;
    }
    return false;
}

static void old_path_finds(const struct route *route, struct slice path)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH"};
    struct slice id = {NULL, 0}, other;
    bool found = false;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        found = found || route_find_old(slice_of(methods[i]), path, &id) == route;
        assert_ptr_not_equal(route_find(slice_of(methods[i]), path, &other), route);
    }
    assert_true(found);
    if (strstr(route->template, "{id}") != NULL)
        assert_true(slice_equal(id, slice_of(ID)));
}

static void test_old_paths_lead_where_they_have_moved(void **state)
{
    struct buffer path = BUFFER_INIT;
    (void)state;
    for (const struct route *route = routes_all(); route->template != NULL; route++)
        if (make_old_path(route->template, &path))
            old_path_finds(route, buffer_slice(&path));
    buffer_release(&path);
}

static void test_other_paths_are_none_of_ecf1(void **state)
{
    static const struct {
        const char *method, *path, *template, *id;
    } others[] = {
        {"GET", "/api/v3/participant-declarations/ecf", "/api/v3/participant-declarations/{id}", "ecf"},
        {"PUT", "/api/v3/participant-declarations/ecf/void", "/api/v3/participant-declarations/{id}/void",
         "ecf"},
        {"GET", "/api/v3/participant-declarations/" ID, "/api/v3/participant-declarations/{id}", ID},
        {"GET", "/api/v3/submissions/ecf", "/api/v3/submissions/{id}", "ecf"},
        {"GET", "/api/v3/submissions/ecf/" ID, NULL, ""},
        {"GET", "/api/v1/participants/ecf", NULL, ""},
        {"DELETE", "/api/v3/participants/ecf", NULL, ""},
        {"GET", "/api/v3/participants/ecf/", NULL, ""},
        {"GET", "/api/v3/partnerships/ecf//", NULL, ""},
        {"GET", "/api/v3/schools/ecf/ecf/x", NULL, ""},
        {"GET", "/ecf", NULL, ""},
        {"GET", "", NULL, ""},
        {"GET", "/healthcheck", "/healthcheck", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct slice id;
        const struct route *route = route_find_old(slice_of(others[i].method), slice_of(others[i].path), &id);
        assert_string_equal(route == NULL ? "" : route->template,
                            others[i].template == NULL ? "" : others[i].template);
        assert_true(slice_equal(id, slice_of(others[i].id)));
    }
}

static void test_a_row_is_described_by_a_line(void **state)
{
    struct buffer text = BUFFER_INIT;
    size_t lines = 0, rows = 0;
    (void)state;
    routes_describe(&text);
    assert_non_null(strstr(text.data, "GET,HEAD /healthcheck/live open\n"));
    assert_non_null(strstr(text.data,
                           "GET,HEAD /api/v3/submissions token filter[state] filter[updated_since] "
                           "page[page] page[per_page]\n"));
    assert_non_null(strstr(text.data, "PUT /api/v3/participant-declarations/{id}/void token\n"));
    assert_non_null(
        strstr(text.data, "POST /api/v3/participant-declarations/bulk token body:participant_id "));
    for (const char *p = text.data; *p != '\0'; p++)
        lines += *p == '\n';
    for (const struct route *route = routes_all(); route->template != NULL; route++)
        rows++;
    assert_int_equal(lines, rows);
    buffer_release(&text);
}

static void test_bodies(void **state)
{
    static const struct {
        const char *method, *target;
        uint64_t max;
    } bodies[] = {
        {"POST", "/api/v3/participant-declarations", 100},
        {"POST", "/api/v3/participant-declarations/bulk", UPLOAD_BODY_MAX},
        {"POST", "/api/v3/participant-declarations/bulk?x=y", UPLOAD_BODY_MAX},
        {"POST", "http://host/api/v3/participant-declarations/bulk", UPLOAD_BODY_MAX},
        {"POST", "/api/v3/participant-declarations/bulk/", 100},
        {"GET", "/api/v3/participant-declarations/bulk", 100},
        {"POST", "/", 100},
        {"POST", "*", 100},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        assert_int_equal(route_body_max(slice_of(bodies[i].method), slice_of(bodies[i].target), 100),
                         bodies[i].max);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_examples),
                                       cmocka_unit_test(test_bodies),
                                       cmocka_unit_test(test_every_row),
                                       cmocka_unit_test(test_old_paths_lead_where_they_have_moved),
                                       cmocka_unit_test(test_other_paths_are_none_of_ecf1),
                                       cmocka_unit_test(test_a_row_is_described_by_a_line)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
