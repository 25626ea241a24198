/* The table of lead-provider-api.md 9.1: each row both ways, what it needs of the others, how errors are
 * grouped, what a trace shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "workers/validation/partnership_rules.h"

#define SCHOOL_ID  "01936f2e-0000-7000-8000-000000000002"
#define PARTNER_ID "01936f2e-0000-7000-8000-000000000003"
#define OWN_ID     "01936f2e-0000-7000-8000-000000000004"

/* A submission that is accepted, for a test to spoil. */
struct fixture {
    struct partnership_input input;
    struct partnership_facts facts;
    struct date today;
};

static struct date day(int year, int month, int of_month)
{
    struct date date = DATE_NONE;

    assert_true(date_of(year, month, of_month, &date));
    return date;
}

static struct fixture accepted(void)
{
    struct fixture f = {.input = {.cohort = slice_of("2025"),
                                  .school_id = slice_of(SCHOOL_ID),
                                  .delivery_partner_id = slice_of(PARTNER_ID)},
                        .facts = {.lead_provider = {1, "LP-A"},
                                  .contract_period = {2025, day(2025, 6, 1), true},
                                  .school = {.id = 5, .urn = 100001, .eligible = true},
                                  .delivery_partner = {.id = 6},
                                  .delivery_partnership = {7},
                                  .school_year = {"not_yet_known"}},
                        .today = day(2025, 6, 1)};

    partnership_input_interpret(&f.input);
    return f;
}

/* What each row says, P1 first: p passed, f failed, - skipped; and "title:title" of the errors. */
static void expect(const struct fixture *f, const char *results, const char *titles)
{
    struct partnership_verdict verdict;
    struct buffer body = BUFFER_INIT, found = BUFFER_INIT;
    char said[PARTNERSHIP_RULE_COUNT + 1] = {0};
    size_t failed = 0;

    partnership_validate(&f->input, &f->facts, f->today, &verdict);
    for (size_t i = 0; i < PARTNERSHIP_RULE_COUNT; i++) {
        said[i] = "-pf"[verdict.results[i]];
        failed += verdict.results[i] == RULE_FAILED;
    }
    assert_string_equal(said, results);
    assert_int_equal(verdict.failed_count, failed);
    partnership_verdict_render(&verdict, &body);
    json_t *document = json_loadb(body.data, body.size, 0, NULL), *error;
    size_t i;
    json_array_foreach(json_object_get(document, "errors"), i, error)
    {
        const char *detail = json_string_value(json_object_get(error, "detail"));

        buffer_printf(&found, "%s%s", i == 0 ? "" : ":", json_string_value(json_object_get(error, "title")));
        assert_non_null(strstr(detail, "#/"));
        assert_null(strstr(detail, "contract period"));
    }
    buffer_append_char(&found, '\0');
    assert_string_equal(found.data, titles);
    json_decref(document);
    buffer_release(&body);
    buffer_release(&found);
}

static void test_accepted(void **state)
{
    const struct fixture f = accepted();

    (void)state;
    expect(&f, "pppppppppppp", "");
}

static void test_p1_p2_p3_blank(void **state)
{
    struct fixture f = accepted();

    (void)state;
    f.input = (struct partnership_input){0};
    f.facts = (struct partnership_facts){.lead_provider = {1, "LP-A"}};
    expect(&f, "fff---------", "cohort:school_id:delivery_partner_id");
}

static void test_p4_unknown_cohort_is_two_errors(void **state)
{
    struct fixture f = accepted();

    (void)state;
    f.facts.contract_period.year = 0;
    f.facts.delivery_partnership.id = 0; /* it works in no cohort that there is not */
    expect(&f, "pppf--pppf--", "cohort:delivery_partner_id");
    f.input.cohort = (struct slice){NULL, 0}; /* nor in one that is not named */
    expect(&f, "fpp---pppf--", "cohort:delivery_partner_id");
}

static void test_p5_starts_after_today(void **state)
{
    struct fixture f = accepted();

    (void)state;
    f.today = day(2025, 5, 31);
    expect(&f, "ppppf-pppppp", "cohort");
    f.facts.contract_period.enabled = false; /* said once of the cohort */
    expect(&f, "ppppf-pppppp", "cohort");
}

static void test_p6_closed(void **state)
{
    struct fixture f = accepted();

    (void)state;
    f.facts.contract_period.enabled = false;
    expect(&f, "pppppfpppppp", "cohort");
}

static void test_p7_no_such_school(void **state)
{
    struct fixture f = accepted();

    (void)state;
    f.facts.school.id = 0;
    f.facts.school_year.programme_choice = NULL;
    expect(&f, "ppppppf-pp--", "school_id");
}

static void test_p8_not_eligible_and_p11_and_p12_all_the_same(void **state)
{
    struct fixture f = accepted();

    (void)state;
    f.facts.school.eligible = false;
    expect(&f, "pppppppfpppp", "school_id");
    f.facts.existing.id = 9;
    f.facts.school_year.programme_choice = "school_led";
    expect(&f, "pppppppfppff", "school_id:school_id:school_id");
    f.facts.school.eligible = true;
    expect(&f, "ppppppppppff", "school_id:school_id");
}

static void test_p9_no_such_delivery_partner(void **state)
{
    struct fixture f = accepted();

    (void)state;
    f.facts.delivery_partner.id = f.facts.delivery_partnership.id = 0;
    expect(&f, "ppppppppf-pp", "delivery_partner_id");
}

static void test_p10_works_in_other_cohorts(void **state)
{
    struct fixture f = accepted();

    (void)state;
    f.facts.delivery_partnership.id = 0;
    expect(&f, "pppppppppfpp", "delivery_partner_id");
}

static void test_p11_partnered_already(void **state)
{
    struct fixture f = accepted();

    (void)state;
    f.facts.existing.id = 9;
    expect(&f, "ppppppppppfp", "school_id");
    f.facts.contract_period.enabled = false; /* the cohort's failures of P5 and P6 do not hide it */
    expect(&f, "pppppfppppfp", "cohort:school_id");
}

static void test_p12_school_led(void **state)
{
    struct fixture f = accepted();

    (void)state;
    f.facts.school_year.programme_choice = "school_led";
    expect(&f, "pppppppppppf", "school_id");
    f.facts.school_year.programme_choice = "provider_led";
    expect(&f, "pppppppppppp", "");
    f.facts.school_year.programme_choice = NULL;
    expect(&f, "pppppppppppp", "");
}

/* 3.8/3: grouped by attribute, in the order in which each first failed. */
static void test_errors_are_grouped(void **state)
{
    struct fixture f = accepted();

    (void)state;
    f.input.school_id = (struct slice){NULL, 0};
    f.facts.contract_period.year = f.facts.delivery_partnership.id = f.facts.school.id = 0;
    expect(&f, "pfpf----pf--", "school_id:cohort:delivery_partner_id");
    f = accepted();
    f.facts.school.eligible = false;
    f.facts.delivery_partnership.id = 0;
    f.facts.existing.id = 9;
    expect(&f, "pppppppfpffp", "school_id:school_id:delivery_partner_id");
}

static void test_sources(void **state)
{
    (void)state;
    assert_string_equal(partnership_rule_source(0), "lead-provider-api.md 9.1/P1");
    assert_string_equal(partnership_rule_source(11), "lead-provider-api.md 9.1/P12");
}

static void test_what_was_sent_is_read(void **state)
{
    static const struct {
        const char *payload;
        int64_t year;
        bool has_school, has_partner;
    } payloads[] = {
        {"{\"fields\":{\"cohort\":\"2025\",\"school_id\":\"" SCHOOL_ID "\",\"delivery_partner_id\":null}}",
         2025, true, false},
        {"{\"fields\":{\"cohort\":\" 2025\",\"school_id\":\"x\",\"delivery_partner_id\":\"" PARTNER_ID "\"}}",
         0, false, true},
        {"{\"fields\":{\"cohort\":\"99999999999999999999\"}}", 0, false, false},
        {"{\"fields\":{\"cohort\":\"\\u2003\"}}", 0, false, false},
        {"{\"fields\":{\"cohort\":\"2025.0\"}}", 0, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        struct partnership_input input;
        struct error err = {0};

        assert_true(partnership_input_decode(slice_of(payloads[i].payload), &input, &err));
        assert_int_equal(input.year, payloads[i].year);
        assert_int_equal(input.school_is_uuid, payloads[i].has_school);
        assert_int_equal(input.partner_is_uuid, payloads[i].has_partner);
        partnership_input_release(&input);
    }
    static const char *const bad[] = {"", "[]", "{\"fields\":[]}", "{\"fields\":{\"cohort\":2025}}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct partnership_input input;
        struct error err = {0};

        assert_false(partnership_input_decode(slice_of(bad[i]), &input, &err));
        assert_int_equal(err.kind, ERROR_WIRE);
    }
}

static void test_trace(void **state)
{
    struct fixture f = accepted();
    struct partnership_verdict verdict;

    (void)state;
    f.facts.existing.id = 9;
    assert_true(uuid_parse(slice_of(OWN_ID), &f.facts.existing.api_id));
    f.facts.school.eligible = false;
    f.facts.contract_period.year = 2025;
    partnership_validate(&f.input, &f.facts, f.today, &verdict);
    json_t *trace = partnership_trace(&f.input, &f.facts, f.today, &verdict);
    assert_int_equal(json_array_size(trace), PARTNERSHIP_RULE_COUNT);
    char *text = json_dumps(json_array_get(trace, 10), JSON_COMPACT);
    assert_string_equal(text,
                        "{\"rule\":\"lead-provider-api.md "
                        "9.1/P11\",\"result\":\"failed\",\"title\":\"school_id\",\"saw\":{\"school_id\":"
                        "\"" SCHOOL_ID "\",\"urn\":\"100001\",\"cohort\":\"2025\","
                        "\"partnership_id\":\"" OWN_ID "\"}}");
    free(text);
    text = json_dumps(json_array_get(trace, 4), JSON_COMPACT);
    assert_string_equal(text, "{\"rule\":\"lead-provider-api.md "
                              "9.1/P5\",\"result\":\"passed\",\"title\":\"cohort\",\"saw\":{\"cohort\":"
                              "\"2025\",\"cohort_start_date\":\"2025-06-01\",\"today\":\"2025-06-01\"}}");
    free(text);
    json_decref(trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_p1_p2_p3_blank),
        cmocka_unit_test(test_p4_unknown_cohort_is_two_errors),
        cmocka_unit_test(test_p5_starts_after_today),
        cmocka_unit_test(test_p6_closed),
        cmocka_unit_test(test_p7_no_such_school),
        cmocka_unit_test(test_p8_not_eligible_and_p11_and_p12_all_the_same),
        cmocka_unit_test(test_p9_no_such_delivery_partner),
        cmocka_unit_test(test_p10_works_in_other_cohorts),
        cmocka_unit_test(test_p11_partnered_already),
        cmocka_unit_test(test_p12_school_led),
        cmocka_unit_test(test_errors_are_grouped),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_what_was_sent_is_read),
        cmocka_unit_test(test_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
