/* partnership_lists: see partnership_lists.h. */
#include "workers/validation/partnership_lists.h"

#include "common/cache.h"

void partnership_lists_lock(struct commit *commit, size_t entry, const struct partnership_lists *lists)
{
    commit_add_lock(commit, entry, LOCK_LIST, lists->lead_provider_id, /* shared= */ true);
    for (size_t i = 0; i < lists->other_count; i++)
        if (lists->others[i] != lists->lead_provider_id)
            commit_add_lock(commit, entry, LOCK_LIST, lists->others[i], /* shared= */ true);
}

void partnership_lists_scope(int64_t lead_provider_id, const char *list, struct buffer *out)
{
    if (out->size > 0)
        buffer_append_char(out, ',');
    cache_scope_append(out, lead_provider_id, list);
}

void partnership_lists_scopes(const struct partnership_lists *lists, const char *list, struct buffer *out)
{
    partnership_lists_scope(lists->lead_provider_id, list, out);
    for (size_t i = 0; i < lists->other_count; i++)
        if (lists->others[i] != lists->lead_provider_id)
            partnership_lists_scope(lists->others[i], list, out);
}
