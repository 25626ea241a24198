/* import_problems: see import_problems.h. */
#include "workers/ctl/import_problems.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/buffer.h"

#define VALUE_SHOWN 80 /* bytes; a longer value is cut */

/* A value between quotes; what could confuse a terminal or hide in it is shown as its code. */
static void append_value(struct buffer *text, struct slice value)
{
    size_t shown = value.size > VALUE_SHOWN ? VALUE_SHOWN : value.size;
    while (shown < value.size && shown > 0 && ((unsigned char)value.data[shown] & 0xC0) == 0x80)
        shown--; /* not in the middle of a character */
    buffer_append_text(text, " \"");
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if (c == '\n')
            buffer_append_text(text, "\\n");
        else if (c == '\r')
            buffer_append_text(text, "\\r");
        else if (c == '\t')
            buffer_append_text(text, "\\t");
        else if (c < 0x20 || c == 0x7F)
            buffer_printf(text, "\\x%02x", c);
        else
            buffer_append_char(text, (char)c);
    }
    buffer_append_text(text, shown < value.size ? "…\"" : "\"");
}

void import_problem_add(struct import_problems *problems, size_t file, const char *file_name, size_t line,
                        const char *column, struct slice value, const char *reason)
{
    problems->count++;
    if (problems->kept_count == IMPORT_PROBLEMS_KEPT)
        return;
    struct buffer text = BUFFER_INIT;
    buffer_printf(&text, "%s.csv:", file_name);
    if (line > 0)
        buffer_printf(&text, "%zu:", line);
    if (column != NULL)
        buffer_printf(&text, " %s", column);
    if (value.data != NULL)
        append_value(&text, value);
    buffer_append_text(&text, column != NULL || value.data != NULL ? ": " : " ");
    buffer_append_text(&text, reason);
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
    problems->kept_count = 0;
}
