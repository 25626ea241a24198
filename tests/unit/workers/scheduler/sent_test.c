/* workers/scheduler/sent.c: who was sent again waits longer each time, and is forgotten without harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>

#include "common/clock.h"
#include "workers/scheduler/sent.h"

static struct sent sent;
static const struct uuid *ids[SENT_SLOTS];

static bool waits(const struct uuid *id, int64_t now_us)
{
    const size_t count = sent_waiting(&sent, now_us, ids);

    for (size_t i = 0; i < count; i++)
        if (uuid_equal(ids[i], id))
            return true;
    return false;
}

static void test_waits_double_to_thirty_seconds(void **state)
{
    static const int64_t seconds[] = {2, 4, 8, 16, 30, 30};
    const struct uuid id = uuid_v7();
    int64_t now_us = 1000;

    (void)state;
    sent_clear(&sent);
    assert_int_equal(sent_waiting(&sent, now_us, ids), 0);
    for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
        sent_note(&sent, &id, now_us);
        assert_int_equal(sent_waiting(&sent, now_us, ids), 1);
        assert_true(waits(&id, now_us + seconds[i] * US_PER_SECOND - 1));
        assert_false(waits(&id, now_us + seconds[i] * US_PER_SECOND));
        now_us += seconds[i] * US_PER_SECOND;
    }
}

static void test_many_ids_keep_within_the_table(void **state)
{
    size_t kept;

    (void)state;
    sent_clear(&sent);
    for (size_t i = 0; i < 20 * SENT_SLOTS; i++) {
        const struct uuid id = uuid_v7();

        sent_note(&sent, &id, 1);
        if (i % 997 == 0) /* the newest is always there; looked up now and then */
            assert_true(waits(&id, 1));
    }
    kept = sent_waiting(&sent, 1, ids);
    assert_true(kept > SENT_SLOTS * 9 / 10 && kept <= SENT_SLOTS);
    sent_clear(&sent);
    assert_int_equal(sent_waiting(&sent, 1, ids), 0);
}

/* As many as one look may send: all but a few whose set happens to be full are passed over in the next. */
static void test_a_whole_look_is_remembered(void **state)
{
    (void)state;
    sent_clear(&sent);
    for (int i = 0; i < 2000; i++) {
        const struct uuid id = uuid_v7();

        sent_note(&sent, &id, 1);
    }
    assert_in_range(sent_waiting(&sent, 1, ids), 1980, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waits_double_to_thirty_seconds),
        cmocka_unit_test(test_a_whole_look_is_remembered),
        cmocka_unit_test(test_many_ids_keep_within_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
