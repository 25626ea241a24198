/*
 * submission: the resource of submissions.md section 3, from stored facts to bytes. Pure; submission.c asks
 * for them.
 */
#ifndef ECF2_WORKERS_QUERY_SUBMISSION_H
#define ECF2_WORKERS_QUERY_SUBMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/slice.h"
#include "common/uuid.h"

struct submission_view {
    struct uuid id;
    struct slice kind, state; /* words of ours: nothing in them needs escaping */
    int64_t accepted_us, updated_us;
    struct slice batch_id; /* text of a UUID, empty = none */
    int64_t line;          /* of the batch */
    bool is_decided;       /* then the rest is set */
    int64_t decided_us;
    struct slice result;
    int64_t status;
    struct slice body;                       /* JSON, empty = none */
    struct slice resource_type, resource_id; /* empty = none */
};

/* Appends {"data":{"id":…,"type":"submission","attributes":{…}}}, attributes in the order of submissions.md.
 */
void submission_render(const struct submission_view *view, struct buffer *out);

/* Seconds after which to ask again about an undecided submission of that age: 1, growing to 10. */
int submission_retry_after(int64_t age_us);

#endif
