/* conclusion: see conclusion.h. */
#include "workers/validation/conclusion.h"

#include <stdlib.h>

#include "common/commit_shown.h"
#include "common/dry_run.h"

/* One transaction: judgements and their entries, and those among them that are written. */
struct conclusion {
    const struct conclusion_kind *kind;
    struct judgement *const *judgements;
    size_t count;
    struct commit commit;
    struct commit_entry *entries;
    struct judgement **accepted; /* in COMMIT_OPEN */
    size_t accepted_count;
};

static bool begin(struct conclusion *all, struct worker *worker, struct error *err)
{
    all->entries = memory_zero(all->count, sizeof *all->entries);
    all->accepted = memory_zero(all->count, sizeof(struct judgement *));
    for (size_t i = 0; i < all->count; i++) {
        const struct judgement *one = all->judgements[i];

        all->entries[i] =
            (struct commit_entry){.item = one->item, .digest = one->digest, .context = one->context};
    }
    commit_init(&all->commit, worker, all->kind->commit, all->entries, all->count);
    for (size_t i = 0; i < all->count; i++) {
        commit_add_keys(&all->commit, i, all->judgements[i]->person_key);
        if (all->judgements[i]->status == 0)
            all->kind->add_locks(&all->commit, i, all->judgements[i]);
    }
    if (!commit_begin(&all->commit, err))
        return false;
    for (size_t i = 0; i < all->count; i++)
        if (all->entries[i].state == COMMIT_OPEN && all->judgements[i]->status == 0)
            all->accepted[all->accepted_count++] = all->judgements[i];
    return true;
}

static void end(struct conclusion *all)
{
    commit_release(&all->commit);
    free(all->entries);
    free(all->accepted);
}

/* ------------------------------------------------------------------- write */

static size_t queue(struct db *db, void *context)
{
    struct conclusion *all = context;

    (void)db; /* the commit's */
    return all->kind->queue(&all->commit, all->accepted, all->accepted_count);
}

static bool read(const PGresult *shown, void *context, struct error *err)
{
    const struct conclusion *all = context;

    for (size_t i = 0; i < all->accepted_count; i++)
        buffer_clear(&all->accepted[i]->body);
    return all->kind->read(shown, all->accepted, all->accepted_count, err);
}

static bool write_rows(struct conclusion *all, struct error *err)
{
    const struct shown_write write = {queue, read, all};

    return all->accepted_count == 0 || commit_write_shown(&all->commit, &write, err);
}

static struct plain_outcome acceptance(const struct conclusion *all, size_t i)
{
    const struct judgement *one = all->judgements[i];

    return (struct plain_outcome){.entry = &all->entries[i],
                                  .result = "succeeded",
                                  .status = 200,
                                  .body = buffer_slice(&one->body),
                                  .resource_type = all->kind->resource_type,
                                  .resource_id = &one->resource_id,
                                  .facts = one->facts,
                                  .rules_version = all->kind->rules_version,
                                  .scopes = buffer_slice(&one->scopes),
                                  .has_rows = true};
}

static bool conclude(struct conclusion *all, struct worker *worker, struct error *err)
{
    struct plain_outcome *outcomes = memory_zero(all->count, sizeof *outcomes);
    size_t open = 0;
    bool good = begin(all, worker, err) && write_rows(all, err);

    for (size_t i = 0; good && i < all->count; i++)
        if (all->entries[i].state == COMMIT_OPEN)
            outcomes[open++] =
                all->judgements[i]->status == 0
                    ? acceptance(all, i)
                    : judgement_rejection(all->judgements[i], &all->entries[i], all->kind->rules_version);
    good = good && commit_plain_outcomes(&all->commit, outcomes, open, err);
    free(outcomes);
    return good;
}

/* ----------------------------------------------------------------- dry run */

static bool rehearse(struct conclusion *all, struct worker *worker, struct error *err)
{
    if (!begin(all, worker, err) || !write_rows(all, err))
        return false;
    commit_undo(&all->commit);
    for (size_t i = 0; i < all->accepted_count; i++) {
        const struct judgement *one = all->accepted[i];

        dry_run_tell(one->item,
                     &(struct dry_run){.result = "succeeded",
                                       .status = 200,
                                       .body = buffer_slice(&one->body),
                                       .resource_type = all->kind->resource_type,
                                       .resource_id = all->kind->makes_resource ? NULL : &one->resource_id,
                                       .rules = one->rules});
    }
    return true;
}

/* ------------------------------------------------------------------- batch */

typedef bool conclude_fn(struct conclusion *all, struct worker *worker, struct error *err);

static bool run(conclude_fn *fn, struct worker *worker, const struct conclusion_kind *kind,
                struct judgement *const *judgements, size_t count, struct error *err)
{
    struct conclusion all = {.kind = kind, .judgements = judgements, .count = count};
    bool good = true;

    if (count > 0) {
        good = fn(&all, worker, err);
        end(&all);
    }
    return good;
}

bool judgements_conclude(struct worker *worker, const struct conclusion_kind *kind,
                         struct judgement *const *judgements, size_t count, struct error *err)
{
    struct judgement **stored = memory_zero(count, sizeof(struct judgement *));
    struct judgement **rehearsed = memory_zero(count, sizeof(struct judgement *));
    size_t stored_count = 0, rehearsed_count = 0;

    for (size_t i = 0; i < count; i++) {
        if (!work_is_dry_run(judgements[i]->item))
            stored[stored_count++] = judgements[i];
        else if (judgements[i]->status == 0)
            rehearsed[rehearsed_count++] = judgements[i];
        else
            judgement_tell_dry_run(judgements[i]);
    }
    /* what is only tried comes first: where it fails, nothing was decided yet */
    const bool good = run(rehearse, worker, kind, rehearsed, rehearsed_count, err) &&
                      run(conclude, worker, kind, stored, stored_count, err);

    free(stored);
    free(rehearsed);
    return good;
}
