/*
 * usage_event: one API request as it is recorded for analytics, the fields of metrics.md 6.3. No I/O.
 */
#ifndef ECF2_FRONT_USAGE_EVENT_H
#define ECF2_FRONT_USAGE_EVENT_H

#include <jansson.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/slice.h"

/* Of a body, of what was sent or of the answer: a longer one is recorded by its size. */
#define USAGE_BODY_MAX 16384u

struct usage_event {
    int64_t at_us; /* machine time */
    int64_t caller_id;
    const char *trace;
    struct slice method, path, query; /* the query without its question mark */
    struct slice body;                /* empty where it is not kept */
    uint64_t body_size;               /* as it came */
    json_t *request_headers;          /* an object; taken */
    unsigned status;
    json_t *response_headers; /* likewise */
    struct slice answer;      /* its body, where that is recorded; else empty */
};

/* Appends it to out as an element of a note's events (workers/intake/sql/insert_usage_events.sql reads them),
 * under a new id. */
void usage_event_write(struct usage_event *event, struct buffer *out);

#endif
