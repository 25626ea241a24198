/*
 * dry_run: a submission that is decided and not stored (submissions.md section 6, pipeline.md PL-55). The
 * front sends it to the first stage of its kind, without accept_no and subject; stages pass it on as any
 * other; and who would commit it replies instead, as to a read. Nothing is locked, written, or sent again by
 * anybody but the front that waits.
 */
#ifndef ECF2_COMMON_DRY_RUN_H
#define ECF2_COMMON_DRY_RUN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/worker.h"

bool work_is_dry_run(const struct work_item *item);

/* What it would have become. */
struct dry_run {
    const char *result; /* submission_outcomes.result */
    uint16_t status;
    struct slice body;              /* JSON */
    const char *resource_type;      /* NULL: none */
    const struct uuid *resource_id; /* NULL: none, or it would have been made */
    const json_t *rules;            /* array; see workers/validation/rules.h */
};

/* Tells whoever waits, whose cached reads it touches, counts it (ecf2_dry_runs_total), and finishes the item.
 */
void dry_run_tell(struct work_item *item, const struct dry_run *dry_run);

#endif
