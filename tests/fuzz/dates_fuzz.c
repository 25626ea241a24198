/* Dates and instants (common/declaration_date.h, london.h, clock.h): what is read is what a second reader
 * makes of the text, and reads the same when it is shown. */
#include "tests/fuzz/fuzz.h"

#include <time.h>

#include "common/clock.h"
#include "common/declaration_date.h"
#include "common/london.h"

#define YEAR_1    INT64_C(-62135596800) /* seconds */
#define YEAR_9999 INT64_C(253402300799)

/* Seconds of the date and time at the beginning of a text that is known to be well-formed, as if it were UTC.
 */
static int64_t seconds_of(const char *text)
{
    int year, month, day, hour, minute, second;
    CHECK(sscanf(text, "%4d-%2d-%2d%*1[Tt]%2d:%2d:%2d", &year, &month, &day, &hour, &minute, &second) == 6);
    struct tm tm = {.tm_year = year - 1900,
                    .tm_mon = month - 1,
                    .tm_mday = day,
                    .tm_hour = hour,
                    .tm_min = minute,
                    .tm_sec = second};
    int64_t seconds = timegm(&tm);
    CHECK(tm.tm_mday == day && tm.tm_mon == month - 1 && tm.tm_hour == hour && tm.tm_min == minute &&
          tm.tm_sec == second);
    return seconds;
}

static void try_declaration_date(struct slice text)
{
    int64_t instant_us = -7, again_us;
    char shown[RFC3339_SIZE];
    if (!declaration_date_parse(text, &instant_us)) {
        CHECK(instant_us == -7);
        return;
    }
    int64_t second = instant_us / US_PER_SECOND - (instant_us % US_PER_SECOND < 0);
    CHECK(second >= YEAR_1 && second <= YEAR_9999);
    rfc3339_format_us(instant_us, shown);
    CHECK(declaration_date_parse(slice_of(shown), &again_us) && again_us == instant_us);
    char *copy = memory_dup_slice(text);
    CHECK(strlen(copy) == text.size && text.size >= 19);
    int64_t civil = seconds_of(copy);
    if (text.data[text.size - 1] == 'Z' || text.data[text.size - 1] == 'z')
        CHECK(second == civil);
    else /* London, or an offset */
        CHECK(llabs(second - civil) < 24 * 3600);
    free(copy);
}

static void try_date(struct slice text)
{
    struct date date, again;
    char shown[DATE_TEXT_SIZE];
    if (!date_parse(text, &date))
        return;
    date_format(date, shown);
    CHECK(slice_equal(text, slice_of(shown)));
    CHECK(date_parse(slice_of(shown), &again) && again.day == date.day);
    int64_t start_us = london_day_start(date);
    CHECK(london_date(start_us).day == date.day && london_date(start_us - 1).day == date.day - 1);
}

/* Any instant: London's clocks show it, and it is found again, or its twin of the hour that occurs twice. */
static void try_instant(int64_t number)
{
    const int64_t years = YEAR_9999 - YEAR_1 - 2 * 24 * 3600;
    int64_t instant_us =
                (YEAR_1 + 24 * 3600 + llabs(number % years)) * US_PER_SECOND + llabs(number % 1000000),
            again_us;
    struct london_time time = london_from_instant(instant_us);
    CHECK(time.hour >= 0 && time.hour < 24 && time.minute >= 0 && time.minute < 60 && time.second >= 0 &&
          time.second < 60);
    CHECK(london_to_instant(&time, &again_us));
    CHECK(again_us == instant_us || again_us == instant_us - 3600 * US_PER_SECOND);
    CHECK(again_us == instant_us || (time.hour == 1 && date_weekday(time.date) == 0));
    CHECK(london_date(instant_us).day == time.date.day);
    int year, month, day;
    struct date date;
    date_split(time.date, &year, &month, &day);
    CHECK(date_of(year, month, day, &date) && date.day == time.date.day);
    CHECK((date_weekday(date) + 1) % 7 == date_weekday(date_add(date, 1)));
}

static void try_clock(struct slice text)
{
    struct error err = {0};
    char *copy = memory_dup_slice(text);
    CHECK(business_clock_set(copy, &err) || (err.kind == ERROR_SETTINGS && strlen(err.detail) > 0));
    char shown[RFC3339_SIZE];
    rfc3339_format(business_now_us(), shown);
    CHECK(business_clock_set("", &err));
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size};
    uint8_t choice = fuzz_choice(&input);
    char *copy = fuzz_copy(input);
    struct slice text = {copy, input.size};
    int64_t number = 0;
    memcpy(&number, copy, input.size < sizeof(number) ? input.size : sizeof(number));
    switch (choice % 4) {
    case 0:
        try_declaration_date(text);
        break;
    case 1:
        try_date(text);
        break;
    case 2:
        try_instant(number);
        break;
    default:
        try_clock(text);
    }
    free(copy);
    return 0;
}
