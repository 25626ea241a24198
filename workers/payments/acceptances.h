/*
 * acceptances: the steps in which payments commits what the earlier stages accepted, the same for every kind:
 * the locks, the look, the facts again (common/commit.h), then one statement that writes all of them, and the
 * answers. The kind decodes its submissions and says what each writes (declarations.c, voids.c).
 */
#ifndef ECF2_WORKERS_PAYMENTS_ACCEPTANCES_H
#define ECF2_WORKERS_PAYMENTS_ACCEPTANCES_H

#include <stddef.h>

#include "common/commit.h"
#include "workers/payments/payments.h"

/* One accepted submission on its way into the database. */
struct accepted {
    struct work_item *item;
    struct slice digest; /* of the facts that it was decided on */
    void *input;         /* what was asked: context of its commit entry */
    void *own;           /* the kind's own, given to its functions */
};

struct acceptance_kind {
    const struct commit_kind *commit;
    void (*add_locks)(struct commit *commit, size_t entry, const void *own);
    /* What depends on the instant after the locks, such as api_updated_at; what it changes of people and
     * schools (commit_add_person, commit_add_school); and what the client is told. */
    struct written (*finish)(struct commit *commit, void *own);
    /* Writes them; its first column is the id of each that it wrote. */
    const struct db_statement *write;
    int column_count;
    void (*add_value)(struct db_params *params, int column, const void *own);
    void (*log_written)(const void *own); /* after the commit; NULL: nothing to tell */
};

/* Sets the states of entries, one for each of accepted, under the locks: commit_begin of them. The commit is
 * the caller's to release, whatever comes of it. */
bool acceptances_begin(struct commit *commit, struct worker *worker, const struct acceptance_kind *kind,
                       const struct accepted *accepted, struct commit_entry *entries, size_t count,
                       struct error *err) __attribute__((warn_unused_result));
/* All of it, from the locks to the answers. */
bool acceptances_commit(struct worker *worker, const struct acceptance_kind *kind,
                        const struct accepted *accepted, size_t count, struct error *err)
    __attribute__((warn_unused_result));

#endif
