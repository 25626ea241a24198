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

const char *rule_result_name(enum rule_result result)
{
    static const char *const names[] = {
        [RULE_SKIPPED] = "skipped", [RULE_PASSED] = "passed", [RULE_FAILED] = "failed"};
    return names[result];
}

void rules_append_trace(json_t *trace, const char *source, enum rule_result result, const char *title,
                        json_t *saw)
{
    json_array_append_new(trace, json_pack("{s:s, s:s, s:s, s:o}", "rule", source, "result",
                                           rule_result_name(result), "title", title, "saw",
                                           saw == NULL ? json_object() : saw));
}
