/*
 * render: JSON as the API shows it, attribute by attribute into a buffer (lead-provider-api.md 3.7). Each
 * function sets the comma before itself where something stands there already.
 */
#ifndef ECF2_COMMON_RENDER_H
#define ECF2_COMMON_RENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/london.h"
#include "common/slice.h"
#include "common/uuid.h"

/* "key": and nothing behind it. */
void render_key(struct buffer *out, const char *key);
/* Text that needs no escapes: words, dates, instants. NULL = null. */
void render_plain(struct buffer *out, const char *key, const char *text);
/* Any text, escaped; data NULL = null. */
void render_text(struct buffer *out, const char *key, struct slice text);
void render_uuid(struct buffer *out, const char *key, const struct uuid *id); /* NULL = null */
/* Microseconds since 1970, shown in whole seconds; INSTANT_NONE = null. */
void render_instant(struct buffer *out, const char *key, int64_t instant_us);
void render_date(struct buffer *out, const char *key, struct date date); /* DATE_NONE = null */
void render_bool(struct buffer *out, const char *key, bool truth);
void render_int(struct buffer *out, const char *key, int64_t number);
/* A number as text: years, URNs. */
void render_number(struct buffer *out, const char *key, int64_t number);

/* {"id":…,"type":…,"attributes":{ and what closes it. id NULL = null. */
void render_resource_begin(struct buffer *out, const struct uuid *id, const char *type);
void render_resource_end(struct buffer *out);

#endif
