/*
 * participant_expect: what a table of lead-provider-api.md 5 says of a fixture, beside what it is to say.
 */
#ifndef ECF2_TESTS_PARTICIPANT_EXPECT_H
#define ECF2_TESTS_PARTICIPANT_EXPECT_H

#include <string.h>

#include "tests/unit/workers/participant_fixture.h"
#include "workers/validation/participant_rules.h"

static inline struct participant_verdict verdict_of(const struct participant_table *table,
                                                    struct participant_fixture *f)
{
    struct participant_verdict verdict;

    participant_input_interpret(&f->input);
    participant_validate(table, &f->input, &f->facts, f->now_us, &verdict);
    return verdict;
}

/* expected: the rows in order, "A1+" passed, "A1-" failed, those that were skipped left out. */
static inline struct participant_verdict expect(const struct participant_table *table,
                                                struct participant_fixture f, const char *expected)
{
    const struct participant_verdict verdict = verdict_of(table, &f);
    struct buffer said = BUFFER_INIT;
    size_t failed = 0;

    for (size_t i = 0; i < table->count; i++) {
        if (verdict.results[i] == RULE_SKIPPED)
            continue;
        failed += verdict.results[i] == RULE_FAILED;
        buffer_printf(&said, "%s%s%s", said.size == 0 ? "" : " ", strrchr(table->rules[i].source, '/') + 1,
                      verdict.results[i] == RULE_PASSED ? "+" : "-");
    }
    assert_string_equal(said.data, expected);
    assert_int_equal(verdict.error_count, failed); /* a title fails once */
    assert_int_equal(verdict.status, failed == 0 ? 0 : strncmp(expected, "A1-", 3) == 0 ? 404 : 422);
    buffer_release(&said);
    return verdict;
}

static inline void expect_error(const struct participant_table *table, struct participant_fixture f,
                                const char *expected, const char *title, const char *words)
{
    const struct participant_verdict verdict = expect(table, f, expected);

    assert_true(verdict.error_count > 0);
    for (size_t i = 0; i < verdict.error_count; i++) {
        if (strstr(verdict.errors[i].detail, "contract period") != NULL) /* 3.8/2 */
            fail_msg("%s", verdict.errors[i].detail);
        if (strcmp(participant_title(verdict.errors[i].title), title) == 0) {
            if (strstr(verdict.errors[i].detail, words) == NULL)
                fail_msg("%s", verdict.errors[i].detail);
            return;
        }
    }
    fail_msg("no error is titled %s", title);
}

#endif
