/* london: see london.h. Leaves UTC text to clock.c and the parsing of instants to declaration_date.c. */
#include "common/london.h"

#include <stddef.h>

#include "common/clock.h"

#define US_PER_HOUR (3600 * US_PER_SECOND)
#define US_PER_DAY  (24 * US_PER_HOUR)

/* Howard Hinnant's days_from_civil and civil_from_days: eras of 400 years, years that begin on 1 March. */
static int32_t days_from_civil(int year, int month, int day)
{
    year -= month <= 2;
    int era = (year >= 0 ? year : year - 399) / 400;
    int year_of_era = year - era * 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void date_split(struct date date, int *ret_year, int *ret_month, int *ret_day)
{
    int64_t days = (int64_t)date.day + 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153; /* 0 = March */
    *ret_day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1);
    *ret_month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    *ret_year = (int)(year_of_era + era * 400 + (*ret_month <= 2));
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

bool date_of(int year, int month, int day, struct date *ret_date)
{
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    ret_date->day = days_from_civil(year, month, day);
    return true;
}

struct date date_add(struct date date, int days)
{
    return (struct date){date.day + days};
}

int date_weekday(struct date date)
{
    int weekday = (int)(((int64_t)date.day + 4) % 7); /* 1970-01-01 was a Thursday */
    return weekday < 0 ? weekday + 7 : weekday;
}

static bool take_digits(const char *text, int count, int *ret_number)
{
    int number = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        number = number * 10 + (text[i] - '0');
    }
    *ret_number = number;
    return true;
}

bool date_parse(struct slice text, struct date *ret_date)
{
    int year, month, day;
    return text.size == 10 && text.data[4] == '-' && text.data[7] == '-' &&
           take_digits(text.data, 4, &year) && take_digits(text.data + 5, 2, &month) &&
           take_digits(text.data + 8, 2, &day) && date_of(year, month, day, ret_date);
}

static char *put_digits(char *p, int number, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        p[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return p + count;
}

void date_format(struct date date, char ret_text[DATE_TEXT_SIZE])
{
    int year, month, day;
    date_split(date, &year, &month, &day);
    char *p = put_digits(ret_text, year, 4);
    *p++ = '-';
    p = put_digits(p, month, 2);
    *p++ = '-';
    p = put_digits(p, day, 2);
    *p = '\0';
}

/* March and October both have 31 days. */
static struct date last_sunday(int year, int month)
{
    struct date last = {days_from_civil(year, month, 31)};
    return date_add(last, -date_weekday(last));
}

/* Whole days since 1970, rounded down also before it. */
static struct date utc_date(int64_t instant_us)
{
    int64_t days = instant_us / US_PER_DAY;
    return (struct date){(int32_t)(instant_us % US_PER_DAY < 0 ? days - 1 : days)};
}

static bool is_summer_time(int64_t instant_us)
{
    int year, month, day;
    date_split(utc_date(instant_us), &year, &month, &day);
    int64_t from = (int64_t)last_sunday(year, 3).day * US_PER_DAY + US_PER_HOUR;
    int64_t until = (int64_t)last_sunday(year, 10).day * US_PER_DAY + US_PER_HOUR;
    return instant_us >= from && instant_us < until;
}

struct london_time london_from_instant(int64_t instant_us)
{
    int64_t local_us = instant_us + (is_summer_time(instant_us) ? US_PER_HOUR : 0);
    struct date date = utc_date(local_us);
    int64_t in_day_us = local_us - (int64_t)date.day * US_PER_DAY;
    int seconds = (int)(in_day_us / US_PER_SECOND);
    return (struct london_time){.date = date,
                                .hour = seconds / 3600,
                                .minute = seconds / 60 % 60,
                                .second = seconds % 60,
                                .microsecond = (int)(in_day_us % US_PER_SECOND)};
}

bool london_to_instant(const struct london_time *time, int64_t *ret_instant_us)
{
    int64_t as_utc_us = (int64_t)time->date.day * US_PER_DAY +
                        (time->hour * 3600 + time->minute * 60 + time->second) * US_PER_SECOND +
                        time->microsecond;
    /* Summer time first: where both readings are possible it is the earlier instant. */
    if (is_summer_time(as_utc_us - US_PER_HOUR))
        *ret_instant_us = as_utc_us - US_PER_HOUR;
    else if (!is_summer_time(as_utc_us))
        *ret_instant_us = as_utc_us;
    else
        return false;
    return true;
}

struct date london_date(int64_t instant_us)
{
    return london_from_instant(instant_us).date;
}

int64_t london_day_start(struct date date)
{
    int64_t as_utc_us = (int64_t)date.day * US_PER_DAY;
    /* The clocks never change at midnight: an hour before it says which reading it is. */
    return is_summer_time(as_utc_us - US_PER_HOUR) ? as_utc_us - US_PER_HOUR : as_utc_us;
}
