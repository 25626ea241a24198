/* common/submission_view.c: the resource of submissions.md section 3, byte for byte, in each of its
 * states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/submission_view.h"

#define ACCEPTED_US INT64_C(1770134751500000) /* 2026-02-03T16:05:51.5Z */

static struct submission_view view_of(const char *state)
{
    struct submission_view view = {.kind = slice_of("declaration.create"),
                                   .state = slice_of(state),
                                   .accepted_us = ACCEPTED_US,
                                   .updated_us = ACCEPTED_US};

    assert_true(uuid_parse(slice_of("01936f2e-0000-7000-8000-000000000001"), &view.id));
    return view;
}

static void expect(const struct submission_view *view, const char *expected)
{
    struct buffer out = BUFFER_INIT;

    submission_render(view, &out);
    assert_string_equal(out.data, expected);
    buffer_release(&out);
}

static void test_received(void **state)
{
    const struct submission_view view = view_of("received");

    (void)state;
    expect(&view,
           "{\"data\":{\"id\":\"01936f2e-0000-7000-8000-000000000001\",\"type\":\"submission\","
           "\"attributes\":{\"kind\":\"declaration.create\",\"state\":\"received\",\"result\":null,"
           "\"accepted_at\":\"2026-02-03T16:05:51Z\",\"updated_at\":\"2026-02-03T16:05:51Z\","
           "\"decided_at\":null,\"batch_id\":null,\"line\":null,\"response\":null,\"resource\":null}}}");
}

static void test_rejected(void **state)
{
    struct submission_view view = view_of("decided");

    (void)state;
    view.is_decided = true;
    view.decided_us = view.updated_us = ACCEPTED_US + US_PER_SECOND;
    view.result = slice_of("rejected");
    view.status = 422;
    view.body = slice_of("{\"errors\":[{\"title\":\"cohort\",\"detail\":\"…\"}]}");
    expect(&view,
           "{\"data\":{\"id\":\"01936f2e-0000-7000-8000-000000000001\",\"type\":\"submission\","
           "\"attributes\":{\"kind\":\"declaration.create\",\"state\":\"decided\",\"result\":\"rejected\","
           "\"accepted_at\":\"2026-02-03T16:05:51Z\",\"updated_at\":\"2026-02-03T16:05:52Z\","
           "\"decided_at\":\"2026-02-03T16:05:52Z\",\"batch_id\":null,\"line\":null,"
           "\"response\":{\"status\":422,\"body\":{\"errors\":[{\"title\":\"cohort\",\"detail\":\"…\"}]}},"
           "\"resource\":null}}}");
}

static void test_succeeded_line_of_a_batch(void **state)
{
    struct submission_view view = view_of("decided");

    (void)state;
    view.is_decided = true;
    view.decided_us = ACCEPTED_US;
    view.result = slice_of("succeeded");
    view.status = 200;
    view.batch_id = slice_of("01936f2e-0000-7000-8000-0000000000ff");
    view.line = 3;
    view.resource_type = slice_of("participant-declaration");
    view.resource_id = slice_of("5f2c1f6e-9b1a-4f7e-8a33-5b1df0e7a111");
    expect(&view,
           "{\"data\":{\"id\":\"01936f2e-0000-7000-8000-000000000001\",\"type\":\"submission\","
           "\"attributes\":{\"kind\":\"declaration.create\",\"state\":\"decided\",\"result\":\"succeeded\","
           "\"accepted_at\":\"2026-02-03T16:05:51Z\",\"updated_at\":\"2026-02-03T16:05:51Z\","
           "\"decided_at\":\"2026-02-03T16:05:51Z\",\"batch_id\":\"01936f2e-0000-7000-8000-0000000000ff\","
           "\"line\":3,\"response\":{\"status\":200,\"body\":null},"
           "\"resource\":{\"type\":\"participant-declaration\","
           "\"id\":\"5f2c1f6e-9b1a-4f7e-8a33-5b1df0e7a111\"}}}}");
}

/* What an outcome holds is not shown before there is one. */
static void test_dead_shows_no_outcome(void **state)
{
    struct submission_view view = view_of("dead");

    (void)state;
    view.result = slice_of("failed");
    view.resource_type = slice_of("statement");
    expect(&view,
           "{\"data\":{\"id\":\"01936f2e-0000-7000-8000-000000000001\",\"type\":\"submission\","
           "\"attributes\":{\"kind\":\"declaration.create\",\"state\":\"dead\",\"result\":null,"
           "\"accepted_at\":\"2026-02-03T16:05:51Z\",\"updated_at\":\"2026-02-03T16:05:51Z\","
           "\"decided_at\":null,\"batch_id\":null,\"line\":null,\"response\":null,\"resource\":null}}}");
}

/* What is not made yet has no id, neither has what was never accepted. */
static void test_dry_run(void **state)
{
    struct submission_view view = view_of("decided");

    (void)state;
    view.is_decided = view.is_dry_run = true;
    view.decided_us = ACCEPTED_US;
    view.result = slice_of("succeeded");
    view.status = 200;
    view.body = slice_of("{}");
    view.resource_type = slice_of("participant-declaration");
    view.rules = slice_of("[{}]");
    expect(&view,
           "{\"data\":{\"id\":null,\"type\":\"submission\","
           "\"attributes\":{\"kind\":\"declaration.create\",\"state\":\"decided\",\"result\":\"succeeded\","
           "\"accepted_at\":\"2026-02-03T16:05:51Z\",\"updated_at\":\"2026-02-03T16:05:51Z\","
           "\"decided_at\":\"2026-02-03T16:05:51Z\",\"batch_id\":null,\"line\":null,"
           "\"response\":{\"status\":200,\"body\":{}},"
           "\"resource\":{\"type\":\"participant-declaration\",\"id\":null},\"rules\":[{}]}}}");
}

static void test_retry_after_grows_to_ten(void **state)
{
    (void)state;
    assert_int_equal(submission_retry_after(-US_PER_SECOND), 1);
    assert_int_equal(submission_retry_after(0), 1);
    assert_int_equal(submission_retry_after(3 * US_PER_SECOND - 1), 1);
    assert_int_equal(submission_retry_after(3 * US_PER_SECOND), 2);
    assert_int_equal(submission_retry_after(27 * US_PER_SECOND - 1), 9);
    assert_int_equal(submission_retry_after(27 * US_PER_SECOND), 10);
    assert_int_equal(submission_retry_after(INT64_MAX), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_received),
        cmocka_unit_test(test_rejected),
        cmocka_unit_test(test_succeeded_line_of_a_batch),
        cmocka_unit_test(test_dead_shows_no_outcome),
        cmocka_unit_test(test_dry_run),
        cmocka_unit_test(test_retry_after_grows_to_ten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
