/*
 * wake: the record that tells a worker to look into its table now (PROTOCOL.md section 6). It says nothing
 * that the table does not: one that is lost costs the time until the worker's next look. Always the same id,
 * so that a broker which holds one drops the next.
 */
#ifndef ECF2_COMMON_WAKE_H
#define ECF2_COMMON_WAKE_H

#include "common/clock.h"
#include "common/wire.h"

#define WAKE_NOTIFICATIONS "notifications"

#define WAKE_NEW "wake"     /* there is something new */
#define WAKE_ALL "wake.all" /* something old is due again */

/* Worth nothing when the worker has looked by itself. */
#define WAKE_LIFE_US US_PER_SECOND

/* kind: one of the two above; each has its own id. */
static inline struct wire_record wake_record(const char *kind)
{
    struct wire_record record = {.class = WIRE_ASYNC,
                                 .flags = WIRE_FLAG_NOTE,
                                 .caller_type = WIRE_SYSTEM,
                                 .id = {.bytes = {0, 0, 0, 0, 0, 0, 0x70, 0, 0x80}},
                                 .deadline_us = machine_now_us() + WAKE_LIFE_US,
                                 .kind = slice_of(kind)};

    record.id.bytes[15] = strcmp(kind, WAKE_ALL) == 0 ? 2 : 1;
    return record;
}

#endif
