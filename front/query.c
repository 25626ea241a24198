#include "front/query.h"

#include <stddef.h>
#include <string.h>

#include "common/token.h"

#define NAME_MAX_SIZE 16 /* longer than any name that is looked for */

/* Decodes as much of a name as fits; what is no escape stands for itself. */
static struct slice decode_name(struct slice text, char ret_name[NAME_MAX_SIZE])
{
    size_t used = 0;

    for (size_t i = 0; i < text.size && used < NAME_MAX_SIZE; i++) {
        const bool escaped = text.data[i] == '%' && i + 2 < text.size && hex_value(text.data[i + 1]) >= 0 &&
                             hex_value(text.data[i + 2]) >= 0;

        if (escaped) {
            ret_name[used++] = (char)(hex_value(text.data[i + 1]) * 16 + hex_value(text.data[i + 2]));
            i += 2;
        } else {
            ret_name[used++] = text.data[i];
        }
    }
    return (struct slice){ret_name, used};
}

bool query_filter_is_malformed(struct slice query)
{
    static const char array[] = "filter[]"; /* perhaps of something: filter[][name] */
    const char *end = query.data + query.size;

    for (const char *pair = query.data; pair < end;) {
        const char *next = memchr(pair, '&', (size_t)(end - pair));
        const size_t size = (size_t)((next == NULL ? end : next) - pair);
        const char *equals = memchr(pair, '=', size);
        char decoded[NAME_MAX_SIZE];
        const struct slice name =
            decode_name((struct slice){pair, equals == NULL ? size : (size_t)(equals - pair)}, decoded);

        if (slice_equal(name, slice_of("filter")) ||
            (name.size >= sizeof(array) - 1 && memcmp(name.data, array, sizeof(array) - 1) == 0))
            return true;
        pair = next == NULL ? end : next + 1;
    }
    return false;
}
