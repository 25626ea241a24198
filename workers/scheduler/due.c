/* due: see due.h. */
#include "workers/scheduler/due.h"

#include "common/clock.h"
#include "common/london.h"

#define RETRY_FIRST_US (10 * US_PER_SECOND)
#define RETRY_LAST_US  (3600 * US_PER_SECOND)

int64_t due_midnight_us(int64_t now_us)
{
    const int64_t day_us = INT64_C(24) * 3600 * US_PER_SECOND;
    const int64_t past_us = now_us % day_us;

    return now_us - (past_us < 0 ? past_us + day_us : past_us);
}

int64_t due_past_midnight_us(int64_t now_us)
{
    const int64_t minute_us = INT64_C(60) * US_PER_SECOND;

    return due_midnight_us(now_us - minute_us) + minute_us;
}

int64_t due_one_in_london_us(int64_t now_us)
{
    const int64_t hour_us = INT64_C(3600) * US_PER_SECOND;
    struct date day = london_date(now_us);

    if (london_day_start(day) + hour_us > now_us)
        day = date_add(day, -1);
    return london_day_start(day) + hour_us;
}

int64_t due_retry_delay_us(int64_t before_us)
{
    if (before_us == 0)
        return RETRY_FIRST_US;
    return before_us * 2 > RETRY_LAST_US ? RETRY_LAST_US : before_us * 2;
}
