/* clock: machine time, monotonic time, business time, and their RFC 3339 text. Knows UTC only; Europe/London
 * is in london.c. */
#include "common/clock.h"

#include <stddef.h>
#include <time.h>

#define SECONDS_PER_DAY INT64_C(86400)
#define OFFSET_MAX      (INT64_C(200) * 366 * SECONDS_PER_DAY) /* ECF2_CLOCK moves by at most some 200 years */
#define FIRST_SECOND    (-INT64_C(62135596800))                /* 0001-01-01T00:00:00Z */
#define LAST_SECOND     INT64_C(253402300799)                  /* 9999-12-31T23:59:59Z */

static bool business_fixed;
static int64_t business_value_us; /* the instant, or what is added to the machine's time */

static int64_t clock_read_us(clockid_t id)
{
    struct timespec now;
    (void)clock_gettime(id, &now); /* cannot fail for these clocks */
    return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

int64_t machine_now_us(void)
{
    return clock_read_us(CLOCK_REALTIME);
}

int64_t monotonic_now_us(void)
{
    return clock_read_us(CLOCK_MONOTONIC);
}

int64_t business_now_us(void)
{
    return business_fixed ? business_value_us : machine_now_us() + business_value_us;
}

int64_t business_ahead_us(void)
{
    return business_fixed ? business_value_us - machine_now_us() : business_value_us;
}

/* Days since 1970-01-01 of a Gregorian date, and back: Howard Hinnant's days_from_civil and civil_from_days,
 * which count in eras of 400 years that begin on 1 March. gmtime_r() takes a lock of the C library that all
 * threads share. */
static int64_t days_from_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void date_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    *ret_day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    *ret_month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *ret_year = (int)(year_of_era + era * 400 + (*ret_month <= 2));
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* Reads exactly count digits and moves on. */
static bool take_digits(const char **p, int count, int *ret_number)
{
    int number = 0;
    for (int i = 0; i < count; i++) {
        char c = (*p)[i];
        if (c < '0' || c > '9')
            return false;
        number = number * 10 + (c - '0');
    }
    *p += count;
    *ret_number = number;
    return true;
}

static bool take_char(const char **p, char c)
{
    if (**p != c)
        return false;
    (*p)++;
    return true;
}

/* Up to nine digits behind the point; microseconds count, the rest is cut. */
static bool take_fraction(const char **p, int *ret_us)
{
    int us = 0, digits = 0;
    for (; **p >= '0' && **p <= '9'; (*p)++, digits++)
        if (digits < 6)
            us = us * 10 + (**p - '0');
    if (digits < 1 || digits > 9)
        return false;
    for (; digits < 6; digits++)
        us *= 10;
    *ret_us = us;
    return true;
}

/* RFC 3339 date-time in capitals, years 0001 to 9999, no leap second, the offset required. */
static bool instant_parse(const char *p, int64_t *ret_instant_us)
{
    int year, month, day, hour, minute, second, fraction_us = 0, offset_minutes = 0;
    if (!take_digits(&p, 4, &year) || !take_char(&p, '-') || !take_digits(&p, 2, &month) ||
        !take_char(&p, '-') || !take_digits(&p, 2, &day) || !take_char(&p, 'T') ||
        !take_digits(&p, 2, &hour) || !take_char(&p, ':') || !take_digits(&p, 2, &minute) ||
        !take_char(&p, ':') || !take_digits(&p, 2, &second))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 ||
        minute > 59 || second > 59)
        return false;
    if (take_char(&p, '.') && !take_fraction(&p, &fraction_us))
        return false;
    if (!take_char(&p, 'Z')) {
        int sign = *p == '-' ? -1 : 1, hours, minutes;
        if (!take_char(&p, '+') && !take_char(&p, '-'))
            return false;
        if (!take_digits(&p, 2, &hours) || !take_char(&p, ':') || !take_digits(&p, 2, &minutes) ||
            hours > 23 || minutes > 59)
            return false;
        offset_minutes = sign * (hours * 60 + minutes);
    }
    if (*p != '\0')
        return false;
    int64_t seconds = days_from_date(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
    *ret_instant_us = (seconds - offset_minutes * 60) * US_PER_SECOND + fraction_us;
    return true;
}

/* "+3600" or "-86400" */
static bool offset_parse(const char *text, int64_t *ret_offset_us)
{
    if (text[0] != '+' && text[0] != '-')
        return false;
    int64_t seconds = 0;
    const char *p = text + 1;
    for (; *p >= '0' && *p <= '9'; p++) {
        seconds = seconds * 10 + (*p - '0');
        if (seconds > OFFSET_MAX)
            return false;
    }
    if (*p != '\0' || p == text + 1)
        return false;
    *ret_offset_us = (text[0] == '-' ? -seconds : seconds) * US_PER_SECOND;
    return true;
}

bool business_clock_set(const char *text, struct error *err)
{
    int64_t value_us = 0;
    bool fixed = false;
    if (text[0] != '\0' && !offset_parse(text, &value_us)) {
        if (!instant_parse(text, &value_us))
            return error_set_hint(err, ERROR_SETTINGS, "leave ECF2_CLOCK empty for the machine's time",
                                  "ECF2_CLOCK is \"%.80s\"; it must be an RFC 3339 instant such as "
                                  "2024-10-20T10:00:00+01:00, or +N or -N seconds",
                                  text);
        fixed = true;
    }
    business_fixed = fixed;
    business_value_us = value_us;
    return true;
}

static char *put_digits(char *p, int number, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        p[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return p + count;
}

/* Writes the date-time without zone; returns its end and the microseconds that were cut. Instants outside the
 * years 1 to 9999, which no such text can show, become the nearest that it can. */
static char *put_seconds(char *p, int64_t instant_us, int *ret_us)
{
    int64_t seconds = instant_us / US_PER_SECOND, us = instant_us % US_PER_SECOND;
    if (us < 0) {
        us += US_PER_SECOND;
        seconds--;
    }
    if (seconds < FIRST_SECOND) {
        seconds = FIRST_SECOND;
        us = 0;
    } else if (seconds > LAST_SECOND) {
        seconds = LAST_SECOND;
        us = US_PER_SECOND - 1;
    }
    int64_t days = seconds / SECONDS_PER_DAY, rest = seconds % SECONDS_PER_DAY;
    if (rest < 0) {
        rest += SECONDS_PER_DAY;
        days--;
    }
    int year, month, day;
    date_from_days(days, &year, &month, &day);
    p = put_digits(p, year, 4);
    *p++ = '-';
    p = put_digits(p, month, 2);
    *p++ = '-';
    p = put_digits(p, day, 2);
    *p++ = 'T';
    p = put_digits(p, (int)(rest / 3600), 2);
    *p++ = ':';
    p = put_digits(p, (int)(rest / 60 % 60), 2);
    *p++ = ':';
    p = put_digits(p, (int)(rest % 60), 2);
    *ret_us = (int)us;
    return p;
}

void rfc3339_format(int64_t instant_us, char ret_text[RFC3339_SIZE])
{
    int us;
    char *p = put_seconds(ret_text, instant_us, &us);
    *p++ = 'Z';
    *p = '\0';
}

void rfc3339_format_us(int64_t instant_us, char ret_text[RFC3339_SIZE])
{
    int us;
    char *p = put_seconds(ret_text, instant_us, &us);
    *p++ = '.';
    p = put_digits(p, us, 6);
    *p++ = 'Z';
    *p = '\0';
}
