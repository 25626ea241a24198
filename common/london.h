/*
 * london: days, and the civil time of Europe/London, in pure functions: no tzdata, no TZ, no C library locks.
 *
 * The rule since 1996 (the Summer Time Order 2002 keeps it, after EU directive 2000/84): clocks are one hour
 * ahead of UTC from the last Sunday of March 01:00 UTC to the last Sunday of October 01:00 UTC, else equal to
 * UTC. The same rule is used for every other year. Until 1995 the hour ended on another Sunday, 1968 to 1971
 * had it all year, and before 1916 there was none: it does not matter, because no rule of policy sees such an
 * instant pass. The first contract period is 2020, the first window of a milestone opens in 2021, and
 * whatever is dated before is refused by the same row with either hour. PostgreSQL, which has tzdata, agrees
 * from 1996 on.
 */
#ifndef ECF2_COMMON_LONDON_H
#define ECF2_COMMON_LONDON_H

#include <stdbool.h>
#include <stdint.h>

#include "common/slice.h"

/* No instant (microseconds since 1970-01-01T00:00:00Z), where one may be missing. */
#define INSTANT_NONE INT64_MIN

/* A day of the Gregorian calendar as a number of days since 1970-01-01, so that days compare and subtract as
 * numbers. A struct, so that nobody mistakes it for an instant. */
struct date {
    int32_t day;
};

#define DATE_NONE ((struct date){INT32_MIN})

static inline bool date_is_set(struct date date)
{
    return date.day != INT32_MIN;
}

/* False, and ret_date untouched, for a day that the calendar does not have. Years 1 to 9999. */
bool date_of(int year, int month, int day, struct date *ret_date);
void date_split(struct date date, int *ret_year, int *ret_month, int *ret_day);
struct date date_add(struct date date, int days);
/* 0 = Sunday … 6 = Saturday */
int date_weekday(struct date date);
/* Exactly "2025-05-06"; ret_date is untouched on failure. */
bool date_parse(struct slice text, struct date *ret_date);
#define DATE_TEXT_SIZE 16
void date_format(struct date date, char ret_text[DATE_TEXT_SIZE]);

/* What a clock on a wall in London shows. */
struct london_time {
    struct date date;
    int hour, minute, second, microsecond;
};

struct london_time london_from_instant(int64_t instant_us);
/* False where London's clocks skip that time (01:00 to 01:59:59.999999 of the last Sunday of March). A time
 * that occurs twice (the same hour of the last Sunday of October) is the first of the two, in summer time. */
bool london_to_instant(const struct london_time *time, int64_t *ret_instant_us);
struct date london_date(int64_t instant_us);
/* 00:00:00 London of that day, which always exists, once. */
int64_t london_day_start(struct date date);

#endif
