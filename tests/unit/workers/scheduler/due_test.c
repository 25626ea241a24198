/* workers/scheduler/due.c: the latest 00:00 UTC, and how long a failed job waits. */
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
        cmocka_unit_test(test_retry_delay_doubles_to_an_hour),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
