/* Statements, delivery partners and schools as clients see them (lead-provider-api.md sections 8 and 10),
 * byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "workers/query/delivery_partner.h"
#include "workers/query/school.h"
#include "workers/query/statement.h"

#define ID         "01936f2e-0000-7000-8000-000000000001"
#define BEGIN(of)  "{\"id\":\"" ID "\",\"type\":\"" of "\",\"attributes\":{"
#define TIMES      "\"created_at\":\"2025-09-18T09:42:07Z\",\"updated_at\":\"2026-02-03T16:05:51Z\"}}"
#define CREATED_US INT64_C(1758188527000000)
#define UPDATED_US INT64_C(1770134751999999)

static const struct slice none = {NULL, 0};

static struct uuid id_of(void)
{
    struct uuid id;

    assert_true(uuid_parse(slice_of(ID), &id));
    return id;
}

static void expect(struct buffer *out, const char *expected)
{
    buffer_append_char(out, '\0');
    assert_string_equal(out->data, expected);
    buffer_release(out);
}

static void test_statement(void **state)
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    struct statement_view view = {.id = id_of(),
                                  .year = 2025,
                                  .cohort = 2024,
                                  .cut_off_date = slice_of("2025-10-31"),
                                  .payment_date = slice_of("2025-11-25"),
                                  .created_at_us = CREATED_US,
                                  .updated_at_us = UPDATED_US};

    (void)state;
    for (view.month = 1; view.month <= 12; view.month++) {
        struct buffer out = BUFFER_INIT, expected = BUFFER_INIT;

        view.paid = view.month % 2 == 0;
        buffer_printf(&expected,
                      BEGIN("statement") "\"month\":\"%s\",\"year\":\"2025\",\"cohort\":\"2024\","
                                         "\"cut_off_date\":\"2025-10-31\",\"payment_date\":\"2025-11-25\","
                                         "\"paid\":%s," TIMES,
                      months[view.month - 1], view.paid ? "true" : "false");
        buffer_append_char(&expected, '\0');
        statement_render_resource(&view, &out);
        expect(&out, expected.data);
        buffer_release(&expected);
    }
}

static void expect_partner(struct slice cohorts, const char *shown)
{
    const struct delivery_partner_view view = {.id = id_of(),
                                               .name = slice_of("Fenland Learning Alliance"),
                                               .cohorts = cohorts,
                                               .created_at_us = CREATED_US,
                                               .updated_at_us = UPDATED_US};
    struct buffer out = BUFFER_INIT, expected = BUFFER_INIT;

    buffer_printf(&expected,
                  BEGIN("delivery-partner") "\"name\":\"Fenland Learning Alliance\",\"cohort\":%s," TIMES,
                  shown);
    buffer_append_char(&expected, '\0');
    delivery_partner_render_resource(&view, &out);
    expect(&out, expected.data);
    buffer_release(&expected);
}

static void test_delivery_partner(void **state)
{
    (void)state;
    expect_partner(slice_of("2024"), "[\"2024\"]");
    expect_partner(slice_of("2021,2024,2025"), "[\"2021\",\"2024\",\"2025\"]");
    expect_partner(none, "[]");
}

static void test_school(void **state)
{
    struct school_view view = {.id = id_of(),
                               .name = slice_of("Thornbeck \\ School"),
                               .urn = 148213,
                               .cohort = 2025,
                               .in_partnership = true,
                               .programme_choice = slice_of("provider_led"),
                               .expression_of_interest = true,
                               .tutor_name = slice_of("Avery Lindqvist"),
                               .tutor_email = slice_of("tutor@thornbeck.example"),
                               .created_at_us = CREATED_US,
                               .updated_at_us = UPDATED_US};
    struct buffer out = BUFFER_INIT;

    (void)state;
    school_render_resource(&view, &out);
    expect(&out,
           BEGIN("school") "\"name\":\"Thornbeck \\\\ School\",\"urn\":\"148213\",\"cohort\":\"2025\","
                           "\"in_partnership\":true,\"induction_programme_choice\":\"provider_led\","
                           "\"expression_of_interest\":true,\"induction_tutor_name\":\"Avery Lindqvist\","
                           "\"induction_tutor_email\":\"tutor@thornbeck.example\"," TIMES);
    out = (struct buffer)BUFFER_INIT;
    view.in_partnership = view.expression_of_interest = false;
    view.tutor_name = view.tutor_email = none;
    view.programme_choice = slice_of("not_yet_known");
    school_render_resource(&view, &out);
    expect(&out, BEGIN("school") "\"name\":\"Thornbeck \\\\ School\",\"urn\":\"148213\",\"cohort\":\"2025\","
                                 "\"in_partnership\":false,\"induction_programme_choice\":\"not_yet_known\","
                                 "\"expression_of_interest\":false,\"induction_tutor_name\":null,"
                                 "\"induction_tutor_email\":null," TIMES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_statement),
                                       cmocka_unit_test(test_delivery_partner),
                                       cmocka_unit_test(test_school)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
