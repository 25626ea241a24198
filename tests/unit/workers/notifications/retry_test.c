/* workers/notifications/retry.c: NT-40's series, NT-51's end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "workers/notifications/notifications.h"

#define LEAST  0u   /* by chance */
#define MIDDLE 499u /* a thousandth or so below no change */
#define MOST   999u

static void waits_double_to_an_hour(void **state)
{
    (void)state;
    for (int64_t k = 1; k <= 40; k++) {
        const int64_t wait_ms = k <= 11 ? INT64_C(2000) << (k - 1) : INT64_C(3600000);

        assert_int_equal(retry_wait_ms(k, 2000, LEAST), wait_ms * 4 / 5);
        assert_int_equal(retry_wait_ms(k, 2000, MOST), wait_ms * 4 / 5 + wait_ms * 2 / 5);
        assert_in_range(retry_wait_ms(k, 2000, MIDDLE), wait_ms * 998 / 1000, wait_ms * 1002 / 1000);
    }
}

static void any_number_is_chance(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 5000; i++)
        assert_in_range(retry_wait_ms(1, 1000, i * 858993u), 800, 1200);
    assert_in_range(retry_wait_ms(1, 1000, UINT32_MAX), 800, 1200);
}

static void a_delivery_ends_when_its_time_would_be_over(void **state)
{
    (void)state;
    /* the third failure: 8 s, by chance 6.4 */
    assert_int_equal(retry_after_failure_ms(3, 3600, 2000, 10000, 0, LEAST), 6400);
    assert_int_equal(retry_after_failure_ms(3, 3601, 2000, 10000, 0, LEAST), -1);
    assert_int_equal(retry_after_failure_ms(1, 10001, 2000, 10000, 0, LEAST), -1);
}

static void a_day_of_attempts_is_about_35(void **state)
{
    int64_t tried_ms = 0, failures = 0, wait_ms = 0;

    (void)state;
    while (wait_ms >= 0) {
        failures++;
        wait_ms = retry_after_failure_ms(failures, tried_ms, 2000, 86400000, 0, MIDDLE);
        tried_ms += wait_ms;
    }
    assert_in_range(failures, 34, 36);
}

static void an_endpoint_may_ask_for_more_time_but_no_more_than_an_hour(void **state)
{
    (void)state;
    assert_int_equal(retry_after_failure_ms(1, 0, 2000, 86400000, 30000, LEAST), 30000);
    assert_int_equal(retry_after_failure_ms(1, 0, 2000, 86400000, 1, LEAST), 1600);
    assert_int_equal(retry_after_failure_ms(1, 0, 2000, 86400000, INT64_C(90000000), LEAST), 3600000);
}

static void what_is_due_first_comes_first_and_the_last_is_forgotten(void **state)
{
    static struct endpoint endpoint;
    struct uuid id = {.bytes = {0}}, first;

    (void)state;
    for (int64_t i = 0; i < KNOWN_MAX + 10; i++) {
        id.bytes[0] = (uint8_t)(i >> 8);
        id.bytes[1] = (uint8_t)i;
        endpoint_know(&endpoint, &id, 10000 - i);
    }
    assert_int_equal(endpoint.known_count, KNOWN_MAX);
    assert_false(endpoint_next_due(&endpoint, 10000 - KNOWN_MAX - 10, &first));
    assert_true(endpoint_next_due(&endpoint, 10000 - KNOWN_MAX - 9, &first));
    assert_true(uuid_equal(&first, &id));
    assert_int_equal(endpoint.known_count, KNOWN_MAX - 1);
    /* known again is known once, at its new time */
    const struct uuid second = endpoint.known[0].id;
    endpoint_know(&endpoint, &second, 20000);
    assert_int_equal(endpoint.known_count, KNOWN_MAX - 1);
    assert_true(uuid_equal(&endpoint.known[KNOWN_MAX - 2].id, &second));
}

static void ids_begin_where_their_time_does(void **state)
{
    const struct uuid id = uuid_v7(), floor = id_floor(uuid_v7_time_us(&id));

    (void)state;
    assert_memory_equal(floor.bytes, id.bytes, 6);
    for (size_t i = 6; i < sizeof floor.bytes; i++)
        assert_int_equal(floor.bytes[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_double_to_an_hour),
        cmocka_unit_test(any_number_is_chance),
        cmocka_unit_test(a_delivery_ends_when_its_time_would_be_over),
        cmocka_unit_test(a_day_of_attempts_is_about_35),
        cmocka_unit_test(an_endpoint_may_ask_for_more_time_but_no_more_than_an_hour),
        cmocka_unit_test(what_is_due_first_comes_first_and_the_last_is_forgotten),
        cmocka_unit_test(ids_begin_where_their_time_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
