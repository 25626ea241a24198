/* common/participant_facts: what is asked, and what participant_facts.sql makes. */
#include "common/participant_facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/declaration_date.h"

#define UUID_A "0b5e7a52-1c0d-4f7e-9d55-3a1f6f6f0001"
#define UUID_B "0b5e7a52-1c0d-4f7e-9d55-3a1f6f6f0002"

static void decode(const char *payload, struct participant_input *ret_input)
{
    struct error err = {0};

    if (!participant_input_decode(slice_of(payload), /* asks_for_schedule= */ true, ret_input, &err))
        fail_msg("%s", err.detail);
}

/* ---- what is asked ---- */

static void payload_says_what_is_asked(void **state)
{
    struct participant_input input;

    (void)state;
    decode("{\"fields\":{\"id\":\"" UUID_A "\",\"reason\":\"moved-school\",\"course_identifier\":"
           "\"ecf-mentor\",\"schedule_identifier\":\"ecf-reduced-april\",\"cohort\":\"2025\"}}",
           &input);
    assert_true(input.is_uuid && input.asks_for_schedule);
    assert_int_equal(input.role, ROLE_MENTOR);
    assert_int_equal(input.withdrawal_reason, WITHDRAWAL_MOVED_SCHOOL);
    assert_int_equal(input.deferral_reason, DEFERRAL_NONE);
    assert_int_equal(input.schedule, SCHEDULE_REDUCED_APRIL);
    assert_int_equal(input.cohort_year, 2025);
    participant_input_release(&input);
}

static void what_is_missing_or_blank_is_none(void **state)
{
    static const char *const payloads[] = {
        "{\"fields\":{\"id\":\"x\"}}",
        "{\"fields\":{\"id\":null,\"reason\":null,\"course_identifier\":\"\",\"cohort\":\" \\t\"}}",
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct participant_input input;

        decode(payloads[i], &input);
        assert_false(input.is_uuid);
        assert_int_equal(input.role, ROLE_NONE);
        assert_int_equal(input.reason.size + input.course_identifier.size + input.cohort.size, 0);
        assert_int_equal(input.cohort_year, 0);
        participant_input_release(&input);
    }
}

static void cohorts_are_four_digits(void **state)
{
    static const char *const none[] = {"20250", "025", "2025.0", "0205", "2o25", "-202", " 2025", "٢٠٢٥"};
    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        struct participant_input input = {.cohort = slice_of(none[i])};

        participant_input_interpret(&input);
        if (input.cohort_year != 0)
            fail_msg("%s", none[i]);
    }
}

static void what_the_front_does_not_make_is_refused(void **state)
{
    static const char *const payloads[] = {"",
                                           "{",
                                           "[]",
                                           "{}",
                                           "{\"fields\":[]}",
                                           "{\"fields\":{\"id\":1}}",
                                           "{\"fields\":{\"id\":\"x\",\"cohort\":2025}}"};
    (void)state;
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        struct participant_input input;
        struct error err = {0};

        assert_false(participant_input_decode(slice_of(payloads[i]), false, &input, &err));
        assert_int_equal(err.kind, ERROR_WIRE);
    }
}

/* ---- what the query makes ---- */

#define TRAINING                                                                                             \
    "{\"id\":11,\"school_period_id\":5,\"school_id\":6,\"started_on\":\"2025-09-01\",\"finished_on\":null,"  \
    "\"withdrawn_at\":null,\"withdrawal_reason\":null,\"deferred_at\":\"2026-01-02T03:04:05.600000Z\","      \
    "\"deferral_reason\":\"other\",\"contract_period_year\":2025,\"is_frozen\":true,"                        \
    "\"school_partnership_id\":31,\"expression_of_interest_id\":null,\"schedule_id\":51,"                    \
    "\"schedule_identifier\":\"ecf-standard-september\",\"school_finished_on\":\"2026-07-31\","              \
    "\"became_ineligible_for_funding_on\":null,\"payments_frozen_year\":2021,"                               \
    "\"induction_finished_on\":null,\"trs_induction_completed_on\":\"2026-01-05\"}"
#define FACTS(training, declarations)                                                                        \
    "{\"lead_provider\":{\"id\":7,\"name\":\"LP\"},\"teacher\":{\"id\":1,\"api_id\":\"" UUID_A "\"},"        \
    "\"trains\":{\"ect\":true,\"mentor\":false},\"training\":" training ",\"others\":{\"cover_today\":true," \
    "\"cover_from\":\"2026-02-03\",\"later_starts_on\":null},\"target\":{\"year\":2026,\"is_frozen\":false," \
    "\"schedule_id\":null,\"school_partnership_id\":32,\"provider_contract_period_id\":42},"                 \
    "\"declarations\":" declarations ",\"lead_provider_ids\":[7,9]}"
#define DECLARATION                                                                                          \
    "{\"api_id\":\"" UUID_B "\",\"type\":\"started\",\"date\":\"2025-10-01T09:00:00.000000Z\","              \
    "\"has_statement\":true,\"milestone_start_date\":\"2025-06-01\",\"milestone_date\":null}"

static void facts_are_read(void **state)
{
    struct participant_facts facts;
    struct error err = {0};

    (void)state;
    if (!participant_facts_decode(slice_of(FACTS(TRAINING, "[" DECLARATION "]")), &facts, &err))
        fail_msg("%s", err.detail);
    assert_int_equal(facts.teacher.id, 1);
    assert_true(facts.trains[ROLE_ECT] && !facts.trains[ROLE_MENTOR]);
    assert_int_equal(facts.training.school_id, 6);
    assert_false(date_is_set(facts.training.finished_on));
    assert_int_equal(facts.training.withdrawn_at_us, INSTANT_NONE);
    assert_true(facts.training.deferred_at_us > 0 && facts.training.is_frozen);
    assert_int_equal(facts.training.expression_of_interest_id, 0);
    assert_int_equal(facts.training.payments_frozen_year, 2021);
    assert_true(facts.others.cover_today && date_is_set(facts.others.cover_from));
    assert_false(date_is_set(facts.others.later_starts_on));
    assert_int_equal(facts.target.schedule_id, 0);
    assert_int_equal(facts.target.provider_contract_period_id, 42);
    assert_int_equal(facts.declaration_count, 1);
    assert_int_equal(facts.declarations[0].type, DECLARATION_STARTED);
    assert_true(facts.declarations[0].has_statement);
    assert_false(date_is_set(facts.declarations[0].milestone_date));
    assert_int_equal(facts.lead_provider_count, 2);
    assert_int_equal(facts.lead_provider_ids[1], 9);
    participant_facts_release(&facts);
}

/* 4: the induction that has an outcome, else what the Teaching Record System says; a mentor's funding. */
static void state_is_the_roles(void **state)
{
    struct participant_facts facts;
    struct date day = DATE_NONE;

    (void)state;
    participant_facts_init(&facts);
    assert_false(date_is_set(participant_training_state(&facts, ROLE_ECT).completed_on));
    assert_true(date_parse(slice_of("2026-01-05"), &facts.training.trs_induction_completed_on));
    assert_int_equal(participant_training_state(&facts, ROLE_ECT).completed_on.day,
                     facts.training.trs_induction_completed_on.day);
    assert_true(date_parse(slice_of("2026-01-06"), &facts.training.induction_finished_on));
    assert_int_equal(participant_training_state(&facts, ROLE_ECT).completed_on.day,
                     facts.training.induction_finished_on.day);
    assert_false(date_is_set(participant_training_state(&facts, ROLE_MENTOR).completed_on));
    assert_true(date_parse(slice_of("2026-01-07"), &day));
    facts.training.became_ineligible_for_funding_on = day;
    assert_int_equal(participant_training_state(&facts, ROLE_MENTOR).completed_on.day, day.day);
}

static void what_the_query_does_not_make_is_a_bug(void **state)
{
    static const char *const texts[] = {"",
                                        "[]",
                                        "{}",
                                        FACTS("[]", "[]"),
                                        FACTS("{\"id\":11}", "[]"),
                                        FACTS(TRAINING, "{}"),
                                        FACTS(TRAINING, "[{}]"),
                                        FACTS(TRAINING, "[1]")};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct participant_facts facts;
        struct error err = {0};

        assert_false(participant_facts_decode(slice_of(texts[i]), &facts, &err));
        assert_int_equal(err.kind, ERROR_BUG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payload_says_what_is_asked),
        cmocka_unit_test(what_is_missing_or_blank_is_none),
        cmocka_unit_test(cohorts_are_four_digits),
        cmocka_unit_test(what_the_front_does_not_make_is_refused),
        cmocka_unit_test(facts_are_read),
        cmocka_unit_test(state_is_the_roles),
        cmocka_unit_test(what_the_query_does_not_make_is_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
