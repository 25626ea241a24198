/* say: how commands end. */
#include <stdio.h>
#include <time.h>

#include "common/cache.h"
#include "common/clock.h"
#include "workers/ctl/ctl.h"

int ctl_fail(const struct error *err)
{
    (void)fprintf(stderr, "ecf2ctl: %s%s%s\n", err->detail, err->hint[0] == '\0' ? "" : "; ", err->hint);
    return CTL_FAILED;
}

void ctl_speak_later(void)
{
    const int64_t until_us = monotonic_now_us() + CACHE_HOLD_US;

    for (int64_t left_us; (left_us = until_us - monotonic_now_us()) > 0;) {
        const struct timespec wait = {.tv_sec = (time_t)(left_us / US_PER_SECOND),
                                      .tv_nsec = (long)(left_us % US_PER_SECOND) * 1000};

        (void)nanosleep(&wait, NULL); /* woken early, it goes on */
    }
}
