/* db_params: the parameters of one statement as text, arrays as PostgreSQL array literals. */
#include <assert.h>
#include <inttypes.h>

#include "common/clock.h"
#include "common/db.h"

void db_params_clear(struct db_params *params)
{
    params->count = 0;
    params->in_array = false;
    buffer_clear(&params->text);
}

void db_params_release(struct db_params *params)
{
    buffer_release(&params->text);
    params->count = 0;
}

/* Notes where the next value begins. */
static void open_value(struct db_params *params)
{
    assert(params->count < DB_PARAMS_MAX && !params->in_array);
    params->offset[params->count++] = (ptrdiff_t)params->text.size;
}

static void close_value(struct db_params *params)
{
    buffer_append_char(&params->text, '\0');
}

void db_param_null(struct db_params *params)
{
    assert(params->count < DB_PARAMS_MAX && !params->in_array);
    params->offset[params->count++] = -1;
}

void db_param_text(struct db_params *params, const char *text)
{
    if (text == NULL) {
        db_param_null(params);
        return;
    }
    db_param_slice(params, slice_of(text));
}

void db_param_slice(struct db_params *params, struct slice text)
{
    open_value(params);
    buffer_append(&params->text, text.data, text.size);
    close_value(params);
}

void db_param_int(struct db_params *params, int64_t number)
{
    open_value(params);
    buffer_printf(&params->text, "%" PRId64, number);
    close_value(params);
}

void db_param_bool(struct db_params *params, bool truth)
{
    db_param_text(params, truth ? "t" : "f");
}

void db_param_uuid(struct db_params *params, const struct uuid *id)
{
    char text[UUID_TEXT_SIZE];

    uuid_format(id, text);
    db_param_text(params, text);
}

void db_param_instant(struct db_params *params, int64_t instant_us)
{
    char text[RFC3339_SIZE];

    rfc3339_format_us(instant_us, text);
    db_param_text(params, text);
}

static void append_bytea(struct buffer *out, struct slice bytes, const char *prefix)
{
    static const char digits[] = "0123456789abcdef";

    buffer_append_text(out, prefix);
    for (size_t i = 0; i < bytes.size; i++) {
        const unsigned char byte = (unsigned char)bytes.data[i];

        buffer_append_char(out, digits[byte >> 4]);
        buffer_append_char(out, digits[byte & 15]);
    }
}

void db_param_bytes(struct db_params *params, struct slice bytes)
{
    open_value(params);
    append_bytea(&params->text, bytes, "\\x");
    close_value(params);
}

void db_array_begin(struct db_params *params)
{
    open_value(params);
    buffer_append_char(&params->text, '{');
    params->in_array = true;
    params->array_empty = true;
}

void db_array_end(struct db_params *params)
{
    assert(params->in_array);
    params->in_array = false;
    buffer_append_char(&params->text, '}');
    close_value(params);
}

static void separate(struct db_params *params)
{
    assert(params->in_array);
    if (!params->array_empty)
        buffer_append_char(&params->text, ',');
    params->array_empty = false;
}

void db_array_null(struct db_params *params)
{
    separate(params);
    buffer_append_text(&params->text, "NULL");
}

void db_array_text(struct db_params *params, const char *text)
{
    if (text == NULL)
        db_array_null(params);
    else
        db_array_slice(params, slice_of(text));
}

void db_array_slice(struct db_params *params, struct slice text)
{
    separate(params);
    buffer_append_char(&params->text, '"');
    for (size_t i = 0, from = 0; i <= text.size; i++) {
        if (i == text.size || text.data[i] == '"' || text.data[i] == '\\') {
            buffer_append(&params->text, text.data + from, i - from);
            if (i < text.size)
                buffer_append_char(&params->text, '\\');
            from = i;
        }
    }
    buffer_append_char(&params->text, '"');
}

void db_array_int(struct db_params *params, int64_t number)
{
    separate(params);
    buffer_printf(&params->text, "%" PRId64, number);
}

void db_array_id(struct db_params *params, int64_t id)
{
    if (id == 0)
        db_array_null(params);
    else
        db_array_int(params, id);
}

void db_array_date(struct db_params *params, struct date date)
{
    char text[DATE_TEXT_SIZE];

    if (!date_is_set(date)) {
        db_array_null(params);
        return;
    }
    date_format(date, text);
    db_array_text(params, text);
}

void db_array_bool(struct db_params *params, bool truth)
{
    separate(params);
    buffer_append_char(&params->text, truth ? 't' : 'f');
}

void db_array_uuid(struct db_params *params, const struct uuid *id)
{
    char text[UUID_TEXT_SIZE];

    if (id == NULL) {
        db_array_null(params);
        return;
    }
    uuid_format(id, text);
    separate(params);
    buffer_append_text(&params->text, text);
}

void db_array_instant(struct db_params *params, int64_t instant_us)
{
    char text[RFC3339_SIZE];

    if (instant_us == INSTANT_NONE) {
        db_array_null(params);
        return;
    }
    rfc3339_format_us(instant_us, text);
    separate(params);
    buffer_append_char(&params->text, '"');
    buffer_append_text(&params->text, text);
    buffer_append_char(&params->text, '"');
}

void db_array_microseconds(struct db_params *params, int64_t us)
{
    separate(params);
    buffer_printf(&params->text, "\"%lld microseconds\"", (long long)us);
}

void db_array_bytes(struct db_params *params, struct slice bytes)
{
    separate(params);
    buffer_append_char(&params->text, '"');
    append_bytea(&params->text, bytes, "\\\\x"); /* the backslash of \x escaped for the array literal */
    buffer_append_char(&params->text, '"');
}
