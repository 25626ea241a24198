/* Tests of common/marker.c: declarations.md 5, 9.1 and 9.2, condition by condition, and the facts. */
#include "common/marker.h"

#include "common/buffer.h"
#include "tests/unit/workers/declaration_fixture.h"

/* P2 of declarations.md 11 when an induction is recorded (W28): an ECT with one submitted declaration. */
static struct marker_declaration waiting[2];

static struct marker_facts ect(void)
{
    waiting[0] = (struct marker_declaration){.id = 31, .api_id = uuid_of(31), .statement_id = 41};
    waiting[1] = (struct marker_declaration){.id = 32, .api_id = uuid_of(32), .statement_id = 42};
    return (struct marker_facts){.teacher_id = 5,
                                 .role = ROLE_ECT,
                                 .training_record_id = 6,
                                 .first_became_eligible_for_training_at_us = INSTANT_NONE,
                                 .became_ineligible_for_funding_on = DATE_NONE,
                                 .has_induction_today = true,
                                 .has_school_period = true,
                                 .declarations = waiting,
                                 .declaration_count = 1};
}

static struct marker_facts mentor(void)
{
    struct marker_facts facts = ect();
    facts.role = ROLE_MENTOR;
    facts.has_induction_today = facts.has_school_period = false;
    facts.has_training_period = true;
    return facts;
}

#define assert_verdict(facts, expected) assert_int_equal(marker_decide(&(facts)), expected)

static void an_ect_needs_an_induction_today_and_a_school(void **state)
{
    (void)state;
    struct marker_facts facts = ect();
    assert_verdict(facts, MARKER_IS_TO_BE_SET);
    facts.has_induction_today = false;
    assert_verdict(facts, MARKER_NO_INDUCTION_TODAY);
    facts = ect();
    facts.has_school_period = false;
    assert_verdict(facts, MARKER_NO_SCHOOL_PERIOD);
    facts = ect();
    facts.has_training_period = false; /* "any programme": none is asked for */
    assert_verdict(facts, MARKER_IS_TO_BE_SET);
}

static void a_mentor_needs_a_training_period(void **state)
{
    (void)state;
    struct marker_facts facts = mentor();
    assert_verdict(facts, MARKER_IS_TO_BE_SET);
    facts.has_training_period = false;
    assert_verdict(facts, MARKER_NO_TRAINING_PERIOD);
}

static void a_mentor_whose_funding_has_ended_is_not_made_eligible(void **state)
{
    (void)state;
    struct marker_facts facts = mentor();
    facts.became_ineligible_for_funding_on = on("2021-04-19");
    assert_verdict(facts, MARKER_FUNDING_HAS_ENDED);
    facts = mentor();
    facts.became_ineligible_for_funding_reason = FUNDING_END_EARLY_ROLL_OUT;
    assert_verdict(facts, MARKER_FUNDING_HAS_ENDED);
}

/* Section 5: "later ineligibility dates … do not stop", and 9.1 does not ask for them. */
static void an_exempt_ect_is_made_eligible(void **state)
{
    (void)state;
    struct marker_facts facts = ect();
    facts.became_ineligible_for_funding_on = on("2024-10-01");
    assert_verdict(facts, MARKER_IS_TO_BE_SET);
}

static void the_marker_is_set_once(void **state)
{
    (void)state;
    struct marker_facts facts = ect();
    facts.first_became_eligible_for_training_at_us = at("2024-09-10T09:00:00Z");
    assert_verdict(facts, MARKER_SET_BEFORE);
    facts = mentor();
    facts.first_became_eligible_for_training_at_us = at("2024-09-10T09:00:00Z");
    facts.became_ineligible_for_funding_on = on("2025-01-01");
    assert_verdict(facts, MARKER_SET_BEFORE);
}

static void who_never_had_the_role_gets_none(void **state)
{
    (void)state;
    struct marker_facts facts = ect();
    facts.training_record_id = 0;
    assert_verdict(facts, MARKER_NO_RECORD);
}

static void all_or_nothing(void **state)
{
    (void)state;
    struct marker_facts facts = ect();
    facts.declaration_count = 0;
    assert_verdict(facts, MARKER_IS_TO_BE_SET);
    facts.declaration_count = 2;
    assert_verdict(facts, MARKER_IS_TO_BE_SET);
    waiting[1].statement_id = 0;
    assert_verdict(facts, MARKER_NO_STATEMENT);
    waiting[1].statement_id = 42;
    waiting[0].statement_id = 0;
    assert_verdict(facts, MARKER_NO_STATEMENT);
    facts.has_induction_today = false; /* then it is no failure */
    assert_verdict(facts, MARKER_NO_INDUCTION_TODAY);
}

static void each_verdict_says_why(void **state)
{
    (void)state;
    for (int a = 0; a < MARKER_VERDICT_COUNT; a++) {
        assert_non_null(strstr(marker_verdict_source((enum marker_verdict)a), "declarations.md "));
        for (int b = 0; b < a; b++)
            assert_string_not_equal(marker_verdict_text((enum marker_verdict)a),
                                    marker_verdict_text((enum marker_verdict)b));
    }
}

/* ---- facts ---- */

#define FACTS                                                                                                \
    "{\"teacher_id\":5,\"role\":\"mentor\",\"training_record_id\":6,"                                        \
    "\"first_became_eligible_for_training_at\":\"2024-09-10T09:00:00.000001Z\","                             \
    "\"became_ineligible_for_funding_on\":\"2021-04-19\","                                                   \
    "\"became_ineligible_for_funding_reason\":\"completed_during_early_roll_out\","                          \
    "\"has_induction_today\":true,\"has_school_period\":false,\"has_training_period\":true,"                 \
    "\"declarations\":[{\"id\":31,\"api_id\":\"00000000-0000-4000-8000-00000000001f\",\"statement_id\":41}," \
    "{\"id\":32,\"api_id\":\"00000000-0000-4000-8000-000000000020\",\"statement_id\":null}],"                \
    "\"lead_provider_ids\":[1,4]}"

static void facts_are_read(void **state)
{
    struct marker_facts facts;
    struct error err = {0};
    const struct uuid first = uuid_of(31);

    (void)state;
    assert_true(marker_facts_decode(slice_of(FACTS), &facts, &err));
    assert_int_equal(facts.teacher_id, 5);
    assert_int_equal(facts.role, ROLE_MENTOR);
    assert_int_equal(facts.training_record_id, 6);
    assert_int_equal(facts.first_became_eligible_for_training_at_us, at("2024-09-10T09:00:00.000001Z"));
    assert_int_equal(facts.became_ineligible_for_funding_on.day, on("2021-04-19").day);
    assert_int_equal(facts.became_ineligible_for_funding_reason, FUNDING_END_EARLY_ROLL_OUT);
    assert_true(facts.has_induction_today && !facts.has_school_period && facts.has_training_period);
    assert_int_equal(facts.declaration_count, 2);
    assert_int_equal(facts.declarations[0].id, 31);
    assert_true(uuid_equal(&facts.declarations[0].api_id, &first));
    assert_int_equal(facts.declarations[0].statement_id, 41);
    assert_int_equal(facts.declarations[1].statement_id, 0);
    assert_int_equal(facts.lead_provider_count, 2);
    assert_int_equal(facts.lead_provider_ids[1], 4);
    marker_facts_release(&facts);
}

static void what_is_not_the_facts_is_a_bug(void **state)
{
    static const struct {
        const char *from, *to;
    } changes[] = {{"\"role\":\"mentor\"", "\"role\":\"x\""}, {"\"id\":32", "\"id\":\"32\""},
                   {"\"declarations\":[", "\"other\":["},     {"[1,4]", "[1,\"4\"]"},
                   {"\"has_school_period\":false,", ""},      {"{\"teacher_id\"", "\"teacher_id\""}};
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        const char *place = strstr(FACTS, changes[i].from);
        struct buffer text = BUFFER_INIT;
        struct marker_facts facts;
        struct error err = {0};

        assert_non_null(place);
        buffer_append(&text, FACTS, (size_t)(place - FACTS));
        buffer_append_text(&text, changes[i].to);
        buffer_append_text(&text, place + strlen(changes[i].from));
        assert_false(marker_facts_decode(buffer_slice(&text), &facts, &err));
        assert_int_equal(err.kind, ERROR_BUG);
        buffer_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ect_needs_an_induction_today_and_a_school),
        cmocka_unit_test(a_mentor_needs_a_training_period),
        cmocka_unit_test(a_mentor_whose_funding_has_ended_is_not_made_eligible),
        cmocka_unit_test(an_exempt_ect_is_made_eligible),
        cmocka_unit_test(the_marker_is_set_once),
        cmocka_unit_test(who_never_had_the_role_gets_none),
        cmocka_unit_test(all_or_nothing),
        cmocka_unit_test(each_verdict_says_why),
        cmocka_unit_test(facts_are_read),
        cmocka_unit_test(what_is_not_the_facts_is_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
