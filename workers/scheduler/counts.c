/* counts: see counts.h. */
#include "workers/scheduler/counts.h"

#include <jansson.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/wire.h"

#define SILENCE_US (5 * US_PER_SECOND)
#define GAP_US     (5 * US_PER_SECOND / 2) /* they come every second */

bool counts_read(struct slice frame, struct broker_counts *ret_counts)
{
    CLEANUP(json) json_t *counts = json_loadb(frame.size == 0 ? "" : frame.data, frame.size, 0, NULL);
    json_t *undecided = json_object_get(counts, "undecided");
    const char *class;
    json_t *number;
    struct broker_counts read = {0};

    if (!json_is_object(undecided))
        return false;
    json_object_foreach(undecided, class, number)
    {
        if (!json_is_integer(number) || json_integer_value(number) < 0)
            return false;
        read.held += json_integer_value(number);
        if (strcmp(class, wire_class_name(WIRE_BULK)) == 0)
            read.lines = json_integer_value(number);
    }
    *ret_counts = read;
    return true;
}

bool counts_may_be_lost(const struct broker_counts *before, int64_t held, int64_t now_us)
{
    return before->heard_us != 0 && (now_us - before->heard_us > GAP_US || (held == 0 && before->held > 0));
}

static bool is_heard(const struct broker_counts *counts, int64_t now_us)
{
    return counts->heard_us != 0 && now_us - counts->heard_us <= SILENCE_US;
}

int64_t counts_held(const struct broker_counts *counts, size_t count, int64_t now_us)
{
    int64_t held = 0;

    for (size_t i = 0; i < count; i++)
        if (is_heard(&counts[i], now_us))
            held += counts[i].held;
    return held;
}

int64_t counts_held_lines(const struct broker_counts *counts, size_t count, int64_t now_us)
{
    int64_t lines = 0;

    for (size_t i = 0; i < count; i++)
        if (is_heard(&counts[i], now_us))
            lines += counts[i].lines;
    return lines;
}
