/* common/kind_handlers: a batch of several kinds, each to its function, in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/kind_handlers.h"

/* accept_no of what each function got, a letter before it */
static char seen[128];
static bool first_fails;

static void note(const char *letter, const struct work_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const size_t size = strlen(seen);

        (void)snprintf(seen + size, sizeof seen - size, "%s%d ", letter, (int)items[i].record.accept_no);
    }
}

static bool handle_a(struct worker *worker, struct work_item *items, size_t count, struct error *err)
{
    (void)worker;
    note("a", items, count);
    return first_fails ? error_set(err, ERROR_DB, "no") : true;
}

static bool handle_b(struct worker *worker, struct work_item *items, size_t count, struct error *err)
{
    (void)worker, (void)err;
    note("b", items, count);
    return true;
}

static const struct kind_handler handlers[] = {{"a", handle_a}, {"b", handle_b}, {NULL, NULL}};

/* A batch by the letters of its kinds, numbered from 1. */
static bool run(const char *kinds, struct error *err)
{
    struct work_item items[16] = {0};
    const size_t count = strlen(kinds);

    seen[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        items[i].record.kind = (struct slice){kinds + i, 1};
        items[i].record.accept_no = (int64_t)i + 1;
    }
    return kind_handlers_run(handlers, NULL, items, count, err);
}

static void expect(const char *kinds, const char *expected)
{
    struct error err = {0};

    assert_true(run(kinds, &err));
    assert_string_equal(seen, expected);
}

static void each_gets_its_own_in_order(void **state)
{
    (void)state;
    expect("aaa", "a1 a2 a3 ");
    expect("bb", "b1 b2 ");
    expect("ab", "a1 b2 ");
    expect("ba", "a2 b1 ");
    expect("bbabaab", "a3 a5 a6 b1 b2 b4 b7 ");
    expect("", "");
}

static void a_stranger_stops_the_batch_before_anybody_is_called(void **state)
{
    struct error err = {0};

    (void)state;
    assert_false(run("abc", &err));
    assert_int_equal(err.kind, ERROR_WIRE);
    assert_string_equal(seen, "");
}

static void who_fails_stops_those_behind(void **state)
{
    struct error err = {0};

    (void)state;
    first_fails = true;
    assert_false(run("ba", &err));
    first_fails = false;
    assert_int_equal(err.kind, ERROR_DB);
    assert_string_equal(seen, "a2 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_gets_its_own_in_order),
        cmocka_unit_test(a_stranger_stops_the_batch_before_anybody_is_called),
        cmocka_unit_test(who_fails_stops_those_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
