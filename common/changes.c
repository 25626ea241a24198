#include "common/changes.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/buffer.h"

/* Underscores become spaces, the first letter a capital, a trailing _id is dropped, three acronyms keep
 * capitals. */
static void append_field(struct buffer *out, const char *field)
{
    static const char *const acronyms[] = {"TRS", "QTS", "ITT"};
    size_t size = strlen(field);

    if (size > 3 && strcmp(field + size - 3, "_id") == 0)
        size -= 3;
    for (size_t from = 0; from < size;) {
        size_t until = from;
        bool is_acronym = false;

        while (until < size && field[until] != '_')
            until++;
        if (from > 0)
            buffer_append_char(out, ' ');
        for (size_t i = 0; i < sizeof acronyms / sizeof acronyms[0]; i++)
            if (until - from == 3 && strncasecmp(field + from, acronyms[i], 3) == 0) {
                buffer_append_text(out, acronyms[i]);
                is_acronym = true;
            }
        if (!is_acronym && until > from) {
            buffer_append_char(out, from == 0 ? (char)toupper((unsigned char)field[0]) : field[from]);
            buffer_append(out, field + from + 1, until - from - 1);
        }
        from = until + 1;
    }
}

void changes_append(json_t *lines, const char *field, const char *before, const char *after)
{
    const bool was_blank = before == NULL || before[0] == '\0', is_blank = after == NULL || after[0] == '\0';
    struct buffer line = BUFFER_INIT;

    append_field(&line, field);
    if (was_blank && is_blank)
        buffer_append_text(&line, " is not set");
    else if (was_blank)
        buffer_printf(&line, " set to '%s'", after);
    else if (is_blank)
        buffer_printf(&line, " '%s' removed", before);
    else if (strcmp(before, after) == 0)
        buffer_printf(&line, " '%s' unchanged", before);
    else
        buffer_printf(&line, " changed from '%s' to '%s'", before, after);
    (void)json_array_append_new(lines, json_string(line.data));
    buffer_release(&line);
}

void change_date_format(struct date date, char ret_text[CHANGE_DATE_SIZE])
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char text[DATE_TEXT_SIZE];
    int year = 0, month = 1, day = 0;

    ret_text[0] = '\0';
    if (!date_is_set(date))
        return;
    date_format(date, text);
    if (sscanf(text, "%4d-%2d-%2d", &year, &month, &day) == 3)
        (void)snprintf(ret_text, CHANGE_DATE_SIZE, "%d %s %04d", day, months[month - 1], year);
}
