/* The words of a participant's training and what its state is called: lead-provider-api.md 4, 4.1, 4.2. */
#include "common/participant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NO   DATE_NONE
#define D(n) ((struct date){n})

static const struct date today = {100};

/* One line a case of 4.1 and 4.2, in their order. */
static const struct {
    enum participant_role role;
    struct date started_on, finished_on;
    int64_t withdrawn_at_us, deferred_at_us;
    struct date completed_on;
    enum training_status training;
    enum participant_status participant;
} cases[] = {
    {ROLE_ECT, {50}, {101}, 5, INT64_MIN, {INT32_MIN}, TRAINING_WITHDRAWN, PARTICIPANT_LEAVING},
    {ROLE_ECT, {50}, {100}, 5, INT64_MIN, {INT32_MIN}, TRAINING_WITHDRAWN, PARTICIPANT_LEFT},
    {ROLE_ECT, {50}, {99}, 5, INT64_MIN, {60}, TRAINING_WITHDRAWN, PARTICIPANT_LEFT}, /* 1 before 2 */
    {ROLE_MENTOR, {50}, {101}, INT64_MIN, 5, {60}, TRAINING_DEFERRED, PARTICIPANT_LEAVING},
    {ROLE_MENTOR, {50}, {99}, 6, 5, {INT32_MIN}, TRAINING_WITHDRAWN, PARTICIPANT_LEFT},
    {ROLE_MENTOR, {50}, {99}, 5, 6, {INT32_MIN}, TRAINING_DEFERRED, PARTICIPANT_LEFT},
    {ROLE_MENTOR, {50}, {99}, 5, 5, {INT32_MIN}, TRAINING_WITHDRAWN, PARTICIPANT_LEFT},
    {ROLE_ECT, {50}, {INT32_MIN}, INT64_MIN, INT64_MIN, {60}, TRAINING_ACTIVE, PARTICIPANT_ACTIVE},
    {ROLE_ECT, {50}, {90}, INT64_MIN, INT64_MIN, {90}, TRAINING_ACTIVE, PARTICIPANT_ACTIVE}, /* 2: on its day
                                                                                              */
    {ROLE_ECT, {50}, {89}, INT64_MIN, INT64_MIN, {90}, TRAINING_ACTIVE, PARTICIPANT_LEFT},
    {ROLE_MENTOR, {50}, {90}, INT64_MIN, INT64_MIN, {60}, TRAINING_ACTIVE, PARTICIPANT_ACTIVE},
    {ROLE_ECT, {120}, {130}, INT64_MIN, INT64_MIN, {60}, TRAINING_ACTIVE, PARTICIPANT_ACTIVE}, /* 2 before 4
                                                                                                */
    {ROLE_ECT, {50}, {101}, INT64_MIN, INT64_MIN, {INT32_MIN}, TRAINING_ACTIVE, PARTICIPANT_LEAVING},
    {ROLE_ECT, {50}, {100}, INT64_MIN, INT64_MIN, {INT32_MIN}, TRAINING_ACTIVE, PARTICIPANT_LEFT}, /* 3 */
    {ROLE_ECT, {120}, {130}, INT64_MIN, INT64_MIN, {INT32_MIN}, TRAINING_ACTIVE, PARTICIPANT_LEAVING},
    {ROLE_ECT, {101}, {INT32_MIN}, INT64_MIN, INT64_MIN, {INT32_MIN}, TRAINING_ACTIVE, PARTICIPANT_JOINING},
    {ROLE_ECT, {100}, {INT32_MIN}, INT64_MIN, INT64_MIN, {INT32_MIN}, TRAINING_ACTIVE, PARTICIPANT_ACTIVE},
};

/* lead-provider-api.md 4.2/1, 4.2/2, 4.2/3, 4.2/4, 4.2/5 */
static void states_are_called_as_the_document_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct training_state training = {cases[i].role,           cases[i].started_on,
                                                cases[i].finished_on,    cases[i].withdrawn_at_us,
                                                cases[i].deferred_at_us, cases[i].completed_on};

        if (training_status_of(&training) != cases[i].training)
            fail_msg("case %zu: %s", i, training_status_name(training_status_of(&training)));
        if (participant_status_of(&training, today) != cases[i].participant)
            fail_msg("case %zu: %s", i, participant_status_name(participant_status_of(&training, today)));
    }
}

static void funding_hangs_on_two_dates(void **state)
{
    (void)state;
    assert_int_equal(participant_eligible_for_funding(NO, NO), -1);
    assert_int_equal(participant_eligible_for_funding(D(5), NO), 1);
    assert_int_equal(participant_eligible_for_funding(D(5), D(5)), 1);
    assert_int_equal(participant_eligible_for_funding(D(5), D(6)), 1);
    assert_int_equal(participant_eligible_for_funding(D(6), D(5)), 0);
    assert_int_equal(participant_eligible_for_funding(NO, D(5)), 0);
}

static void reasons_have_hyphens_outside(void **state)
{
    (void)state;
    for (int i = 1; i < WITHDRAWAL_REASON_COUNT; i++) {
        const enum withdrawal_reason reason = (enum withdrawal_reason)i;

        assert_int_equal(withdrawal_reason_parse(slice_of(withdrawal_reason_name(reason))), reason);
        assert_int_equal(withdrawal_reason_parse_api(slice_of(withdrawal_reason_api_name(reason))), reason);
    }
    for (int i = 1; i < DEFERRAL_REASON_COUNT; i++) {
        const enum deferral_reason reason = (enum deferral_reason)i;

        assert_int_equal(deferral_reason_parse(slice_of(deferral_reason_name(reason))), reason);
        assert_int_equal(deferral_reason_parse_api(slice_of(deferral_reason_api_name(reason))), reason);
    }
    assert_int_equal(withdrawal_reason_parse_api(slice_of("moved_school")), WITHDRAWAL_NONE);
    assert_int_equal(withdrawal_reason_parse_api(slice_of("Moved-school")), WITHDRAWAL_NONE);
    assert_int_equal(deferral_reason_parse_api(slice_of("career_break")), DEFERRAL_NONE);
    assert_int_equal(deferral_reason_parse_api(slice_of("")), DEFERRAL_NONE);
}

static void schedules_of_one_role(void **state)
{
    (void)state;
    for (int i = 1; i < SCHEDULE_IDENTIFIER_COUNT; i++) {
        const enum schedule_identifier schedule = (enum schedule_identifier)i;
        const char *name = schedule_identifier_name(schedule);

        assert_int_equal(schedule_is_reduced(schedule), strstr(name, "reduced") != NULL);
        assert_int_equal(schedule_is_replacement(schedule), strstr(name, "replacement") != NULL);
    }
    assert_int_equal(SCHEDULE_IDENTIFIER_COUNT - 1, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_are_called_as_the_document_says),
        cmocka_unit_test(funding_hangs_on_two_dates),
        cmocka_unit_test(reasons_have_hyphens_outside),
        cmocka_unit_test(schedules_of_one_role),
    };
    return cmocka_run_group_tests_name("common/participant", tests, NULL, NULL);
}
