/* teacher_name: see teacher_name.h. */
#include "common/teacher_name.h"

#include <ctype.h>
#include <stdbool.h>

#include "common/render.h"

static bool is_blank(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!isspace((unsigned char)text.data[i]))
            return false;
    return true;
}

static bool is_part(struct slice text)
{
    return !is_blank(text) && !slice_equal(text, slice_of("."));
}

void teacher_name_append(const struct teacher_name *name, struct buffer *out)
{
    const bool has_first = is_part(name->trs_first), has_last = is_part(name->trs_last);

    if (!is_blank(name->corrected)) {
        buffer_append(out, name->corrected.data, name->corrected.size);
        return;
    }
    if (has_first)
        buffer_append(out, name->trs_first.data, name->trs_first.size);
    if (has_first && has_last)
        buffer_append_char(out, ' ');
    if (has_last)
        buffer_append(out, name->trs_last.data, name->trs_last.size);
    if (!has_first && !has_last)
        buffer_append_text(out, "Unknown");
}

void teacher_name_render(const struct teacher_name *name, const char *key, struct buffer *out)
{
    struct buffer text = BUFFER_INIT;

    teacher_name_append(name, &text);
    render_text(out, key, buffer_slice(&text));
    buffer_release(&text);
}
