/* render: see render.h. */
#include "common/render.h"

#include <jansson.h>

#include "common/cleanup.h"
#include "common/clock.h"

void render_key(struct buffer *out, const char *key)
{
    if (out->size > 0 && out->data[out->size - 1] != '{')
        buffer_append_char(out, ',');
    buffer_append_char(out, '"');
    buffer_append_text(out, key);
    buffer_append_text(out, "\":");
}

void render_plain(struct buffer *out, const char *key, const char *text)
{
    render_key(out, key);
    if (text == NULL) {
        buffer_append_text(out, "null");
    } else {
        buffer_append_char(out, '"');
        buffer_append_text(out, text);
        buffer_append_char(out, '"');
    }
}

static int append_dump(const char *data, size_t size, void *out)
{
    buffer_append(out, data, size);
    return 0;
}

void render_text(struct buffer *out, const char *key, struct slice text)
{
    CLEANUP(json) json_t *value = text.data == NULL ? NULL : json_stringn(text.data, text.size);

    render_key(out, key);
    if (value == NULL || json_dump_callback(value, append_dump, out, JSON_ENCODE_ANY) != 0)
        buffer_append_text(out, "null"); /* or not UTF-8; the database holds nothing else */
}

void render_uuid(struct buffer *out, const char *key, const struct uuid *id)
{
    char text[UUID_TEXT_SIZE];

    if (id != NULL)
        uuid_format(id, text);
    render_plain(out, key, id == NULL ? NULL : text);
}

void render_instant(struct buffer *out, const char *key, int64_t instant_us)
{
    char text[RFC3339_SIZE];

    if (instant_us != INSTANT_NONE)
        rfc3339_format(instant_us, text);
    render_plain(out, key, instant_us == INSTANT_NONE ? NULL : text);
}

void render_date(struct buffer *out, const char *key, struct date date)
{
    char text[DATE_TEXT_SIZE];

    if (date_is_set(date))
        date_format(date, text);
    render_plain(out, key, date_is_set(date) ? text : NULL);
}

void render_bool(struct buffer *out, const char *key, bool truth)
{
    render_key(out, key);
    buffer_append_text(out, truth ? "true" : "false");
}
