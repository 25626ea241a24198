/* validation: what the files of ecf2-validation share. */
#ifndef ECF2_WORKERS_VALIDATION_VALIDATION_H
#define ECF2_WORKERS_VALIDATION_VALIDATION_H

#include "common/worker.h"

/* Decides a batch of `declaration.create`: hands on what passes, commits what does not (pipeline.md PL-31).
 */
bool validate_declarations(struct worker *worker, struct work_item *items, size_t count, struct error *err)
    __attribute__((warn_unused_result));
/* The same of `declaration.void`. */
bool validate_voids(struct worker *worker, struct work_item *items, size_t count, struct error *err)
    __attribute__((warn_unused_result));
/* `partnership.create` and `partnership.update`, which end here: commits what passes too. */
bool validate_partnerships(struct worker *worker, struct work_item *items, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool validate_partnership_updates(struct worker *worker, struct work_item *items, size_t count,
                                  struct error *err) __attribute__((warn_unused_result));
/* The same of `participant.withdraw`, `.defer`, `.resume`, `.change_schedule`, which end here: what passes is
 * committed too. */
bool validate_withdrawals(struct worker *worker, struct work_item *items, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool validate_deferrals(struct worker *worker, struct work_item *items, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool validate_resumptions(struct worker *worker, struct work_item *items, size_t count, struct error *err)
    __attribute__((warn_unused_result));
bool validate_schedule_changes(struct worker *worker, struct work_item *items, size_t count,
                               struct error *err) __attribute__((warn_unused_result));

#endif
