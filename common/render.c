/* render: see render.h. */
#include "common/render.h"

#include <inttypes.h>
#include <jansson.h>

#include "common/cleanup.h"
#include "common/clock.h"

void render_key(struct buffer *out, const char *key)
{
    const char before = out->size == 0 ? '{' : out->data[out->size - 1];

    if (before != '{')
        buffer_append_char(out, ',');
    buffer_append_char(out, '"');
    buffer_append_text(out, key);
    buffer_append_text(out, "\":");
}

static void append_quoted(struct buffer *out, const char *data, size_t size)
{
    buffer_append_char(out, '"');
    buffer_append(out, data, size);
    buffer_append_char(out, '"');
}

void render_plain(struct buffer *out, const char *key, const char *text)
{
    render_key(out, key);
    if (text == NULL)
        buffer_append_text(out, "null");
    else
        append_quoted(out, text, strlen(text));
}

static bool needs_escapes(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] < ' ' || text.data[i] == '"' || text.data[i] == '\\')
            return true;
    return false;
}

static int append_dump(const char *data, size_t size, void *out)
{
    buffer_append(out, data, size);
    return 0;
}

void render_text(struct buffer *out, const char *key, struct slice text)
{
    render_key(out, key);
    if (text.data == NULL) {
        buffer_append_text(out, "null");
    } else if (!needs_escapes(text)) {
        append_quoted(out, text.data, text.size);
    } else {
        CLEANUP(json) json_t *value = json_stringn(text.data, text.size);
        if (value == NULL || json_dump_callback(value, append_dump, out, JSON_ENCODE_ANY) != 0)
            buffer_append_text(out, "null"); /* not UTF-8; the database holds nothing else */
    }
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

void render_int(struct buffer *out, const char *key, int64_t number)
{
    render_key(out, key);
    buffer_printf(out, "%" PRId64, number);
}

void render_number(struct buffer *out, const char *key, int64_t number)
{
    render_key(out, key);
    buffer_printf(out, "\"%" PRId64 "\"", number);
}

void render_resource_begin(struct buffer *out, const struct uuid *id, const char *type)
{
    buffer_append_char(out, '{');
    render_uuid(out, "id", id);
    render_plain(out, "type", type);
    render_key(out, "attributes");
    buffer_append_char(out, '{');
}

void render_resource_end(struct buffer *out)
{
    buffer_append_text(out, "}}");
}
