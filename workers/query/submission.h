/*
 * submission: how old submissions are that are looked for. submission.c asks for some by id,
 * submission_list.c for a page, batch.c for those of a bulk request.
 */
#ifndef ECF2_WORKERS_QUERY_SUBMISSION_H
#define ECF2_WORKERS_QUERY_SUBMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/uuid.h"

#define SUBMISSION_DAY_US (INT64_C(24) * 3600 * US_PER_SECOND)
/* 13 months (data-model-operations.md section 13), and some */
#define SUBMISSION_KEPT_US (14 * 31 * SUBMISSION_DAY_US)
/* By then who is undecided is decided or dead (pipeline.md PL-5). */
#define SUBMISSION_UNDECIDED_US (8 * SUBMISSION_DAY_US)

/* Whether a submission or batch of this id can be stored at all, by its version and time. */
bool submission_can_exist(const struct uuid *id, int64_t now_us);

#endif
