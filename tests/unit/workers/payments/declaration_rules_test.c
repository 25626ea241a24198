/* Tests of workers/payments/declaration_rules.c: declarations.md 3.5 "Stored", 4, 5, 6.1. */
#include "workers/payments/declaration_rules.h"

#include "common/buffer.h"
#include "tests/unit/workers/declaration_fixture.h"

static struct declaration_effects effects_of(const struct fixture *f)
{
    struct declaration_effects effects;
    struct error err = {0};
    if (!declaration_decide_effects(&f->input, &f->facts, declaration_is_fundable(&f->facts), f->now_us,
                                    &effects, &err))
        fail_msg("%s", err.detail);
    return effects;
}

/* ---- section 4 and 5 ---- */

static void fundable_is_eligible_on_the_open_statement(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    struct declaration_effects effects = effects_of(&f);
    struct uuid statement = uuid_of(21), partner = uuid_of(15);
    assert_int_equal(effects.payment_status, PAYMENT_ELIGIBLE);
    assert_int_equal(effects.statement_id, 21);
    assert_true(uuid_equal(&effects.statement_api_id, &statement));
    assert_int_equal(effects.training_period_id, 11);
    assert_int_equal(effects.delivery_partner_id, 15);
    assert_true(uuid_equal(&effects.delivery_partner_api_id, &partner));
    assert_int_equal(effects.evidence, EVIDENCE_OTHER);
}

static void unfunded_is_submitted_without_statement(void **state)
{
    (void)state;
    struct fixture f = accepted_ect(); /* W03 */
    f.facts.first_became_eligible_for_training_at_us = INSTANT_NONE;
    struct declaration_effects effects = effects_of(&f);
    assert_int_equal(effects.payment_status, PAYMENT_NO_PAYMENT);
    assert_int_equal(effects.statement_id, 0);
    f.facts.statement.id = 0; /* W26, not eligible */
    assert_int_equal(effects_of(&f).payment_status, PAYMENT_NO_PAYMENT);
}

static void what_validation_cannot_have_accepted_is_a_bug(void **state)
{
    (void)state;
    struct declaration_effects effects;
    struct error err = {0};
    struct fixture f = accepted_ect();
    f.facts.statement.id = 0;
    assert_false(declaration_decide_effects(&f.input, &f.facts, true, f.now_us, &effects, &err));
    assert_int_equal(err.kind, ERROR_BUG);
    error_clear(&err);
    f = accepted_ect();
    without_training_period(&f);
    assert_false(declaration_decide_effects(&f.input, &f.facts, false, f.now_us, &effects, &err));
    f = accepted_ect();
    send_date(&f, "x");
    assert_false(declaration_decide_effects(&f.input, &f.facts, false, f.now_us, &effects, &err));
}

static void evidence_of_started_is_dropped_before_2025(void **state)
{
    (void)state;
    struct fixture f = accepted_ect(); /* W02 */
    send_type(&f, "started");
    send_evidence(&f, "one-term-induction");
    assert_int_equal(effects_of(&f).evidence, EVIDENCE_NONE);
    f = accepted_ect_2025();
    send_type(&f, "started");
    assert_int_equal(effects_of(&f).evidence, EVIDENCE_OTHER);
}

static void uplifts_are_copied_to_started_where_fees_are_paid(void **state)
{
    (void)state;
    struct fixture f = accepted_ect(); /* W01 */
    f.facts.uplifts.pupil_premium = true;
    send_type(&f, "started");
    assert_true(effects_of(&f).pupil_premium_uplift);
    assert_false(effects_of(&f).sparsity_uplift);
    send_course(&f, "ecf-mentor"); /* mentors too */
    f.facts.uplifts.sparsity = true;
    assert_true(effects_of(&f).pupil_premium_uplift && effects_of(&f).sparsity_uplift);
    send_type(&f, "retained-1"); /* no other type */
    assert_false(effects_of(&f).pupil_premium_uplift || effects_of(&f).sparsity_uplift);
    send_type(&f, "started");
    f.facts.contract_period.uplift_fees_enabled = false;
    assert_false(effects_of(&f).pupil_premium_uplift || effects_of(&f).sparsity_uplift);
}

static void mentorship_is_attached_to_ects(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    struct uuid mentor = uuid_of(51);
    assert_int_equal(effects_of(&f).mentorship_period_id, 0);
    f.facts.mentorship.id = 50;
    f.facts.mentorship.mentor_api_id = mentor;
    struct declaration_effects effects = effects_of(&f);
    assert_int_equal(effects.mentorship_period_id, 50);
    assert_true(uuid_equal(&effects.mentor_api_id, &mentor));
    send_course(&f, "ecf-mentor");
    assert_int_equal(effects_of(&f).mentorship_period_id, 0);
}

/* ---- 6.1 ---- */

#define assert_day(actual, expected) assert_int_equal((actual).day, on(expected).day)

static void mentor_who_completes_ends_funding_and_training(void **state)
{
    (void)state;
    struct fixture f = accepted_mentor_2025(); /* W14 */
    struct mentor_completion_effects completion = effects_of(&f).completion;
    assert_true(completion.record_changes);
    assert_false(date_is_set(completion.ineligible_on_before));
    assert_day(completion.ineligible_on, "2026-04-20");
    assert_int_equal(completion.reason_before, FUNDING_END_NONE);
    assert_int_equal(completion.reason, FUNDING_END_COMPLETED_DECLARATION);
    assert_int_equal(completion.finished_training_period_id, 11);
    assert_false(date_is_set(completion.finished_on_before));
    assert_day(completion.finished_on, "2026-04-20");
}

static void nobody_else_completes(void **state)
{
    (void)state;
    struct fixture f = accepted_mentor_2025();
    send_type(&f, "started");
    assert_false(effects_of(&f).completion.record_changes);
    assert_int_equal(effects_of(&f).completion.finished_training_period_id, 0);
    f = accepted_ect_2025();
    send_type(&f, "completed");
    assert_false(effects_of(&f).completion.record_changes);
    assert_int_equal(effects_of(&f).completion.finished_training_period_id, 0);
}

static void submitted_completion_counts_too(void **state)
{
    (void)state;
    struct fixture f = accepted_mentor_2025();
    f.facts.first_became_eligible_for_training_at_us = INSTANT_NONE;
    assert_true(effects_of(&f).completion.record_changes);
}

static void days_are_londons(void **state)
{
    (void)state;
    struct fixture f = accepted_mentor_2025();
    send_date(&f, "2026-04-20T22:59:59.999999Z");
    assert_day(effects_of(&f).completion.ineligible_on, "2026-04-20");
    assert_day(effects_of(&f).completion.finished_on, "2026-04-20");
    send_date(&f, "2026-04-20T23:00:00Z");
    assert_day(effects_of(&f).completion.ineligible_on, "2026-04-21");
    assert_day(effects_of(&f).completion.finished_on, "2026-04-21");
}

static void earlier_reason_is_overwritten_and_an_equal_record_unchanged(void **state)
{
    (void)state;
    struct fixture f = accepted_mentor_2025();
    f.facts.funding_end.became_ineligible_for_funding_on = on("2021-04-19");
    f.facts.funding_end.reason = FUNDING_END_EARLY_ROLL_OUT;
    struct mentor_completion_effects completion = effects_of(&f).completion;
    assert_true(completion.record_changes);
    assert_day(completion.ineligible_on_before, "2021-04-19");
    assert_int_equal(completion.reason_before, FUNDING_END_EARLY_ROLL_OUT);
    assert_day(completion.ineligible_on, "2026-04-20");
    f.facts.funding_end.became_ineligible_for_funding_on = on("2026-04-20");
    assert_true(effects_of(&f).completion.record_changes); /* the reason alone */
    f.facts.funding_end.reason = FUNDING_END_COMPLETED_DECLARATION;
    assert_false(effects_of(&f).completion.record_changes);
    f.facts.funding_end.became_ineligible_for_funding_on = on("2026-04-19");
    assert_true(effects_of(&f).completion.record_changes); /* the date alone */
}

static void latest_dated_completion_decides_the_record(void **state)
{
    (void)state;
    struct fixture f = accepted_mentor_2025();
    with_existing(&f, DECLARATION_COMPLETED, at("2026-04-22T09:00:00Z"))->lead_provider_id = LP_B;
    assert_day(effects_of(&f).completion.ineligible_on, "2026-04-22");
    assert_day(effects_of(&f).completion.finished_on, "2026-04-20"); /* LT by the declaration itself */
    with_existing(&f, DECLARATION_COMPLETED, at("2026-04-01T09:00:00Z"));
    assert_day(effects_of(&f).completion.ineligible_on, "2026-04-20");
}

static void training_that_is_over_stays(void **state)
{
    (void)state;
    struct fixture f = accepted_mentor_2025(); /* today = 2026-04-25 */
    f.facts.training_period.finished_on = on("2026-04-24");
    assert_int_equal(effects_of(&f).completion.finished_training_period_id, 0);
    assert_true(effects_of(&f).completion.record_changes);
    f.facts.training_period.finished_on = on("2026-04-25"); /* today is not after today */
    assert_int_equal(effects_of(&f).completion.finished_training_period_id, 0);
    f.facts.training_period.finished_on = on("2026-04-26");
    assert_int_equal(effects_of(&f).completion.finished_training_period_id, 11);
    assert_day(effects_of(&f).completion.finished_on_before, "2026-04-26");
    assert_day(effects_of(&f).completion.finished_on, "2026-04-20");
    f.now_us = at("2026-04-25T22:59:59.999999Z"); /* the last moment of that day in London */
    assert_int_equal(effects_of(&f).completion.finished_training_period_id, 11);
    f.now_us = at("2026-04-25T23:00:00Z");
    assert_int_equal(effects_of(&f).completion.finished_training_period_id, 0);
}

static void declaration_before_the_training_ends_it_after_one_day(void **state)
{
    (void)state;
    struct fixture f = accepted_mentor_2025();
    f.facts.training_period.started_on = on("2026-04-20");
    send_date(&f, "2026-04-19T23:00:00Z"); /* exactly 00:00 London of the start: not later */
    assert_day(effects_of(&f).completion.finished_on, "2026-04-21");
    send_date(&f, "2026-04-19T23:00:00.000001Z");
    assert_day(effects_of(&f).completion.finished_on, "2026-04-20");
    send_date(&f, "2026-04-01T09:00:00Z");
    assert_day(effects_of(&f).completion.finished_on, "2026-04-21");
    f.facts.training_period.started_on = on("2026-09-01"); /* in the future */
    assert_day(effects_of(&f).completion.finished_on, "2026-09-02");
    f.facts.training_period.finished_on = on("2026-09-01"); /* of one day: never made longer */
    assert_int_equal(effects_of(&f).completion.finished_training_period_id, 0);
    assert_day(effects_of(&f).completion.finished_on, "2026-09-01");
    f.facts.training_period.finished_on = on("2026-09-02");
    assert_int_equal(effects_of(&f).completion.finished_training_period_id, 0);
}

/* ---- the body of the answer ---- */

static void view_shows_what_is_written(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    f.facts.mentorship.id = 50;
    f.facts.mentorship.mentor_api_id = uuid_of(51);
    struct declaration_effects effects = effects_of(&f);
    struct uuid id = uuid_of(99);
    struct declaration_view view =
        declaration_view_of(&f.input, &f.facts, &effects, &id, f.now_us, f.now_us + 1);
    struct buffer body = BUFFER_INIT;
    declaration_render(&view, &body);
    assert_non_null(strstr(body.data, "\"state\":\"eligible\""));
    assert_non_null(strstr(body.data, "\"mentor_id\":\"00000000-0000-4000-8000-000000000033\""));
    assert_non_null(strstr(body.data, "\"statement_id\":\"00000000-0000-4000-8000-000000000015\""));
    assert_non_null(strstr(body.data, "\"delivery_partner_id\":\"00000000-0000-4000-8000-00000000000f\""));
    assert_non_null(strstr(body.data, "\"lead_provider_name\":\"LP-A\""));
    assert_non_null(strstr(body.data, "\"uplift_paid\":false"));
    buffer_release(&body);
    f.facts.first_became_eligible_for_training_at_us = INSTANT_NONE;
    effects = effects_of(&f);
    view = declaration_view_of(&f.input, &f.facts, &effects, NULL, f.now_us, f.now_us);
    assert_null(view.statement_id);
    assert_null(view.id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fundable_is_eligible_on_the_open_statement),
        cmocka_unit_test(unfunded_is_submitted_without_statement),
        cmocka_unit_test(what_validation_cannot_have_accepted_is_a_bug),
        cmocka_unit_test(evidence_of_started_is_dropped_before_2025),
        cmocka_unit_test(uplifts_are_copied_to_started_where_fees_are_paid),
        cmocka_unit_test(mentorship_is_attached_to_ects),
        cmocka_unit_test(mentor_who_completes_ends_funding_and_training),
        cmocka_unit_test(nobody_else_completes),
        cmocka_unit_test(submitted_completion_counts_too),
        cmocka_unit_test(days_are_londons),
        cmocka_unit_test(earlier_reason_is_overwritten_and_an_equal_record_unchanged),
        cmocka_unit_test(latest_dated_completion_decides_the_record),
        cmocka_unit_test(training_that_is_over_stays),
        cmocka_unit_test(declaration_before_the_training_ends_it_after_one_day),
        cmocka_unit_test(view_shows_what_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
