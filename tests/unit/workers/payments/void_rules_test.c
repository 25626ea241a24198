/* Tests of workers/payments/void_rules.c: declarations.md 6, and the half of 6.1 that a void brings. */
#include "workers/payments/void_rules.h"

#include "common/buffer.h"
#include "tests/unit/workers/void_fixture.h"

#define assert_day(actual, expected) assert_int_equal((actual).day, on(expected).day)

static struct void_effects effects_of(const struct void_fixture *f)
{
    struct void_effects effects;
    struct error err = {0};
    if (!void_decide_effects(&f->facts, f->now_us, &effects, &err))
        fail_msg("%s", err.detail);
    return effects;
}

static void expect_bug(const struct void_fixture *f)
{
    struct void_effects effects;
    struct error err = {0};
    assert_false(void_decide_effects(&f->facts, f->now_us, &effects, &err));
    assert_int_equal(err.kind, ERROR_BUG);
}

/* ---- section 6 ---- */

static void unpaid_ones_become_voided(void **state)
{
    static const enum payment_status voidable[] = {PAYMENT_NO_PAYMENT, PAYMENT_ELIGIBLE, PAYMENT_PAYABLE};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct void_fixture f = voidable_ect();
        f.facts.declaration.payment_status = voidable[i];
        struct void_effects effects = effects_of(&f);
        assert_int_equal(effects.payment_status, PAYMENT_VOIDED);
        assert_int_equal(effects.clawback_status, CLAWBACK_NO_CLAWBACK);
        assert_int_equal(effects.clawback_statement_id, 0);
    }
}

static void paid_one_awaits_clawback_on_the_statement(void **state)
{
    (void)state;
    struct void_fixture f = paid_ect();
    struct void_effects effects = effects_of(&f);
    struct uuid statement = uuid_of(22);
    assert_int_equal(effects.payment_status, PAYMENT_PAID);
    assert_int_equal(effects.clawback_status, CLAWBACK_AWAITING);
    assert_int_equal(effects.clawback_statement_id, 22);
    assert_true(uuid_equal(&effects.clawback_statement_api_id, &statement));
}

static void what_validation_cannot_have_accepted_is_a_bug(void **state)
{
    (void)state;
    struct void_fixture f = voidable_ect();
    f.facts.declaration.id = 0;
    expect_bug(&f);
    f = voidable_ect();
    f.facts.declaration.payment_status = PAYMENT_VOIDED;
    expect_bug(&f);
    f = paid_ect();
    f.facts.declaration.clawback_status = CLAWBACK_AWAITING;
    expect_bug(&f);
    f = paid_ect();
    f.facts.clawback_statement.id = 0;
    expect_bug(&f);
}

/* ---- 6.1 ---- */

static void mentor_is_fundable_again_and_trains_on(void **state)
{
    (void)state;
    struct void_fixture f = voidable_mentor(); /* W31 */
    struct mentor_completion_effects completion = effects_of(&f).completion;
    assert_true(completion.record_changes);
    assert_day(completion.ineligible_on_before, "2026-04-20");
    assert_false(date_is_set(completion.ineligible_on));
    assert_int_equal(completion.reason, FUNDING_END_NONE);
    assert_true(completion.opens_training);
    assert_day(completion.opened_from, "2026-04-21");
    assert_false(date_is_set(completion.opened_until));
    assert_int_equal(completion.finished_training_period_id, 0);
}

static void so_it_is_when_the_money_is_taken_back(void **state)
{
    (void)state;
    struct void_fixture f = voidable_mentor();
    f.facts.declaration.payment_status = PAYMENT_PAID;
    f.facts.clawback_statement.id = 22;
    assert_int_equal(effects_of(&f).clawback_status, CLAWBACK_AWAITING);
    assert_true(effects_of(&f).completion.record_changes);
    assert_true(effects_of(&f).completion.opens_training);
}

static void another_completion_that_is_left_keeps_the_record(void **state)
{
    (void)state;
    struct void_fixture f = voidable_mentor();
    f.facts.completion.latest_completed_us = at("2026-04-10T09:00:00Z");
    struct mentor_completion_effects completion = effects_of(&f).completion;
    assert_day(completion.ineligible_on, "2026-04-10");
    assert_int_equal(completion.reason, FUNDING_END_COMPLETED_DECLARATION);
    assert_false(completion.opens_training);
}

static void nobody_else_has_completed(void **state)
{
    (void)state;
    struct void_fixture f = voidable_mentor();
    f.facts.declaration.type = DECLARATION_STARTED;
    assert_false(effects_of(&f).completion.record_changes || effects_of(&f).completion.opens_training);
    f = voidable_mentor();
    f.facts.declaration.role = ROLE_ECT;
    assert_false(effects_of(&f).completion.record_changes || effects_of(&f).completion.opens_training);
}

/* ---- the body of the answer ---- */

static void expect_shown(const struct void_fixture *f, const char *const *parts)
{
    struct void_effects effects = effects_of(f);
    struct buffer body = BUFFER_INIT;
    struct declaration_view view = void_view_of(&f->facts, &effects, f->now_us);
    declaration_render(&view, &body);
    for (; *parts != NULL; parts++)
        if (strstr(body.data, *parts) == NULL)
            fail_msg("%s is not in %s", *parts, body.data);
    buffer_release(&body);
}

static void view_hides_the_statement_of_a_voided_one(void **state)
{
    (void)state;
    struct void_fixture f = voidable_ect();
    expect_shown(&f, (const char *const[]){"\"id\":\"00000000-0000-4000-8000-000000000046\"",
                                           "\"participant_id\":\"00000000-0000-4000-8000-000000000001\"",
                                           "\"declaration_type\":\"started\"", "\"mentor_id\":null",
                                           "\"state\":\"voided\"", "\"updated_at\":\"2024-10-22T09:00:00Z\"",
                                           "\"created_at\":\"2024-10-20T09:00:00Z\"",
                                           "\"delivery_partner_id\":\"00000000-0000-4000-8000-00000000000f\"",
                                           "\"statement_id\":null", "\"clawback_statement_id\":null",
                                           "\"uplift_paid\":false", "\"lead_provider_name\":\"LP-A\"", NULL});
    f.facts.declaration.has_mentor = true;
    f.facts.declaration.mentor_api_id = uuid_of(51);
    expect_shown(&f, (const char *const[]){"\"mentor_id\":\"00000000-0000-4000-8000-000000000033\"", NULL});
}

static void view_shows_both_statements_of_a_clawback(void **state)
{
    (void)state;
    struct void_fixture f = paid_ect();
    expect_shown(&f, (const char *const[]){
                         "\"state\":\"awaiting-clawback\"", "\"uplift_paid\":true",
                         "\"statement_id\":\"00000000-0000-4000-8000-000000000015\"",
                         "\"clawback_statement_id\":\"00000000-0000-4000-8000-000000000016\"", NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unpaid_ones_become_voided),
        cmocka_unit_test(paid_one_awaits_clawback_on_the_statement),
        cmocka_unit_test(what_validation_cannot_have_accepted_is_a_bug),
        cmocka_unit_test(mentor_is_fundable_again_and_trains_on),
        cmocka_unit_test(so_it_is_when_the_money_is_taken_back),
        cmocka_unit_test(another_completion_that_is_left_keeps_the_record),
        cmocka_unit_test(nobody_else_has_completed),
        cmocka_unit_test(view_hides_the_statement_of_a_voided_one),
        cmocka_unit_test(view_shows_both_statements_of_a_clawback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
