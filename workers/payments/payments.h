/* payments: what the files of ecf2-payments share. */
#ifndef ECF2_WORKERS_PAYMENTS_PAYMENTS_H
#define ECF2_WORKERS_PAYMENTS_PAYMENTS_H

#include "common/worker.h"

/* Commits the acceptance of a batch of `declaration.create` (architecture.md section 2). */
bool accept_declarations(struct worker *worker, struct work_item *items, size_t count, struct error *err)
    __attribute__((warn_unused_result));
/* The same of `declaration.void`. */
bool accept_voids(struct worker *worker, struct work_item *items, size_t count, struct error *err)
    __attribute__((warn_unused_result));

/* What a statement was to write, and what its client is told. */
struct written {
    struct work_item *item;
    struct slice body, scopes;
};
/* Tells each submission that the write returned (its id in the first column) that it succeeded; one that it
 * did not return had an outcome already (the backstop) and is done with. */
bool tell_written(const struct written *submissions, size_t count, const PGresult *result, struct error *err)
    __attribute__((warn_unused_result));

#endif
