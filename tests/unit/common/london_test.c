/* Tests of common/london.c. */
#include "common/london.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/declaration_date.h"

static int64_t utc(const char *text)
{
    int64_t instant_us;
    if (!declaration_date_parse(slice_of(text), &instant_us))
        fail_msg("not an instant: %s", text);
    return instant_us;
}

static struct date day(int year, int month, int number)
{
    struct date date;
    if (!date_of(year, month, number, &date))
        fail_msg("not a day");
    return date;
}

static struct london_time wall(struct date date, int hour, int minute, int second, int microsecond)
{
    return (struct london_time){date, hour, minute, second, microsecond};
}

/* ---- days ---- */

static void days_count_from_1970(void **state)
{
    (void)state;
    assert_int_equal(day(1970, 1, 1).day, 0);
    assert_int_equal(day(1969, 12, 31).day, -1);
    assert_int_equal(day(2000, 3, 1).day, 11017);
    assert_int_equal(day(2025, 5, 6).day, 20214);
    assert_int_equal(day(1, 1, 1).day, -719162);
    assert_int_equal(day(9999, 12, 31).day, 2932896);
}

static void every_day_of_nine_centuries_splits_into_itself(void **state)
{
    (void)state;
    for (int number = day(1582, 1, 1).day; number <= day(2482, 1, 1).day; number++) {
        int y, m, d, next_y, next_m, next_d;
        date_split((struct date){number}, &y, &m, &d);
        assert_int_equal(day(y, m, d).day, number);
        date_split((struct date){number + 1}, &next_y, &next_m, &next_d);
        assert_true(next_d == d + 1 ||
                    (next_d == 1 && (next_m == m + 1 || (next_m == 1 && next_y == y + 1))));
    }
}

static void days_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    struct date date = {77};
    static const int impossible[][3] = {{2025, 2, 29}, {1900, 2, 29}, {2100, 2, 29}, {2024, 2, 30},
                                        {2025, 4, 31}, {2025, 0, 1},  {2025, 13, 1}, {2025, 1, 0},
                                        {2025, 1, 32}, {0, 1, 1},     {10000, 1, 1}};
    for (size_t i = 0; i < sizeof impossible / sizeof impossible[0]; i++)
        assert_false(date_of(impossible[i][0], impossible[i][1], impossible[i][2], &date));
    assert_int_equal(date.day, 77);
    assert_true(date_of(2024, 2, 29, &date) && date_of(2000, 2, 29, &date));
}

static void weekdays_begin_on_sunday(void **state)
{
    (void)state;
    assert_int_equal(date_weekday(day(1970, 1, 1)), 4);
    assert_int_equal(date_weekday(day(1969, 12, 28)), 0);
    assert_int_equal(date_weekday(day(2025, 3, 30)), 0);
    assert_int_equal(date_weekday(day(2025, 10, 25)), 6);
}

static void text_of_a_day_and_back(void **state)
{
    (void)state;
    char text[DATE_TEXT_SIZE];
    struct date date = DATE_NONE;
    assert_false(date_is_set(date));
    assert_true(date_parse(slice_of("2025-05-06"), &date));
    assert_true(date_is_set(date));
    assert_int_equal(date.day, day(2025, 5, 6).day);
    date_format(date, text);
    assert_string_equal(text, "2025-05-06");
    assert_true(date_parse(slice_of("1999-09-29"), &date) && date_parse(slice_of("2025-05-06"), &date));
    date_format(day(33, 1, 2), text);
    assert_string_equal(text, "0033-01-02");
    date_format(date_add(day(2024, 2, 28), 2), text);
    assert_string_equal(text, "2024-03-01");
    static const char *const others[] = {"",           "2025-05-6",   "2025-5-06",  "20250506",
                                         "2025/05/06", "2025-05-06 ", "2025-02-29", "2025-05-06T",
                                         "x025-05-06", "2025-05-1:",  "2025-05-1/", "2025-05-0x",
                                         "-025-05-06"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(date_parse(slice_of(others[i]), &date));
    assert_int_equal(date.day, day(2025, 5, 6).day);
}

/* ---- London ---- */

/* Last Sundays of March and October. */
static const struct {
    int year, march, october;
} changes[] = {{1996, 31, 27}, {2000, 26, 29}, {2021, 28, 31}, {2022, 27, 30}, {2023, 26, 29},
               {2024, 31, 27}, {2025, 30, 26}, {2026, 29, 25}, {2027, 28, 31}, {2028, 26, 29}};

static int64_t one_o_clock_utc(int year, int month, int number)
{
    return ((int64_t)day(year, month, number).day * 24 + 1) * 3600 * US_PER_SECOND;
}

static void assert_wall(int64_t instant_us, int hour, int minute, int second, int microsecond)
{
    struct london_time time = london_from_instant(instant_us);
    assert_int_equal(time.hour, hour);
    assert_int_equal(time.minute, minute);
    assert_int_equal(time.second, second);
    assert_int_equal(time.microsecond, microsecond);
}

static void clocks_change_at_one_utc_on_last_sundays(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        int64_t spring = one_o_clock_utc(changes[i].year, 3, changes[i].march);
        int64_t autumn = one_o_clock_utc(changes[i].year, 10, changes[i].october);
        assert_wall(spring - 1, 0, 59, 59, 999999);
        assert_wall(spring, 2, 0, 0, 0);
        assert_wall(autumn - 1, 1, 59, 59, 999999);
        assert_wall(autumn, 1, 0, 0, 0);
    }
}

static void skipped_hour_of_spring_does_not_exist(void **state)
{
    (void)state;
    int64_t instant_us = 77;
    struct date sunday = day(2025, 3, 30);
    struct london_time skipped[] = {wall(sunday, 1, 0, 0, 0), wall(sunday, 1, 30, 0, 0),
                                    wall(sunday, 1, 59, 59, 999999)};
    for (size_t i = 0; i < sizeof skipped / sizeof skipped[0]; i++)
        assert_false(london_to_instant(&skipped[i], &instant_us));
    assert_int_equal(instant_us, 77);
    struct london_time before = wall(sunday, 0, 59, 59, 999999), after = wall(sunday, 2, 0, 0, 0);
    assert_true(london_to_instant(&before, &instant_us));
    assert_int_equal(instant_us, utc("2025-03-30T00:59:59.999999Z"));
    assert_true(london_to_instant(&after, &instant_us));
    assert_int_equal(instant_us, utc("2025-03-30T01:00:00Z"));
}

static void doubled_hour_of_autumn_is_the_first(void **state)
{
    (void)state;
    int64_t instant_us;
    struct date sunday = day(2025, 10, 26);
    struct london_time first = wall(sunday, 1, 0, 0, 0), last = wall(sunday, 1, 59, 59, 999999),
                       after = wall(sunday, 2, 0, 0, 0);
    assert_true(london_to_instant(&first, &instant_us));
    assert_int_equal(instant_us, utc("2025-10-26T00:00:00Z"));
    assert_true(london_to_instant(&last, &instant_us));
    assert_int_equal(instant_us, utc("2025-10-26T00:59:59.999999Z"));
    assert_true(london_to_instant(&after, &instant_us));
    assert_int_equal(instant_us, utc("2025-10-26T02:00:00Z"));
}

static void date_of_an_instant_changes_at_londons_midnight(void **state)
{
    (void)state;
    assert_int_equal(london_date(utc("2025-07-31T22:59:59.999999Z")).day, day(2025, 7, 31).day);
    assert_int_equal(london_date(utc("2025-07-31T23:00:00Z")).day, day(2025, 8, 1).day);
    assert_int_equal(london_date(utc("2025-01-31T23:59:59.999999Z")).day, day(2025, 1, 31).day);
    assert_int_equal(london_date(utc("2025-02-01T00:00:00Z")).day, day(2025, 2, 1).day);
    assert_int_equal(london_date(utc("1969-12-31T23:59:59.999999Z")).day, -1);
    assert_int_equal(london_date(0).day, 0);
}

static void day_starts_at_midnight_of_that_day(void **state)
{
    (void)state;
    assert_int_equal(london_day_start(day(2025, 4, 1)), utc("2025-03-31T23:00:00Z"));
    assert_int_equal(london_day_start(day(2025, 1, 1)), utc("2025-01-01T00:00:00Z"));
    assert_int_equal(london_day_start(day(2025, 3, 30)),
                     utc("2025-03-30T00:00:00Z")); /* begins in winter time */
    assert_int_equal(london_day_start(day(2025, 3, 31)), utc("2025-03-30T23:00:00Z"));
    assert_int_equal(london_day_start(day(2025, 10, 26)),
                     utc("2025-10-25T23:00:00Z")); /* begins in summer time */
    assert_int_equal(london_day_start(day(2025, 10, 27)), utc("2025-10-27T00:00:00Z"));
    for (int number = day(1996, 1, 1).day; number < day(2040, 1, 1).day; number++) {
        int64_t start = london_day_start((struct date){number});
        assert_int_equal(london_date(start).day, number);
        assert_int_equal(london_date(start - 1).day, number - 1);
    }
}

/* The machine's tzdata, where it has it, agrees on every half hour of forty years. */
static void agrees_with_tzdata(void **state)
{
    (void)state;
    if (access("/usr/share/zoneinfo/Europe/London", R_OK) != 0)
        skip();
    (void)setenv("TZ", "Europe/London", 1);
    tzset();
    for (int64_t second = utc("1996-01-01T00:00:00Z") / US_PER_SECOND;
         second < utc("2036-01-01T00:00:00Z") / US_PER_SECOND; second += 1800) {
        time_t now = (time_t)second;
        struct tm tm;
        struct london_time time = london_from_instant(second * US_PER_SECOND);
        int64_t instant_us;
        int y, m, d;
        (void)localtime_r(&now, &tm);
        date_split(time.date, &y, &m, &d);
        if (tm.tm_hour != time.hour || tm.tm_min != time.minute || tm.tm_mday != d || tm.tm_mon + 1 != m ||
            tm.tm_year + 1900 != y)
            fail_msg("differs at second %lld", (long long)second);
        assert_true(london_to_instant(&time, &instant_us));
        assert_true(instant_us == second * US_PER_SECOND || instant_us == (second - 3600) * US_PER_SECOND);
    }
    (void)unsetenv("TZ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_count_from_1970),
        cmocka_unit_test(every_day_of_nine_centuries_splits_into_itself),
        cmocka_unit_test(days_that_do_not_exist_are_refused),
        cmocka_unit_test(weekdays_begin_on_sunday),
        cmocka_unit_test(text_of_a_day_and_back),
        cmocka_unit_test(clocks_change_at_one_utc_on_last_sundays),
        cmocka_unit_test(skipped_hour_of_spring_does_not_exist),
        cmocka_unit_test(doubled_hour_of_autumn_is_the_first),
        cmocka_unit_test(date_of_an_instant_changes_at_londons_midnight),
        cmocka_unit_test(day_starts_at_midnight_of_that_day),
        cmocka_unit_test(agrees_with_tzdata),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
