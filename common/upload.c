/* upload: see upload.h. */
#include "common/upload.h"

#include "common/idempotency.h"

#define LINE_BITS_LOW                                                                                        \
    2 /* of the line's number, in byte 8 behind the variant; the others are in bytes 6 and 7 */

struct uuid upload_line_id(const struct uuid *batch, unsigned line)
{
    struct uuid id = *batch;
    const unsigned high = line >> LINE_BITS_LOW, low = line & ((1u << LINE_BITS_LOW) - 1);

    id.bytes[6] = (uint8_t)(0x70 | high >> 8);
    id.bytes[7] = (uint8_t)high;
    id.bytes[8] = (uint8_t)(0x80 | low << 4 | (batch->bytes[8] & 0x0f));
    id.bytes[15] ^= 1; /* the batch's own number of that millisecond might be a line's */
    return id;
}

void upload_begin(struct buffer *out, struct slice key)
{
    buffer_append(out, key.data, key.size);
    buffer_append_char(out, '\n');
}

static void add(struct buffer *out, unsigned line, char how, struct slice json)
{
    buffer_printf(out, "%u %c", line, how);
    buffer_append(out, json.data, json.size);
    buffer_append_char(out, '\n');
}

void upload_add_submission(struct buffer *out, unsigned line, struct slice json)
{
    add(out, line, '+', json);
}

void upload_add_rejection(struct buffer *out, unsigned line, struct slice json)
{
    add(out, line, '-', json);
}

/* Takes what stands before the next line feed. */
static bool take_text(struct slice *rest, struct slice *ret_text)
{
    const char *end = rest->size == 0 ? NULL : memchr(rest->data, '\n', rest->size);

    if (end == NULL)
        return false;
    *ret_text = (struct slice){rest->data, (size_t)(end - rest->data)};
    rest->size -= ret_text->size + 1;
    rest->data = end + 1;
    return true;
}

bool upload_read(struct slice payload, struct upload_reader *ret_reader, struct slice *ret_key)
{
    struct upload_reader reader = {.rest = payload};
    struct slice key;

    if (!take_text(&reader.rest, &key) || (key.size > 0 && !idempotency_key_is_valid(key)))
        return false;
    *ret_reader = reader;
    *ret_key = key;
    return true;
}

static bool parse(struct slice text, struct upload_line *line)
{
    size_t i = 0;

    line->number = 0;
    while (i < text.size && text.data[i] >= '0' && text.data[i] <= '9' && line->number <= UPLOAD_LINES_MAX)
        line->number = line->number * 10 + (unsigned)(text.data[i++] - '0');
    if (text.size < i + 3 || text.data[i] != ' ' || (text.data[i + 1] != '+' && text.data[i + 1] != '-'))
        return false;
    line->is_rejected = text.data[i + 1] == '-';
    line->json = (struct slice){text.data + i + 2, text.size - i - 2};
    return true;
}

bool upload_next(struct upload_reader *reader, struct upload_line *ret_line)
{
    struct upload_line line = {0};
    struct slice text;

    if (reader->bad || reader->rest.size == 0)
        return false;
    if (!take_text(&reader->rest, &text) || !parse(text, &line) || line.number <= reader->last ||
        line.number > UPLOAD_LINES_MAX) {
        reader->bad = true;
        return false;
    }
    reader->last = line.number;
    *ret_line = line;
    return true;
}
