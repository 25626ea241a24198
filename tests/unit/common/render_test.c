/* common/render.c: members of JSON objects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/render.h"

static void test_members(void **state)
{
    struct buffer out = BUFFER_INIT;
    struct uuid id;

    (void)state;
    assert_true(uuid_parse(slice_of("01936F2E-0000-7000-8000-00000000000A"), &id));
    buffer_append_char(&out, '{');
    render_plain(&out, "plain", "2025");
    render_plain(&out, "none", NULL);
    render_text(&out, "text", slice_of("\"\\\n\u00e9"));
    render_text(&out, "empty", slice_of(""));
    render_text(&out, "null", (struct slice){NULL, 0});
    render_text(&out, "bad", (struct slice){"\xff", 1});
    render_uuid(&out, "id", &id);
    render_uuid(&out, "no_id", NULL);
    render_instant(&out, "at", INT64_C(1770134751999999));
    render_instant(&out, "never", INSTANT_NONE);
    render_date(&out, "on", (struct date){20000});
    render_date(&out, "no_day", DATE_NONE);
    render_bool(&out, "yes", true);
    render_bool(&out, "no", false);
    render_key(&out, "inner");
    buffer_append_char(&out, '{');
    render_plain(&out, "first", "x");
    buffer_append_text(&out, "}}");
    assert_string_equal(out.data,
                        "{\"plain\":\"2025\",\"none\":null,\"text\":\"\\\"\\\\\\n\u00e9\",\"empty\":\"\","
                        "\"null\":null,\"bad\":null,\"id\":\"01936f2e-0000-7000-8000-00000000000a\","
                        "\"no_id\":null,\"at\":\"2026-02-03T16:05:51Z\",\"never\":null,"
                        "\"on\":\"2024-10-04\",\"no_day\":null,\"yes\":true,\"no\":false,"
                        "\"inner\":{\"first\":\"x\"}}");
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_members)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
