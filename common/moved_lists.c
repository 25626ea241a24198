/* moved_lists: see moved_lists.h. */
#include "common/moved_lists.h"

#include "common/cache.h"

#define DECLARATIONS "declarations"
#define PARTICIPANTS "participants"
#define PARTNERSHIPS "partnerships"
#define SCHOOLS      "schools"

/* Calls fn for each list that moves, once each. */
static void each(const struct moved_lists *lists,
                 void (*fn)(void *context, int64_t lead_provider_id, const char *list), void *context)
{
    fn(context, lists->lead_provider_id, DECLARATIONS);
    for (size_t i = 0; i < lists->declaration_count; i++)
        if (lists->declaration_ids[i] != lists->lead_provider_id)
            fn(context, lists->declaration_ids[i], DECLARATIONS);
    for (size_t i = 0; i < lists->participant_count; i++)
        fn(context, lists->participant_ids[i], PARTICIPANTS);
    if (lists->partnerships)
        fn(context, lists->lead_provider_id, PARTNERSHIPS);
    if (lists->schools)
        fn(context, /* everybody */ 0, SCHOOLS);
}

struct locking {
    struct commit *commit;
    size_t entry;
};

static void lock(void *context, int64_t lead_provider_id, const char *list)
{
    const struct locking *locking = context;

    (void)list; /* one lock for all lists of a provider */
    commit_add_lock(locking->commit, locking->entry, LOCK_LIST, lead_provider_id, /* shared= */ true);
}

void lists_lock(struct commit *commit, size_t entry, const struct moved_lists *lists)
{
    struct locking locking = {commit, entry};

    each(lists, lock, &locking);
}

static void append_scope(void *context, int64_t lead_provider_id, const char *list)
{
    struct buffer *out = context;

    if (out->size > 0)
        buffer_append_char(out, ',');
    cache_scope_append(out, lead_provider_id, list);
}

void lists_scopes(const struct moved_lists *lists, struct buffer *out)
{
    each(lists, append_scope, out);
}
