/* Tests of workers/eligibility/declaration_rules.c: declarations.md section 5. */
#include "workers/eligibility/declaration_rules.h"

#include "tests/unit/workers/declaration_fixture.h"

static void fundable_with_the_marker(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    struct declaration_eligibility eligibility = declaration_eligibility(&f.facts);
    assert_true(eligibility.is_fundable);
    assert_string_equal(eligibility.reason, "eligible_for_training");
    assert_int_equal(eligibility.since_us, at("2024-09-10T08:00:00Z"));
}

static void not_fundable_without_the_marker(void **state)
{
    (void)state;
    struct fixture f = accepted_mentor_2025();
    f.facts.first_became_eligible_for_training_at_us = INSTANT_NONE;
    struct declaration_eligibility eligibility = declaration_eligibility(&f.facts);
    assert_false(eligibility.is_fundable);
    assert_string_equal(eligibility.reason, "not_yet_eligible_for_training");
    assert_int_equal(eligibility.since_us, INSTANT_NONE);
    assert_non_null(eligibility.sentence);
}

/* The instant itself, an ineligibility date before it, a closed contract period, no statement: nothing else
 * counts. */
static void only_its_presence_matters(void **state)
{
    (void)state;
    struct fixture f = accepted_mentor_2025();
    f.facts.first_became_eligible_for_training_at_us = f.now_us + 1;
    f.facts.funding_end.became_ineligible_for_funding_on = on("2021-04-19");
    f.facts.funding_end.reason = FUNDING_END_EARLY_ROLL_OUT;
    f.facts.contract_period.payments_frozen_at_us = 0;
    f.facts.statement.id = 0;
    assert_true(declaration_eligibility(&f.facts).is_fundable);
    f.facts.first_became_eligible_for_training_at_us = 0; /* 1970, not "none" */
    assert_true(declaration_eligibility(&f.facts).is_fundable);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fundable_with_the_marker),
        cmocka_unit_test(not_fundable_without_the_marker),
        cmocka_unit_test(only_its_presence_matters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
