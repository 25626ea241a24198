/* declaration_date: see declaration_date.h. */
#include "common/declaration_date.h"

#include <stddef.h>

#include "common/clock.h"
#include "common/london.h"

#define US_PER_DAY (86400 * US_PER_SECOND)

/* The text that is left to read. */
struct cursor {
    const char *at, *end;
};

static bool take_digits(struct cursor *cursor, int count, int *ret_number)
{
    if (cursor->end - cursor->at < count)
        return false;
    int number = 0;
    for (int i = 0; i < count; i++) {
        char c = cursor->at[i];
        if (c < '0' || c > '9')
            return false;
        number = number * 10 + (c - '0');
    }
    cursor->at += count;
    *ret_number = number;
    return true;
}

/* One character, which is either of two. */
static bool take_either(struct cursor *cursor, char a, char b)
{
    if (cursor->at == cursor->end || (*cursor->at != a && *cursor->at != b))
        return false;
    cursor->at++;
    return true;
}

static bool take_char(struct cursor *cursor, char c)
{
    return take_either(cursor, c, c);
}

/* Any number of digits, at least one; the weight of those after the sixth is nothing. */
static bool take_fraction(struct cursor *cursor, int *ret_us)
{
    int us = 0, digit;
    const char *start = cursor->at;
    for (int weight = 100000; take_digits(cursor, 1, &digit); weight /= 10)
        us += digit * weight;
    if (cursor->at == start)
        return false;
    *ret_us = us;
    return true;
}

static bool take_date_time(struct cursor *cursor, struct london_time *ret_time)
{
    int year, month, day;
    struct london_time time = {0};
    if (!take_digits(cursor, 4, &year) || !take_char(cursor, '-') || !take_digits(cursor, 2, &month) ||
        !take_char(cursor, '-') || !take_digits(cursor, 2, &day) || !take_either(cursor, 'T', 't'))
        return false;
    if (!take_digits(cursor, 2, &time.hour) || !take_char(cursor, ':') ||
        !take_digits(cursor, 2, &time.minute) || !take_char(cursor, ':') ||
        !take_digits(cursor, 2, &time.second))
        return false;
    if (take_either(cursor, '.', ',') && !take_fraction(cursor, &time.microsecond))
        return false;
    if (!date_of(year, month, day, &time.date) || time.hour > 23 || time.minute > 59 || time.second > 59)
        return false;
    *ret_time = time;
    return true;
}

/* Z, ±hh, ±hhmm or ±hh:mm, to the end of the text. */
static bool take_zone(struct cursor *cursor, int *ret_offset_minutes)
{
    int hours = 0, minutes = 0, sign = 1;
    if (!take_either(cursor, 'Z', 'z')) {
        if (take_char(cursor, '-'))
            sign = -1;
        else if (!take_char(cursor, '+'))
            return false;
        if (!take_digits(cursor, 2, &hours))
            return false;
        if (cursor->at != cursor->end) {
            (void)take_char(cursor, ':');
            if (!take_digits(cursor, 2, &minutes))
                return false;
        }
    }
    if (cursor->at != cursor->end || hours > 23 || minutes > 59)
        return false;
    *ret_offset_minutes = sign * (hours * 60 + minutes);
    return true;
}

/* What rfc3339_format can show: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999Z. */
static bool can_be_shown(int64_t instant_us)
{
    struct date first, last;
    (void)date_of(1, 1, 1, &first);
    (void)date_of(9999, 12, 31, &last);
    return instant_us >= (int64_t)first.day * US_PER_DAY && instant_us < ((int64_t)last.day + 1) * US_PER_DAY;
}

bool declaration_date_parse(struct slice text, int64_t *ret_instant_us)
{
    if (text.size == 0)
        return false;
    struct cursor cursor = {text.data, text.data + text.size};
    struct london_time time;
    int64_t instant_us;
    if (!take_date_time(&cursor, &time))
        return false;
    if (cursor.at == cursor.end) {
        if (!london_to_instant(&time, &instant_us))
            return false;
    } else {
        int offset_minutes;
        if (!take_zone(&cursor, &offset_minutes))
            return false;
        int64_t seconds = time.hour * 3600 + time.minute * 60 + time.second - offset_minutes * 60;
        instant_us = (int64_t)time.date.day * US_PER_DAY + seconds * US_PER_SECOND + time.microsecond;
    }
    if (!can_be_shown(instant_us))
        return false;
    *ret_instant_us = instant_us;
    return true;
}
