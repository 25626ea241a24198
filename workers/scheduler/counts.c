/* counts: see counts.h. */
#include "workers/scheduler/counts.h"

#include <jansson.h>

#include "common/cleanup.h"
#include "common/clock.h"

#define SILENCE_US (5 * US_PER_SECOND)
#define GAP_US     (5 * US_PER_SECOND / 2) /* they come every second */

bool counts_read(struct slice frame, int64_t *ret_held)
{
    CLEANUP(json) json_t *counts = json_loadb(frame.size == 0 ? "" : frame.data, frame.size, 0, NULL);
    json_t *undecided = json_object_get(counts, "undecided");
    const char *class;
    json_t *number;
    int64_t held = 0;

    if (!json_is_object(undecided))
        return false;
    json_object_foreach(undecided, class, number)
    {
        if (!json_is_integer(number) || json_integer_value(number) < 0)
            return false;
        held += json_integer_value(number);
    }
    *ret_held = held;
    return true;
}

bool counts_may_be_lost(const struct broker_counts *before, int64_t held, int64_t now_us)
{
    return before->heard_us != 0 && (now_us - before->heard_us > GAP_US || (held == 0 && before->held > 0));
}

int64_t counts_held(const struct broker_counts *counts, size_t count, int64_t now_us)
{
    int64_t held = 0;

    for (size_t i = 0; i < count; i++)
        if (counts[i].heard_us != 0 && now_us - counts[i].heard_us <= SILENCE_US)
            held += counts[i].held;
    return held;
}
