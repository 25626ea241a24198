#include "front/query.h"

#include <stddef.h>
#include <string.h>

#include "common/token.h"

#define NAME_MAX_SIZE 64 /* longer than any name that is looked for */

/* The byte at text[i], and how many bytes it is written in. */
static char decode_byte(struct slice text, size_t i, size_t *ret_size)
{
    const bool escaped = text.data[i] == '%' && i + 2 < text.size && hex_value(text.data[i + 1]) >= 0 &&
                         hex_value(text.data[i + 2]) >= 0;

    *ret_size = escaped ? 3 : 1;
    return escaped ? (char)(hex_value(text.data[i + 1]) * 16 + hex_value(text.data[i + 2])) : text.data[i];
}

void query_decode(struct slice text, bool plus_is_space, struct buffer *out)
{
    size_t size;

    for (size_t i = 0; i < text.size; i += size) {
        const char c = decode_byte(text, i, &size);

        buffer_append_char(out, plus_is_space && size == 1 && c == '+' ? ' ' : c);
    }
}

/* Decodes as much of a name as fits. */
static struct slice decode_name(struct slice text, char ret_name[NAME_MAX_SIZE])
{
    size_t used = 0, size;

    for (size_t i = 0; i < text.size && used < NAME_MAX_SIZE; i += size)
        ret_name[used++] = decode_byte(text, i, &size);
    return (struct slice){ret_name, used};
}

bool query_next(struct slice *rest, struct query_pair *ret_pair)
{
    if (rest->size == 0)
        return false;
    const char *start = rest->data, *end = rest->data + rest->size;
    const char *next = memchr(start, '&', rest->size);
    const char *stop = next == NULL ? end : next;
    const char *equals = memchr(start, '=', (size_t)(stop - start));

    ret_pair->name = (struct slice){start, (size_t)((equals == NULL ? stop : equals) - start)};
    ret_pair->value =
        equals == NULL ? (struct slice){stop, 0} : (struct slice){equals + 1, (size_t)(stop - equals - 1)};
    *rest = next == NULL ? (struct slice){end, 0} : (struct slice){next + 1, (size_t)(end - next - 1)};
    return true;
}

static bool begins_with(struct slice text, struct slice beginning)
{
    return text.size >= beginning.size && memcmp(text.data, beginning.data, beginning.size) == 0;
}

bool query_filter_is_malformed(struct slice query)
{
    static const char array[] = "filter[]"; /* perhaps of something: filter[][name] */
    struct query_pair pair;

    while (query_next(&query, &pair)) {
        char decoded[NAME_MAX_SIZE];
        const struct slice name = decode_name(pair.name, decoded);

        if (slice_equal(name, slice_of("filter")) || begins_with(name, slice_of(array)))
            return true;
    }
    return false;
}

enum query_given query_find(struct slice query, const char *key, struct buffer *ret_text)
{
    const struct slice wanted = slice_of(key);
    enum query_given given = QUERY_ABSENT;
    struct query_pair pair;

    while (query_next(&query, &pair)) {
        char decoded[NAME_MAX_SIZE];
        const struct slice name = decode_name(pair.name, decoded);

        if (slice_equal(name, wanted)) {
            given = QUERY_TEXT;
            buffer_clear(ret_text);
            query_decode(pair.value, /* plus_is_space= */ true, ret_text);
        } else if (name.size > wanted.size && begins_with(name, wanted) && name.data[wanted.size] == '[') {
            given = QUERY_NESTED;
            buffer_clear(ret_text);
        }
    }
    return given;
}
