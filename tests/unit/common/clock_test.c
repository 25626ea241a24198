/* Tests of common/clock.c. */
#include "common/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void check_format(int64_t instant_us, const char *seconds, const char *microseconds)
{
    char text[RFC3339_SIZE];
    rfc3339_format(instant_us, text);
    assert_string_equal(text, seconds);
    rfc3339_format_us(instant_us, text);
    assert_string_equal(text, microseconds);
}

static void instants_as_text(void **state)
{
    (void)state;
    check_format(0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000Z");
    check_format(INT64_C(1746514800123456), "2025-05-06T07:00:00Z", "2025-05-06T07:00:00.123456Z");
    check_format(INT64_C(1746514800999999), "2025-05-06T07:00:00Z", "2025-05-06T07:00:00.999999Z");
    check_format(-1, "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.999999Z");
    check_format(INT64_C(951782400) * US_PER_SECOND, "2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000000Z");
    /* What no such text can show becomes the nearest that it can. */
    check_format(INT64_MIN, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z");
    check_format(INT64_MAX, "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999Z");
}

static void days_agree_with_the_c_library(void **state)
{
    (void)state;
    for (int64_t day = -719162; day <= 2932896; day += 13) {
        char text[RFC3339_SIZE], expected[64];
        time_t seconds = (time_t)(day * 86400 + 45296);
        struct tm parts;
        assert_non_null(gmtime_r(&seconds, &parts));
        (void)snprintf(expected, sizeof(expected), "%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
        rfc3339_format((int64_t)seconds * US_PER_SECOND, text);
        assert_string_equal(text, expected);
        struct error err = {0};
        assert_true(business_clock_set(text, &err));
        assert_true(business_now_us() == (int64_t)seconds * US_PER_SECOND);
    }
}

static void a_clock_that_stands_still(void **state)
{
    (void)state;
    static const struct {
        const char *text, *utc;
    } cases[] = {
        {"2024-10-20T10:00:00+01:00", "2024-10-20T09:00:00.000000Z"},
        {"2024-10-20T10:00:00Z", "2024-10-20T10:00:00.000000Z"},
        {"2024-10-20T10:00:00-00:30", "2024-10-20T10:30:00.000000Z"},
        {"2024-10-20T10:00:00.5Z", "2024-10-20T10:00:00.500000Z"},
        {"2024-10-20T10:00:00.123456789Z", "2024-10-20T10:00:00.123456Z"},
        {"2024-02-29T23:59:59.000001+23:59", "2024-02-29T00:00:59.000001Z"},
        {"1965-03-01T00:00:00Z", "1965-03-01T00:00:00.000000Z"},
        {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000000Z"},
        {"9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000000Z"},
        {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error err = {0};
        char text[RFC3339_SIZE];
        assert_true(business_clock_set(cases[i].text, &err));
        rfc3339_format_us(business_now_us(), text);
        assert_string_equal(text, cases[i].utc);
        assert_true(business_now_us() == business_now_us());
        assert_true(business_ahead_us() <= business_now_us() - machine_now_us() + US_PER_SECOND);
        assert_true(business_ahead_us() >= business_now_us() - machine_now_us());
    }
}

static void check_moved(const char *text, int64_t seconds)
{
    struct error err = {0};
    assert_true(business_clock_set(text, &err));
    int64_t before_us = machine_now_us();
    int64_t business_us = business_now_us();
    int64_t after_us = machine_now_us();
    assert_true(business_us >= before_us + seconds * US_PER_SECOND);
    assert_true(business_us <= after_us + seconds * US_PER_SECOND);
    assert_true(business_ahead_us() == seconds * US_PER_SECOND);
}

static void a_clock_that_is_moved(void **state)
{
    (void)state;
    check_moved("+3600", 3600);
    check_moved("-86400", -86400);
    check_moved("+0", 0);
    check_moved("", 0);
}

static void anything_else_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        " ",
        "+",
        "-",
        "+1 ",
        "+-1",
        "3600",
        "+1.5",
        "+99999999999999999999",
        "2024-10-20",
        "2024-10-20T10:00:00",
        "2024-10-20 10:00:00Z",
        "2024-10-20t10:00:00z",
        "2024-10-20T10:00Z",
        "2024-10-20T10:00:00Z ",
        "2024-10-20T10:00:00.Z",
        "2024-10-20T10:00:00.1234567890Z",
        "2024-10-20T10:00:00+0100",
        "2024-10-20T10:00:00+01",
        "2024-10-20T10:00:00+24:00",
        "2024-10-20T10:00:00+01:60",
        "2024-10-20T24:00:00Z",
        "2024-10-20T10:60:00Z",
        "2024-12-31T23:59:60Z",
        "2023-02-29T10:00:00Z",
        "1900-02-29T10:00:00Z",
        "2024-04-31T10:00:00Z",
        "2024-13-01T10:00:00Z",
        "2024-00-01T10:00:00Z",
        "2024-01-00T10:00:00Z",
        "0000-01-01T10:00:00Z",
        "24-10-20T10:00:00Z",
        "now",
    };
    struct error err = {0};
    assert_true(business_clock_set("2024-10-20T10:00:00Z", &err));
    int64_t standing_us = business_now_us();
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        error_clear(&err);
        assert_false(business_clock_set(texts[i], &err));
        assert_int_equal(err.kind, ERROR_SETTINGS);
        assert_non_null(strstr(err.detail, "ECF2_CLOCK"));
        assert_non_null(strstr(err.detail, texts[i]));
    }
    assert_true(business_now_us() == standing_us);
}

static void machine_clocks_are_the_machines(void **state)
{
    (void)state;
    struct error err = {0};
    assert_true(business_clock_set("2001-01-01T00:00:00Z", &err));
    time_t now = time(NULL);
    assert_true(machine_now_us() >= (int64_t)now * US_PER_SECOND);
    assert_true(machine_now_us() < ((int64_t)now + 600) * US_PER_SECOND);
    int64_t before_us = monotonic_now_us();
    assert_true(monotonic_now_us() >= before_us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instants_as_text),          cmocka_unit_test(days_agree_with_the_c_library),
        cmocka_unit_test(a_clock_that_stands_still), cmocka_unit_test(a_clock_that_is_moved),
        cmocka_unit_test(anything_else_is_refused),  cmocka_unit_test(machine_clocks_are_the_machines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
