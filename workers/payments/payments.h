/* payments: what the files of ecf2-payments share. */
#ifndef ECF2_WORKERS_PAYMENTS_PAYMENTS_H
#define ECF2_WORKERS_PAYMENTS_PAYMENTS_H

#include "common/worker.h"

/* Commits the acceptance of a batch of `declaration.create` (architecture.md section 2). */
bool accept_declarations(struct worker *worker, struct work_item *items, size_t count, struct error *err)
    __attribute__((warn_unused_result));

#endif
