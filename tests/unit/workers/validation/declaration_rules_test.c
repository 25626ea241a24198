/*
 * Tests of workers/validation/declaration_rules.c: each of the 19 rows of declarations.md 3.3 on both sides
 * of its comparison and of its guard (scripts/rule-edges counts them), then what follows from their order.
 */
#include "workers/validation/declaration_rules.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "tests/unit/workers/declaration_fixture.h"
#include "workers/validation/declaration_evidence.h"

static struct declaration_verdict judge(const struct fixture *f)
{
    struct declaration_verdict verdict;
    declaration_validate(&f->input, &f->facts, f->now_us, &verdict);
    return verdict;
}

static enum rule_result row(const struct fixture *f, int number)
{
    return judge(f).results[number - 1];
}

#define assert_passes(f, number)  assert_int_equal(row((f), (number)), RULE_PASSED)
#define assert_fails(f, number)   assert_int_equal(row((f), (number)), RULE_FAILED)
#define assert_skipped(f, number) assert_int_equal(row((f), (number)), RULE_SKIPPED)

/* Titles of the errors in order, separated by commas. */
static void expect_titles(const struct fixture *f, const char *expected, int line)
{
    struct declaration_verdict verdict = judge(f);
    char titles[512] = "";
    for (size_t i = 0; i < verdict.error_count; i++) {
        if (i > 0)
            (void)strcat(titles, ",");
        (void)strcat(titles, declaration_attribute_title(verdict.errors[i].attribute));
    }
    if (strcmp(titles, expected) != 0)
        fail_msg("line %d: titles are \"%s\", expected \"%s\"", line, titles, expected);
}
#define assert_titles(f, expected) expect_titles((f), (expected), __LINE__)

/* Rows that failed, in order, separated by spaces: "9 19". */
static void expect_fired(const struct fixture *f, const char *expected, int line)
{
    struct declaration_verdict verdict = judge(f);
    char fired[128] = "";
    for (int n = 1; n <= DECLARATION_RULE_COUNT; n++)
        if (verdict.results[n - 1] == RULE_FAILED)
            (void)snprintf(fired + strlen(fired), sizeof fired - strlen(fired), "%s%d",
                           fired[0] == '\0' ? "" : " ", n);
    if (strcmp(fired, expected) != 0)
        fail_msg("line %d: rows %s failed, expected %s", line, fired, expected);
}
#define assert_fired(f, expected) expect_fired((f), (expected), __LINE__)

static void assert_detail(const struct fixture *f, enum declaration_attribute attribute, const char *part)
{
    struct declaration_verdict verdict = judge(f);
    for (size_t i = 0; i < verdict.error_count; i++)
        if (verdict.errors[i].attribute == attribute && strstr(verdict.errors[i].detail, part) != NULL)
            return;
    fail_msg("no %s error says \"%s\"", declaration_attribute_title(attribute), part);
}

/* ---- the fixtures themselves, and the table ---- */

static void everything_passes(void **state)
{
    (void)state;
    struct fixture f[] = {accepted_ect(), accepted_ect_2025(), accepted_mentor_2025()};
    for (size_t i = 0; i < sizeof f / sizeof f[0]; i++) {
        assert_titles(&f[i], "");
        assert_null(judge(&f[i]).same_as);
        for (int n = 1; n <= DECLARATION_RULE_COUNT; n++)
            if (n != 12) /* mentors only */
                assert_passes(&f[i], n);
    }
}

static void table_is_numbered_as_the_document(void **state)
{
    (void)state;
    static const char *const titles[DECLARATION_RULE_COUNT] = {
        "participant_id",   "participant_id",   "course_identifier", "declaration_date", "course_identifier",
        "declaration_type", "declaration_type", "declaration_type",  "declaration_date", "declaration_date",
        "declaration_date", "declaration_type", "evidence_held",     "participant_id",   "cohort",
        "cohort",           "declaration_type", "declaration_date",  "participant_id",
    };
    for (int n = 1; n <= DECLARATION_RULE_COUNT; n++) {
        char source[32];
        (void)snprintf(source, sizeof source, "declarations.md 3.3/%d", n);
        assert_string_equal(declaration_rule_source(n), source);
        assert_string_equal(declaration_rule_title(n), titles[n - 1]);
    }
}

/* ---- row 1: participant_id blank ---- */

static void row_01_passes_any_text(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    assert_passes(&f, 1);
    send_participant(&f, "x");
    assert_passes(&f, 1);
    send_participant(&f, " x ");
    assert_passes(&f, 1);
}

static void row_01_fails_null_empty_and_white_space(void **state)
{
    (void)state;
    static const char *const blanks[] = {NULL, "", " ", "\t\r\n ", "\xc2\xa0\xe3\x80\x80"};
    for (size_t i = 0; i < sizeof blanks / sizeof blanks[0]; i++) {
        struct fixture f = accepted_ect();
        send_participant(&f, blanks[i]);
        without_teacher(&f);
        assert_fails(&f, 1);
        assert_titles(&f, "participant_id");
    }
}

/* ---- row 2: teacher not found ---- */

static void row_02_passes_teacher_found(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    assert_passes(&f, 2);
}

static void row_02_fails_teacher_not_found(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    without_teacher(&f);
    assert_fails(&f, 2);
    assert_titles(&f, "participant_id");
    assert_detail(&f, ATTR_PARTICIPANT_ID, PARTICIPANT_TEXT);
    send_participant(&f, "not-a-uuid");
    assert_titles(&f, "participant_id");
}

static void row_02_skipped_after_blank_participant(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    send_participant(&f, NULL);
    without_teacher(&f);
    assert_skipped(&f, 2);
}

/* ---- row 3: course blank or not one of the two ---- */

static void row_03_passes_each_of_the_two(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    assert_passes(&f, 3);
    send_course(&f, "ecf-mentor");
    assert_passes(&f, 3);
}

static void row_03_fails_blank_and_anything_else(void **state)
{
    (void)state;
    static const char *const others[] = {NULL,       "", "  ", "ecf", "ECF-induction", "ecf-induction ",
                                         "npq-senco"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct fixture f = accepted_ect();
        without_training_period(&f);
        f.facts.qualifies[ROLE_ECT] = true;
        send_course(&f, others[i]);
        assert_fails(&f, 3);
        assert_titles(&f, "course_identifier");
        assert_detail(&f, ATTR_COURSE_IDENTIFIER, i < 3 ? "is missing" : others[i]);
    }
}

static void row_03_skipped_unless_clean(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    send_course(&f, NULL);
    without_teacher(&f);
    assert_skipped(&f, 3);
    assert_titles(&f, "participant_id");
}

/* ---- row 4: date blank ---- */

static void row_04_passes_any_text(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    send_date(&f, "yesterday");
    assert_passes(&f, 4);
}

static void row_04_fails_blank(void **state)
{
    (void)state;
    static const char *const blanks[] = {NULL, "", "   "};
    for (size_t i = 0; i < sizeof blanks / sizeof blanks[0]; i++) {
        struct fixture f = accepted_ect();
        send_date(&f, blanks[i]);
        assert_fails(&f, 4);
        assert_titles(&f, "declaration_date");
    }
}

static void row_04_skipped_unless_clean(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    without_training_period(&f);
    f.facts.qualifies[ROLE_ECT] = true;
    send_course(&f, NULL);
    send_date(&f, NULL);
    assert_skipped(&f, 4);
    assert_titles(&f, "course_identifier");
}

/* ---- row 5: the other role ---- */

static void row_05_passes_own_period_and_nobody(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    f.facts.qualifies[ROLE_MENTOR] = true; /* both roles, and this one has a period */
    assert_passes(&f, 5);
    f = accepted_ect();
    without_training_period(&f);
    assert_passes(&f, 5); /* neither role: row 19 says so */
    assert_titles(&f, "participant_id");
}

static void row_05_fails_only_the_other_role(void **state)
{
    (void)state;
    struct fixture f = accepted_ect(); /* W22 */
    without_training_period(&f);
    f.facts.qualifies[ROLE_ECT] = true;
    send_course(&f, "ecf-mentor");
    assert_fails(&f, 5);
    assert_titles(&f, "course_identifier");
    f = accepted_mentor_2025();
    without_training_period(&f);
    f.facts.qualifies[ROLE_MENTOR] = true;
    send_course(&f, "ecf-induction");
    assert_fails(&f, 5);
    assert_titles(&f, "course_identifier");
}

static void row_05_skipped_after_each_error_above(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    without_training_period(&f);
    f.facts.qualifies[ROLE_MENTOR] = true;
    assert_fails(&f, 5);
    struct fixture blank_date = f;
    send_date(&blank_date, NULL);
    assert_skipped(&blank_date, 5);
    struct fixture blank_course = f;
    send_course(&blank_course, NULL);
    assert_skipped(&blank_course, 5);
    struct fixture blank_participant = f;
    send_participant(&blank_participant, NULL);
    assert_skipped(&blank_participant, 5);
}

/* ---- row 6: type blank ---- */

static void row_06_passes_any_text(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    send_type(&f, "nonsense");
    assert_passes(&f, 6);
}

static void row_06_fails_blank(void **state)
{
    (void)state;
    static const char *const blanks[] = {NULL, "", "\n"};
    for (size_t i = 0; i < sizeof blanks / sizeof blanks[0]; i++) {
        struct fixture f = accepted_ect();
        send_type(&f, blanks[i]);
        f.facts.milestone.start_date = DATE_NONE;
        assert_fails(&f, 6);
        assert_titles(&f, "declaration_type");
    }
}

static void row_06_skipped_unless_clean(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    send_type(&f, NULL);
    send_date(&f, NULL);
    assert_skipped(&f, 6);
    assert_titles(&f, "declaration_date");
}

/* ---- row 7: type unknown ---- */

static void row_07_passes_each_of_the_nine(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    for (int type = DECLARATION_STARTED; type < DECLARATION_TYPE_COUNT; type++) {
        send_type(&f, declaration_type_name((enum declaration_type)type));
        assert_passes(&f, 7);
        assert_titles(&f, "");
    }
}

static void row_07_fails_anything_else(void **state)
{
    (void)state;
    static const char *const others[] = {"Started",    "STARTED",  "retained-5",
                                         "retained_1", "started ", "extended-4"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct fixture f = accepted_ect();
        send_type(&f, others[i]);
        f.facts.milestone.start_date = DATE_NONE;
        assert_fails(&f, 7);
        assert_titles(&f, "declaration_type");
    }
}

static void row_07_skipped_unless_clean(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    send_type(&f, NULL);
    assert_skipped(&f, 7); /* row 6 has said it */
    send_type(&f, "nonsense");
    send_date(&f, NULL);
    assert_skipped(&f, 7);
    assert_titles(&f, "declaration_date");
}

/* ---- row 8: already declared ---- */

static void row_08_passes_without_an_active_one_of_the_type(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    with_existing(&f, DECLARATION_STARTED, at("2024-10-07T09:00:00Z"));
    with_existing(&f, DECLARATION_RETAINED_2, at("2025-04-07T09:00:00Z"));
    assert_passes(&f, 8);
    assert_titles(&f, "");
    assert_null(judge(&f).same_as);
}

static void row_08_fails_an_active_one_of_any_provider(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    struct existing_declaration *existing = with_existing(&f, DECLARATION_RETAINED_1, f.input.date_us);
    assert_fails(&f, 8); /* W16, the very same values */
    assert_titles(&f, "declaration_type");
    existing->lead_provider_id = LP_B; /* W17 */
    existing->training_period_id = 99;
    assert_fails(&f, 8);
    assert_titles(&f, "declaration_type");
}

static void row_08_skipped_without_period_and_after_errors(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    with_existing(&f, DECLARATION_RETAINED_1, f.input.date_us);
    struct fixture no_period = f;
    without_training_period(&no_period);
    assert_skipped(&no_period, 8);
    struct fixture blank_date = f;
    send_date(&blank_date, NULL);
    assert_skipped(&blank_date, 8);
    struct fixture unknown_type = f;
    send_type(&unknown_type, "Retained-1");
    assert_skipped(&unknown_type, 8);
}

/* A duplicate whose first copy was decided as number decided_no; this one was accepted as number 100. */
static struct fixture concurrent(int64_t decided_no)
{
    struct fixture f = accepted_ect();
    with_existing(&f, DECLARATION_RETAINED_1, f.input.date_us)->decided_no = decided_no;
    return f;
}

static void row_08_passes_a_concurrent_duplicate_as_the_same(void **state)
{
    (void)state;
    struct fixture f = concurrent(101);
    struct declaration_verdict verdict = judge(&f);
    assert_int_equal(verdict.results[8 - 1], RULE_PASSED);
    assert_int_equal(verdict.error_count, 0);
    assert_ptr_equal(verdict.same_as, &f.facts.existing[DECLARATION_RETAINED_1]);
    /* nothing else is asked any more, whatever has changed in between */
    f.facts.statement.id = 0;
    f.facts.frozen_ongoing_year = 2024;
    f.facts.training_period.withdrawn_at_us = f.input.date_us;
    verdict = judge(&f);
    assert_int_equal(verdict.error_count, 0);
    assert_non_null(verdict.same_as);
    for (int n = 9; n <= DECLARATION_RULE_COUNT; n++)
        assert_int_equal(verdict.results[n - 1], RULE_SKIPPED);
    /* the same instant in another zone is the same date */
    f = concurrent(101);
    send_date(&f, "2025-01-15T10:00:00+01:00");
    assert_non_null(judge(&f).same_as);
}

static void row_08_fails_a_duplicate_decided_before_acceptance(void **state)
{
    (void)state;
    struct fixture f = concurrent(99);
    assert_fails(&f, 8);
    f = concurrent(100); /* not possible, but not greater */
    assert_fails(&f, 8);
    f = concurrent(0); /* not made by a submission that is still known */
    assert_fails(&f, 8);
    f = concurrent(101);
    f.facts.accept_no = 0; /* a dry run was never accepted */
    assert_fails(&f, 8);
    assert_null(judge(&f).same_as);
}

static void row_08_fails_a_concurrent_one_that_differs(void **state)
{
    (void)state;
    struct fixture f = concurrent(101);
    f.facts.existing[DECLARATION_RETAINED_1].date_us += 1;
    assert_fails(&f, 8);
    f = concurrent(101);
    f.facts.existing[DECLARATION_RETAINED_1].date_us -= 1;
    assert_fails(&f, 8);
    f = concurrent(101);
    f.facts.existing[DECLARATION_RETAINED_1].evidence = EVIDENCE_SELF_STUDY;
    assert_fails(&f, 8);
    f = concurrent(101);
    f.facts.existing[DECLARATION_RETAINED_1].training_period_id =
        99; /* another provider's, another schedule's */
    assert_fails(&f, 8);
    f = concurrent(101);
    send_date(&f, "2025-01-15 09:00:00");
    assert_fails(&f, 8);
    assert_titles(&f, "declaration_type,declaration_date");
}

static void row_08_passes_a_concurrent_one_whose_evidence_is_dropped(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    send_type(&f, "started");
    with_existing(&f, DECLARATION_STARTED, f.input.date_us)->decided_no = 101;
    f.facts.existing[DECLARATION_STARTED].evidence = EVIDENCE_NONE;
    send_evidence(&f, "one-term-induction");
    assert_non_null(judge(&f).same_as);
}

/* ---- row 9: in the future ---- */

static void row_09_passes_until_now(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    send_instant(&f, f.now_us);
    assert_passes(&f, 9);
    send_instant(&f, f.now_us - 1);
    assert_passes(&f, 9);
    f.now_us = at("2024-10-20T10:00:00"); /* W19: London, in summer time */
    send_date(&f, "2024-10-20T09:00:00Z");
    assert_passes(&f, 9);
}

static void row_09_fails_a_microsecond_later(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    send_instant(&f, f.now_us + 1);
    assert_fails(&f, 9);
    assert_titles(&f, "declaration_date");
    f = accepted_ect(); /* W19 */
    f.facts.milestone.start_date = on("2024-06-01");
    f.now_us = at("2024-10-20T10:00:00");
    send_date(&f, "2024-10-20T09:00:01Z");
    assert_fails(&f, 9);
    assert_titles(&f, "declaration_date");
}

static void row_09_skipped_unless_well_formed_and_without_errors(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    f.now_us = at("2025-01-02T00:00:00Z");
    assert_fails(&f, 9);
    struct fixture malformed = f;
    send_date(&malformed, "2025-01-15");
    assert_skipped(&malformed, 9);
    struct fixture duplicate = f;
    with_existing(&duplicate, DECLARATION_RETAINED_1, duplicate.input.date_us);
    assert_skipped(&duplicate, 9);
    struct fixture nobody = f;
    without_teacher(&nobody);
    assert_skipped(&nobody, 9);
    struct fixture no_course = f;
    send_course(&no_course, "x");
    without_training_period(&no_course);
    assert_skipped(&no_course, 9);
    struct fixture no_period = f; /* needs no training period */
    without_training_period(&no_period);
    assert_fails(&no_period, 9);
}

/* ---- row 10: the milestone window ---- */

static void row_10_passes_from_first_to_last_instant(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    f.now_us = at("2026-01-01T00:00:00Z");
    send_date(&f, "2025-01-01T00:00:00Z"); /* W06 */
    assert_passes(&f, 10);
    send_date(&f, "2025-03-31T22:59:59Z"); /* W07: 23:59:59 in summer time */
    assert_passes(&f, 10);
    send_date(&f, "2025-03-31T22:59:59.999999Z");
    assert_passes(&f, 10);
    send_date(&f, "2025-03-31T23:59:59.999999"); /* London */
    assert_passes(&f, 10);
}

static void row_10_fails_an_instant_outside(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    f.now_us = at("2026-01-01T00:00:00Z");
    send_date(&f, "2024-12-31T23:59:59.999999Z");
    assert_fails(&f, 10);
    assert_titles(&f, "declaration_date");
    assert_detail(&f, ATTR_DECLARATION_DATE, "before the milestone");
    send_date(&f, "2025-03-31T23:00:00Z"); /* W08 */
    assert_fails(&f, 10);
    assert_titles(&f, "declaration_date");
    assert_detail(&f, ATTR_DECLARATION_DATE, "on or before 2025-03-31");
}

static void row_10_fails_by_an_hour_in_summer_time(void **state)
{
    (void)state;
    struct fixture f = accepted_ect(); /* retained-2 of 2024: 1 April to 31 July, both in summer time */
    f.now_us = at("2026-01-01T00:00:00Z");
    send_type(&f, "retained-2");
    f.facts.milestone.start_date = on("2025-04-01");
    f.facts.milestone.milestone_date = on("2025-07-31");
    static const struct {
        const char *date;
        enum rule_result expected;
    } cases[] = {
        {"2025-03-31T22:59:59.999999Z", RULE_FAILED}, {"2025-03-31T23:00:00Z", RULE_PASSED},
        {"2025-07-31T22:59:59.999999Z", RULE_PASSED}, {"2025-07-31T23:00:00Z", RULE_FAILED},
        {"2025-07-31T23:59:59+00:00", RULE_FAILED},   {"2025-07-31T23:59:59+01:00", RULE_PASSED},
        {"2025-04-01T00:00:00", RULE_PASSED},         {"2025-03-31T23:59:59.999999", RULE_FAILED},
        {"2025-07-31T23:59:59.999999", RULE_PASSED},  {"2025-08-01T00:00:00", RULE_FAILED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        send_date(&f, cases[i].date);
        if (row(&f, 10) != cases[i].expected)
            fail_msg("%s", cases[i].date);
    }
}

static void row_10_passes_any_time_later_without_an_end(void **state)
{
    (void)state;
    struct fixture f = accepted_ect_2025();
    f.now_us = at("2040-01-01T00:00:00Z");
    send_date(&f, "2039-12-31T00:00:00Z");
    assert_passes(&f, 10);
    send_date(&f, "2025-05-31T23:00:00Z"); /* 1 June, summer time */
    assert_passes(&f, 10);
    send_date(&f, "2025-05-31T22:59:59.999999Z");
    assert_fails(&f, 10);
}

static void row_10_skipped_without_milestone_date_or_after_errors(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    send_date(&f, "2024-12-31T23:59:59Z");
    assert_fails(&f, 10);
    struct fixture no_milestone = f;
    no_milestone.facts.milestone.start_date = DATE_NONE;
    assert_skipped(&no_milestone, 10);
    struct fixture malformed = f;
    send_date(&malformed, "2024-12-31");
    assert_skipped(&malformed, 10);
    struct fixture duplicate = f;
    with_existing(&duplicate, DECLARATION_RETAINED_1, 0);
    assert_skipped(&duplicate, 10);
    struct fixture future = f;
    future.now_us = at("2024-12-01T00:00:00Z");
    assert_skipped(&future, 10); /* one title, one message */
    assert_titles(&future, "declaration_date");
}

/* ---- row 11: malformed ---- */

static void row_11_passes_what_exists(void **state)
{
    (void)state;
    static const char *const good[] = {"2025-01-15T09:00:00Z", "2025-01-15t09:00:00z", "2025-01-15T09:00:00",
                                       "2025-01-15T09:00:00,5+01", "2025-01-15T09:00:00.123456789-0130"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct fixture f = accepted_ect();
        send_date(&f, good[i]);
        assert_passes(&f, 11);
    }
}

static void row_11_fails_what_does_not(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "2025-01-15",           "2025-01-15 09:00:00", "2025-01-15T09:00Z", "2025-02-29T09:00:00Z",
        "2025-01-15T09:00:60Z", "2025-03-30T01:30:00", "yesterday"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct fixture f = accepted_ect();
        send_date(&f, bad[i]);
        assert_fails(&f, 11);
        assert_titles(&f, "declaration_date"); /* W20 */
    }
}

static void row_11_skipped_without_date_or_after_its_error(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    send_date(&f, NULL);
    assert_skipped(&f, 11);
    f = accepted_ect();
    f.now_us = at("2025-01-02T00:00:00Z");
    assert_fails(&f, 9);
    assert_skipped(&f, 11);
    f = accepted_ect();
    send_participant(&f, NULL);
    without_teacher(&f);
    send_date(&f, "  ");
    assert_skipped(&f, 11);
}

/* ---- row 12: mentors have two types ---- */

static void row_12_passes_the_two_and_earlier_periods(void **state)
{
    (void)state;
    struct fixture f = accepted_mentor_2025();
    assert_passes(&f, 12);
    send_type(&f, "started");
    assert_passes(&f, 12);
    send_type(&f, "retained-1");
    f.facts.contract_period.mentor_funding_enabled = false;
    assert_passes(&f, 12);
}

static void row_12_fails_every_other_type(void **state)
{
    (void)state;
    static const enum declaration_type others[] = {
        DECLARATION_RETAINED_1, DECLARATION_RETAINED_2, DECLARATION_RETAINED_3, DECLARATION_RETAINED_4,
        DECLARATION_EXTENDED_1, DECLARATION_EXTENDED_2, DECLARATION_EXTENDED_3,
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct fixture f = accepted_mentor_2025();
        send_type(&f, declaration_type_name(others[i]));
        assert_fails(&f, 12);
        assert_titles(&f, "declaration_type"); /* W13: evidence is not reported beside it */
    }
    /* a type that does not exist was not looked at by row 7, because the date is missing */
    struct fixture f = accepted_mentor_2025();
    send_type(&f, "nonsense");
    send_date(&f, NULL);
    assert_titles(&f, "declaration_date,declaration_type");
}

static void row_12_skipped_for_ects_without_type_or_after_errors(void **state)
{
    (void)state;
    struct fixture f = accepted_ect_2025();
    assert_skipped(&f, 12);
    f = accepted_mentor_2025();
    send_type(&f, NULL);
    send_date(&f, NULL);
    assert_skipped(&f, 12); /* 3.6: only when a type was given */
    assert_titles(&f, "declaration_date");
    f = accepted_mentor_2025();
    send_type(&f, "retained-1");
    with_existing(&f, DECLARATION_RETAINED_1, 0);
    assert_skipped(&f, 12);
    f = accepted_mentor_2025();
    send_type(&f, "retained-1");
    without_training_period(&f);
    assert_skipped(&f, 12);
}

/* ---- row 13: evidence ---- */

/* What the published table says: accepted[detailed][mentor][type][evidence]. */
static bool csv_accepts[2][2][DECLARATION_TYPE_COUNT][EVIDENCE_TYPE_COUNT];

static bool read_evidence_csv(void)
{
    char line[256];
    size_t rows = 0;
    CLEANUP(file) FILE *file = fopen("../shared/data/reference/evidence_rules.csv", "r");
    if (file == NULL)
        return false;
    while (fgets(line, sizeof line, file) != NULL) {
        char set[32], role[32], type[32], evidence[64];
        assert_int_equal(sscanf(line, "%31[^,],%31[^,],%31[^,],%63[^,\n]", set, role, type, evidence), 4);
        if (strcmp(set, "rule_set") == 0)
            continue;
        bool detailed = strcmp(set, "detailed") == 0, mentor = strcmp(role, "mentor") == 0;
        assert_true(detailed || strcmp(set, "simple") == 0);
        assert_true(mentor || strcmp(role, "ect") == 0);
        enum declaration_type t = declaration_type_parse(slice_of(type));
        enum evidence_type e = evidence_type_parse(slice_of(evidence));
        assert_true(t != DECLARATION_TYPE_NONE && e != EVIDENCE_NONE);
        csv_accepts[detailed][mentor][t][e] = true;
        rows++;
    }
    assert_int_equal(rows, 87);
    return true;
}

static void evidence_table_is_the_published_one(void **state)
{
    (void)state;
    if (!read_evidence_csv())
        skip();
    for (int d = 0; d < 2; d++)
        for (int m = 0; m < 2; m++)
            for (int t = DECLARATION_STARTED; t < DECLARATION_TYPE_COUNT; t++) {
                enum participant_role role = m != 0 ? ROLE_MENTOR : ROLE_ECT;
                enum declaration_type type = (enum declaration_type)t;
                bool drops = d == 0 && type == DECLARATION_STARTED;
                assert_int_equal(evidence_is_required(d != 0, role, type), !drops);
                for (int e = EVIDENCE_NONE + 1; e < EVIDENCE_TYPE_COUNT; e++)
                    assert_int_equal(evidence_is_accepted(d != 0, role, type, (enum evidence_type)e),
                                     drops || csv_accepts[d][m][t][e]);
            }
}

static void row_13_passes_accepted_evidence(void **state)
{
    (void)state;
    static const struct {
        bool detailed;
        const char *course, *type, *evidence;
    } cases[] = {
        {false, "ecf-induction", "started", NULL},                 /* W01 */
        {false, "ecf-induction", "started", "one-term-induction"}, /* W02 */
        {false, "ecf-induction", "started", "nonsense"},
        {false, "ecf-mentor", "retained-4", "training-event-attended"},
        {false, "ecf-induction", "completed", "self-study-material-completed"},
        {true, "ecf-induction", "retained-1", "materials-engaged-with-offline"},
        {true, "ecf-induction", "retained-2", "75-percent-engagement-met"}, /* W12 */
        {true, "ecf-induction", "completed", "one-term-induction"},
        {true, "ecf-mentor", "started", "other"},
        {true, "ecf-mentor", "completed", "75-percent-engagement-met-reduced-induction"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f = accepted_ect();
        f.facts.contract_period.detailed_evidence_types_enabled = cases[i].detailed;
        send_course(&f, cases[i].course);
        send_type(&f, cases[i].type);
        send_evidence(&f, cases[i].evidence);
        assert_passes(&f, 13);
    }
}

static void row_13_fails_missing_or_other_evidence(void **state)
{
    (void)state;
    static const struct {
        bool detailed;
        const char *course, *type, *evidence, *says;
    } cases[] = {
        {false, "ecf-induction", "retained-1", NULL, "is missing"}, /* W09 */
        {false, "ecf-induction", "retained-1", "", "is missing"},
        {false, "ecf-induction", "retained-1", " ", "is missing"},
        {false, "ecf-induction", "retained-1", "materials-engaged-with-offline", "not available"}, /* W10 */
        {false, "ecf-induction", "completed", "one-term-induction", "not available"},
        {false, "ecf-induction", "retained-1", "Other", "not available"},
        {true, "ecf-induction", "started", NULL, "is missing"},                            /* W11 */
        {true, "ecf-induction", "retained-2", "training-event-attended", "not available"}, /* W12 */
        {true, "ecf-induction", "completed", "other", "not available"},
        {true, "ecf-mentor", "started", NULL, "is missing"},
        {true, "ecf-mentor", "started", "75-percent-engagement-met", "not available"},
        {true, "ecf-mentor", "completed", "one-term-induction", "not available"},
        {true, "ecf-mentor", "retained-1", "other", "no kind of evidence"},
        {true, "ecf-mentor", "retained-1", NULL, "no kind of evidence"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f = accepted_ect();
        f.facts.contract_period.detailed_evidence_types_enabled = cases[i].detailed;
        send_course(&f, cases[i].course);
        send_type(&f, cases[i].type);
        send_evidence(&f, cases[i].evidence);
        assert_fails(&f, 13);
        assert_titles(&f, "evidence_held");
        assert_detail(&f, ATTR_EVIDENCE_HELD, cases[i].says);
    }
}

static void row_13_skipped_without_period_or_unless_clean(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    send_evidence(&f, NULL);
    assert_fails(&f, 13);
    struct fixture no_period = f;
    without_training_period(&no_period);
    assert_skipped(&no_period, 13);
    struct fixture early = f;
    send_date(&early, "2024-12-31T00:00:00Z");
    assert_skipped(&early, 13);
    assert_titles(&early, "declaration_date");
    struct fixture malformed = f;
    send_date(&malformed, "x");
    assert_skipped(&malformed, 13);
}

static void row_13_fails_and_lists_what_is_accepted(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    send_evidence(&f, NULL);
    assert_detail(&f, ATTR_EVIDENCE_HELD,
                  "needs `training-event-attended`, `self-study-material-completed` or `other`.");
    f = accepted_ect_2025();
    send_type(&f, "retained-2");
    assert_detail(&f, ATTR_EVIDENCE_HELD,
                  "needs `75-percent-engagement-met` or `75-percent-engagement-met-reduced-induction`.");
}

/* ---- row 14: withdrawn ---- */

static void row_14_passes_before_withdrawal_and_when_not_withdrawn(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    f.now_us = at("2025-03-01T10:00:00Z");
    f.facts.training_period.withdrawn_at_us = at("2025-02-10T10:00:00Z");
    send_date(&f, "2025-02-10T09:59:59Z"); /* W23 */
    assert_passes(&f, 14);
    send_date(&f, "2025-02-10T09:59:59.999999Z");
    assert_passes(&f, 14);
    assert_titles(&f, "");
    f.facts.training_period.deferred_at_us =
        f.facts.training_period.withdrawn_at_us + 1; /* deferred later: deferred */
    send_date(&f, "2025-02-20T10:00:00Z");
    assert_passes(&f, 14);
    f.facts.training_period.withdrawn_at_us = INSTANT_NONE; /* W24 */
    assert_passes(&f, 14);
    assert_titles(&f, "");
}

static void row_14_fails_from_the_instant_of_withdrawal(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    f.now_us = at("2025-03-01T10:00:00Z");
    f.facts.training_period.withdrawn_at_us = at("2025-02-10T10:00:00.5Z");
    send_date(&f, "2025-02-10T10:00:00.5Z"); /* W23 */
    assert_fails(&f, 14);
    assert_titles(&f, "participant_id");
    assert_detail(&f, ATTR_PARTICIPANT_ID, "2025-02-10T10:00:00Z");
    send_date(&f, "2025-02-10T10:00:00.500001Z");
    assert_fails(&f, 14);
    f.facts.training_period.deferred_at_us = f.facts.training_period.withdrawn_at_us; /* equal: withdrawn */
    assert_fails(&f, 14);
    f.facts.training_period.deferred_at_us = f.facts.training_period.withdrawn_at_us - 1;
    assert_fails(&f, 14);
}

static void row_14_skipped_without_period_date_or_after_error(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    f.facts.training_period.withdrawn_at_us = at("2025-01-02T10:00:00Z");
    assert_fails(&f, 14);
    struct fixture malformed = f;
    send_date(&malformed, "2025-01-15");
    assert_skipped(&malformed, 14); /* 3.6 */
    assert_titles(&malformed, "declaration_date");
    struct fixture missing = f;
    send_date(&missing, NULL);
    assert_skipped(&missing, 14);
    assert_titles(&missing, "declaration_date");
    struct fixture no_period = f;
    without_training_period(&no_period);
    assert_skipped(&no_period, 14);
    struct fixture nobody = f;
    without_teacher(&nobody);
    assert_skipped(&nobody, 14);
}

/* ---- row 15: the ongoing period is frozen (which one that is, tests/facts/declaration_facts.sql tests) ----
 */

static void row_15_passes_without_a_frozen_ongoing_period(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    assert_passes(&f, 15);
    f.facts.contract_period.payments_frozen_at_us = f.now_us; /* of the declaration's own period: not asked */
    assert_passes(&f, 15);
    assert_titles(&f, "");
}

static void row_15_fails_with_one_whatever_its_own_period(void **state)
{
    (void)state;
    struct fixture f = accepted_ect(); /* W25 */
    f.facts.frozen_ongoing_year = 2022;
    assert_fails(&f, 15);
    assert_titles(&f, "cohort");
    assert_detail(&f, ATTR_COHORT, "2022");
    without_training_period(&f); /* any provider: needs no period with this one */
    assert_titles(&f, "cohort,participant_id");
}

static void row_15_skipped_without_teacher_or_role(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    f.facts.frozen_ongoing_year = 2022;
    struct fixture nobody = f;
    without_teacher(&nobody);
    assert_skipped(&nobody, 15);
    struct fixture no_role = f;
    send_course(&no_role, "unknown");
    without_training_period(&no_role);
    assert_skipped(&no_role, 15); /* 3.6 */
}

/* ---- row 16: no open statement (which counts as open, tests/facts/declaration_facts.sql tests) ---- */

static void row_16_passes_with_a_statement_or_unfunded(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    assert_passes(&f, 16);
    f.facts.statement.id = 0;
    f.facts.first_became_eligible_for_training_at_us = INSTANT_NONE;
    assert_passes(&f, 16); /* W26, not eligible: 200 submitted */
    assert_titles(&f, "");
}

static void row_16_fails_fundable_without_statement(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    f.facts.statement.id = 0;
    assert_fails(&f, 16); /* W26 */
    assert_titles(&f, "cohort");
    assert_detail(&f, ATTR_COHORT, "2024");
    f.facts.first_became_eligible_for_training_at_us = f.now_us + 1; /* only its presence matters */
    assert_fails(&f, 16);
    f.facts.funding_end.became_ineligible_for_funding_on = on("2020-01-01");
    assert_fails(&f, 16);
    send_date(&f, NULL); /* an error of the date does not stop it */
    assert_titles(&f, "declaration_date,cohort");
}

static void row_16_skipped_without_period_or_after_errors(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    f.facts.statement.id = 0;
    struct fixture no_period = f;
    without_training_period(&no_period);
    assert_skipped(&no_period, 16);
    struct fixture duplicate = f;
    with_existing(&duplicate, DECLARATION_RETAINED_1, 0);
    assert_skipped(&duplicate, 16);
    struct fixture frozen = f;
    frozen.facts.frozen_ongoing_year = 2024;
    assert_skipped(&frozen, 16);
    assert_titles(&frozen, "cohort");
}

/* ---- row 17: the schedule has no such milestone ---- */

static void row_17_passes_with_a_milestone(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    assert_passes(&f, 17);
}

static void row_17_fails_without_a_milestone(void **state)
{
    (void)state;
    struct fixture f = accepted_ect(); /* W15 */
    send_type(&f, "extended-1");
    f.facts.milestone.start_date = DATE_NONE;
    assert_fails(&f, 17);
    assert_titles(&f, "declaration_type");
    assert_detail(&f, ATTR_DECLARATION_TYPE, "`ecf-standard-september` of the 2024 cohort");
}

static void row_17_skipped_without_period_or_after_errors(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    f.facts.milestone.start_date = DATE_NONE;
    struct fixture no_period = f;
    without_training_period(&no_period);
    assert_skipped(&no_period, 17);
    struct fixture future = f;
    future.now_us = at("2025-01-02T00:00:00Z");
    assert_skipped(&future, 17);
    struct fixture duplicate = f;
    with_existing(&duplicate, DECLARATION_RETAINED_1, 0);
    assert_skipped(&duplicate, 17);
    struct fixture withdrawn = f;
    withdrawn.facts.training_period.withdrawn_at_us = withdrawn.input.date_us;
    assert_skipped(&withdrawn, 17);
    struct fixture frozen = f;
    frozen.facts.frozen_ongoing_year = 2022;
    assert_skipped(&frozen, 17);
    struct fixture closed = f;
    closed.facts.statement.id = 0;
    assert_skipped(&closed, 17);
    struct fixture evidence = f; /* evidence is not in its guard */
    send_evidence(&evidence, NULL);
    assert_fails(&evidence, 17);
}

/* ---- row 18: sequence, from 2025 on ---- */

static void row_18_passes_in_sequence_and_at_equal_instants(void **state)
{
    (void)state;
    struct fixture f = accepted_ect_2025();
    assert_passes(&f, 18);
    with_existing(&f, DECLARATION_STARTED, f.input.date_us); /* W27 */
    with_existing(&f, DECLARATION_RETAINED_2, f.input.date_us);
    assert_passes(&f, 18);
    assert_titles(&f, "");
    with_existing(&f, DECLARATION_STARTED, f.input.date_us - 1);
    with_existing(&f, DECLARATION_RETAINED_2, f.input.date_us + 1);
    assert_passes(&f, 18);
    f = accepted_ect_2025(); /* an earlier type is not taken for a later one, nor the other way round */
    with_existing(&f, DECLARATION_STARTED, f.input.date_us - 1);
    assert_passes(&f, 18);
    f = accepted_ect_2025();
    with_existing(&f, DECLARATION_RETAINED_2, f.input.date_us + 1);
    assert_passes(&f, 18);
}

static void row_18_fails_a_microsecond_before_an_earlier_type(void **state)
{
    (void)state;
    struct fixture f = accepted_ect_2025();
    send_type(&f, "retained-3");
    with_existing(&f, DECLARATION_STARTED, f.input.date_us + 1);
    with_existing(&f, DECLARATION_RETAINED_2, f.input.date_us - 1);
    assert_fails(&f, 18); /* the latest of the earlier types, not the nearest type */
    assert_titles(&f, "declaration_date");
    assert_detail(&f, ATTR_DECLARATION_DATE, "`started` declaration of 2026");
}

static void row_18_fails_a_microsecond_after_a_later_type(void **state)
{
    (void)state;
    struct fixture f = accepted_ect_2025();
    with_existing(&f, DECLARATION_COMPLETED, f.input.date_us + 1);
    with_existing(&f, DECLARATION_EXTENDED_3, f.input.date_us - 1)->lead_provider_id = LP_B;
    assert_fails(&f, 18); /* the earliest of the later types, whoever made it */
    assert_titles(&f, "declaration_date");
    assert_detail(&f, ATTR_DECLARATION_DATE,
                  "after the `extended-3` declaration of this participant"); /* its date untold */
}

static void row_18_passes_anything_before_2025(void **state)
{
    (void)state;
    struct fixture f = accepted_ect_2025();
    with_existing(&f, DECLARATION_STARTED, f.input.date_us + 1);
    assert_fails(&f, 18);
    f.facts.contract_period.year = 2026;
    assert_fails(&f, 18);
    f.facts.contract_period.year = 2024;
    assert_passes(&f, 18);
}

static void row_18_skipped_without_period_type_date_or_after_errors(void **state)
{
    (void)state;
    struct fixture f = accepted_ect_2025();
    with_existing(&f, DECLARATION_STARTED, f.input.date_us + 1);
    struct fixture no_period = f;
    without_training_period(&no_period);
    assert_skipped(&no_period, 18);
    struct fixture unknown = f;
    send_type(&unknown, "nonsense");
    assert_skipped(&unknown, 18);
    struct fixture missing = f;
    send_date(&missing, NULL);
    assert_skipped(&missing, 18);
    struct fixture malformed = f;
    send_date(&malformed, "2026-01-15");
    assert_skipped(&malformed, 18);
    struct fixture duplicate = f;
    with_existing(&duplicate, DECLARATION_RETAINED_1, 0);
    assert_skipped(&duplicate, 18);
    struct fixture not_in_schedule = f;
    not_in_schedule.facts.milestone.start_date = DATE_NONE;
    assert_skipped(&not_in_schedule, 18); /* row 17 is an error of the type */
    struct fixture future = f;
    future.now_us = future.input.date_us - 1;
    assert_skipped(&future, 18);
}

/* ---- row 19: nobody of this provider's ---- */

static void row_19_passes_either_role(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    assert_passes(&f, 19);
    without_training_period(&f);
    f.facts.qualifies[ROLE_MENTOR] = true;
    assert_passes(&f, 19);
    f.facts.qualifies[ROLE_MENTOR] = false;
    f.facts.qualifies[ROLE_ECT] = true;
    assert_passes(&f, 19);
}

static void row_19_fails_neither_role(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    without_training_period(&f);
    assert_fails(&f, 19);
    assert_titles(&f, "participant_id");
    send_course(&f, "unknown"); /* needs no role */
    assert_titles(&f, "course_identifier,participant_id");
}

static void row_19_skipped_without_teacher_or_after_error(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    without_teacher(&f);
    assert_skipped(&f, 19);
    assert_titles(&f, "participant_id");
    f = accepted_ect();
    f.facts.training_period.withdrawn_at_us = f.input.date_us;
    assert_skipped(&f, 19);
}

/* ---- consequences (3.3), one each ---- */

static void blank_participant_is_the_only_error(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    f.input = (struct declaration_input){0};
    declaration_input_interpret(&f.input);
    without_teacher(&f);
    assert_titles(&f, "participant_id");
    assert_fired(&f, "1");
    send_date(&f, "2025-01-15");
    assert_titles(&f, "participant_id,declaration_date");
    assert_fired(&f, "1 11");
}

static void everything_else_missing_is_reported_one_by_one(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    f.input = (struct declaration_input){0};
    send_participant(&f, PARTICIPANT_TEXT);
    struct declaration_facts full = f.facts;
    without_training_period(&f); /* no role, no period */
    f.facts.qualifies[ROLE_ECT] = true;
    assert_fired(&f, "3");
    f.facts = full;
    f.facts.milestone.start_date = DATE_NONE; /* no type, no milestone */
    send_course(&f, "ecf-induction");
    assert_fired(&f, "4");
    send_date(&f, "2025-01-15T09:00:00Z");
    assert_fired(&f, "6");
    f.facts = full;
    send_type(&f, "retained-1");
    assert_fired(&f, "13");
    send_evidence(&f, "other");
    assert_fired(&f, "");
}

static void another_providers_participant_shows_the_future_date_first(void **state)
{
    (void)state;
    struct fixture f = accepted_ect(); /* W21 */
    f.now_us = at("2024-10-20T10:00:00");
    send_type(&f, "started");
    send_date(&f, "2024-12-07T09:00:00Z");
    without_training_period(&f);
    assert_titles(&f, "declaration_date,participant_id");
    assert_fired(&f, "9 19");
}

static void later_rows_stand_beside_evidence(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    send_type(&f, "extended-1");
    send_evidence(&f, "nonsense");
    f.facts.milestone.start_date = DATE_NONE;
    assert_titles(&f, "evidence_held,declaration_type");
    f = accepted_ect();
    send_evidence(&f, NULL);
    f.facts.training_period.withdrawn_at_us = f.input.date_us;
    f.facts.frozen_ongoing_year = 2022;
    assert_titles(&f, "evidence_held,participant_id,cohort");
    f = accepted_ect_2025();
    send_evidence(&f, NULL);
    with_existing(&f, DECLARATION_STARTED, f.input.date_us + 1);
    assert_titles(&f, "evidence_held,declaration_date");
    f = accepted_ect();
    send_evidence(&f, NULL);
    f.facts.statement.id = 0;
    assert_titles(&f, "evidence_held,cohort");
}

static void duplicate_suppresses_seven_rows_and_no_others(void **state)
{
    (void)state;
    static const int suppressed[] = {9, 10, 12, 13, 16, 17, 18};
    struct fixture f = accepted_mentor_2025(); /* everything that could go wrong does */
    send_type(&f, "retained-1");
    send_evidence(&f, NULL);
    f.now_us = f.input.date_us - 1;
    f.facts.milestone.start_date = on("2027-01-01");
    f.facts.statement.id = 0;
    with_existing(&f, DECLARATION_STARTED, f.input.date_us + 1);
    with_existing(&f, DECLARATION_RETAINED_1, 0);
    f.facts.training_period.withdrawn_at_us = 0;
    f.facts.frozen_ongoing_year = 2022;
    for (size_t i = 0; i < sizeof suppressed / sizeof suppressed[0]; i++)
        assert_skipped(&f, suppressed[i]);
    assert_fired(&f, "8 14 15");
    assert_titles(&f, "declaration_type,participant_id,cohort");
    assert_passes(&f, 11);
    f.facts.training_period.withdrawn_at_us = INSTANT_NONE;
    assert_titles(&f, "declaration_type,cohort");
    assert_passes(&f, 19);
    send_date(&f, "x");
    assert_fired(&f, "8 11 15");
}

static void deferred_people_are_not_blocked(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    f.facts.training_period.deferred_at_us = 0;
    assert_titles(&f, "");
}

static void date_need_not_lie_inside_the_period(void **state)
{
    (void)state;
    struct fixture f = accepted_ect(); /* W18: a finished period; before its start and after its end */
    f.facts.training_period.started_on = on("2025-01-20");
    f.facts.training_period.finished_on = on("2025-01-21");
    send_date(&f, "2025-01-19T00:00:00Z");
    assert_titles(&f, "");
    send_date(&f, "2025-01-25T00:00:00Z");
    assert_titles(&f, "");
}

static void ended_frozen_period_is_stopped_by_the_statement_only(void **state)
{
    (void)state;
    struct fixture f =
        accepted_ect(); /* row 15 sees no ongoing period; closed contract periods have no open statement */
    f.facts.contract_period.payments_frozen_at_us = 0;
    f.facts.statement.id = 0;
    assert_fired(&f, "16");
    f.facts.first_became_eligible_for_training_at_us = INSTANT_NONE;
    assert_fired(&f, "");
}

/* ---- 3.6, where it is not with its row ---- */

static void withdrawn_person_with_malformed_date_gets_the_date_only(void **state)
{
    (void)state;
    struct fixture f = accepted_ect_2025();
    f.facts.training_period.withdrawn_at_us = 0;
    with_existing(&f, DECLARATION_STARTED, f.input.date_us + 1);
    send_date(&f, "15/01/2026");
    static const int skipped[] = {9, 10, 14, 18};
    for (size_t i = 0; i < sizeof skipped / sizeof skipped[0]; i++)
        assert_skipped(&f, skipped[i]);
    assert_titles(&f, "declaration_date");
}

static void time_without_zone_is_londons_in_every_row(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    f.now_us = at("2025-07-01T09:00:00Z"); /* 10:00 in London */
    f.facts.milestone.start_date = on("2025-04-01");
    f.facts.milestone.milestone_date = on("2025-07-31");
    send_type(&f, "retained-2");
    send_date(&f, "2025-07-01T10:00:00");
    assert_titles(&f, "");
    send_date(&f, "2025-07-01T10:00:00.000001");
    assert_fired(&f, "9");
    send_date(&f, "2025-04-01T00:00:00");
    assert_titles(&f, "");
    f.facts.training_period.withdrawn_at_us = at("2025-05-01T11:00:00Z");
    send_date(&f, "2025-05-01T11:59:59");
    assert_titles(&f, "");
    send_date(&f, "2025-05-01T12:00:00");
    assert_fired(&f, "14");
}

/* ---- errors as a list and as a body ---- */

static void titles_stand_together_in_the_order_of_first_failure(void **state)
{
    (void)state;
    /* mentor, unknown type, no date, closed: rows 4, 12 and 16; then a second error of one title cannot
     * follow, because each guard names its own title; so the order is all that is left to see */
    struct fixture f = accepted_mentor_2025();
    send_type(&f, "nonsense");
    send_date(&f, NULL);
    f.facts.frozen_ongoing_year = 2022;
    assert_titles(&f, "declaration_date,declaration_type,cohort");
    assert_fired(&f, "4 12 15");
}

static void details_name_public_attributes(void **state)
{
    (void)state;
    struct fixture f = accepted_mentor_2025();
    send_type(&f, "nonsense");
    send_date(&f, NULL);
    f.facts.frozen_ongoing_year = 2022;
    struct declaration_verdict verdict = judge(&f);
    for (size_t i = 0; i < verdict.error_count; i++) {
        char pointer[64];
        (void)snprintf(pointer, sizeof pointer, "#/%s",
                       declaration_attribute_title(verdict.errors[i].attribute));
        assert_non_null(strstr(verdict.errors[i].detail, pointer));
        assert_null(strstr(verdict.errors[i].detail, "contract period"));
    }
}

static void body_is_the_contracts(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    send_type(&f, "\"quoted\" \xc3\xa9");
    f.facts.milestone.start_date = DATE_NONE;
    struct declaration_verdict verdict = judge(&f);
    struct buffer body = BUFFER_INIT;
    declaration_verdict_render(&verdict, &body);
    assert_memory_equal(body.data, "{\"errors\":[{\"title\":\"declaration_type\",\"detail\":\"", 49);
    CLEANUP(json) json_t *json = json_loadb(body.data, body.size, 0, NULL);
    assert_non_null(json);
    json_t *errors = json_object_get(json, "errors");
    assert_int_equal(json_array_size(errors), 1);
    assert_non_null(strstr(json_string_value(json_object_get(json_array_get(errors, 0), "detail")),
                           "\"quoted\" \xc3\xa9"));
    buffer_release(&body);
}

static void long_values_are_quoted_cut_between_characters(void **state)
{
    (void)state;
    struct fixture f = accepted_ect();
    char text[1002];
    for (size_t i = 0; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    f.facts.milestone.start_date = DATE_NONE;
    for (size_t skipped = 0; skipped < 2; skipped++) { /* the cut falls between characters, then into one */
        send_type(&f, NULL);
        text[1] = skipped == 0 ? '\xa9' : 'x';
        f.input.declaration_type = (struct slice){text + skipped, sizeof text - skipped};
        struct declaration_verdict verdict = judge(&f);
        struct buffer body = BUFFER_INIT;
        declaration_verdict_render(&verdict, &body);
        CLEANUP(json) json_t *json = json_loadb(body.data, body.size, 0, NULL); /* NULL unless it is UTF-8 */
        assert_non_null(json);
        assert_int_equal(verdict.error_count, 1);
        assert_int_equal(json_array_size(json_object_get(json, "errors")), 1);
        assert_non_null(strstr(verdict.errors[0].detail, "…\""));
        buffer_release(&body);
    }
}

#define T(function) cmocka_unit_test(function)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(everything_passes),
        T(table_is_numbered_as_the_document),
        T(row_01_passes_any_text),
        T(row_01_fails_null_empty_and_white_space),
        T(row_02_passes_teacher_found),
        T(row_02_fails_teacher_not_found),
        T(row_02_skipped_after_blank_participant),
        T(row_03_passes_each_of_the_two),
        T(row_03_fails_blank_and_anything_else),
        T(row_03_skipped_unless_clean),
        T(row_04_passes_any_text),
        T(row_04_fails_blank),
        T(row_04_skipped_unless_clean),
        T(row_05_passes_own_period_and_nobody),
        T(row_05_fails_only_the_other_role),
        T(row_05_skipped_after_each_error_above),
        T(row_06_passes_any_text),
        T(row_06_fails_blank),
        T(row_06_skipped_unless_clean),
        T(row_07_passes_each_of_the_nine),
        T(row_07_fails_anything_else),
        T(row_07_skipped_unless_clean),
        T(row_08_passes_without_an_active_one_of_the_type),
        T(row_08_fails_an_active_one_of_any_provider),
        T(row_08_skipped_without_period_and_after_errors),
        T(row_08_passes_a_concurrent_duplicate_as_the_same),
        T(row_08_fails_a_duplicate_decided_before_acceptance),
        T(row_08_fails_a_concurrent_one_that_differs),
        T(row_08_passes_a_concurrent_one_whose_evidence_is_dropped),
        T(row_09_passes_until_now),
        T(row_09_fails_a_microsecond_later),
        T(row_09_skipped_unless_well_formed_and_without_errors),
        T(row_10_passes_from_first_to_last_instant),
        T(row_10_fails_an_instant_outside),
        T(row_10_fails_by_an_hour_in_summer_time),
        T(row_10_passes_any_time_later_without_an_end),
        T(row_10_skipped_without_milestone_date_or_after_errors),
        T(row_11_passes_what_exists),
        T(row_11_fails_what_does_not),
        T(row_11_skipped_without_date_or_after_its_error),
        T(row_12_passes_the_two_and_earlier_periods),
        T(row_12_fails_every_other_type),
        T(row_12_skipped_for_ects_without_type_or_after_errors),
        T(evidence_table_is_the_published_one),
        T(row_13_passes_accepted_evidence),
        T(row_13_fails_missing_or_other_evidence),
        T(row_13_fails_and_lists_what_is_accepted),
        T(row_13_skipped_without_period_or_unless_clean),
        T(row_14_passes_before_withdrawal_and_when_not_withdrawn),
        T(row_14_fails_from_the_instant_of_withdrawal),
        T(row_14_skipped_without_period_date_or_after_error),
        T(row_15_passes_without_a_frozen_ongoing_period),
        T(row_15_fails_with_one_whatever_its_own_period),
        T(row_15_skipped_without_teacher_or_role),
        T(row_16_passes_with_a_statement_or_unfunded),
        T(row_16_fails_fundable_without_statement),
        T(row_16_skipped_without_period_or_after_errors),
        T(row_17_passes_with_a_milestone),
        T(row_17_fails_without_a_milestone),
        T(row_17_skipped_without_period_or_after_errors),
        T(row_18_passes_in_sequence_and_at_equal_instants),
        T(row_18_fails_a_microsecond_before_an_earlier_type),
        T(row_18_fails_a_microsecond_after_a_later_type),
        T(row_18_passes_anything_before_2025),
        T(row_18_skipped_without_period_type_date_or_after_errors),
        T(row_19_passes_either_role),
        T(row_19_fails_neither_role),
        T(row_19_skipped_without_teacher_or_after_error),
        T(blank_participant_is_the_only_error),
        T(everything_else_missing_is_reported_one_by_one),
        T(another_providers_participant_shows_the_future_date_first),
        T(later_rows_stand_beside_evidence),
        T(duplicate_suppresses_seven_rows_and_no_others),
        T(deferred_people_are_not_blocked),
        T(date_need_not_lie_inside_the_period),
        T(ended_frozen_period_is_stopped_by_the_statement_only),
        T(withdrawn_person_with_malformed_date_gets_the_date_only),
        T(time_without_zone_is_londons_in_every_row),
        T(titles_stand_together_in_the_order_of_first_failure),
        T(details_name_public_attributes),
        T(body_is_the_contracts),
        T(long_values_are_quoted_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
