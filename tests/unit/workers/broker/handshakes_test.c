/* workers/broker/handshakes.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "workers/broker/handshakes.h"

static int teardown(void **state)
{
    handshakes_release(*state);
    return 0;
}

static void who_never_greets_is_told_when_he_ends(void **state)
{
    static struct handshakes handshakes;
    *state = &handshakes;
    handshakes_began(&handshakes, 7);
    assert_true(handshakes_ended(&handshakes, 7));
    assert_false(handshakes_ended(&handshakes, 7));
}

static void who_has_greeted_may_end(void **state)
{
    static struct handshakes handshakes;
    *state = &handshakes;
    handshakes_began(&handshakes, 7);
    handshakes_greeted(&handshakes);
    assert_false(handshakes_ended(&handshakes, 7));
}

static void one_that_hangs_is_not_taken_for_those_that_greet_later(void **state)
{
    static struct handshakes handshakes;
    *state = &handshakes;
    handshakes_began(&handshakes, 7);
    for (int fd = 8; fd < 100; fd++) {
        handshakes_began(&handshakes, fd);
        handshakes_greeted(&handshakes);
    }
    for (int fd = 8; fd < 100; fd++)
        assert_false(handshakes_ended(&handshakes, fd));
    assert_true(handshakes_ended(&handshakes, 7));
}

static void of_two_at_once_one_is_told(void **state)
{
    static struct handshakes handshakes;
    *state = &handshakes;
    handshakes_began(&handshakes, 7); /* this one greets */
    handshakes_began(&handshakes, 8);
    handshakes_greeted(&handshakes);
    assert_int_equal(handshakes_ended(&handshakes, 8) + handshakes_ended(&handshakes, 7), 1);
}

static void many_may_hang_and_end_in_any_order(void **state)
{
    static struct handshakes handshakes;
    *state = &handshakes;
    for (int fd = 0; fd < 1000; fd++)
        handshakes_began(&handshakes, fd);
    for (int fd = 0; fd < 1000; fd += 2)
        assert_true(handshakes_ended(&handshakes, fd));
    for (int fd = 999; fd > 0; fd -= 2)
        assert_true(handshakes_ended(&handshakes, fd));
    assert_int_equal(handshakes.count, 0);
}

static void a_number_that_comes_again_is_one_connection(void **state)
{
    static struct handshakes handshakes;
    *state = &handshakes;
    handshakes_began(&handshakes, 7);
    handshakes_began(&handshakes, 7);
    assert_int_equal(handshakes.count, 1);
}

static void a_greeting_from_before_anybody_looked_is_nothing(void **state)
{
    static struct handshakes handshakes;
    *state = &handshakes;
    handshakes_greeted(&handshakes);
    assert_false(handshakes_ended(&handshakes, 7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_teardown(name, teardown)
        TEST(who_never_greets_is_told_when_he_ends),
        TEST(who_has_greeted_may_end),
        TEST(one_that_hangs_is_not_taken_for_those_that_greet_later),
        TEST(of_two_at_once_one_is_told),
        TEST(many_may_hang_and_end_in_any_order),
        TEST(a_number_that_comes_again_is_one_connection),
        TEST(a_greeting_from_before_anybody_looked_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
