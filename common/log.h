/*
 * log: one event, one line (style.md section 9). JSON, or key=value where standard error is a terminal.
 *
 *   log_event(LOG_INFO, "batch_done", LOG_INT("items", n), LOG_INT("ms", ms), LOG_UUID("trace", &id),
 * LOG_END);
 *
 * ops/EVENTS.md has a sentence for each event (scripts/log-events sees to it). Names, dates of birth, TRNs,
 * e-mails and tokens never go into a log. Lines go to standard error, each with one write(2), so lines of
 * several threads do not mix.
 */
#ifndef ECF2_COMMON_LOG_H
#define ECF2_COMMON_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/slice.h"
#include "common/uuid.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

enum log_field_type {
    LOG_FIELD_END,
    LOG_FIELD_TEXT,
    LOG_FIELD_INT,
    LOG_FIELD_BOOL,
    LOG_FIELD_UUID,
    LOG_FIELD_SLICE
};

struct log_field {
    const char *key;
    enum log_field_type type;
    union {
        const char *text; /* NULL: the field is left out */
        int64_t number;
        bool truth;
        const struct uuid *uuid;
        struct slice slice;
    } value;
};

#define LOG_TEXT(k, v)  ((struct log_field){.key = (k), .type = LOG_FIELD_TEXT, .value.text = (v)})
#define LOG_INT(k, v)   ((struct log_field){.key = (k), .type = LOG_FIELD_INT, .value.number = (int64_t)(v)})
#define LOG_BOOL(k, v)  ((struct log_field){.key = (k), .type = LOG_FIELD_BOOL, .value.truth = (v)})
#define LOG_UUID(k, v)  ((struct log_field){.key = (k), .type = LOG_FIELD_UUID, .value.uuid = (v)})
#define LOG_SLICE(k, v) ((struct log_field){.key = (k), .type = LOG_FIELD_SLICE, .value.slice = (v)})
#define LOG_END         ((struct log_field){.key = 0, .type = LOG_FIELD_END, .value.text = 0})

/* proc names the process in every line; level is the lowest that is written. Called once, before threads
 * start. */
void log_open(const char *proc, enum log_level level);
void log_event_fields(enum log_level level, const char *event, const struct log_field *fields);
#define log_event(level, event, ...)                                                                         \
    log_event_fields((level), (event), (const struct log_field[]){__VA_ARGS__})
/* An error as event fields: kind, sqlstate, detail, hint. */
void log_failure(enum log_level level, const char *event, const struct error *err);
bool log_level_parse(const char *text, enum log_level *ret_level);

#endif
