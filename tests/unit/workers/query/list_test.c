/* What reads of many records share: the page, filters as parameters, the bytes of a list, and how much a
 * batch may do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/submission_view.h"
#include "workers/query/list.h"

static struct question ask(const char *payload)
{
    struct question question = {.payload = json_loads(payload, 0, NULL)};

    assert_non_null(question.payload);
    return question;
}

static void pages(void **state)
{
    struct question question = ask("{\"fields\":{\"page\":3,\"per_page\":20}}");
    struct list_page page = list_page_of(&question);

    (void)state;
    assert_int_equal(page.skip, 40);
    assert_int_equal(page.take, 20);
    json_decref(question.payload);

    question = ask("{\"fields\":{\"page\":1000000000,\"per_page\":3000}}");
    page = list_page_of(&question);
    assert_int_equal(page.skip, INT64_C(2999999997000));
    json_decref(question.payload);

    question = ask("{}"); /* of a sibling that has forgotten it: nothing */
    page = list_page_of(&question);
    assert_int_equal(page.skip, 0);
    assert_int_equal(page.take, 0);
    json_decref(question.payload);
}

static const char *value(const struct db_params *params, size_t i)
{
    return params->offset[i] < 0 ? NULL : params->text.data + params->offset[i];
}

static void filters_become_parameters(void **state)
{
    struct question question = ask("{\"fields\":{\"years\":[2024,2025],\"ids\":[\"a\"],\"none\":[],"
                                   "\"since\":1000000,\"word\":\"dead\"}}");
    struct db_params params = DB_PARAMS_INIT;

    (void)state;
    list_param_ints(&params, &question, "years");
    list_param_texts(&params, &question, "ids");
    list_param_texts(&params, &question, "none");
    list_param_instant(&params, &question, "since");
    list_param_text(&params, &question, "word");
    list_param_ints(&params, &question, "absent");
    list_param_instant(&params, &question, "absent");
    list_param_text(&params, &question, "absent");
    assert_int_equal(params.count, 8);
    assert_string_equal(value(&params, 0), "{2024,2025}");
    assert_string_equal(value(&params, 1), "{\"a\"}");
    assert_string_equal(value(&params, 2), "{}");
    assert_non_null(strstr(value(&params, 3), "1970-01-01"));
    assert_string_equal(value(&params, 4), "dead");
    for (size_t i = 5; i < 8; i++)
        assert_null(value(&params, i));
    assert_true(list_has(&question, "none"));
    assert_false(list_has(&question, "absent"));
    assert_int_equal(list_instant(&question, "since"), 1000000);
    db_params_release(&params);
    json_decref(question.payload);
}

static void sort_becomes_two_parameters(void **state)
{
    static const struct {
        const char *payload, *first, *then;
    } cases[] = {
        {"{\"fields\":{}}", "created_at", NULL},
        {"{\"fields\":{\"sort\":[\"-created_at\"]}}", "-created_at", NULL},
        {"{\"fields\":{\"sort\":[\"updated_at\",\"-created_at\"]}}", "updated_at", "-created_at"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct question question = ask(cases[i].payload);
        struct db_params params = DB_PARAMS_INIT;

        list_param_sort(&params, &question);
        assert_int_equal(params.count, 2);
        assert_string_equal(value(&params, 0), cases[i].first);
        if (cases[i].then == NULL)
            assert_null(value(&params, 1));
        else
            assert_string_equal(value(&params, 1), cases[i].then);
        db_params_release(&params);
        json_decref(question.payload);
    }
}

static void bytes_of_a_list(void **state)
{
    struct submission_view view = {.kind = slice_of("declaration.void"), .state = slice_of("received")};
    struct buffer list = BUFFER_INIT, one = BUFFER_INIT;

    (void)state;
    list_begin(&list);
    list_end(&list);
    assert_string_equal(list.data, "{\"data\":[]}");

    buffer_clear(&list);
    list_begin(&list);
    for (int i = 0; i < 3; i++) {
        list_separate(&list);
        submission_render_resource(&view, &list);
    }
    list_end(&list);
    submission_render(&view, &one); /* {"data":…} */
    json_t *shown = json_loads(list.data, 0, NULL), *alone = json_loads(one.data, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(shown, "data")), 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(
            json_equal(json_array_get(json_object_get(shown, "data"), i), json_object_get(alone, "data")));
    json_decref(shown);
    json_decref(alone);
    buffer_release(&list);
    buffer_release(&one);
}

/* The first list of a batch is always made; none behind 16 MiB of them. */
static void a_batch_has_a_budget(void **state)
{
    struct list_budget budget = {0};

    (void)state;
    assert_true(list_budget_lasts(&budget));
    assert_true(list_budget_lasts(&budget));
    budget.bytes = 16u << 20;
    assert_false(list_budget_lasts(&budget));
    budget = (struct list_budget){.ends_us = 1};
    assert_false(list_budget_lasts(&budget));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pages), cmocka_unit_test(filters_become_parameters),
                                       cmocka_unit_test(sort_becomes_two_parameters),
                                       cmocka_unit_test(bytes_of_a_list),
                                       cmocka_unit_test(a_batch_has_a_budget)};

    return cmocka_run_group_tests_name("workers/query/list", tests, NULL, NULL);
}
