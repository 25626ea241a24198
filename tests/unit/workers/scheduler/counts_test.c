/* workers/scheduler/counts.c: what brokers hold, and the credit for sending again that follows from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/clock.h"
#include "workers/scheduler/counts.h"
#include "workers/scheduler/scheduler.h"

static void test_reads_what_brokers_say(void **state)
{
    struct broker_counts counts = {.held = -1};

    (void)state;
    assert_true(counts_read(
        slice_of("{\"undecided\":{\"wait\":1,\"async\":20,\"bulk\":300},\"services\":{\"intake\":1},"
                 "\"leader\":null}"),
        &counts));
    assert_int_equal(counts.held, 321);
    assert_int_equal(counts.lines, 300);
    assert_true(counts_read(slice_of("{\"undecided\":{}}"), &counts));
    assert_int_equal(counts.held, 0);
    assert_int_equal(counts.lines, 0);
}

static void test_refuses_other_shapes(void **state)
{
    static const char *const frames[] = {"",
                                         "[]",
                                         "{",
                                         "{}",
                                         "{\"undecided\":1}",
                                         "{\"undecided\":{\"wait\":\"1\"}}",
                                         "{\"undecided\":{\"wait\":-1}}"};
    struct broker_counts counts = {.held = 5};

    (void)state;
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++)
        assert_false(counts_read(slice_of(frames[i]), &counts));
    assert_false(counts_read((struct slice){NULL, 0}, &counts));
    assert_int_equal(counts.held, 5);
}

static void test_silent_brokers_hold_nothing(void **state)
{
    const int64_t now_us = 100 * US_PER_SECOND;
    const struct broker_counts counts[] = {
        {.held = 10, .lines = 1, .heard_us = now_us},
        {.held = 200, .lines = 20, .heard_us = now_us - 5 * US_PER_SECOND},
        {.held = 3000, .lines = 300, .heard_us = now_us - 5 * US_PER_SECOND - 1},
        {.held = 40000, .heard_us = 0},
    };

    (void)state;
    assert_int_equal(counts_held(counts, 4, now_us), 210);
    assert_int_equal(counts_held_lines(counts, 4, now_us), 21);
}

static void test_notices_that_a_broker_was_away(void **state)
{
    const struct broker_counts before = {.held = 10, .heard_us = 1000}, empty = {.held = 0, .heard_us = 1000},
                               never = {.held = 0, .heard_us = 0};

    (void)state;
    assert_false(counts_may_be_lost(&before, 9, 1000 + US_PER_SECOND));
    assert_true(counts_may_be_lost(&before, 9, 1001 + 5 * US_PER_SECOND / 2));
    assert_true(counts_may_be_lost(&before, 0, 1000 + US_PER_SECOND));
    assert_false(counts_may_be_lost(&empty, 0, 1000 + US_PER_SECOND));
    assert_false(counts_may_be_lost(&never, 5, 1000 + 10 * US_PER_SECOND));
}

static void test_credit_is_bounded_both_ways(void **state)
{
    (void)state;
    assert_int_equal(redrive_credit(0), 2000);
    assert_int_equal(redrive_credit(500), 1500);
    assert_int_equal(redrive_credit(1900), 100);
    assert_int_equal(redrive_credit(1000000), 100);
}

static void test_lines_have_what_single_submissions_leave(void **state)
{
    struct broker_counts counts = {.held = 1500, .lines = 1500, .heard_us = 1000};

    (void)state;
    assert_int_equal(redrive_lines_window(&counts, 1, 1000), 2000); /* lines themselves do not close it */
    counts.lines = 0;
    assert_int_equal(redrive_lines_window(&counts, 1, 1000), 500);
    counts.held = 1000000;
    assert_int_equal(redrive_lines_window(&counts, 1, 1000), 100); /* but always some (PL-14) */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_what_brokers_say),
        cmocka_unit_test(test_refuses_other_shapes),
        cmocka_unit_test(test_silent_brokers_hold_nothing),
        cmocka_unit_test(test_notices_that_a_broker_was_away),
        cmocka_unit_test(test_credit_is_bounded_both_ways),
        cmocka_unit_test(test_lines_have_what_single_submissions_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
