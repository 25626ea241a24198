/* changes: the six rows of events.md section 3, and how field names are humanised. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/changes.h"

static void each_row_of_the_document(void **state)
{
    static const struct {
        const char *field, *before, *after, *line;
    } rows[] = {
        {"working_pattern", NULL, "", "Working pattern is not set"},
        {"working_pattern", "", "full_time", "Working pattern set to 'full_time'"},
        {"working_pattern", "full_time", NULL, "Working pattern 'full_time' removed"},
        {"working_pattern", "full_time", "full_time", "Working pattern 'full_time' unchanged"},
        {"working_pattern", "full_time", "part_time",
         "Working pattern changed from 'full_time' to 'part_time'"},
        {"lead_provider_id", NULL, "7", "Lead provider set to '7'"},
        {"trs_qts_awarded_on", NULL, "1", "TRS QTS awarded on set to '1'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *lines = json_array();

        changes_append(lines, rows[i].field, rows[i].before, rows[i].after);
        assert_string_equal(json_string_value(json_array_get(lines, 0)), rows[i].line);
        json_decref(lines);
    }
}

static void dates_as_people_write_them(void **state)
{
    struct date date;
    char text[CHANGE_DATE_SIZE];

    (void)state;
    assert_true(date_of(2025, 1, 24, &date));
    change_date_format(date, text);
    assert_string_equal(text, "24 Jan 2025");
    assert_true(date_of(2026, 12, 1, &date));
    change_date_format(date, text);
    assert_string_equal(text, "1 Dec 2026");
    change_date_format(DATE_NONE, text);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_of_the_document),
        cmocka_unit_test(dates_as_people_write_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
