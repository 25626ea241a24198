/* workers/validation/participant_effects.c: what lead-provider-api.md 5.2 to 5.5 say under "Effect". */
#include "workers/validation/participant_effects.h"

#include <stdlib.h>

#include "common/cleanup.h"
#include "tests/unit/workers/participant_fixture.h"

static void expect_day(struct date date, const char *expected)
{
    char text[DATE_TEXT_SIZE] = "open";

    if (date_is_set(date))
        date_format(date, text);
    assert_string_equal(text, expected);
}

/* ---- 5.2, 5.3 ---- */

static void training_ends_today_unless_it_has_ended(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    expect_day(stop_effects(&f.facts, on(TODAY)).finished_on, TODAY);
    assert_true(stop_effects(&f.facts, on(TODAY)).moves_finish);
    f.facts.training.finished_on = on(TOMORROW);
    expect_day(stop_effects(&f.facts, on(TODAY)).finished_on, TODAY);
    f.facts.training.finished_on = on(TODAY);
    assert_false(stop_effects(&f.facts, on(TODAY)).moves_finish);
    f.facts.training.finished_on = on(YESTERDAY);
    expect_day(stop_effects(&f.facts, on(TODAY)).finished_on, YESTERDAY);
    assert_false(stop_effects(&f.facts, on(TODAY)).moves_finish);
}

static void expect_changes(struct participant_fixture f, bool is_withdrawal, const char *lines,
                           const char *values)
{
    participant_input_interpret(&f.input);
    const struct stop_changes changes = stop_changes(&f.input, &f.facts, f.now_us, is_withdrawal);

    assert_string_equal(changes.lines, lines);
    assert_string_equal(changes.values, values);
    free(changes.lines);
    free(changes.values);
}

static void the_event_says_what_has_changed(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    f.input.reason = SENT("moved-school");
    expect_changes(f, /* is_withdrawal= */ true,
                   "[\"Withdrawn at set to '2026-02-03T10:00:00Z'\",\"Withdrawal reason set to "
                   "'moved_school'\",\"Finished on set to '3 Feb 2026'\"]",
                   "{\"withdrawn_at\":[null,\"2026-02-03T10:00:00Z\"],\"withdrawal_reason\":[null,\"moved_"
                   "school\"],\"finished_on\":[null,\"2026-02-03\"]}");
    withdraw(&f); /* and deferred afterwards */
    f.facts.training.deferred_at_us = at("2026-02-02T12:00:00Z");
    expect_changes(
        f, /* is_withdrawal= */ true,
        "[\"Withdrawn at changed from '2026-02-01T12:00:00Z' to '2026-02-03T10:00:00Z'\","
        "\"Withdrawal reason changed from 'other' to 'moved_school'\"]",
        "{\"withdrawn_at\":[\"2026-02-01T12:00:00Z\",\"2026-02-03T10:00:00Z\"],\"withdrawal_reason\":"
        "[\"other\",\"moved_school\"]}");
    f = training_ect();
    f.input.reason = SENT("career-break");
    f.facts.training.finished_on = on("2026-07-31");
    expect_changes(
        f, /* is_withdrawal= */ false,
        "[\"Deferred at set to '2026-02-03T10:00:00Z'\",\"Deferral reason set to "
        "'career_break'\",\"Finished on changed from '31 Jul 2026' to '3 Feb 2026'\"]",
        "{\"deferred_at\":[null,\"2026-02-03T10:00:00Z\"],\"deferral_reason\":[null,\"career_break\"],"
        "\"finished_on\":[\"2026-07-31\",\"2026-02-03\"]}");
}

/* ---- 5.4 ---- */

static void training_begins_again_for_as_long_as_they_are_at_the_school(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    withdraw(&f);
    expect_day(resume_effects(&f.facts, on(TODAY)).started_on, TODAY);
    expect_day(resume_effects(&f.facts, on(TODAY)).finished_on, "open");
    assert_false(resume_effects(&f.facts, on(TODAY)).moves_school);
    f.facts.training.school_finished_on = on("2026-07-31");
    f.facts.training.expression_of_interest_id =
        44; /* the new one has none, so by its partnership it counts */
    expect_day(resume_effects(&f.facts, on(TODAY)).finished_on, "2026-07-31");
    assert_true(resume_effects(&f.facts, on(TODAY)).moves_school);
}

/* ---- 5.5 ---- */

static struct schedule_effects change(struct participant_fixture *f)
{
    participant_input_interpret(&f->input);
    return schedule_effects(&f->input, &f->facts, on(TODAY));
}

/* Effect 1 */
static void the_frozen_cohort_that_is_left_is_kept(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    f.facts.training.is_frozen = true;
    assert_false(change(&f).moves_frozen_year); /* the same cohort */
    f.facts.target.year = 2026;
    assert_true(change(&f).moves_cohort && change(&f).moves_frozen_year);
    assert_int_equal(change(&f).frozen_year, 2025);
    f.facts.training.payments_frozen_year = 2025;
    assert_false(change(&f).moves_frozen_year);
    f.facts.training.payments_frozen_year = 2024; /* the one left last */
    assert_int_equal(change(&f).frozen_year, 2025);
    f.facts.training.is_frozen = false; /* from one open cohort to another */
    assert_false(change(&f).moves_frozen_year);
    f.facts.target.is_frozen = true; /* back */
    assert_true(change(&f).moves_frozen_year);
    assert_int_equal(change(&f).frozen_year, 0);
    f.facts.training.is_frozen = true; /* back, from another closed one */
    assert_true(change(&f).moves_frozen_year);
    assert_int_equal(change(&f).frozen_year, 0);
}

/* Effect 2 */
static void training_is_edited_in_place_or_ends(void **state)
{
    struct participant_fixture f = training_ect(), mentor = training_mentor();
    (void)state;
    assert_false(change(&f).is_in_place);
    f.facts.training.started_on = on(YESTERDAY);
    assert_false(change(&f).is_in_place);
    f.facts.training.started_on = on(TODAY);
    assert_true(change(&f).is_in_place);
    f.facts.training.started_on = on(TOMORROW);
    assert_true(change(&f).is_in_place);
    expect_day(change(&f).started_on, "open");
    expect_day(change(&f).ends_on, "open");
    f.facts.training.started_on = on("2025-09-01"); /* completed ECT to reduced */
    f.input.schedule_identifier = SENT("ecf-reduced-january");
    assert_false(change(&f).is_in_place);
    f.facts.training.induction_finished_on = on("2025-12-19");
    assert_true(change(&f).is_in_place);
    f.input.schedule_identifier = SENT("ecf-extended-january");
    assert_false(change(&f).is_in_place);
    mentor.facts.training.became_ineligible_for_funding_on = on("2025-12-19");
    assert_false(change(&mentor).is_in_place);
}

/* Effect 3 */
static void training_ends_yesterday_and_begins_today(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    expect_day(change(&f).ends_on, YESTERDAY);
    expect_day(change(&f).started_on, TODAY);
    expect_day(change(&f).finished_on, "open");
    f.facts.training.finished_on = on("2026-07-31");
    expect_day(change(&f).ends_on, YESTERDAY);
    expect_day(change(&f).finished_on, "2026-07-31");
    f.facts.training.school_finished_on = on("2026-08-31");
    expect_day(change(&f).finished_on, "2026-07-31");
    f.facts.training.finished_on = on("2026-09-30");
    expect_day(change(&f).finished_on, "2026-08-31");
    f.facts.training.finished_on = on("2026-01-05"); /* is past, so it is no end of what begins today */
    expect_day(change(&f).ends_on, "2026-01-05");
    expect_day(change(&f).finished_on, "2026-08-31");
    f.facts.training.school_finished_on = on(TODAY);
    expect_day(change(&f).finished_on, TODAY);
}

static void the_school_shows_another_cohort_or_interest(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    assert_false(change(&f).moves_school);
    f.facts.training.expression_of_interest_id = 44;
    assert_true(change(&f).moves_school);
    f.facts.training.started_on = on(TODAY); /* in place: it keeps it */
    assert_false(change(&f).moves_school);
    f.facts.target.year = 2026;
    assert_true(change(&f).moves_school);
}

/* ---- explained ---- */

static void effects_are_shown(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    participant_input_interpret(&f.input);
    CLEANUP(json)
    json_t *stopped = participant_effects_shown(slice_of("participant.defer"), &f.input, &f.facts, f.now_us);
    CLEANUP(json)
    json_t *changed =
        participant_effects_shown(slice_of("participant.change_schedule"), &f.input, &f.facts, f.now_us);
    withdraw(&f);
    CLEANUP(json)
    json_t *resumed = participant_effects_shown(slice_of("participant.resume"), &f.input, &f.facts, f.now_us);
    CLEANUP(free) char *of_stop = json_dumps(stopped, JSON_COMPACT);
    CLEANUP(free) char *of_change = json_dumps(changed, JSON_COMPACT);
    CLEANUP(free) char *of_resume = json_dumps(resumed, JSON_COMPACT);
    assert_string_equal(of_stop, "{\"training_ends_on\":\"2026-02-03\"}");
    assert_string_equal(of_resume, "{\"training_begins_on\":\"2026-02-03\",\"and_ends_on\":null}");
    assert_string_equal(of_change,
                        "{\"in_place\":false,\"schedule_id\":52,\"school_partnership_id\":31,"
                        "\"training_ends_on\":\"2026-02-02\",\"training_begins_on\":\"2026-02-03\","
                        "\"and_ends_on\":null,\"payments_frozen_year\":null}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_ends_today_unless_it_has_ended),
        cmocka_unit_test(the_event_says_what_has_changed),
        cmocka_unit_test(training_begins_again_for_as_long_as_they_are_at_the_school),
        cmocka_unit_test(the_frozen_cohort_that_is_left_is_kept),
        cmocka_unit_test(training_is_edited_in_place_or_ends),
        cmocka_unit_test(training_ends_yesterday_and_begins_today),
        cmocka_unit_test(the_school_shows_another_cohort_or_interest),
        cmocka_unit_test(effects_are_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
