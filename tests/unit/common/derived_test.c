/* derived: what differs between rows as they are kept and as they are recomputed, column by column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/buffer.h"
#include "common/derived.h"

/* A result of one row; NULL = null. */
static PGresult *row_of(const char *table, const char *kept, const char *recomputed)
{
    static char names[3][16] = {"table_name", "kept", "recomputed"};
    const char *const values[3] = {table, kept, recomputed};
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    PGresAttDesc columns[3];

    for (int i = 0; i < 3; i++)
        columns[i] = (PGresAttDesc){.name = names[i], .typlen = -1, .atttypmod = -1};
    assert_true(PQsetResultAttrs(result, 3, columns));
    for (int i = 0; i < 3; i++) {
        char text[256] = "";

        if (values[i] != NULL)
            (void)snprintf(text, sizeof text, "%s", values[i]);
        assert_true(PQsetvalue(result, 0, i, values[i] == NULL ? NULL : text,
                               values[i] == NULL ? -1 : (int)strlen(text)));
    }
    return result;
}

static void note(void *context, const struct derived_difference *difference)
{
    buffer_printf(context, "%s %s %s: %s -> %s%s\n", difference->table, difference->key,
                  difference->column == NULL ? "(row)" : difference->column, difference->kept,
                  difference->recomputed, difference->moves_with_time ? " (time)" : "");
}

static void expect(const char *table, const char *kept, const char *recomputed, const char *expected)
{
    PGresult *rows = row_of(table, kept, recomputed);
    struct buffer text = BUFFER_INIT;
    struct error err = {0};

    assert_true(derived_differences_read(rows, note, &text, &err));
    assert_string_equal(text.size == 0 ? "" : text.data, expected);
    buffer_release(&text);
    PQclear(rows);
}

static void columns_that_differ(void **state)
{
    (void)state;
    expect(
        "teacher_provider_status",
        "{\"lead_provider_id\":1,\"teacher_id\":2,\"has_others\":true,\"involved_in_school_transfer\":false,"
        "\"assigned_mentor_school_period_id\":7}",
        "{\"lead_provider_id\":1,\"teacher_id\":2,\"has_others\":true,\"involved_in_school_transfer\":true,"
        "\"assigned_mentor_school_period_id\":null}",
        "teacher_provider_status {\"lead_provider_id\":1,\"teacher_id\":2} involved_in_school_transfer: "
        "false -> true\n"
        "teacher_provider_status {\"lead_provider_id\":1,\"teacher_id\":2} "
        "assigned_mentor_school_period_id: 7 -> null (time)\n");
    expect("declarations", "{\"id\":5,\"role\":\"ect\"}", "{\"id\":5,\"role\":\"mentor\"}",
           "declarations {\"id\":5} role: \"ect\" -> \"mentor\"\n");
    expect("gias_schools", "{\"urn\":9,\"eligible\":true}", "{\"urn\":9,\"eligible\":false}",
           "gias_schools {\"urn\":9} eligible: true -> false\n");
}

static void rows_that_are_missing_or_left(void **state)
{
    (void)state;
    expect("school_year_status", NULL, "{\"school_id\":1,\"contract_period_year\":2025}",
           "school_year_status {\"contract_period_year\":2025,\"school_id\":1} (row): null -> "
           "{\"school_id\":1,\"contract_period_year\":2025}\n");
    /* a row that is gone or new is no matter of the calendar, whoever mentors */
    expect("teacher_provider_status",
           "{\"lead_provider_id\":1,\"teacher_id\":2,\"assigned_mentor_school_period_id\":7}", NULL,
           "teacher_provider_status {\"lead_provider_id\":1,\"teacher_id\":2} (row): "
           "{\"lead_provider_id\":1,\"teacher_id\":2,\"assigned_mentor_school_period_id\":7} -> null\n");
}

static void nothing_to_tell(void **state)
{
    (void)state;
    expect("teacher_provider_status", NULL, NULL, "");
    expect(NULL, NULL, NULL, "");
}

static void what_is_no_row(void **state)
{
    PGresult *rows = row_of("declarations", "[1]", "{\"id\":1}");
    struct buffer text = BUFFER_INIT;
    struct error err = {0};

    (void)state;
    assert_false(derived_differences_read(rows, note, &text, &err));
    assert_int_equal(err.kind, ERROR_BUG);
    PQclear(rows);
    rows = row_of("declarations", "{\"id\":1}", "{");
    assert_false(derived_differences_read(rows, note, &text, &err));
    PQclear(rows);
    buffer_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_that_differ),
        cmocka_unit_test(rows_that_are_missing_or_left),
        cmocka_unit_test(nothing_to_tell),
        cmocka_unit_test(what_is_no_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
