/* Tests of workers/validation/void_rules.c: each row of declarations.md 6, and lead-provider-api.md 7.3. */
#include "workers/validation/void_rules.h"

#include <stdlib.h>

#include "common/cleanup.h"
#include "common/not_found.h"
#include "tests/unit/workers/void_fixture.h"

enum { V1, V3, V5, V6 }; /* rows of the table */

static struct void_verdict verdict_of(const struct void_fixture *f)
{
    struct void_verdict verdict;
    void_validate(&f->facts, &verdict);
    return verdict;
}

static void expect_accepted(const struct void_fixture *f)
{
    struct void_verdict verdict = verdict_of(f);
    assert_int_equal(verdict.status, 0);
    for (size_t row = 0; row < VOID_RULE_COUNT; row++)
        assert_int_equal(verdict.results[row], RULE_PASSED);
}

/* This row fails, those before it pass, those behind it are skipped. */
static void expect_refused(const struct void_fixture *f, size_t row, uint16_t status, const char *word)
{
    struct void_verdict verdict = verdict_of(f);
    assert_int_equal(verdict.status, status);
    for (size_t i = 0; i < VOID_RULE_COUNT; i++)
        assert_int_equal(verdict.results[i], i < row ? RULE_PASSED : i == row ? RULE_FAILED : RULE_SKIPPED);
    assert_string_equal(verdict.title, status == 404 ? "Resource not found" : "participant_declaration_id");
    if (strstr(verdict.detail, word) == NULL)
        fail_msg("%s", verdict.detail);
}

static void unpaid_ones_are_voided(void **state)
{
    static const enum payment_status voidable[] = {PAYMENT_NO_PAYMENT, PAYMENT_ELIGIBLE, PAYMENT_PAYABLE};
    (void)state;
    for (size_t i = 0; i < 3; i++) { /* V2; whatever statements there are */
        struct void_fixture f = voidable_ect();
        f.facts.declaration.payment_status = voidable[i];
        expect_accepted(&f);
        f.facts.clawback_statement.id = 22;
        expect_accepted(&f);
    }
}

static void paid_one_is_taken_back_where_a_statement_is_left(void **state)
{
    (void)state;
    struct void_fixture f = paid_ect();
    expect_accepted(&f); /* V4 */
    f.facts.clawback_statement.id = 0;
    expect_refused(&f, V6, 422, "2024");
}

static void what_is_not_its_own_is_not_found(void **state)
{
    (void)state;
    struct void_fixture f = voidable_ect();
    f.facts.declaration.id = 0;
    f.facts.declaration.payment_status = PAYMENT_STATUS_NONE;
    expect_refused(&f, V1, 404, NOT_FOUND_DETAIL);
}

static void voided_one_is_refused(void **state)
{
    (void)state;
    struct void_fixture f = voidable_ect();
    f.facts.declaration.payment_status = PAYMENT_VOIDED;
    expect_refused(&f, V3, 422, "voided already");
    f.facts.clawback_statement.id = 22;
    expect_refused(&f, V3, 422, "voided already");
    f.facts.declaration.clawback_status = CLAWBACK_AWAITING; /* "any" */
    expect_refused(&f, V3, 422, "voided already");
}

static void refunded_one_is_refused(void **state)
{
    (void)state;
    struct void_fixture f = paid_ect();
    f.facts.declaration.clawback_status = CLAWBACK_AWAITING;
    expect_refused(&f, V5, 422, "refunded");
    f.facts.declaration.clawback_status = CLAWBACK_CLAWED_BACK;
    expect_refused(&f, V5, 422, "refunded");
    f.facts.clawback_statement.id = 0;
    expect_refused(&f, V5, 422, "refunded");
}

static void not_found_has_the_bytes_of_a_read(void **state)
{
    (void)state;
    struct void_fixture f = voidable_ect();
    struct buffer body = BUFFER_INIT;
    f.facts.declaration.id = 0;
    struct void_verdict verdict = verdict_of(&f);
    void_verdict_render(&verdict, &body);
    assert_true(slice_equal(buffer_slice(&body), slice_of(NOT_FOUND_BODY)));
    buffer_release(&body);
}

static void sources_are_the_documents(void **state)
{
    (void)state;
    assert_string_equal(void_rule_source(V1), "lead-provider-api.md 7.3/V1");
    assert_string_equal(void_rule_source(V3), "lead-provider-api.md 7.3/V3");
    assert_string_equal(void_rule_source(V5), "lead-provider-api.md 7.3/V5");
    assert_string_equal(void_rule_source(V6), "lead-provider-api.md 7.3/V6");
}

/* ---- the trace ---- */

static void expect_trace(const struct void_fixture *f, const struct void_input *input, const char *expected)
{
    struct void_verdict verdict = verdict_of(f);
    CLEANUP(json) json_t *trace = void_trace(input, &f->facts, &verdict);
    assert_int_equal(json_array_size(trace), VOID_RULE_COUNT);
    for (size_t row = 0; row < VOID_RULE_COUNT; row++) {
        json_t *one = json_array_get(trace, row);
        assert_string_equal(json_string_value(json_object_get(one, "rule")), void_rule_source(row));
        assert_string_equal(json_string_value(json_object_get(one, "result")),
                            rule_result_name(verdict.results[row]));
        assert_string_equal(json_string_value(json_object_get(one, "title")),
                            row == V1 ? "Resource not found" : "participant_declaration_id");
    }
    CLEANUP(json) json_t *saw = json_array();
    for (size_t row = 0; row < VOID_RULE_COUNT; row++)
        json_array_append(saw, json_object_get(json_array_get(trace, row), "saw"));
    CLEANUP(free) char *text = json_dumps(saw, JSON_COMPACT);
    assert_string_equal(text, expected);
}

#define SAW_V1(found)                                                                                        \
    "{\"participant_declaration_id\":\"00000000-0000-4000-8000-000000000046\",\"participant_declaration_"    \
    "found\":" #found "}"

static void each_row_tells_what_it_saw(void **state)
{
    (void)state;
    const struct void_input input = {.is_uuid = true, .id = uuid_of(70)}, nonsense = {.is_uuid = false};
    struct void_fixture f = voidable_ect();
    expect_trace(
        &f, &input,
        "[" SAW_V1(true) ",{\"state\":\"eligible\"},{\"state\":\"eligible\"},{\"state\":\"eligible\","
                         "\"cohort\":\"2024\",\"clawback_statement\":null}]");
    f.facts.declaration.payment_status = PAYMENT_VOIDED;
    expect_trace(&f, &input, "[" SAW_V1(true) ",{\"state\":\"voided\"},{},{}]");
    f = paid_ect();
    expect_trace(
        &f, &input,
        "[" SAW_V1(true) ",{\"state\":\"paid\"},{\"state\":\"paid\"},{\"state\":\"paid\","
                         "\"cohort\":\"2024\",\"clawback_statement\":{\"id\":\"00000000-0000-4000-8000-"
                         "000000000016\",\"cut_off_date\":\"2025-03-31\"}}]");
    f.facts.declaration.clawback_status = CLAWBACK_AWAITING;
    expect_trace(&f, &input,
                 "[" SAW_V1(true) ",{\"state\":\"awaiting-clawback\"},{\"state\":\"awaiting-clawback\"},{}]");
    f.facts.declaration.id = 0;
    f.facts.declaration.payment_status = PAYMENT_STATUS_NONE;
    expect_trace(&f, &input, "[" SAW_V1(false) ",{},{},{}]");
    expect_trace(&f, &nonsense,
                 "[{\"participant_declaration_id\":null,\"participant_declaration_found\":false},{},{},{}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unpaid_ones_are_voided),
        cmocka_unit_test(paid_one_is_taken_back_where_a_statement_is_left),
        cmocka_unit_test(what_is_not_its_own_is_not_found),
        cmocka_unit_test(voided_one_is_refused),
        cmocka_unit_test(refunded_one_is_refused),
        cmocka_unit_test(not_found_has_the_bytes_of_a_read),
        cmocka_unit_test(sources_are_the_documents),
        cmocka_unit_test(each_row_tells_what_it_saw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
