/* workers/scheduler/due.c: when a daily job was due last, and how long a failed job waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/clock.h"
#include "workers/scheduler/due.h"

#define MIDNIGHT_US INT64_C(1729382400000000) /* 2024-10-20T00:00:00Z */
#define DAY_US      (INT64_C(24) * 3600 * US_PER_SECOND)

static void test_midnight(void **state)
{
    (void)state;
    assert_int_equal(due_midnight_us(MIDNIGHT_US), MIDNIGHT_US);
    assert_int_equal(due_midnight_us(MIDNIGHT_US + 1), MIDNIGHT_US);
    assert_int_equal(due_midnight_us(MIDNIGHT_US + DAY_US - 1), MIDNIGHT_US);
    assert_int_equal(due_midnight_us(MIDNIGHT_US + DAY_US), MIDNIGHT_US + DAY_US);
    assert_int_equal(due_midnight_us(MIDNIGHT_US - 1), MIDNIGHT_US - DAY_US);
    assert_int_equal(due_midnight_us(-1), -DAY_US);
    assert_int_equal(due_midnight_us(-DAY_US), -DAY_US);
}

static void test_a_minute_past_midnight(void **state)
{
    const int64_t minute_us = 60 * US_PER_SECOND;

    (void)state;
    assert_int_equal(due_past_midnight_us(MIDNIGHT_US + minute_us), MIDNIGHT_US + minute_us);
    assert_int_equal(due_past_midnight_us(MIDNIGHT_US + minute_us - 1), MIDNIGHT_US + minute_us - DAY_US);
    assert_int_equal(due_past_midnight_us(MIDNIGHT_US + DAY_US), MIDNIGHT_US + minute_us);
}

/* Counts over hours around a change of clocks: once a day, at these hours of UTC. */
static void expect_runs(int64_t from_us, const int *hours, size_t count)
{
    size_t found = 0;

    for (int hour = 1; hour <= 72; hour++) {
        const int64_t now_us = from_us + hour * INT64_C(3600) * US_PER_SECOND;

        if (due_one_in_london_us(now_us) != due_one_in_london_us(now_us - 1)) {
            assert_int_equal(due_one_in_london_us(now_us), now_us);
            assert_true(found < count);
            assert_int_equal(hour, hours[found++]);
        }
    }
    assert_int_equal(found, count);
}

static void test_one_in_london_once_a_day(void **state)
{
    (void)state;
    /* 2025-03-29T00:00:00Z: 01:00 GMT, then 02:00 BST = 01:00 UTC of the 30th, then 01:00 BST = 00:00 UTC */
    expect_runs(INT64_C(1743206400000000), (const int[]){1, 25, 48, 72}, 4);
    /* 2025-10-25T00:00:00Z: from its own 01:00 BST on; the 26th: the first 01:00, BST; then GMT */
    expect_runs(INT64_C(1761350400000000), (const int[]){24, 49}, 2);
}

static void test_retry_delay_doubles_to_an_hour(void **state)
{
    int64_t delay_us = 0, before_us = 0;

    (void)state;
    for (int i = 0; i < 20; i++) {
        delay_us = due_retry_delay_us(before_us);
        assert_true(delay_us >= before_us);
        before_us = delay_us;
    }
    assert_int_equal(due_retry_delay_us(0), 10 * US_PER_SECOND);
    assert_int_equal(due_retry_delay_us(10 * US_PER_SECOND), 20 * US_PER_SECOND);
    assert_int_equal(delay_us, 3600 * US_PER_SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_midnight),
        cmocka_unit_test(test_a_minute_past_midnight),
        cmocka_unit_test(test_one_in_london_once_a_day),
        cmocka_unit_test(test_retry_delay_doubles_to_an_hour),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
