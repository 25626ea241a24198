/* Tests of common/authorise.c: the conditions of payments.md 3.5 and payments-operations.md 1.4, each side.
 */
#include "common/authorise.h"

#include "tests/unit/workers/declaration_fixture.h"

/* A24/2025-04 on 2025-04-10: its deadline was 2025-03-31. */
static struct authorise_facts payable(void)
{
    return (struct authorise_facts){.id = 4,
                                    .is_output = true,
                                    .status = STATEMENT_PAYABLE,
                                    .deadline_date = on("2025-03-31"),
                                    .payable = 1,
                                    .awaiting_clawback = 1};
}

static enum authorise_verdict decided(struct authorise_facts facts)
{
    return authorise_decide(&facts, on("2025-04-10"), /* earlier_is_confirmed= */ false);
}

static void one_outstanding_declaration_is_enough(void **state)
{
    (void)state;
    struct authorise_facts facts = payable();
    assert_int_equal(decided(facts), AUTHORISE_MAY);
    facts.payable = 0;
    assert_int_equal(decided(facts), AUTHORISE_MAY);
    facts.awaiting_clawback = 0;
    assert_int_equal(decided(facts), AUTHORISE_NOTHING_TO_PAY);
    facts.payable = 1;
    assert_int_equal(decided(facts), AUTHORISE_MAY);
}

static void only_payable_output_statements(void **state)
{
    (void)state;
    struct authorise_facts facts = payable();
    facts.is_output = false;
    assert_int_equal(decided(facts), AUTHORISE_SERVICE_FEE);
    facts = payable();
    facts.status = STATEMENT_OPEN;
    assert_int_equal(decided(facts), AUTHORISE_OPEN);
    facts.status = STATEMENT_PAID;
    facts.payable = facts.awaiting_clawback = 0; /* as it is then */
    assert_int_equal(decided(facts), AUTHORISE_DONE_BEFORE);
    assert_int_equal(decided((struct authorise_facts){.id = 0}), AUTHORISE_NO_STATEMENT);
}

static void the_deadline_is_before_today(void **state)
{
    (void)state;
    struct authorise_facts facts = payable();
    facts.deadline_date = on("2025-04-09");
    assert_int_equal(decided(facts), AUTHORISE_MAY);
    facts.deadline_date = on("2025-04-10");
    assert_int_equal(decided(facts), AUTHORISE_DEADLINE_AHEAD);
}

static void an_earlier_unpaid_one_wants_to_be_known(void **state)
{
    (void)state;
    struct authorise_facts facts = payable();
    facts.earlier_payable = 1;
    assert_int_equal(decided(facts), AUTHORISE_EARLIER_UNPAID);
    assert_int_equal(authorise_decide(&facts, on("2025-04-10"), /* earlier_is_confirmed= */ true),
                     AUTHORISE_MAY);
    facts.status = STATEMENT_OPEN; /* what is known opens nothing else */
    assert_int_equal(authorise_decide(&facts, on("2025-04-10"), /* earlier_is_confirmed= */ true),
                     AUTHORISE_OPEN);
}

static void each_verdict_says_why(void **state)
{
    (void)state;
    for (int a = 0; a < AUTHORISE_VERDICT_COUNT; a++)
        for (int b = 0; b < a; b++)
            assert_string_not_equal(authorise_verdict_text((enum authorise_verdict)a),
                                    authorise_verdict_text((enum authorise_verdict)b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_outstanding_declaration_is_enough),
        cmocka_unit_test(only_payable_output_statements),
        cmocka_unit_test(the_deadline_is_before_today),
        cmocka_unit_test(an_earlier_unpaid_one_wants_to_be_known),
        cmocka_unit_test(each_verdict_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
