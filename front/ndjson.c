/* ndjson: see ndjson.h. */
#include "front/ndjson.h"

#include <string.h>

static bool is_blank(struct slice line)
{
    for (size_t i = 0; i < line.size; i++)
        if (line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\r')
            return false;
    return true;
}

bool ndjson_next(struct ndjson *lines, struct slice *ret_line)
{
    while (lines->rest.size > 0) {
        const char *start = lines->rest.data, *feed = memchr(start, '\n', lines->rest.size);
        struct slice line = {start, feed == NULL ? lines->rest.size : (size_t)(feed - start)};
        size_t used = line.size + (feed == NULL ? 0 : 1);

        lines->rest = (struct slice){start + used, lines->rest.size - used};
        lines->line++;
        if (is_blank(line))
            continue;
        *ret_line = line;
        return true;
    }
    return false;
}

size_t ndjson_count(struct slice body, size_t *ret_last)
{
    struct ndjson lines = {.rest = body};
    struct slice line;
    size_t count = 0;

    *ret_last = 0;
    while (ndjson_next(&lines, &line)) {
        *ret_last = lines.line;
        count++;
    }
    return count;
}
