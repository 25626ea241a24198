/* teacher_name: what a person is called (lead-provider-api.md section 4, `full_name`). */
#ifndef ECF2_COMMON_TEACHER_NAME_H
#define ECF2_COMMON_TEACHER_NAME_H

#include "common/buffer.h"
#include "common/slice.h"

/* As teachers has them; null = empty. */
struct teacher_name {
    struct slice corrected, trs_first, trs_last;
};

/* Appends the corrected name; else first and last, without parts that are blank or "."; else "Unknown". */
void teacher_name_append(const struct teacher_name *name, struct buffer *out);
/* Appends it as a member of a JSON object (common/render.h). */
void teacher_name_render(const struct teacher_name *name, const char *key, struct buffer *out);

#endif
