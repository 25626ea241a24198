/* common/partnership_view.c: the resource of lead-provider-api.md section 9, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/partnership_view.h"

#define ID      "01936f2e-0000-7000-8000-000000000001"
#define SCHOOL  "01936f2e-0000-7000-8000-000000000002"
#define PARTNER "01936f2e-0000-7000-8000-000000000003"

static const struct slice none = {NULL, 0};

static void expect(const struct partnership_view *view, const char *expected)
{
    struct buffer out = BUFFER_INIT;

    partnership_render(view, &out);
    buffer_append_char(&out, '\0');
    assert_string_equal(out.data, expected);
    buffer_release(&out);
}

static void test_partnerships(void **state)
{
    struct uuid id;
    struct partnership_view view = {.id = &id,
                                    .cohort = 2025,
                                    .urn = 148213,
                                    .delivery_partner_name = slice_of("Fenland \"Learning\""),
                                    .tutor_name = slice_of("Avery Lindqvist"),
                                    .tutor_email = slice_of("tutor@thornbeck.example"),
                                    .training_count = 4,
                                    .created_at_us = INT64_C(1758188527000000),
                                    .updated_at_us = INT64_C(1770134751999999)};

    (void)state;
    assert_true(uuid_parse(slice_of(ID), &id));
    assert_true(uuid_parse(slice_of(SCHOOL), &view.school_id));
    assert_true(uuid_parse(slice_of(PARTNER), &view.delivery_partner_id));
    expect(&view, "{\"data\":{\"id\":\"" ID "\",\"type\":\"partnership\",\"attributes\":{\"cohort\":\"2025\","
                  "\"urn\":\"148213\",\"school_id\":\"" SCHOOL "\",\"delivery_partner_id\":\"" PARTNER "\","
                  "\"delivery_partner_name\":\"Fenland \\\"Learning\\\"\",\"induction_tutor_name\":\"Avery "
                  "Lindqvist\",\"induction_tutor_email\":\"tutor@thornbeck.example\","
                  "\"participants_currently_training\":4,\"created_at\":\"2025-09-18T09:42:07Z\","
                  "\"updated_at\":\"2026-02-03T16:05:51Z\"}}}");
    view.id = NULL;
    view.tutor_name = view.tutor_email = none;
    view.training_count = 0;
    expect(&view, "{\"data\":{\"id\":null,\"type\":\"partnership\",\"attributes\":{\"cohort\":\"2025\","
                  "\"urn\":\"148213\",\"school_id\":\"" SCHOOL "\",\"delivery_partner_id\":\"" PARTNER "\","
                  "\"delivery_partner_name\":\"Fenland \\\"Learning\\\"\",\"induction_tutor_name\":null,"
                  "\"induction_tutor_email\":null,\"participants_currently_training\":0,"
                  "\"created_at\":\"2025-09-18T09:42:07Z\",\"updated_at\":\"2026-02-03T16:05:51Z\"}}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_partnerships)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
