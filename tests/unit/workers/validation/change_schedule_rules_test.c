/* The table of lead-provider-api.md 5.5: each row fails and passes, and what it makes of the others. */
#include "tests/unit/workers/validation/participant_expect.h"

#define C_SHARED    "A1+ A2+ A3+ "
#define C_SCHEDULE  "C1+ C2+ C3+ C4+ C5+ C6+ C7+ "
#define C_COHORT    "C8+ C9+ "
#define C_PERSON    "C10+ C11+ C12+ C13+ over+"
#define CHANGE_FINE C_SHARED C_SCHEDULE C_COHORT C_PERSON

static void schedules_are_changed(void **state)
{
    struct participant_fixture f = training_ect(), mentor = training_mentor();
    (void)state;
    expect(&change_schedule_table, f, CHANGE_FINE);
    f.input.schedule_identifier = SENT("ecf-reduced-april");
    expect(&change_schedule_table, f, CHANGE_FINE);
    mentor.input.schedule_identifier = SENT("ecf-replacement-january");
    expect(&change_schedule_table, mentor, CHANGE_FINE);
    f.facts.training.finished_on = f.facts.training.school_finished_on = on(TOMORROW); /* leaving */
    expect(&change_schedule_table, f, CHANGE_FINE);
    f = training_ect();
    f.facts.training.started_on = on(TOMORROW); /* joining */
    expect(&change_schedule_table, f, CHANGE_FINE);
}

/* lead-provider-api.md 5.5/C1, 5.5/C2; the other groups go on */
static void one_of_the_schedules_is_needed(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    f.input.schedule_identifier = SENT(" ");
    expect_error(&change_schedule_table, f, C_SHARED "C1- " C_COHORT C_PERSON, "schedule_identifier",
                 "missing");
    f.input.schedule_identifier = SENT("ecf_standard_september");
    expect_error(&change_schedule_table, f, C_SHARED "C1+ C2- " C_COHORT C_PERSON, "schedule_identifier",
                 "does not exist");
}

/* lead-provider-api.md 5.5/C3, 5.5/C4 */
static void the_schedule_must_be_another_one_of_the_cohort(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    f.facts.target.schedule_id = 0;
    expect_error(&change_schedule_table, f, C_SHARED "C1+ C2+ C3- " C_COHORT C_PERSON, "schedule_identifier",
                 "2025");
    f.facts.target.schedule_id = SCHEDULE_HERE;
    expect_error(&change_schedule_table, f, C_SHARED "C1+ C2+ C3+ C4- " C_COHORT C_PERSON,
                 "schedule_identifier", "already");
}

/* lead-provider-api.md 5.5/C5, 5.5/C6 */
static void some_schedules_are_of_one_role(void **state)
{
    static const char *const replacement[] = {"ecf-replacement-september", "ecf-replacement-april"};
    static const char *const reduced[] = {"ecf-reduced-september", "ecf-reduced-april"};
    struct participant_fixture f = training_ect(), mentor = training_mentor();
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        f.input.schedule_identifier = slice_of(replacement[i]);
        expect_error(&change_schedule_table, f, C_SHARED "C1+ C2+ C3+ C4+ C5- " C_COHORT C_PERSON,
                     "schedule_identifier", "for mentors only");
        mentor.input.schedule_identifier = slice_of(reduced[i]);
        expect_error(&change_schedule_table, mentor, C_SHARED "C1+ C2+ C3+ C4+ C5+ C6- " C_COHORT C_PERSON,
                     "schedule_identifier", "for ECTs only");
    }
}

/* lead-provider-api.md 5.5/C7 */
#define C7_FAILS C_SHARED "C1+ C2+ C3+ C4+ C5+ C6+ C7- " C_COHORT C_PERSON

static void declarations_must_fit_the_schedule(void **state)
{
    struct trained_declaration one = {.type = DECLARATION_STARTED,
                                      .date_us = at("2026-01-01T00:00:00Z"),
                                      .milestone_start_date = on("2026-01-01"),
                                      .milestone_date = on("2026-03-31")};
    struct participant_fixture f = training_ect();
    (void)state;
    f.facts.declarations = &one;
    f.facts.declaration_count = 1;
    f.facts.training.started_on = on(TODAY);
    expect(&change_schedule_table, f, CHANGE_FINE);
    one.date_us--; /* before the window */
    expect_error(&change_schedule_table, f, C7_FAILS, "schedule_identifier", "started");
    f.facts.training.started_on = on(YESTERDAY); /* the training it is of ends */
    expect(&change_schedule_table, f, CHANGE_FINE);
    f.facts.training.started_on = on(TOMORROW);
    expect(&change_schedule_table, f, C7_FAILS);
    one.date_us = at("2026-03-31T22:59:59.999999Z"); /* the last day, in summer time */
    expect(&change_schedule_table, f, CHANGE_FINE);
    one.date_us++;
    expect(&change_schedule_table, f, C7_FAILS);
    one.milestone_date = DATE_NONE; /* no end */
    expect(&change_schedule_table, f, CHANGE_FINE);
    one.milestone_start_date = DATE_NONE; /* no such type */
    expect(&change_schedule_table, f, C7_FAILS);
}

static void declarations_do_not_leave_their_statements_cohort(void **state)
{
    struct trained_declaration one = {.type = DECLARATION_STARTED,
                                      .date_us = at("2025-10-01T09:00:00Z"),
                                      .milestone_start_date = on("2025-06-01"),
                                      .milestone_date = DATE_NONE,
                                      .has_statement = true};
    struct participant_fixture f = training_ect();
    (void)state;
    f.facts.declarations = &one;
    f.facts.declaration_count = 1;
    f.facts.training.started_on = on(TODAY);
    expect(&change_schedule_table, f, CHANGE_FINE); /* of the same cohort */
    f.facts.target.year = 2026;
    f.facts.target.school_partnership_id = PARTNERSHIP_THERE;
    expect_error(&change_schedule_table, f, C7_FAILS, "schedule_identifier", "statement of the 2025");
    one.has_statement = false;
    expect(&change_schedule_table, f, CHANGE_FINE);
    one.has_statement = true;
    f.facts.training.started_on = on(YESTERDAY);
    expect(&change_schedule_table, f, CHANGE_FINE);
    f.input.schedule_identifier = SENT("ecf-reduced-april"); /* completed: in place, whenever it began */
    f.facts.training.induction_finished_on = on("2025-12-19");
    expect(&change_schedule_table, f, C7_FAILS);
    one.has_statement = false;
    one.date_us = at("2025-05-01T09:00:00Z"); /* but its window is not asked for */
    expect(&change_schedule_table, f, CHANGE_FINE);
}

/* lead-provider-api.md 5.5/C8, 5.5/C9 */
static void the_cohort_must_be_open_to_them(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    f.facts.target.year = 2024;
    f.facts.target.school_partnership_id = 0;
    f.facts.target.is_frozen = true; /* the first of the group is told */
    expect_error(&change_schedule_table, f, C_SHARED C_SCHEDULE "C8- " C_PERSON, "cohort", "partnership");
    f.facts.target.school_partnership_id = PARTNERSHIP_THERE;
    expect_error(&change_schedule_table, f, C_SHARED C_SCHEDULE "C8+ C9- " C_PERSON, "cohort", "closed");
    f.facts.training.payments_frozen_year = 2024; /* which they left when it closed */
    expect(&change_schedule_table, f, CHANGE_FINE);
    f.facts.training.payments_frozen_year = 2023;
    expect(&change_schedule_table, f, C_SHARED C_SCHEDULE "C8+ C9- " C_PERSON);
    f.facts.target.is_frozen = false;
    expect(&change_schedule_table, f, CHANGE_FINE);
    f = training_ect(); /* within a closed cohort */
    f.facts.training.is_frozen = f.facts.target.is_frozen = true;
    expect_error(&change_schedule_table, f, C_SHARED C_SCHEDULE "C8+ C9- " C_PERSON, "cohort", "2025");
}

/* lead-provider-api.md 5.5/C10 */
static void who_has_completed_stays(void **state)
{
    struct participant_fixture f = training_ect(), mentor = training_mentor();
    (void)state;
    f.facts.training.induction_finished_on = on("2025-12-19");
    expect_error(&change_schedule_table, f, C_SHARED C_SCHEDULE C_COHORT "C10-", "participant_id", "reduced");
    f.input.schedule_identifier = SENT("ecf-reduced-september");
    expect(&change_schedule_table, f, CHANGE_FINE);
    f.input.schedule_identifier = SENT("x"); /* is not a reduced one */
    expect(&change_schedule_table, f, C_SHARED "C1+ C2- " C_COHORT "C10-");
    f = training_ect(); /* what the Teaching Record System says is no period with an outcome */
    f.facts.training.trs_induction_completed_on = on("2025-12-19");
    expect(&change_schedule_table, f, CHANGE_FINE);
    mentor.facts.training.became_ineligible_for_funding_on = on("2025-12-19");
    expect_error(&change_schedule_table, mentor, C_SHARED C_SCHEDULE C_COHORT "C10-", "participant_id",
                 "mentor training");
}

/* lead-provider-api.md 5.5/C11, 5.5/C12 */
static void who_is_no_longer_trained_stays(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    f.facts.training.finished_on = on(TODAY);
    expect_error(&change_schedule_table, f, C_SHARED C_SCHEDULE C_COHORT "C10+ C11-", "participant_id",
                 "left");
    f = training_ect();
    defer(&f);
    expect(&change_schedule_table, f, C_SHARED C_SCHEDULE C_COHORT "C10+ C11-");
    f = training_ect();
    withdraw(&f);
    expect(&change_schedule_table, f, C_SHARED C_SCHEDULE C_COHORT "C10+ C11-");
    f.facts.training.finished_on = on(TOMORROW); /* withdrawn, and not yet left */
    expect_error(&change_schedule_table, f, C_SHARED C_SCHEDULE C_COHORT "C10+ C11+ C12-", "participant_id",
                 "withdrawn at");
}

/* lead-provider-api.md 5.5/C13 */
static void only_the_latest_training_is_changed(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    f.facts.others.later_starts_on = on("2026-04-01");
    expect_error(&change_schedule_table, f, C_SHARED C_SCHEDULE C_COHORT "C10+ C11+ C12+ C13-",
                 "participant_id", "2026-04-01");
}

/* What begins today would lie outside the school period. Who has completed is `active` though it is over. */
static void who_has_completed_and_left_the_school_stays(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    f.facts.training.finished_on = f.facts.training.school_finished_on = on("2026-01-05");
    f.facts.training.trs_induction_completed_on = on("2026-01-05");
    expect_error(&change_schedule_table, f, C_SHARED C_SCHEDULE C_COHORT "C10+ C11+ C12+ C13+ over-",
                 "participant_id", "2026-01-05");
    f.facts.training.school_finished_on = on(TODAY);
    expect(&change_schedule_table, f, CHANGE_FINE);
    f.facts.training.school_finished_on = on("2026-01-05");
    f.facts.training.induction_finished_on = on("2026-01-05");
    f.input.schedule_identifier = SENT("ecf-reduced-april"); /* in place */
    expect(&change_schedule_table, f, CHANGE_FINE);
}

/* "Independent groups, the first failure of each is reported", in the order in which they failed. */
static void groups_are_independent(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    f.facts.target.schedule_id = SCHEDULE_HERE;
    f.facts.target.is_frozen = true;
    f.facts.training.finished_on = on(YESTERDAY);
    f.facts.others.later_starts_on = on(TODAY);
    const struct participant_verdict verdict =
        expect(&change_schedule_table, f, C_SHARED "C1+ C2+ C3+ C4- C8+ C9- C10+ C11-");
    assert_string_equal(participant_title(verdict.errors[0].title), "schedule_identifier");
    assert_string_equal(participant_title(verdict.errors[1].title), "cohort");
    assert_string_equal(participant_title(verdict.errors[2].title), "participant_id");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_are_changed),
        cmocka_unit_test(one_of_the_schedules_is_needed),
        cmocka_unit_test(the_schedule_must_be_another_one_of_the_cohort),
        cmocka_unit_test(some_schedules_are_of_one_role),
        cmocka_unit_test(declarations_must_fit_the_schedule),
        cmocka_unit_test(declarations_do_not_leave_their_statements_cohort),
        cmocka_unit_test(the_cohort_must_be_open_to_them),
        cmocka_unit_test(who_has_completed_stays),
        cmocka_unit_test(who_is_no_longer_trained_stays),
        cmocka_unit_test(only_the_latest_training_is_changed),
        cmocka_unit_test(who_has_completed_and_left_the_school_stays),
        cmocka_unit_test(groups_are_independent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
