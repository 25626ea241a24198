/*
 * sent: which submissions were sent again a moment ago, so that the next looks pass over them and come to
 * what lies behind: a record that a broker holds is not lost, and its copy would only be dropped there.
 *
 * Each id waits longer each time, 2 s doubling to 30 s (the lease of a record in hand). That is never longer
 * than the wait after as many errors (pipeline.md PL-43). A table of fixed size without chains: of two ids
 * that fall on one slot the older is forgotten, which costs a copy and nothing else.
 */
#ifndef ECF2_WORKERS_SCHEDULER_SENT_H
#define ECF2_WORKERS_SCHEDULER_SENT_H

#include <stddef.h>
#include <stdint.h>

#include "common/uuid.h"

#define SENT_SET   ((size_t)8)
#define SENT_SLOTS ((size_t)1024 * SENT_SET)

struct sent_slot {
    struct uuid id;
    int64_t again_us; /* monotonic; 0 = empty */
    int64_t wait_us;
};

struct sent {
    struct sent_slot slots[SENT_SLOTS];
};

void sent_clear(struct sent *sent);
void sent_note(struct sent *sent, const struct uuid *id, int64_t now_us);
/* The ids that are not to be sent now; ret_ids has room for SENT_SLOTS. Borrowed until the next note or
 * clear. */
size_t sent_waiting(const struct sent *sent, int64_t now_us, const struct uuid **ret_ids);

#endif
