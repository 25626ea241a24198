#include "workers/validation/rules.h"

#include "common/cleanup.h"

void rules_append_error(json_t *errors, const char *title, const char *detail)
{
    json_array_append_new(errors, json_pack("{s:s, s:s}", "title", title, "detail", detail));
}

static int append_dump(const char *data, size_t size, void *out)
{
    buffer_append(out, data, size);
    return 0;
}

void rules_render_errors(json_t *errors, struct buffer *out)
{
    CLEANUP(json) json_t *body = json_object();
    json_object_set_new(body, "errors", errors);
    json_dump_callback(body, append_dump, out, JSON_COMPACT);
}
