/* sent: see sent.h. */
#include "workers/scheduler/sent.h"

#include <string.h>

#include "common/clock.h"

#define WAIT_FIRST_US (2 * US_PER_SECOND)
#define WAIT_LAST_US  (30 * US_PER_SECOND)

/* The first slot of the set that the id belongs to. */
static size_t set_of(const struct uuid *id)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */

    for (size_t i = 0; i < sizeof id->bytes; i++)
        hash = (hash ^ id->bytes[i]) * UINT64_C(1099511628211);
    return (size_t)(hash >> 32) % (SENT_SLOTS / SENT_SET) * SENT_SET;
}

/* Its own slot, else the one that is over first; empty ones are. */
static struct sent_slot *slot_for(struct sent_slot *set, const struct uuid *id)
{
    struct sent_slot *least = set;

    for (struct sent_slot *slot = set; slot < set + SENT_SET; slot++) {
        if (slot->again_us != 0 && uuid_equal(&slot->id, id))
            return slot;
        if (slot->again_us < least->again_us)
            least = slot;
    }
    return least;
}

void sent_clear(struct sent *sent)
{
    memset(sent, 0, sizeof *sent);
}

void sent_note(struct sent *sent, const struct uuid *id, int64_t now_us)
{
    struct sent_slot *slot = slot_for(&sent->slots[set_of(id)], id);

    if (slot->again_us != 0 && uuid_equal(&slot->id, id)) {
        slot->wait_us = slot->wait_us * 2 > WAIT_LAST_US ? WAIT_LAST_US : slot->wait_us * 2;
    } else {
        slot->id = *id;
        slot->wait_us = WAIT_FIRST_US;
    }
    slot->again_us = now_us + slot->wait_us;
}

size_t sent_waiting(const struct sent *sent, int64_t now_us, const struct uuid **ret_ids)
{
    size_t count = 0;

    for (size_t i = 0; i < SENT_SLOTS; i++)
        if (sent->slots[i].again_us > now_us)
            ret_ids[count++] = &sent->slots[i].id;
    return count;
}
