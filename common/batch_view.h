/*
 * batch_view: the resource of a bulk request and the lines of its results (submissions.md section 4), from
 * facts to bytes: as they are stored (batch_rows.h), or as the front knows a batch that was just accepted.
 */
#ifndef ECF2_COMMON_BATCH_VIEW_H
#define ECF2_COMMON_BATCH_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/slice.h"
#include "common/uuid.h"

struct batch_view {
    struct uuid id;
    struct slice kind; /* a word of ours: nothing in it needs escaping; likewise below */
    int64_t line_count, accepted_us;
    int64_t decided_us; /* of the last outcome there is */
    int64_t succeeded, rejected, failed, dead;
};

/* How many lines have no outcome and are not dead. */
int64_t batch_undecided(const struct batch_view *view);
/* Whether every line has an outcome: a dead one may still get one. */
bool batch_is_finished(const struct batch_view *view);
/* Appends {"data":{"id":…,"type":"batch","attributes":{…}}}. */
void batch_render(const struct batch_view *view, struct buffer *out);

struct batch_line_view {
    int64_t line;
    struct slice submission_id, state;
    bool is_decided; /* then the rest is set */
    struct slice result;
    int64_t status;
    struct slice body; /* JSON, empty = none */
};

/* Appends {"line":…} and a line feed. */
void batch_line_render(const struct batch_line_view *view, struct buffer *out);

#endif
