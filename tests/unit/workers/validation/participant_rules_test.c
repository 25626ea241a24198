/* The tables of lead-provider-api.md 5.1 to 5.4 (5.5: change_schedule_rules_test.c): each row fails and
 * passes, and what it makes of the others. */
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/not_found.h"
#include "tests/unit/workers/validation/participant_expect.h"

/* ---- 5.1 ---- */

/* lead-provider-api.md 5.1/A1 */
static void nobody_is_not_found_and_nothing_else_is_said(void **state)
{
    static const struct participant_table *const tables[] = {&withdraw_table, &defer_table, &resume_table,
                                                             &change_schedule_table};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct participant_fixture f = training_ect();
        struct buffer body = BUFFER_INIT;
        hide(&f);
        f.input.reason = SENT(" ");
        f.input.course_identifier = SENT("");
        const struct participant_verdict verdict = expect(tables[i], f, "A1-");
        participant_verdict_render(&verdict, &body);
        assert_string_equal(body.data, NOT_FOUND_BODY);
        buffer_release(&body);
    }
}

/* lead-provider-api.md 5.1/A2: absent, blank, or another value; what is left to check is checked */
static void a_course_is_needed(void **state)
{
    static const char *const wrong[] = {"", "  \t", "ecf-mentors", "ECF-INDUCTION"};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct participant_fixture f = training_ect();
        train_otherwise(&f, ROLE_ECT);
        f.input.course_identifier = slice_of(wrong[i]);
        expect_error(&withdraw_table, f, "A1+ A2- W1+ W2+", "course_identifier", "ecf-mentor");
        expect_error(&defer_table, f, "A1+ A2- D1+ D2+", "course_identifier", "ecf-mentor");
        expect_error(&resume_table, f, "A1+ A2-", "course_identifier", "ecf-mentor");
        expect_error(&change_schedule_table, f, "A1+ A2- C1+ C2+ C3+", "course_identifier", "ecf-mentor");
        f.input.reason = SENT("");
        expect_error(&withdraw_table, f, "A1+ A2- W1-", "reason", "missing");
    }
}

/* lead-provider-api.md 5.1/A3 */
static void the_course_must_be_the_participants(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    f.input.course_identifier = SENT("ecf-mentor");
    train_otherwise(&f, ROLE_ECT);
    expect_error(&withdraw_table, f, "A1+ A2+ A3- W1+ W2+", "course_identifier", "ecf-induction");
    expect_error(&resume_table, f, "A1+ A2+ A3-", "course_identifier", "ecf-induction");
    f.input.schedule_identifier = SENT("x");
    expect_error(&change_schedule_table, f, "A1+ A2+ A3- C1+ C2-", "schedule_identifier", "does not exist");
}

/* ---- 5.2 ---- */

#define WITHDRAWN_FINE "A1+ A2+ A3+ W1+ W2+ W3+ W4+ W5+ W6+"

static void training_that_has_gone_on_for_a_day_is_withdrawn(void **state)
{
    static const char *const reasons[] = {"left-teaching-profession", "moved-school",
                                          "switched-to-school-led", "changed-lead-provider", "other"};
    struct participant_fixture f = training_ect();
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        f.input.reason = slice_of(reasons[i]);
        expect(&withdraw_table, f, WITHDRAWN_FINE);
    }
    f.facts.training.started_on = on(YESTERDAY);
    expect(&withdraw_table, f, WITHDRAWN_FINE);
    f.facts.training.finished_on = on(YESTERDAY); /* has left already */
    expect(&withdraw_table, f, WITHDRAWN_FINE);
    defer(&f); /* a deferred one may be withdrawn */
    expect(&withdraw_table, f, WITHDRAWN_FINE);
}

/* lead-provider-api.md 5.2/W1, 5.2/W2 */
static void a_withdrawal_needs_one_of_the_reasons(void **state)
{
    static const char *const unknown[] = {"moved_school", "school-left-fip", "bereavement", "Other",
                                          " other"};
    struct participant_fixture f = training_ect();
    (void)state;
    f.input.reason = SENT("\n ");
    expect_error(&withdraw_table, f, "A1+ A2+ A3+ W1- W3+ W4+ W5+", "reason", "missing");
    for (size_t i = 0; i < 5; i++) {
        f.input.reason = slice_of(unknown[i]);
        expect_error(&withdraw_table, f, "A1+ A2+ A3+ W1+ W2- W3+ W4+ W5+", "reason",
                     "changed-lead-provider");
    }
    withdraw(&f);
    expect_error(&withdraw_table, f, "A1+ A2+ A3+ W1+ W2- W3-", "participant_id", "2026-02-01T12:00:00Z");
}

/* lead-provider-api.md 5.2/W3 */
static void what_is_withdrawn_is_not_withdrawn_again(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    withdraw(&f);
    expect_error(&withdraw_table, f, "A1+ A2+ A3+ W1+ W2+ W3-", "participant_id", "already");
    f.facts.training.started_on = on(TODAY); /* the first of the group is told */
    expect_error(&withdraw_table, f, "A1+ A2+ A3+ W1+ W2+ W3-", "participant_id", "already");
    f.facts.training.started_on = on("2025-09-01");
    f.facts.training.deferred_at_us = at("2026-02-01T12:00:01Z"); /* the later stamp counts */
    expect(&withdraw_table, f, WITHDRAWN_FINE);
}

/* lead-provider-api.md 5.2/W4, 5.2/W5 */
static void what_has_not_gone_on_for_a_day_is_not_withdrawn(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    f.facts.training.started_on = on(TOMORROW);
    expect_error(&withdraw_table, f, "A1+ A2+ A3+ W1+ W2+ W3+ W4-", "participant_id", TOMORROW);
    f.facts.training.started_on = on(TODAY);
    expect_error(&withdraw_table, f, "A1+ A2+ A3+ W1+ W2+ W3+ W4+ W5-", "participant_id", "tomorrow");
    f.now_us = at("2026-02-03T23:59:59Z");
    expect(&withdraw_table, f, "A1+ A2+ A3+ W1+ W2+ W3+ W4+ W5-");
    f.now_us = at("2026-02-04T00:00:00Z");
    expect(&withdraw_table, f, WITHDRAWN_FINE);
}

/* lead-provider-api.md 5.2/W6 */
static void an_ect_does_not_stop_mentoring(void **state)
{
    struct participant_fixture f = training_ect(), mentor = training_mentor();
    (void)state;
    f.input.reason = mentor.input.reason = SENT("mentor-no-longer-being-mentor");
    expect_error(&withdraw_table, f, "A1+ A2+ A3+ W1+ W2+ W3+ W4+ W5+ W6-", "reason", "for mentors");
    expect(&withdraw_table, mentor, WITHDRAWN_FINE);
    withdraw(&f); /* no error so far */
    expect(&withdraw_table, f, "A1+ A2+ A3+ W1+ W2+ W3-");
}

/* ---- 5.3 ---- */

#define DEFERRED_FINE "A1+ A2+ A3+ D1+ D2+ D3+ D4+ D5+ D6+"

static void training_that_has_gone_on_for_a_day_is_deferred(void **state)
{
    static const char *const reasons[] = {"bereavement", "long-term-sickness", "parental-leave",
                                          "career-break", "other"};
    struct participant_fixture f = training_mentor();
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        f.input.reason = slice_of(reasons[i]);
        expect(&defer_table, f, DEFERRED_FINE);
    }
    f.facts.training.started_on = on(YESTERDAY);
    expect(&defer_table, f, DEFERRED_FINE);
}

/* lead-provider-api.md 5.3/D1, 5.3/D2 */
static void a_deferral_needs_one_of_the_reasons(void **state)
{
    static const char *const unknown[] = {"career_break", "moved-school", "0"};
    struct participant_fixture f = training_ect();
    (void)state;
    f.input.reason = SENT("");
    expect_error(&defer_table, f, "A1+ A2+ A3+ D1- D3+ D4+ D5+ D6+", "reason", "missing");
    for (size_t i = 0; i < 3; i++) {
        f.input.reason = slice_of(unknown[i]);
        expect_error(&defer_table, f, "A1+ A2+ A3+ D1+ D2- D3+ D4+ D5+ D6+", "reason", "career-break");
    }
}

/* lead-provider-api.md 5.3/D3, 5.3/D4 */
static void what_does_not_go_on_is_not_deferred(void **state)
{
    struct participant_fixture deferred = training_ect(), withdrawn = training_ect();
    (void)state;
    defer(&deferred);
    expect_error(&defer_table, deferred, "A1+ A2+ A3+ D1+ D2+ D3-", "participant_id", "already");
    withdraw(&withdrawn);
    expect_error(&defer_table, withdrawn, "A1+ A2+ A3+ D1+ D2+ D3+ D4-", "participant_id", "withdrawn at");
    withdrawn.facts.training.deferred_at_us = withdrawn.facts.training.withdrawn_at_us; /* equal: withdrawn */
    expect(&defer_table, withdrawn, "A1+ A2+ A3+ D1+ D2+ D3+ D4-");
}

/* lead-provider-api.md 5.3/D5, 5.3/D6 */
static void what_has_not_gone_on_for_a_day_is_not_deferred(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    f.facts.training.started_on = on(TOMORROW);
    expect_error(&defer_table, f, "A1+ A2+ A3+ D1+ D2+ D3+ D4+ D5-", "participant_id", "begins on");
    f.facts.training.started_on = on(TODAY);
    expect_error(&defer_table, f, "A1+ A2+ A3+ D1+ D2+ D3+ D4+ D5+ D6-", "participant_id", "tomorrow");
}

/* ---- 5.4 ---- */

#define RESUMED_FINE "A1+ A2+ A3+ R1+ R2+ R3+ R4+ overlap+"

static void what_was_stopped_is_resumed(void **state)
{
    struct participant_fixture withdrawn = training_ect(), deferred = training_mentor();
    (void)state;
    withdraw(&withdrawn);
    defer(&deferred);
    withdrawn.input.reason = SENT("nonsense"); /* a reason is ignored */
    expect(&resume_table, withdrawn, RESUMED_FINE);
    expect(&resume_table, deferred, RESUMED_FINE);
    withdrawn.facts.training.school_finished_on = on(TOMORROW);
    expect(&resume_table, withdrawn, RESUMED_FINE);
}

/* lead-provider-api.md 5.4/R1 */
static void what_goes_on_is_not_resumed(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    expect_error(&resume_table, f, "A1+ A2+ A3+ R1-", "participant_id", "nothing to resume");
    f.facts.training.finished_on = on(YESTERDAY); /* has left, but of itself */
    f.facts.others.cover_today = true;
    expect(&resume_table, f, "A1+ A2+ A3+ R1-");
}

/* lead-provider-api.md 5.4/R2 */
static void who_is_trained_otherwise_is_not_resumed(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    withdraw(&f);
    f.facts.others.cover_today = true;
    f.facts.others.cover_from = on(TODAY);
    expect_error(&resume_table, f, "A1+ A2+ A3+ R1+ R2-", "participant_id", "trained already");
}

/* lead-provider-api.md 5.4/R3 */
static void who_was_stopped_today_is_resumed_tomorrow(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    withdraw(&f);
    f.facts.training.finished_on = on(TODAY);
    expect_error(&resume_table, f, "A1+ A2+ A3+ R1+ R2+ R3-", "participant_id", "tomorrow");
    f.now_us = at("2026-02-04T00:00:00Z");
    expect(&resume_table, f, RESUMED_FINE);
}

/* lead-provider-api.md 5.4/R4 */
static void who_has_left_the_school_is_not_resumed(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    withdraw(&f);
    f.facts.training.school_finished_on = on(TODAY);
    expect_error(&resume_table, f, "A1+ A2+ A3+ R1+ R2+ R3+ R4-", "participant_id", TODAY);
    f.facts.training.school_finished_on = on("2026-02-01");
    expect(&resume_table, f, "A1+ A2+ A3+ R1+ R2+ R3+ R4-");
}

/* The last sentence of 5.4, and what would overlap besides. */
static void training_is_not_resumed_beside_other_training(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    withdraw(&f);
    f.facts.training.finished_on = on(TOMORROW);
    expect_error(&resume_table, f, "A1+ A2+ A3+ R1+ R2+ R3+ R4+ overlap-", "participant_id", TOMORROW);
    f.facts.training.finished_on = on(YESTERDAY);
    f.facts.others.cover_from = on("2026-04-01");
    expect_error(&resume_table, f, "A1+ A2+ A3+ R1+ R2+ R3+ R4+ overlap-", "participant_id", "2026-04-01");
    f.facts.training.school_finished_on = on("2026-04-01");
    expect(&resume_table, f, "A1+ A2+ A3+ R1+ R2+ R3+ R4+ overlap-");
    f.facts.training.school_finished_on = on("2026-03-31"); /* over before the other begins */
    expect(&resume_table, f, RESUMED_FINE);
}

/* ---- for who stores, shows and explains ---- */

static void sources_and_kinds_are_the_documents(void **state)
{
    (void)state;
    assert_ptr_equal(participant_table_find(slice_of("participant.withdraw")), &withdraw_table);
    assert_ptr_equal(participant_table_find(slice_of("participant.defer")), &defer_table);
    assert_ptr_equal(participant_table_find(slice_of("participant.resume")), &resume_table);
    assert_ptr_equal(participant_table_find(slice_of("participant.change_schedule")), &change_schedule_table);
    assert_null(participant_table_find(slice_of("participant")));
    assert_string_equal(withdraw_table.rules[0].source, "lead-provider-api.md 5.1/A1");
    assert_string_equal(withdraw_table.rules[SHARED_RULE_COUNT].source, "lead-provider-api.md 5.2/W1");
    assert_string_equal(defer_table.rules[SHARED_RULE_COUNT].source, "lead-provider-api.md 5.3/D1");
    assert_string_equal(resume_table.rules[SHARED_RULE_COUNT].source, "lead-provider-api.md 5.4/R1");
    assert_string_equal(change_schedule_table.rules[SHARED_RULE_COUNT].source, "lead-provider-api.md 5.5/C1");
}

/* The trace as text. */
static char *trace_of(const struct participant_table *table, struct participant_fixture f)
{
    const struct participant_verdict verdict = verdict_of(table, &f);
    CLEANUP(json) json_t *trace = participant_trace(table, &f.input, &f.facts, f.now_us, &verdict);

    assert_int_equal(json_array_size(trace), table->count);
    return json_dumps(trace, JSON_COMPACT);
}

static void rows_tell_what_they_saw(void **state)
{
    struct participant_fixture f = training_ect();
    (void)state;
    f.facts.training.started_on = on(TODAY);
    CLEANUP(free) char *trace = trace_of(&withdraw_table, f);
    assert_non_null(strstr(trace, "{\"rule\":\"lead-provider-api.md 5.2/W5\",\"result\":\"failed\",\"title\":"
                                  "\"participant_id\",\"saw\":{\"today\":\"2026-02-03\",\"started_on\":"
                                  "\"2026-02-03\"}}"));
    assert_non_null(strstr(trace,
                           "{\"rule\":\"lead-provider-api.md 5.2/W6\",\"result\":\"skipped\",\"title\":"
                           "\"reason\",\"saw\":{}}"));
    hide(&f);
    CLEANUP(free) char *hidden = trace_of(&change_schedule_table, f);
    assert_non_null(strstr(hidden, "\"title\":\"Resource not found\",\"saw\":{\"participant_id\":"
                                   "\"00000000-0000-4000-8000-000000000001\",\"participant_found\":false}}"));
    f = training_ect();
    CLEANUP(free) char *changed = trace_of(&change_schedule_table, f);
    assert_non_null(strstr(changed, "\"current_cohort\":\"2025\",\"target_cohort\":\"2025\""));
    assert_non_null(strstr(changed, "\"participant_status\":\"active\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_not_found_and_nothing_else_is_said),
        cmocka_unit_test(a_course_is_needed),
        cmocka_unit_test(the_course_must_be_the_participants),
        cmocka_unit_test(training_that_has_gone_on_for_a_day_is_withdrawn),
        cmocka_unit_test(a_withdrawal_needs_one_of_the_reasons),
        cmocka_unit_test(what_is_withdrawn_is_not_withdrawn_again),
        cmocka_unit_test(what_has_not_gone_on_for_a_day_is_not_withdrawn),
        cmocka_unit_test(an_ect_does_not_stop_mentoring),
        cmocka_unit_test(training_that_has_gone_on_for_a_day_is_deferred),
        cmocka_unit_test(a_deferral_needs_one_of_the_reasons),
        cmocka_unit_test(what_does_not_go_on_is_not_deferred),
        cmocka_unit_test(what_has_not_gone_on_for_a_day_is_not_deferred),
        cmocka_unit_test(what_was_stopped_is_resumed),
        cmocka_unit_test(what_goes_on_is_not_resumed),
        cmocka_unit_test(who_is_trained_otherwise_is_not_resumed),
        cmocka_unit_test(who_was_stopped_today_is_resumed_tomorrow),
        cmocka_unit_test(who_has_left_the_school_is_not_resumed),
        cmocka_unit_test(training_is_not_resumed_beside_other_training),
        cmocka_unit_test(sources_and_kinds_are_the_documents),
        cmocka_unit_test(rows_tell_what_they_saw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
