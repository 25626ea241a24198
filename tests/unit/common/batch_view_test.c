/* common/batch_view.c: the resource and the results of submissions.md section 4, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/batch_view.h"

#define ACCEPTED_US INT64_C(1770134751500000) /* 2026-02-03T16:05:51.5Z */
#define BATCH       "{\"data\":{\"id\":\"01936f2e-0000-7000-8000-000000000001\",\"type\":\"batch\",\"attributes\":"
#define KIND        "{\"kind\":\"declaration.create\",\"line_count\":10,\"accepted_at\":\"2026-02-03T16:05:51Z\","

static struct batch_view view_of(int64_t succeeded, int64_t rejected, int64_t failed, int64_t dead)
{
    struct batch_view view = {.kind = slice_of("declaration.create"),
                              .line_count = 10,
                              .accepted_us = ACCEPTED_US,
                              .decided_us = ACCEPTED_US + 2000000,
                              .succeeded = succeeded,
                              .rejected = rejected,
                              .failed = failed,
                              .dead = dead};

    assert_true(uuid_parse(slice_of("01936f2e-0000-7000-8000-000000000001"), &view.id));
    return view;
}

static void expect(struct batch_view view, bool is_finished, const char *expected)
{
    struct buffer out = BUFFER_INIT;

    batch_render(&view, &out);
    assert_string_equal(out.data, expected);
    assert_int_equal(batch_is_finished(&view), is_finished);
    buffer_release(&out);
}

static void test_batches(void **state)
{
    (void)state;
    expect(view_of(0, 0, 0, 0), false,
           BATCH KIND "\"finished_at\":null,\"counts\":{\"undecided\":10,\"succeeded\":0,\"rejected\":0,"
                      "\"failed\":0,\"dead\":0}}}}");
    expect(view_of(4, 3, 2, 1), false,
           BATCH KIND "\"finished_at\":null,\"counts\":{\"undecided\":0,\"succeeded\":4,\"rejected\":3,"
                      "\"failed\":2,\"dead\":1}}}}");
    expect(
        view_of(5, 3, 2, 0), true,
        BATCH KIND
        "\"finished_at\":\"2026-02-03T16:05:53Z\",\"counts\":{\"undecided\":0,\"succeeded\":5,\"rejected\":3,"
        "\"failed\":2,\"dead\":0}}}}");
}

static void expect_line(const struct batch_line_view *view, const char *expected)
{
    struct buffer out = BUFFER_INIT;

    batch_line_render(view, &out);
    assert_string_equal(out.data, expected);
    buffer_release(&out);
}

static void test_lines(void **state)
{
    struct batch_line_view view = {.line = 7, .submission_id = slice_of("id"), .state = slice_of("received")};

    (void)state;
    expect_line(
        &view,
        "{\"line\":7,\"submission_id\":\"id\",\"state\":\"received\",\"result\":null,\"response\":null}\n");
    view.is_decided = true;
    view.state = slice_of("decided");
    view.result = slice_of("rejected");
    view.status = 422;
    view.body = slice_of("{\"errors\":[]}");
    expect_line(&view, "{\"line\":7,\"submission_id\":\"id\",\"state\":\"decided\",\"result\":\"rejected\","
                       "\"response\":{\"status\":422,\"body\":{\"errors\":[]}}}\n");
    view.body = (struct slice){NULL, 0};
    expect_line(&view, "{\"line\":7,\"submission_id\":\"id\",\"state\":\"decided\",\"result\":\"rejected\","
                       "\"response\":{\"status\":422,\"body\":null}}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
