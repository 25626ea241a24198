/*
 * Tests of workers/validation/declaration_trace.c: every row of the table is seen passing, failing and
 * skipped, with values that it looked at; and what a lead provider is not shown.
 */
#include "workers/validation/declaration_trace.h"

#include <jansson.h>
#include <stdio.h>

#include "common/cleanup.h"
#include "tests/unit/workers/declaration_fixture.h"

static json_t *trace_of(const struct fixture *f, enum trace_audience audience)
{
    struct declaration_verdict verdict;
    declaration_validate(&f->input, &f->facts, f->now_us, &verdict);
    return declaration_trace(&f->input, &f->facts, f->now_us, &verdict, audience);
}

static const char *result_at(json_t *trace, int number)
{
    return json_string_value(json_object_get(json_array_get(trace, (size_t)number - 1), "result"));
}

/* The values of a row as compact JSON. */
static void expect_saw(const struct fixture *f, enum trace_audience audience, int number,
                       const char *expected)
{
    CLEANUP(json) json_t *trace = trace_of(f, audience);
    CLEANUP(free)
    char *saw = json_dumps(json_object_get(json_array_get(trace, (size_t)number - 1), "saw"), JSON_COMPACT);
    assert_string_equal(saw, expected);
}

/* ---- every row, every result ---- */

static struct fixture blank_participant(void)
{
    struct fixture f = accepted_ect();
    send_participant(&f, NULL);
    return f;
}

static struct fixture unknown_participant(void)
{
    struct fixture f = accepted_ect();
    without_teacher(&f);
    return f;
}

static struct fixture unknown_course(void)
{
    struct fixture f = accepted_ect();
    send_course(&f, "npq");
    without_training_period(&f);
    f.facts.qualifies[ROLE_ECT] = true;
    return f;
}

static struct fixture blank_date(void)
{
    struct fixture f = accepted_ect();
    send_date(&f, "");
    return f;
}

static struct fixture course_of_other_role(void)
{
    struct fixture f = accepted_ect();
    without_training_period(&f);
    f.facts.qualifies[ROLE_MENTOR] = true;
    return f;
}

static struct fixture blank_type(void)
{
    struct fixture f = accepted_ect();
    send_type(&f, " ");
    f.facts.milestone.start_date = f.facts.milestone.milestone_date = DATE_NONE;
    return f;
}

static struct fixture unknown_type(void)
{
    struct fixture f = accepted_ect();
    send_type(&f, "Started");
    return f;
}

static struct fixture declared(void)
{
    struct fixture f = accepted_ect();
    (void)with_existing(&f, DECLARATION_RETAINED_1, at("2025-01-10T09:00:00Z"));
    return f;
}

static struct fixture in_future(void)
{
    struct fixture f = accepted_ect();
    send_date(&f, "2025-02-01T10:00:01Z");
    return f;
}

static struct fixture outside_window(void)
{
    struct fixture f = accepted_ect();
    send_date(&f, "2024-12-31T23:59:59Z");
    return f;
}

static struct fixture malformed_date(void)
{
    struct fixture f = accepted_ect();
    send_date(&f, "2025-01-15");
    return f;
}

static struct fixture type_not_for_mentors(void)
{
    struct fixture f = accepted_mentor_2025();
    send_type(&f, "retained-1");
    return f;
}

static struct fixture no_evidence(void)
{
    struct fixture f = accepted_ect();
    send_evidence(&f, NULL);
    return f;
}

static struct fixture withdrawn(void)
{
    struct fixture f = accepted_ect();
    f.facts.training_period.withdrawn_at_us = at("2025-01-15T09:00:00Z");
    return f;
}

static struct fixture frozen(void)
{
    struct fixture f = accepted_ect();
    f.facts.frozen_ongoing_year = 2022;
    return f;
}

static struct fixture no_statement(void)
{
    struct fixture f = accepted_ect();
    f.facts.statement.id = 0;
    return f;
}

static struct fixture not_in_schedule(void)
{
    struct fixture f = accepted_ect();
    f.facts.milestone.start_date = f.facts.milestone.milestone_date = DATE_NONE;
    return f;
}

static struct fixture out_of_sequence(void)
{
    struct fixture f = accepted_ect_2025();
    (void)with_existing(&f, DECLARATION_STARTED, f.input.date_us + 1);
    return f;
}

static struct fixture not_with_provider(void)
{
    struct fixture f = accepted_ect();
    without_training_period(&f);
    return f;
}

static struct fixture (*const cases[])(void) = {
    accepted_ect,
    accepted_ect_2025,
    accepted_mentor_2025,
    blank_participant,
    unknown_participant,
    unknown_course,
    blank_date,
    course_of_other_role,
    blank_type,
    unknown_type,
    declared,
    in_future,
    outside_window,
    malformed_date,
    type_not_for_mentors,
    no_evidence,
    withdrawn,
    frozen,
    no_statement,
    not_in_schedule,
    out_of_sequence,
    not_with_provider,
};
#define CASE_COUNT (sizeof cases / sizeof cases[0])

/* The trace is the verdict, row by row; one that ran has seen something, one that did not has not. */
static void check_case(const struct fixture *f, bool seen[][3])
{
    struct declaration_verdict verdict;
    CLEANUP(json) json_t *trace = trace_of(f, TRACE_FOR_SUPPORT);
    declaration_validate(&f->input, &f->facts, f->now_us, &verdict);
    assert_int_equal(json_array_size(trace), DECLARATION_RULE_COUNT);
    for (int n = 1; n <= DECLARATION_RULE_COUNT; n++) {
        json_t *row = json_array_get(trace, (size_t)n - 1), *saw = json_object_get(row, "saw");
        const enum rule_result result = verdict.results[n - 1];
        assert_string_equal(json_string_value(json_object_get(row, "rule")), declaration_rule_source(n));
        assert_string_equal(json_string_value(json_object_get(row, "title")), declaration_rule_title(n));
        assert_string_equal(result_at(trace, n), rule_result_name(result));
        assert_int_equal(json_object_size(saw) > 0, result != RULE_SKIPPED);
        assert_int_equal(json_object_size(row), 4);
        seen[n - 1][result] = true;
    }
}

static void every_row_is_seen_with_every_result(void **state)
{
    bool seen[DECLARATION_RULE_COUNT][3] = {{false}};
    (void)state;
    for (size_t i = 0; i < CASE_COUNT; i++) {
        struct fixture f = cases[i]();
        check_case(&f, seen);
    }
    for (int n = 1; n <= DECLARATION_RULE_COUNT; n++)
        for (int result = RULE_SKIPPED; result <= RULE_FAILED; result++)
            if (!seen[n - 1][result] && !(n == 1 && result == RULE_SKIPPED)) /* runs always */
                fail_msg("row %d is never %s", n, rule_result_name((enum rule_result)result));
}

static void a_caller_is_shown_the_verdict_of_his_own_participant(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASE_COUNT; i++) {
        struct fixture f = cases[i]();
        CLEANUP(json) json_t *for_caller = trace_of(&f, TRACE_FOR_CALLER);
        CLEANUP(json) json_t *for_support = trace_of(&f, TRACE_FOR_SUPPORT);
        if (!f.facts.qualifies[ROLE_ECT] && !f.facts.qualifies[ROLE_MENTOR])
            continue;
        for (int n = 1; n <= DECLARATION_RULE_COUNT; n++)
            assert_string_equal(result_at(for_caller, n), result_at(for_support, n));
    }
}

/* ---- values ---- */

static void values_are_those_that_the_row_compares(void **state)
{
    (void)state;
    struct fixture f = in_future();
    expect_saw(&f, TRACE_FOR_CALLER, 9,
               "{\"declaration_date\":\"2025-02-01T10:00:01Z\",\"now\":\"2025-02-01T10:00:00Z\"}");
    f = accepted_ect();
    expect_saw(&f, TRACE_FOR_CALLER, 1, "{\"participant_id\":\"" PARTICIPANT_TEXT "\"}");
    expect_saw(&f, TRACE_FOR_CALLER, 10,
               "{\"declaration_type\":\"retained-1\",\"declaration_date\":\"2025-01-15T09:00:00Z\","
               "\"milestone_start_date\":\"2025-01-01\",\"milestone_date\":\"2025-03-31\"}");
    expect_saw(
        &f, TRACE_FOR_CALLER, 16,
        "{\"cohort\":\"2024\",\"now\":\"2025-02-01T10:00:00Z\",\"has_become_eligible_for_training\":true,"
        "\"statement\":{\"id\":\"00000000-0000-4000-8000-000000000015\",\"cut_off_date\":\"2025-03-31\"}}");
    f = no_statement();
    f.facts.contract_period.year = 2023;
    expect_saw(
        &f, TRACE_FOR_CALLER, 16,
        "{\"cohort\":\"2023\",\"now\":\"2025-02-01T10:00:00Z\",\"has_become_eligible_for_training\":true,"
        "\"statement\":null}");
    f = frozen();
    expect_saw(&f, TRACE_FOR_CALLER, 15,
               "{\"course_identifier\":\"ecf-induction\",\"now\":\"2025-02-01T10:00:00Z\","
               "\"payments_frozen_cohort\":\"2022\"}");
    f = withdrawn();
    expect_saw(&f, TRACE_FOR_CALLER, 14,
               "{\"declaration_date\":\"2025-01-15T09:00:00Z\",\"withdrawn_at\":\"2025-01-15T09:00:00Z\","
               "\"deferred_at\":null}");
}

static void a_long_value_is_cut(void **state)
{
    (void)state;
    char text[400];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct fixture f = accepted_ect();
    send_type(&f, text);
    CLEANUP(json) json_t *trace = trace_of(&f, TRACE_FOR_CALLER);
    json_t *saw = json_object_get(json_array_get(trace, 6), "saw");
    assert_int_equal(json_string_length(json_object_get(saw, "declaration_type")), 60 + strlen("…"));
}

/* ---- what is another provider's ---- */

static void existing_one_of_another_provider_is_a_type_only(void **state)
{
    (void)state;
    struct fixture f = declared();
    expect_saw(&f, TRACE_FOR_CALLER, 8,
               "{\"declaration_type\":\"retained-1\",\"existing_declaration\":{"
               "\"id\":\"00000000-0000-4000-8000-00000000001e\",\"declaration_type\":\"retained-1\","
               "\"declaration_date\":\"2025-01-10T09:00:00Z\",\"of_another_lead_provider\":false}}");
    f.facts.existing[DECLARATION_RETAINED_1].lead_provider_id = LP_B;
    expect_saw(&f, TRACE_FOR_CALLER, 8,
               "{\"declaration_type\":\"retained-1\",\"existing_declaration\":{"
               "\"declaration_type\":\"retained-1\",\"of_another_lead_provider\":true}}");
    expect_saw(&f, TRACE_FOR_SUPPORT, 8,
               "{\"declaration_type\":\"retained-1\",\"existing_declaration\":{"
               "\"id\":\"00000000-0000-4000-8000-00000000001e\",\"declaration_type\":\"retained-1\","
               "\"declaration_date\":\"2025-01-10T09:00:00Z\",\"of_another_lead_provider\":true}}");
}

#define SAW_18                                                                                               \
    "{\"declaration_type\":\"retained-1\",\"declaration_date\":\"2026-01-15T09:00:00Z\",\"cohort\":"         \
    "\"2025\","

static void neighbour_of_another_provider_is_shown_where_it_is_why(void **state)
{
    (void)state;
    struct fixture f = out_of_sequence();
    f.facts.existing[DECLARATION_STARTED].lead_provider_id = LP_B;
    with_existing(&f, DECLARATION_COMPLETED, at("2026-01-16T09:00:00Z"))->lead_provider_id = LP_B;
    expect_saw(&f, TRACE_FOR_CALLER, 18,
               SAW_18
               "\"latest_of_earlier_types\":{\"declaration_type\":\"started\",\"of_another_lead_provider\":"
               "true},\"earliest_of_later_types\":null}");
    f.facts.existing[DECLARATION_STARTED].date_us = f.input.date_us;
    expect_saw(&f, TRACE_FOR_CALLER, 18,
               SAW_18 "\"latest_of_earlier_types\":null,\"earliest_of_later_types\":null}");
    f.facts.existing[DECLARATION_COMPLETED].date_us = f.input.date_us - 1;
    expect_saw(&f, TRACE_FOR_CALLER, 18,
               SAW_18 "\"latest_of_earlier_types\":null,\"earliest_of_later_types\":{\"declaration_type\":"
                      "\"completed\",\"of_another_lead_provider\":true}}");
}

/* Whether an id is nobody's or another's, the bytes are the same, as those of the error are. */
static void another_providers_participant_is_as_good_as_absent(void **state)
{
    (void)state;
    struct fixture theirs = not_with_provider(), nobodys = unknown_participant();
    CLEANUP(json) json_t *of_theirs = trace_of(&theirs, TRACE_FOR_CALLER);
    CLEANUP(json) json_t *of_nobodys = trace_of(&nobodys, TRACE_FOR_CALLER);
    CLEANUP(json) json_t *for_support = trace_of(&theirs, TRACE_FOR_SUPPORT);
    assert_true(json_equal(of_theirs, of_nobodys));
    assert_string_equal(result_at(of_theirs, 2), "failed");
    assert_string_equal(result_at(for_support, 2), "passed");
    assert_string_equal(result_at(for_support, 19), "failed");
}

/* The errors of W21 tell that somebody is there: then the rows agree with them. */
static void a_trace_agrees_with_the_errors(void **state)
{
    (void)state;
    struct fixture f = not_with_provider();
    send_date(&f, "2025-02-01T10:00:01Z");
    CLEANUP(json) json_t *trace = trace_of(&f, TRACE_FOR_CALLER);
    assert_string_equal(result_at(trace, 2), "passed");
    assert_string_equal(result_at(trace, 9), "failed");
    assert_string_equal(result_at(trace, 19), "failed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_seen_with_every_result),
        cmocka_unit_test(a_caller_is_shown_the_verdict_of_his_own_participant),
        cmocka_unit_test(values_are_those_that_the_row_compares),
        cmocka_unit_test(a_long_value_is_cut),
        cmocka_unit_test(existing_one_of_another_provider_is_a_type_only),
        cmocka_unit_test(neighbour_of_another_provider_is_shown_where_it_is_why),
        cmocka_unit_test(another_providers_participant_is_as_good_as_absent),
        cmocka_unit_test(a_trace_agrees_with_the_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
