/* acceptances: see acceptances.h. */
#include "workers/payments/acceptances.h"

#include <stdlib.h>

bool acceptances_begin(struct commit *commit, struct worker *worker, const struct acceptance_kind *kind,
                       const struct accepted *accepted, struct commit_entry *entries, size_t count,
                       struct error *err)
{
    for (size_t i = 0; i < count; i++)
        entries[i] = (struct commit_entry){
            .item = accepted[i].item, .digest = accepted[i].digest, .context = accepted[i].input};
    commit_init(commit, worker, kind->commit, entries, count);
    for (size_t i = 0; i < count; i++)
        kind->add_locks(commit, i, accepted[i].own);
    return commit_begin(commit, err);
}

static void write_params(struct db_params *params, const struct acceptance_kind *kind,
                         const struct accepted *const *open, size_t count)
{
    for (int column = 0; column < kind->column_count; column++) {
        db_array_begin(params);
        for (size_t i = 0; i < count; i++)
            kind->add_value(params, column, open[i]->own);
        db_array_end(params);
    }
}

/* Those whose entries are open; the commit ends even where there is none. */
static bool write_open(struct commit *commit, const struct acceptance_kind *kind,
                       const struct accepted *const *open, size_t count, struct error *err)
{
    struct written *told = memory_zero(count, sizeof *told);
    struct db_params params = DB_PARAMS_INIT;
    PGresult *written = NULL;
    bool good;

    for (size_t i = 0; i < count; i++)
        told[i] = kind->finish(commit, open[i]->own);
    write_params(&params, kind, open, count);
    good = commit_end(commit, count == 0 ? NULL : kind->write, &params, &written, err);
    if (good && written != NULL) {
        for (size_t i = 0; i < count && kind->log_written != NULL; i++)
            kind->log_written(open[i]->own);
        good = tell_written(told, count, written, err);
    }
    PQclear(written);
    db_params_release(&params);
    free(told);
    return good;
}

bool acceptances_commit(struct worker *worker, const struct acceptance_kind *kind,
                        const struct accepted *accepted, size_t count, struct error *err)
{
    struct commit_entry *entries = memory_zero(count, sizeof *entries);
    const struct accepted **open = memory_zero(count, sizeof *open);
    struct commit commit;
    size_t used = 0;
    bool good = acceptances_begin(&commit, worker, kind, accepted, entries, count, err);

    for (size_t i = 0; good && i < count; i++)
        if (entries[i].state == COMMIT_OPEN)
            open[used++] = &accepted[i];
    good = good && write_open(&commit, kind, open, used, err);
    if (good)
        commit_conclude(&commit);
    commit_release(&commit);
    free(entries);
    free(open);
    return good;
}
