/*
 * partnership_lists: the lists that move with a partnership: their locks (pipeline.md section 3, class 3) and
 * their cache scopes (PL-52), of the same providers.
 */
#ifndef ECF2_WORKERS_VALIDATION_PARTNERSHIP_LISTS_H
#define ECF2_WORKERS_VALIDATION_PARTNERSHIP_LISTS_H

#include <stddef.h>
#include <stdint.h>

#include "common/commit.h"

/* Who makes or changes the partnership, and who else shows the people in it, ascending. */
struct partnership_lists {
    int64_t lead_provider_id;
    const int64_t *others;
    size_t other_count;
};

void partnership_lists_lock(struct commit *commit, size_t entry, const struct partnership_lists *lists);
/* Appends the scopes of one list ("participants") of all of them. */
void partnership_lists_scopes(const struct partnership_lists *lists, const char *list, struct buffer *out);
/* And that of one provider's, or everybody's. */
void partnership_lists_scope(int64_t lead_provider_id, const char *list, struct buffer *out);

#endif
