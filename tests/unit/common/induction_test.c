/* Tests of common/induction.c: the rows of appropriate-bodies.md 3.1 and 3.2, each comparison both ways. */
#include "common/induction.h"

#include "common/buffer.h"
#include "tests/unit/workers/declaration_fixture.h"

static struct induction_period period(const char *from, const char *until)
{
    return (struct induction_period){from == NULL ? DATE_NONE : on(from),
                                     until == NULL ? DATE_NONE : on(until)};
}

static struct induction_facts entered(const char *from, const char *until)
{
    return (struct induction_facts){.entered = period(from, until),
                                    .terms_tenths = until == NULL ? TERMS_NONE : 30,
                                    .has_programme = true,
                                    .today = on("2024-12-03"),
                                    .qts_awarded_on = DATE_NONE};
}

/* The codes that fail, behind each other; "" = none. */
static void assert_fails(struct induction_facts facts, const char *expected)
{
    const struct induction_rule *failed[INDUCTION_RULES_MAX];
    const size_t count = induction_check(&facts, failed);
    struct buffer codes = BUFFER_INIT;

    for (size_t i = 0; i < count; i++)
        buffer_printf(&codes, "%s%s", i == 0 ? "" : " ", failed[i]->code);
    assert_string_equal(codes.data == NULL ? "" : codes.data, expected);
    buffer_release(&codes);
}

static void days_of_the_period(void **state)
{
    (void)state;
    assert_fails(entered("2024-09-02", NULL), "");
    assert_fails(entered(NULL, NULL), "start_blank");
    assert_fails(entered("1999-09-01", "1999-10-01"), "");
    assert_fails(entered("1999-08-31", "1999-10-01"), "start_before_1999");
    assert_fails(entered("2024-12-03", NULL), "");
    assert_fails(entered("2024-12-04", NULL), "start_in_future");
    assert_fails(entered("2024-09-02", "2024-12-03"), "");
    assert_fails(entered("2024-09-02", "2024-12-04"), "end_in_future");
    assert_fails(entered("2024-09-02", "2024-09-02"), "");
    assert_fails(entered("2024-09-02", "2024-09-01"), "end_before_start");
}

static void not_before_qualified_teacher_status(void **state)
{
    (void)state;
    struct induction_facts facts = entered("2024-09-02", NULL);
    facts.qts_awarded_on = on("2024-09-02");
    assert_fails(facts, "");
    facts.qts_awarded_on = on("2024-09-03");
    assert_fails(facts, "start_before_qts");
}

static void beside_others(void **state)
{
    const struct induction_period closed = period("2023-09-04", "2024-03-28");
    const struct induction_period open = period("2023-09-04", NULL);
    static const struct {
        const char *from, *until, *of_closed, *of_open;
    } cases[] = {
        {"2024-03-29", NULL, "", "overlap_start overlap_end"},
        {"2024-03-28", NULL, "overlap_start overlap_end", "overlap_start overlap_end"},
        {"2023-09-04", "2024-09-01", "overlap_start", "overlap_start overlap_end"},
        {"2023-09-03", NULL, "overlap_end insert_needs_end", "overlap_end insert_needs_end"},
        {"2023-09-01", "2023-09-03", "", ""},
        {"2023-09-01", "2023-09-04", "overlap_end", "overlap_end"},
        {"2023-09-03", "2024-03-29", "overlap_around", "overlap_end"},
        {"2023-09-03", "2024-03-28", "overlap_end", "overlap_end"},
        {"2023-10-01", "2023-11-01", "overlap_start overlap_end", "overlap_start overlap_end"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct induction_facts facts = entered(cases[i].from, cases[i].until);
        facts.other_count = 1;
        facts.others = &closed;
        assert_fails(facts, cases[i].of_closed);
        facts.others = &open;
        assert_fails(facts, cases[i].of_open);
    }
}

static void terms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *of_ended;
    } cases[] = {{"", "terms_blank"},
                 {"0", ""},
                 {"16", ""},
                 {"3.5", ""},
                 {"3", ""},
                 {"16.1", "terms_range"},
                 {"17", "terms_range"},
                 {"-1", "terms_range"},
                 {"-0.1", "terms_range"},
                 {"3.45", "terms_decimals"},
                 {"4.r5", "terms_not_numeric"},
                 {"x", "terms_not_numeric"},
                 {"3.", "terms_not_numeric"},
                 {".5", "terms_not_numeric"},
                 {"-", "terms_not_numeric"},
                 {"3 ", "terms_not_numeric"},
                 {"99999999999999999999", "terms_range"},
                 {"-99999999999999999999", "terms_range"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct induction_facts facts = entered("2024-09-02", "2024-12-01");
        facts.terms_tenths = induction_terms_parse(cases[i].text);
        assert_fails(facts, cases[i].of_ended);
    }
    assert_int_equal(induction_terms_parse(NULL), TERMS_NONE);
    assert_int_equal(induction_terms_parse("12.5"), 125);
    struct induction_facts facts = entered("2024-09-02", NULL);
    facts.terms_tenths = 10;
    assert_fails(facts, "terms_without_end");
}

static void the_programme_is_one_of_two(void **state)
{
    (void)state;
    struct induction_facts facts = entered("2024-09-02", NULL);
    facts.has_programme = false;
    assert_fails(facts, "programme_invalid");
}

static void all_that_is_wrong_is_told(void **state)
{
    (void)state;
    struct induction_facts facts = entered("2024-12-05", "2024-12-04");
    facts.terms_tenths = induction_terms_parse("17");
    facts.has_programme = false;
    assert_fails(facts, "start_in_future end_in_future end_before_start terms_range programme_invalid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_of_the_period),
        cmocka_unit_test(not_before_qualified_teacher_status),
        cmocka_unit_test(beside_others),
        cmocka_unit_test(terms),
        cmocka_unit_test(the_programme_is_one_of_two),
        cmocka_unit_test(all_that_is_wrong_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
