/* fields: see fields.h. */
#include "common/fields.h"

#include "common/blank.h"

json_t *fields_parse(struct slice payload, const char *what, struct error *err)
{
    json_error_t problem;
    json_t *document = json_loadb(payload.data == NULL ? "" : payload.data, payload.size, 0, &problem);

    if (document == NULL)
        error_set(err, ERROR_WIRE, "payload of %s is not JSON: %s", what, problem.text);
    else if (!json_is_object(json_object_get(document, "fields"))) {
        error_set(err, ERROR_WIRE, "payload of %s has no object \"fields\"", what);
        json_decref(document);
        document = NULL;
    }
    return document;
}

bool fields_text(json_t *document, const char *what, const char *name, struct slice *ret_text,
                 struct error *err)
{
    const json_t *value = json_object_get(json_object_get(document, "fields"), name);
    struct slice text = {json_string_value(value), json_string_length(value)};

    if (value != NULL && !json_is_null(value) && !json_is_string(value))
        return error_set(err, ERROR_WIRE, "payload of %s: \"%s\" is neither text nor null", what, name);
    if (is_blank(text))
        text = (struct slice){NULL, 0};
    *ret_text = text;
    return true;
}
