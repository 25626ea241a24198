/*
 * render: members of JSON objects, written in the order in which they are to stand. Each function puts a
 * comma before its member, but behind "{".
 */
#ifndef ECF2_COMMON_RENDER_H
#define ECF2_COMMON_RENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/london.h"
#include "common/slice.h"
#include "common/uuid.h"

/* "key": alone; the value is the caller's. */
void render_key(struct buffer *out, const char *key);
/* Text that needs no escapes: words, UUIDs, numbers as strings. NULL = null. */
void render_plain(struct buffer *out, const char *key, const char *text);
/* Any text, escaped; data NULL = null. */
void render_text(struct buffer *out, const char *key, struct slice text);
/* NULL = null */
void render_uuid(struct buffer *out, const char *key, const struct uuid *id);
/* Whole seconds, UTC. INSTANT_NONE = null. */
void render_instant(struct buffer *out, const char *key, int64_t instant_us);
/* DATE_NONE = null */
void render_date(struct buffer *out, const char *key, struct date date);
void render_bool(struct buffer *out, const char *key, bool truth);

#endif
