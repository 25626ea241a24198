/* import_problems: see import_problems.h. */
#include "workers/ctl/import_problems.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/buffer.h"
#include "workers/ctl/csv.h"

#define VALUE_SHOWN 80 /* bytes; a longer value is cut */

/* Code points that would act on a terminal instead of being seen on it: C1 controls, marks of direction,
 * separators of lines, spaces without width. */
static bool is_hidden(const unsigned char *p, size_t size)
{
    if (size == 2)
        return (p[0] == 0xC2 && p[1] < 0xA0) || (p[0] == 0xD8 && p[1] == 0x9C);
    if (size != 3 || p[0] != 0xE2)
        return size == 3 && p[0] == 0xEF && p[1] == 0xBB && p[2] == 0xBF;
    return (p[1] == 0x80 && ((p[2] >= 0x8B && p[2] <= 0x8F) || (p[2] >= 0xA8 && p[2] <= 0xAE))) ||
           (p[1] == 0x81 && p[2] >= 0xA0 && p[2] <= 0xAF);
}

/* One character, or its bytes as codes. Returns how many bytes of the text it was. */
static size_t append_character(struct buffer *text, const unsigned char *p, size_t left)
{
    size_t size = 1;
    while (size < 4 && size < left && (p[size] & 0xC0) == 0x80)
        size++;
    struct slice character = {(const char *)p, p[0] < 0x80 ? 1 : size};
    if (p[0] == '\n' || p[0] == '\r' || p[0] == '\t') {
        buffer_printf(text, "\\%c", p[0] == '\n' ? 'n' : p[0] == '\r' ? 'r' : 't');
    } else if (p[0] < 0x20 || p[0] == 0x7F || !csv_is_utf8(character) || is_hidden(p, character.size)) {
        buffer_printf(text, "\\x%02x", p[0]);
        return 1;
    } else {
        buffer_append(text, character.data, character.size);
    }
    return character.size;
}

/* What could confuse a terminal or hide in it is shown as its code. */
static void append_shown(struct buffer *text, struct slice value)
{
    for (size_t i = 0; i < value.size;)
        i += append_character(text, (const unsigned char *)value.data + i, value.size - i);
}

/* A value between quotes, cut where it is long, not in the middle of a character. */
static void append_value(struct buffer *text, struct slice value)
{
    size_t shown = value.size > VALUE_SHOWN ? VALUE_SHOWN : value.size;
    for (size_t back = 0; shown < value.size && back < 3 && ((unsigned char)value.data[shown] & 0xC0) == 0x80;
         back++)
        shown--;
    buffer_append_text(text, " \"");
    append_shown(text, (struct slice){value.data, shown});
    buffer_append_text(text, shown < value.size ? "…\"" : "\"");
}

void import_problem_add(struct import_problems *problems, size_t file, const char *file_name, size_t line,
                        const char *column, struct slice value, const char *reason)
{
    problems->count++;
    if (problems->kept_count == IMPORT_PROBLEMS_MAX)
        return;
    if (problems->kept_count == problems->capacity) {
        problems->capacity = problems->capacity == 0 ? 64 : 2 * problems->capacity;
        problems->kept = memory_grow(problems->kept, problems->capacity, sizeof problems->kept[0]);
    }
    struct buffer text = BUFFER_INIT;
    buffer_printf(&text, "%s.csv:", file_name);
    if (line > 0)
        buffer_printf(&text, "%zu:", line);
    if (column != NULL)
        buffer_printf(&text, " %s", column);
    if (value.data != NULL)
        append_value(&text, value);
    buffer_append_text(&text, column != NULL || value.data != NULL ? ": " : " ");
    append_shown(&text, slice_of(reason));
    problems->kept[problems->kept_count] =
        (struct import_problem){file, line, problems->kept_count, buffer_take(&text)};
    problems->kept_count++;
}

static int compare(const void *a, const void *b)
{
    const struct import_problem *x = a, *y = b;
    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

void import_problems_tell(struct import_problems *problems, FILE *out)
{
    if (problems->kept_count > 0)
        qsort(problems->kept, problems->kept_count, sizeof problems->kept[0], compare);
    for (size_t i = 0; i < problems->kept_count; i++)
        fprintf(out, "%s\n", problems->kept[i].text);
    if (problems->count > (int64_t)problems->kept_count)
        fprintf(out, "… and %" PRId64 " more\n", problems->count - (int64_t)problems->kept_count);
}

void import_problems_release(struct import_problems *problems)
{
    for (size_t i = 0; i < problems->kept_count; i++)
        free(problems->kept[i].text);
    free(problems->kept);
    *problems = (struct import_problems){0};
}
