/* Limits, windows and counting without Redis (operations.md section 4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/clock.h"
#include "front/rate.h"

static void test_which_limits(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool authorization, expected[RATE_COUNT]; /* protected, token, public, address */
    } examples[] = {
        {"/healthcheck", false, {true, false, false, true}},
        {"/healthcheck/live", false, {true, false, false, true}},
        {"/otp-sign-in/code", false, {true, false, false, true}},
        {"/api/v3/participants", true, {false, true, false, true}},
        {"/api/v3/participants", false, {false, false, false, true}}, /* OP-12 */
        {"/api/school/v1/schools", true, {false, true, false, true}},
        {"/api/guidance/release-notes", true, {false, false, true, true}},
        {"/api/docs/v3", false, {false, false, true, true}},
        {"/api", true, {false, false, false, true}},
        {"/", true, {false, false, false, true}},
        {"", false, {false, false, false, true}},
    };
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        for (int limit = 0; limit < RATE_COUNT; limit++)
            assert_int_equal(
                rate_applies((enum rate_limit)limit, slice_of(examples[i].path), examples[i].authorization),
                examples[i].expected[limit]);
}

static void test_windows(void **state)
{
    (void)state;
    /* Windows are multiples of the period since 1970: 300 × 5 978 000 = 1 793 400 000 */
    const int64_t edge_us = INT64_C(1793400000) * US_PER_SECOND;
    char before[RATE_KEY_SIZE], at[RATE_KEY_SIZE], last[RATE_KEY_SIZE];
    assert_int_equal(rate_left_s(RATE_TOKEN, edge_us), 300);
    assert_int_equal(rate_left_s(RATE_TOKEN, edge_us + US_PER_SECOND - 1), 300);
    assert_int_equal(rate_left_s(RATE_TOKEN, edge_us + US_PER_SECOND), 299);
    assert_int_equal(rate_left_s(RATE_TOKEN, edge_us - 1), 1);
    assert_int_equal(rate_left_s(RATE_PROTECTED, edge_us), 20);
    rate_key(RATE_TOKEN, edge_us - 1, slice_of("abc"), before);
    rate_key(RATE_TOKEN, edge_us, slice_of("abc"), at);
    rate_key(RATE_TOKEN, edge_us + 300 * US_PER_SECOND - 1, slice_of("abc"), last);
    assert_string_equal(before, "rate:token:5977999:abc");
    assert_string_equal(at, "rate:token:5978000:abc");
    assert_string_equal(last, at);
    rate_key(RATE_ADDRESS, edge_us, slice_of("2001:db8:1:2::"), at);
    assert_string_equal(at, "rate:ip:5978000:2001:db8:1:2::");
}

static void test_allowed(void **state)
{
    (void)state;
    const struct settings settings = {
        .rate_protected = 5, .rate_token = 1000, .rate_public = 300, .rate_address = 1500};
    assert_int_equal(rate_allowed(&settings, RATE_PROTECTED), 5);
    assert_int_equal(rate_allowed(&settings, RATE_TOKEN), 1000);
    assert_int_equal(rate_allowed(&settings, RATE_PUBLIC), 300);
    assert_int_equal(rate_allowed(&settings, RATE_ADDRESS), 1500);
}

static void test_counting_here(void **state)
{
    (void)state;
    const int64_t now_us = INT64_C(1793400000) * US_PER_SECOND;
    assert_int_equal(rate_count_here("a", 1, now_us), 1);
    assert_int_equal(rate_count_here("a", 3, now_us), 4);
    assert_int_equal(rate_count_here("b", 1, now_us), 1);
    /* Keys of old windows are forgotten, whatever came since. */
    assert_int_equal(rate_count_here("c", 1, now_us + 599 * US_PER_SECOND), 1);
    assert_int_equal(rate_count_here("a", 1, now_us + 599 * US_PER_SECOND), 5);
    assert_int_equal(rate_count_here("a", 1, now_us + 601 * US_PER_SECOND), 1);
    assert_int_equal(rate_count_here("c", 1, now_us + 601 * US_PER_SECOND), 2);
}

/* Memory is bounded: beyond the most keys new ones share a counter, so they are limited early, never not at
 * all. */
static void test_bound(void **state)
{
    (void)state;
    const int64_t now_us = INT64_C(1893400000) * US_PER_SECOND;
    char key[32];
    for (int i = 0; i < 100000; i++) {
        (void)snprintf(key, sizeof(key), "k%d", i);
        assert_int_equal(rate_count_here(key, 1, now_us), 1);
    }
    assert_int_equal(rate_count_here("new1", 1, now_us), 1);
    assert_int_equal(rate_count_here("new2", 1, now_us), 2);
    assert_int_equal(rate_count_here("k5", 1, now_us), 2);
    assert_int_equal(rate_count_here("new1", 1, now_us + 700 * US_PER_SECOND), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_limits),  cmocka_unit_test(test_windows), cmocka_unit_test(test_allowed),
        cmocka_unit_test(test_counting_here), cmocka_unit_test(test_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
