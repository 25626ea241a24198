/* retry: when a delivery is tried again; see notifications.h. */
#include "workers/notifications/notifications.h"

#define HOUR_MS INT64_C(3600000)

int64_t retry_wait_ms(int64_t failures, int64_t first_ms, uint32_t chance)
{
    int64_t wait_ms = first_ms;

    for (int64_t k = 1; k < failures && wait_ms < HOUR_MS; k++)
        wait_ms *= 2;
    if (wait_ms > HOUR_MS)
        wait_ms = HOUR_MS;
    /* from 80 to 120 hundredths */
    return wait_ms * 4 / 5 + wait_ms * 2 / 5 * (int64_t)(chance % 1000) / 999;
}

int64_t retry_after_failure_ms(int64_t failures, int64_t tried_ms, int64_t first_ms, int64_t give_up_ms,
                               int64_t asked_ms, uint32_t chance)
{
    int64_t wait_ms = retry_wait_ms(failures, first_ms, chance);

    if (asked_ms > HOUR_MS)
        asked_ms = HOUR_MS;
    if (asked_ms > wait_ms)
        wait_ms = asked_ms;
    return tried_ms + wait_ms > give_up_ms ? -1 : wait_ms;
}
