/*
 * submission_view: the resource of submissions.md section 3, from facts to bytes: as query finds it stored,
 * as the front knows it when it was just accepted, as a dry run would have left it.
 */
#ifndef ECF2_COMMON_SUBMISSION_VIEW_H
#define ECF2_COMMON_SUBMISSION_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/slice.h"
#include "common/uuid.h"

struct submission_view {
    struct uuid id;           /* not shown of a dry run, which has none */
    struct slice kind, state; /* words of ours: nothing in them needs escaping */
    int64_t accepted_us, updated_us;
    struct slice batch_id; /* text of a UUID, empty = none */
    int64_t line;          /* of the batch */
    bool is_decided;       /* then the rest is set */
    int64_t decided_us;
    struct slice result;
    int64_t status;
    struct slice body;                       /* JSON, empty = none */
    struct slice resource_type, resource_id; /* empty = none; of a dry run also: not made yet */
    struct slice scopes; /* not shown: cache scopes to touch before it is (cache.h), empty = none */
    bool is_dry_run;
    struct slice rules; /* of a dry run: JSON array, what each rule saw and said */
};

/* Appends {"id":…,"type":"submission","attributes":{…}}, attributes in the order of submissions.md; `rules`,
 * which only a dry run has, is the last. */
void submission_render_resource(const struct submission_view *view, struct buffer *out);
/* Appends {"data":{"id":…,"type":"submission","attributes":{…}}}: the resource as the answer of one. */
void submission_render(const struct submission_view *view, struct buffer *out);

/* Seconds after which to ask again about an undecided submission of that age: 1, growing to 10. */
int submission_retry_after(int64_t age_us);

#endif
