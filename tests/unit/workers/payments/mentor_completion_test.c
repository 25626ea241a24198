/* Tests of workers/payments/mentor_completion.c: the rows of declarations.md 6.1. Where D exists,
 * declaration_rules_test.c has the edges of the days. */
#include "workers/payments/mentor_completion.h"

#include "tests/unit/workers/declaration_fixture.h"

#define assert_day(actual, expected) assert_int_equal((actual).day, on(expected).day)

/* W31: the only `completed` of a mentor is gone; training ended with it. */
static struct mentor_completion_facts nothing_left(void)
{
    return (struct mentor_completion_facts){
        .today = on("2026-05-01"),
        .latest_completed_us = INSTANT_NONE,
        .declaration_us = at("2026-04-20T09:00:00Z"),
        .ineligible_on = on("2026-04-20"),
        .reason = FUNDING_END_COMPLETED_DECLARATION,
        .training_period_id = 11,
        .started_on = on("2025-09-01"),
        .finished_on = on("2026-04-20"),
        .school_finished_on = DATE_NONE,
        .other_training_starts_on = DATE_NONE,
    };
}

static void completion_sets_the_record_and_ends_training(void **state)
{
    (void)state;
    struct mentor_completion_facts facts = nothing_left();
    facts.latest_completed_us = facts.declaration_us;
    facts.ineligible_on = facts.finished_on = DATE_NONE;
    facts.reason = FUNDING_END_NONE;
    struct mentor_completion_effects effects = mentor_completion_decide(&facts);
    assert_true(effects.record_changes);
    assert_day(effects.ineligible_on, "2026-04-20");
    assert_int_equal(effects.reason, FUNDING_END_COMPLETED_DECLARATION);
    assert_int_equal(effects.finished_training_period_id, 11);
    assert_day(effects.finished_on, "2026-04-20");
    assert_false(effects.opens_training);
}

static void completion_leaves_training_that_is_over(void **state)
{
    (void)state;
    struct mentor_completion_facts facts = nothing_left();
    facts.latest_completed_us = facts.declaration_us;
    struct mentor_completion_effects effects = mentor_completion_decide(&facts);
    assert_false(effects.record_changes);
    assert_int_equal(effects.finished_training_period_id, 0);
    assert_false(effects.opens_training);
}

static void no_completion_clears_both_fields(void **state)
{
    (void)state;
    struct mentor_completion_facts facts = nothing_left();
    struct mentor_completion_effects effects = mentor_completion_decide(&facts);
    assert_true(effects.record_changes);
    assert_day(effects.ineligible_on_before, "2026-04-20");
    assert_false(date_is_set(effects.ineligible_on));
    assert_int_equal(effects.reason_before, FUNDING_END_COMPLETED_DECLARATION);
    assert_int_equal(effects.reason, FUNDING_END_NONE);
    facts.ineligible_on = on("2021-04-19"); /* other reasons too */
    facts.reason = FUNDING_END_EARLY_ROLL_OUT;
    assert_true(mentor_completion_decide(&facts).record_changes);
    facts.ineligible_on = DATE_NONE;
    facts.reason = FUNDING_END_NONE;
    assert_false(mentor_completion_decide(&facts).record_changes);
}

static void training_goes_on_the_day_after(void **state)
{
    (void)state;
    struct mentor_completion_facts facts = nothing_left();
    struct mentor_completion_effects effects = mentor_completion_decide(&facts);
    assert_true(effects.opens_training);
    assert_day(effects.opened_from, "2026-04-21");
    assert_false(date_is_set(effects.opened_until));
    assert_int_equal(effects.finished_training_period_id, 0);
    facts.finished_on = on("2026-05-01"); /* today */
    assert_day(mentor_completion_decide(&facts).opened_from, "2026-05-02");
}

static void training_that_still_runs_is_left(void **state)
{
    (void)state;
    struct mentor_completion_facts facts = nothing_left();
    facts.finished_on = on("2026-05-02");
    assert_false(mentor_completion_decide(&facts).opens_training);
    facts.finished_on = DATE_NONE;
    assert_false(mentor_completion_decide(&facts).opens_training);
    assert_true(mentor_completion_decide(&facts).record_changes);
    facts = nothing_left();
    facts.training_period_id = 0;
    assert_false(mentor_completion_decide(&facts).opens_training);
    assert_true(mentor_completion_decide(&facts).record_changes);
}

static void it_ends_with_the_school_period(void **state)
{
    (void)state;
    struct mentor_completion_facts facts = nothing_left();
    facts.school_finished_on = on("2026-08-31");
    assert_day(mentor_completion_decide(&facts).opened_until, "2026-08-31");
    facts.school_finished_on = on("2026-04-21"); /* one day */
    assert_day(mentor_completion_decide(&facts).opened_from, "2026-04-21");
    assert_day(mentor_completion_decide(&facts).opened_until, "2026-04-21");
    facts.school_finished_on = on("2026-04-20"); /* over: the record is cleared all the same */
    assert_false(mentor_completion_decide(&facts).opens_training);
    assert_true(mentor_completion_decide(&facts).record_changes);
}

static void none_is_made_over_another_one(void **state)
{
    (void)state;
    struct mentor_completion_facts facts = nothing_left();
    facts.other_training_starts_on = on("2027-01-01");
    assert_false(mentor_completion_decide(&facts).opens_training); /* open to the end */
    assert_true(mentor_completion_decide(&facts).record_changes);
    facts.school_finished_on = on("2027-01-01");
    assert_false(mentor_completion_decide(&facts).opens_training);
    facts.school_finished_on = on("2026-12-31");
    assert_true(mentor_completion_decide(&facts).opens_training);
}

static void change_lines_tell_before_and_after(void **state)
{
    (void)state;
    struct mentor_completion_facts facts = nothing_left();
    struct mentor_completion_effects effects = mentor_completion_decide(&facts);
    char *text = mentor_completion_changes(&effects);
    assert_string_equal(text, "[\"Became ineligible for funding on '20 Apr 2026' removed\","
                              "\"Became ineligible for funding reason 'completed_declaration_received' "
                              "removed\"]");
    free(text);
    facts.latest_completed_us = at("2026-04-21T09:00:00Z");
    effects = mentor_completion_decide(&facts);
    text = mentor_completion_changes(&effects);
    assert_string_equal(text,
                        "[\"Became ineligible for funding on changed from '20 Apr 2026' to '21 Apr 2026'\"]");
    free(text);
    effects = mentor_completion_nothing();
    assert_null(mentor_completion_changes(&effects));
}

static void the_person_is_another_when_anything_is(void **state)
{
    (void)state;
    struct mentor_completion_effects effects = mentor_completion_nothing();
    assert_false(mentor_completion_changes_person(&effects));
    effects.record_changes = true;
    assert_true(mentor_completion_changes_person(&effects));
    effects = mentor_completion_nothing();
    effects.finished_training_period_id = 1;
    assert_true(mentor_completion_changes_person(&effects));
    effects = mentor_completion_nothing();
    effects.opens_training = true;
    assert_true(mentor_completion_changes_person(&effects));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(completion_sets_the_record_and_ends_training),
        cmocka_unit_test(completion_leaves_training_that_is_over),
        cmocka_unit_test(no_completion_clears_both_fields),
        cmocka_unit_test(training_goes_on_the_day_after),
        cmocka_unit_test(training_that_still_runs_is_left),
        cmocka_unit_test(it_ends_with_the_school_period),
        cmocka_unit_test(none_is_made_over_another_one),
        cmocka_unit_test(change_lines_tell_before_and_after),
        cmocka_unit_test(the_person_is_another_when_anything_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
