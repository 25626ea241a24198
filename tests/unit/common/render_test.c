/* common/render.c: JSON byte for byte (lead-provider-api.md 3.7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/render.h"

#define ID "01936f2e-0000-7000-8000-00000000000a"

static void expect(struct buffer *out, const char *expected)
{
    buffer_append_char(out, '\0');
    assert_string_equal(out->data, expected);
    buffer_release(out);
}

static void test_values(void **state)
{
    struct buffer out = BUFFER_INIT;
    struct uuid id;

    (void)state;
    assert_true(uuid_parse(slice_of("01936F2E-0000-7000-8000-00000000000A"), &id));
    buffer_append_char(&out, '{');
    render_uuid(&out, "a", &id);
    render_uuid(&out, "b", NULL);
    render_plain(&out, "c", "word");
    render_plain(&out, "d", NULL);
    render_instant(&out, "e", INT64_C(1770134751999999));
    render_bool(&out, "f", true);
    render_bool(&out, "g", false);
    render_int(&out, "h", -7);
    render_number(&out, "i", 2025);
    render_instant(&out, "j", INSTANT_NONE);
    render_date(&out, "k", (struct date){0});
    render_date(&out, "l", DATE_NONE);
    render_key(&out, "m");
    expect(
        &out,
        "{\"a\":\"" ID "\",\"b\":null,\"c\":\"word\",\"d\":null,\"e\":\"2026-02-03T16:05:51Z\","
        "\"f\":true,\"g\":false,\"h\":-7,\"i\":\"2025\",\"j\":null,\"k\":\"1970-01-01\",\"l\":null,\"m\":");
}

static void test_texts(void **state)
{
    static const struct {
        const char *text, *shown;
    } texts[] = {
        {"", "\"\""},
        {"St Mary's & St John's", "\"St Mary's & St John's\""},
        {"Ysgol y F\xc3\xb4r/x", "\"Ysgol y F\xc3\xb4r/x\""},
        {"a\"b", "\"a\\\"b\""},
        {"a\\b", "\"a\\\\b\""},
        {"\n", "\"\\n\""},
        {"\x1f", "\"\\u001F\""},
        {"\x7f", "\"\x7f\""},
        {"\"\xff", "null"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct buffer out = BUFFER_INIT, expected = BUFFER_INIT;

        buffer_printf(&expected, "{\"k\":%s", texts[i].shown);
        buffer_append_char(&expected, '\0');
        buffer_append_char(&out, '{');
        render_text(&out, "k", slice_of(texts[i].text));
        expect(&out, expected.data);
        buffer_release(&expected);
    }
    struct buffer out = BUFFER_INIT;
    buffer_append_char(&out, '{');
    render_text(&out, "k", (struct slice){NULL, 0});
    expect(&out, "{\"k\":null");
}

static void test_resources(void **state)
{
    struct buffer out = BUFFER_INIT;
    struct uuid id;

    (void)state;
    assert_true(uuid_parse(slice_of(ID), &id));
    render_resource_begin(&out, &id, "thing");
    render_int(&out, "size", 1);
    render_resource_end(&out);
    expect(&out, "{\"id\":\"" ID "\",\"type\":\"thing\",\"attributes\":{\"size\":1}}");
    out = (struct buffer)BUFFER_INIT;
    render_resource_begin(&out, NULL, "thing");
    render_resource_end(&out);
    expect(&out, "{\"id\":null,\"type\":\"thing\",\"attributes\":{}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_values), cmocka_unit_test(test_texts),
                                       cmocka_unit_test(test_resources)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
