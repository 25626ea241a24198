/* The table of lead-provider-api.md 9.2, and where the structure of the body stands in it (3.2, step 6c):
 * each row both ways, and that it stops there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "workers/validation/partnership_update_rules.h"

#define ID      "01936f2e-0000-7000-8000-000000000001"
#define PARTNER "01936f2e-0000-7000-8000-000000000003"

struct fixture {
    struct partnership_update_input input;
    struct partnership_update_facts facts;
};

static struct fixture accepted(void)
{
    struct fixture f = {.input = {.id = slice_of(ID), .delivery_partner_id = slice_of(PARTNER)},
                        .facts = {.lead_provider = {1, "LP-A"},
                                  .partnership = {.id = 5,
                                                  .school_id = 6,
                                                  .contract_period_year = 2025,
                                                  .delivery_partnership_id = 7,
                                                  .delivery_partner_name = "DP-1"},
                                  .delivery_partner = {.id = 8, .name = "DP-2"},
                                  .delivery_partnership = {9}}};

    partnership_update_input_interpret(&f.input);
    return f;
}

/* What each row says: p passed, f failed, - skipped; the status, the title and a word of the detail. */
static void expect(const struct fixture *f, const char *results, int status, const char *title,
                   const char *word)
{
    struct partnership_update_verdict verdict;
    struct buffer body = BUFFER_INIT;
    char said[PARTNERSHIP_UPDATE_RULE_COUNT + 1] = {0};

    partnership_update_validate(&f->input, &f->facts, &verdict);
    for (size_t i = 0; i < PARTNERSHIP_UPDATE_RULE_COUNT; i++)
        said[i] = "-pf"[verdict.results[i]];
    assert_string_equal(said, results);
    assert_int_equal(verdict.status, status);
    if (status == 0)
        return;
    assert_string_equal(verdict.title, title);
    assert_non_null(strstr(verdict.detail, word));
    partnership_update_verdict_render(&verdict, &body);
    json_t *document = json_loadb(body.data, body.size, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(document, "errors")), 1);
    json_decref(document);
    buffer_release(&body);
}

static void test_accepted(void **state)
{
    const struct fixture f = accepted();

    (void)state;
    expect(&f, "pppppp", 0, NULL, NULL);
}

static void test_u0_not_its_own(void **state)
{
    struct fixture f = accepted();

    (void)state;
    f.facts = (struct partnership_update_facts){.lead_provider = {1, "LP-A"}};
    expect(&f, "f-----", 404, "Resource not found", "id");
    f.input.structure = slice_of("Send …"); /* the look-up comes first */
    expect(&f, "f-----", 404, "Resource not found", "id");
}

static void test_structure(void **state)
{
    struct fixture f = accepted();

    (void)state;
    f.input.structure = slice_of("Send the documented structure.");
    f.input.delivery_partner_id = (struct slice){NULL, 0};
    expect(&f, "pf----", 400, "Bad request", "Send the documented structure.");
}

static void test_u1_blank(void **state)
{
    struct fixture f = accepted();

    (void)state;
    f.input.delivery_partner_id = (struct slice){NULL, 0};
    expect(&f, "ppf---", 422, "delivery_partner_id", "missing");
}

static void test_u2_no_such_delivery_partner(void **state)
{
    struct fixture f = accepted();

    (void)state;
    f.facts.delivery_partner.id = f.facts.delivery_partnership.id = 0;
    expect(&f, "pppf--", 422, "delivery_partner_id", PARTNER);
}

static void test_u3_works_with_others(void **state)
{
    struct fixture f = accepted();

    (void)state;
    f.facts.delivery_partnership.id = 0;
    expect(&f, "ppppf-", 422, "delivery_partner_id", "2025 '#/cohort'");
}

static void test_u4_partnered_already(void **state)
{
    struct fixture f = accepted();

    (void)state;
    f.facts.same.id = 5;
    expect(&f, "pppppf", 422, "delivery_partner_id", "This partnership is");
    f.facts.same.id = 50;
    expect(&f, "pppppf", 422, "delivery_partner_id", "another partnership");
}

static void test_what_was_sent_is_read(void **state)
{
    struct partnership_update_input input;
    struct error err = {0};

    (void)state;
    assert_true(partnership_update_input_decode(
        slice_of("{\"fields\":{\"id\":\"" ID "\",\"delivery_partner_id\":\"x\"}}"), &input, &err));
    assert_true(input.is_uuid && !input.partner_is_uuid && input.structure.size == 0);
    assert_true(slice_equal(input.delivery_partner_id, slice_of("x")));
    partnership_update_input_release(&input);
    assert_true(partnership_update_input_decode(
        slice_of("{\"fields\":{\"id\":null},\"structure\":\"Send …\"}"), &input, &err));
    assert_true(!input.is_uuid && slice_equal(input.structure, slice_of("Send …")));
    partnership_update_input_release(&input);
    assert_false(partnership_update_input_decode(slice_of("{\"fields\":{\"id\":7}}"), &input, &err));
    assert_int_equal(err.kind, ERROR_WIRE);
}

static void test_trace(void **state)
{
    struct fixture f = accepted();
    struct partnership_update_verdict verdict;

    (void)state;
    f.facts.same.id = 5;
    partnership_update_validate(&f.input, &f.facts, &verdict);
    json_t *trace = partnership_update_trace(&f.input, &f.facts, &verdict);
    assert_int_equal(json_array_size(trace), PARTNERSHIP_UPDATE_RULE_COUNT);
    char *text = json_dumps(json_array_get(trace, 0), JSON_COMPACT);
    assert_string_equal(text, "{\"rule\":\"lead-provider-api.md "
                              "9.2/U0\",\"result\":\"passed\",\"title\":\"Resource not "
                              "found\",\"saw\":{\"partnership_id\":\"" ID "\",\"partnership_found\":true}}");
    free(text);
    text = json_dumps(json_array_get(trace, 5), JSON_COMPACT);
    assert_string_equal(
        text,
        "{\"rule\":\"lead-provider-api.md "
        "9.2/U4\",\"result\":\"failed\",\"title\":\"delivery_partner_id\",\"saw\":{\"delivery_partner_"
        "id\":\"" PARTNER "\",\"cohort\":\"2025\",\"delivery_partner_id_now\":\"00000000-0000-0000-0000-"
        "000000000000\",\"partnered_already\":true}}");
    free(text);
    json_decref(trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_u0_not_its_own),
        cmocka_unit_test(test_structure),
        cmocka_unit_test(test_u1_blank),
        cmocka_unit_test(test_u2_no_such_delivery_partner),
        cmocka_unit_test(test_u3_works_with_others),
        cmocka_unit_test(test_u4_partnered_already),
        cmocka_unit_test(test_what_was_sent_is_read),
        cmocka_unit_test(test_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
