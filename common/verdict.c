#include "common/verdict.h"

#include <stdlib.h>

#include "common/buffer.h"

char *verdict_write(const struct verdict *verdict)
{
    char same_as[UUID_TEXT_SIZE] = "";
    json_t *document;
    char *text;

    if (verdict->is_same_as)
        uuid_format(&verdict->same_as, same_as);
    document = json_pack(
        "{s:s%, s:s%, s:s%, s:s?, s:b, s:s%}", "digest", verdict->digest.data, verdict->digest.size,
        "person_key", verdict->person_key.data == NULL ? "" : verdict->person_key.data,
        verdict->person_key.size, "rules_version", verdict->rules_version.data, verdict->rules_version.size,
        "same_as", verdict->is_same_as ? same_as : NULL, "fundable", verdict->is_fundable ? 1 : 0, "reason",
        verdict->reason.data == NULL ? "" : verdict->reason.data, verdict->reason.size);
    if (document != NULL && verdict->rules != NULL)
        json_object_set(document, "rules", verdict->rules);
    text = document == NULL ? NULL : json_dumps(document, JSON_COMPACT);
    json_decref(document);
    return text == NULL ? memory_dup("{}") : text;
}

bool verdict_read(struct slice text, struct verdict *ret_verdict, struct error *err)
{
    struct verdict verdict = {.document = NULL};
    json_t *same_as = NULL; /* borrowed from document */
    int fundable = 0;
    json_t *document =
        json_loadb(text.data == NULL ? "" : text.data, text.size, JSON_REJECT_DUPLICATES, NULL);

    if (document == NULL ||
        json_unpack(document, "{s:s%, s:s%, s:s%, s:o, s:b, s:s%}", "digest", &verdict.digest.data,
                    &verdict.digest.size, "person_key", &verdict.person_key.data, &verdict.person_key.size,
                    "rules_version", &verdict.rules_version.data, &verdict.rules_version.size, "same_as",
                    &same_as, "fundable", &fundable, "reason", &verdict.reason.data,
                    &verdict.reason.size) != 0 ||
        (!json_is_null(same_as) && !uuid_parse(slice_of(json_string_value(same_as)), &verdict.same_as))) {
        json_decref(document);
        return error_set(err, ERROR_WIRE, "a verdict of %zu bytes is not of its form", text.size);
    }
    verdict.is_same_as = !json_is_null(same_as);
    verdict.is_fundable = fundable != 0;
    verdict.rules = json_object_get(document, "rules");
    verdict.document = document;
    *ret_verdict = verdict;
    return true;
}

void verdict_release(struct verdict *verdict)
{
    json_decref(verdict->document);
    verdict->document = NULL;
}
