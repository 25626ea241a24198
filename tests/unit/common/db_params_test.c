/* db_params: values as PostgreSQL reads them back: array literals above all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/db.h"

static const char *value_of(const struct db_params *params, size_t i)
{
    assert_true(i < params->count);
    return params->offset[i] < 0 ? NULL : params->text.data + params->offset[i];
}

static void assert_array(const char *const *elements, const char *expected)
{
    struct db_params params = DB_PARAMS_INIT;

    db_array_begin(&params);
    for (; *elements != NULL; elements++)
        db_array_text(&params, *elements);
    db_array_end(&params);
    assert_string_equal(value_of(&params, 0), expected);
    db_params_release(&params);
}

static void elements_are_always_quoted(void **state)
{
    (void)state;
    assert_array((const char *[]){"a", "b", NULL}, "{\"a\",\"b\"}");
    assert_array((const char *[]){"", NULL}, "{\"\"}");
    assert_array((const char *[]){" ", "a b", NULL}, "{\" \",\"a b\"}");
    assert_array((const char *[]){"a,b", "{}", "{a}", NULL}, "{\"a,b\",\"{}\",\"{a}\"}");
    /* unquoted it would be an SQL null */
    assert_array((const char *[]){"NULL", "null", NULL}, "{\"NULL\",\"null\"}");
    assert_array((const char *[]){"a\nb\tc", NULL}, "{\"a\nb\tc\"}");
}

static void quotes_and_backslashes_are_escaped(void **state)
{
    (void)state;
    assert_array((const char *[]){"\"", NULL}, "{\"\\\"\"}");
    assert_array((const char *[]){"\\", NULL}, "{\"\\\\\"}");
    assert_array((const char *[]){"a\"b\\c", "\\\"\\", NULL}, "{\"a\\\"b\\\\c\",\"\\\\\\\"\\\\\"}");
    assert_array((const char *[]){"\"\"", NULL}, "{\"\\\"\\\"\"}");
    assert_array((const char *[]){"ends in one\\", NULL}, "{\"ends in one\\\\\"}");
    assert_array((const char *[]){"it's", NULL}, "{\"it's\"}");
}

static void utf8_stays_as_it_is(void **state)
{
    (void)state;
    assert_array((const char *[]){"Zo\xc3\xab", "\xe2\x80\x9c\xf0\x9f\x8e\x93", NULL},
                 "{\"Zo\xc3\xab\",\"\xe2\x80\x9c\xf0\x9f\x8e\x93\"}");
}

static void nothing_is_null(void **state)
{
    struct db_params params = DB_PARAMS_INIT;
    struct date day = DATE_NONE;

    (void)state;
    assert_true(date_parse(slice_of("2026-04-21"), &day));
    db_array_begin(&params);
    db_array_id(&params, 0);
    db_array_id(&params, 12);
    db_array_date(&params, DATE_NONE);
    db_array_date(&params, day);
    db_array_end(&params);
    assert_string_equal(value_of(&params, 0), "{NULL,12,NULL,\"2026-04-21\"}");
    db_params_release(&params);
}

static void arrays_may_be_empty_and_hold_nulls(void **state)
{
    struct db_params params = DB_PARAMS_INIT;

    (void)state;
    db_array_begin(&params);
    db_array_end(&params);
    db_array_begin(&params);
    db_array_null(&params);
    db_array_text(&params, NULL);
    db_array_text(&params, "NULL");
    db_array_end(&params);
    db_array_begin(&params);
    db_array_slice(&params, (struct slice){NULL, 0});
    db_array_slice(&params, (struct slice){"abcdef", 3});
    db_array_end(&params);
    assert_int_equal(params.count, 3);
    assert_string_equal(value_of(&params, 0), "{}");
    assert_string_equal(value_of(&params, 1), "{NULL,NULL,\"NULL\"}");
    assert_string_equal(value_of(&params, 2), "{\"\",\"abc\"}");
    db_params_release(&params);
}

static void arrays_of_other_types(void **state)
{
    struct db_params params = DB_PARAMS_INIT;
    const struct uuid id = {.bytes = {0x01, 0x93, [6] = 0x70, [8] = 0x80, [15] = 0xff}};

    (void)state;
    db_array_begin(&params);
    db_array_int(&params, 0);
    db_array_int(&params, INT64_MAX);
    db_array_int(&params, INT64_MIN);
    db_array_end(&params);
    db_array_begin(&params);
    db_array_bool(&params, true);
    db_array_bool(&params, false);
    db_array_end(&params);
    db_array_begin(&params);
    db_array_uuid(&params, &id);
    db_array_uuid(&params, NULL);
    db_array_end(&params);
    db_array_begin(&params);
    db_array_instant(&params, INT64_C(1));
    db_array_instant(&params, INSTANT_NONE);
    db_array_end(&params);
    db_array_begin(&params);
    db_array_microseconds(&params, INT64_C(-63072000000001));
    db_array_microseconds(&params, 0);
    db_array_end(&params);
    assert_string_equal(value_of(&params, 0), "{0,9223372036854775807,-9223372036854775808}");
    assert_string_equal(value_of(&params, 1), "{t,f}");
    assert_string_equal(value_of(&params, 2), "{01930000-0000-7000-8000-0000000000ff,NULL}");
    assert_string_equal(value_of(&params, 3), "{\"1970-01-01T00:00:00.000001Z\",NULL}");
    assert_string_equal(value_of(&params, 4), "{\"-63072000000001 microseconds\",\"0 microseconds\"}");
    db_params_release(&params);
}

static void bytes_are_hexadecimal(void **state)
{
    struct db_params params = DB_PARAMS_INIT;

    (void)state;
    db_param_bytes(&params, (struct slice){"\0\x7f\xff\\", 4});
    db_param_bytes(&params, (struct slice){NULL, 0});
    db_array_begin(&params);
    db_array_bytes(&params, (struct slice){"\0\xab", 2});
    db_array_bytes(&params, (struct slice){NULL, 0});
    db_array_end(&params);
    assert_string_equal(value_of(&params, 0), "\\x007fff5c");
    assert_string_equal(value_of(&params, 1), "\\x");
    assert_string_equal(value_of(&params, 2), "{\"\\\\x00ab\",\"\\\\x\"}");
    db_params_release(&params);
}

static void single_values(void **state)
{
    struct db_params params = DB_PARAMS_INIT;

    (void)state;
    db_param_text(&params, NULL);
    db_param_null(&params);
    db_param_text(&params, "NULL");
    db_param_text(&params, "");
    db_param_int(&params, -5);
    db_param_bool(&params, true);
    db_param_slice(&params,
                   (struct slice){"{\"a\":\"\\\\\"}", 10}); /* nothing is escaped outside of arrays */
    assert_null(value_of(&params, 0));
    assert_null(value_of(&params, 1));
    assert_string_equal(value_of(&params, 2), "NULL");
    assert_string_equal(value_of(&params, 3), "");
    assert_string_equal(value_of(&params, 4), "-5");
    assert_string_equal(value_of(&params, 5), "t");
    assert_string_equal(value_of(&params, 6), "{\"a\":\"\\\\\"}");
    db_params_release(&params);
}

/* Offsets, not pointers, are kept: the text moves when it grows. */
static void earlier_values_survive_later_ones(void **state)
{
    struct db_params params = DB_PARAMS_INIT;
    char big[100000];

    (void)state;
    memset(big, 'x', sizeof big);
    db_param_text(&params, "first");
    db_array_begin(&params);
    for (int i = 0; i < 20; i++)
        db_array_slice(&params, (struct slice){big, sizeof big});
    db_array_end(&params);
    for (size_t i = params.count; i < DB_PARAMS_MAX; i++)
        db_param_int(&params, (int64_t)i);
    assert_string_equal(value_of(&params, 0), "first");
    assert_int_equal(strlen(value_of(&params, 1)), 20 * (sizeof big + 3) + 1);
    assert_string_equal(value_of(&params, DB_PARAMS_MAX - 1), "47");
    db_params_clear(&params);
    db_param_text(&params, "again");
    assert_int_equal(params.count, 1);
    assert_string_equal(value_of(&params, 0), "again");
    db_params_release(&params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_always_quoted),
        cmocka_unit_test(quotes_and_backslashes_are_escaped),
        cmocka_unit_test(utf8_stays_as_it_is),
        cmocka_unit_test(nothing_is_null),
        cmocka_unit_test(arrays_may_be_empty_and_hold_nulls),
        cmocka_unit_test(arrays_of_other_types),
        cmocka_unit_test(bytes_are_hexadecimal),
        cmocka_unit_test(single_values),
        cmocka_unit_test(earlier_values_survive_later_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
