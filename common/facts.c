/* facts: see facts.h. */
#include "common/facts.h"

#include "common/buffer.h"
#include "common/declaration.h"
#include "common/declaration_date.h"
#include "common/london.h"
#include "common/uuid.h"

/* Values that JSON carries as text. False when it is not one of that type. */
static bool fact_from_text(enum fact_type type, json_t *value, void *ret_target)
{
    if (!json_is_string(value))
        return false;
    struct slice text = {json_string_value(value), json_string_length(value)};
    switch (type) {
    case FACT_TEXT:
        *(const char **)ret_target = text.data;
        return true;
    case FACT_UUID:
        return uuid_parse(text, ret_target);
    case FACT_DATE:
        return date_parse(text, ret_target);
    case FACT_INSTANT:
        return declaration_date_parse(text,
                                      ret_target); /* the facts hold UTC only, never a text without zone */
    case FACT_DECLARATION_TYPE:
        return (*(enum declaration_type *)ret_target = declaration_type_parse(text)) != 0;
    case FACT_EVIDENCE:
        return (*(enum evidence_type *)ret_target = evidence_type_parse(text)) != 0;
    case FACT_REASON:
        return (*(enum funding_end_reason *)ret_target = funding_end_reason_parse(text)) != 0;
    case FACT_STATEMENT_STATUS:
        return (*(enum statement_status *)ret_target = statement_status_parse(text)) != 0;
    case FACT_ROLE:
        return (*(enum participant_role *)ret_target = participant_role_parse(text)) != 0;
    case FACT_PAYMENT_STATUS:
        return (*(enum payment_status *)ret_target = payment_status_parse(text)) != 0;
    case FACT_CLAWBACK_STATUS:
        return (*(enum clawback_status *)ret_target = clawback_status_parse(text)) != 0;
    case FACT_NUMBER:
    case FACT_TRUTH:
        break;
    }
    return false;
}

static bool fact_from_json(enum fact_type type, json_t *value, void *ret_target)
{
    if (type == FACT_NUMBER && json_is_integer(value)) {
        *(int64_t *)ret_target = json_integer_value(value);
        return true;
    }
    if (type == FACT_TRUTH && json_is_boolean(value)) {
        *(bool *)ret_target = json_is_true(value);
        return true;
    }
    return fact_from_text(type, value, ret_target);
}

/* Reads the keys of one object into base, which holds "none" everywhere already. */
bool facts_read_object(const char *name, json_t *object, const struct fact_field *fields, void *base,
                       struct error *err)
{
    if (!json_is_object(object))
        return error_set(err, ERROR_BUG, "facts: %s is not an object", name);
    for (const struct fact_field *field = fields; field->key != NULL; field++) {
        json_t *value = json_object_get(object, field->key);
        if (value == NULL)
            return error_set(err, ERROR_BUG, "facts: %s lacks %s", name, field->key);
        if (!json_is_null(value) && !fact_from_json(field->type, value, (char *)base + field->offset))
            return error_set(err, ERROR_BUG, "facts: %s: %s is of another type", name, field->key);
    }
    return true;
}

bool facts_read_objects(json_t *document, const struct fact_object *objects, size_t count, void *base,
                        struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        json_t *object = json_object_get(document, objects[i].key);
        if (!json_is_null(object) && !facts_read_object(objects[i].key, object, objects[i].fields, base, err))
            return false;
    }
    return true;
}

/* An array of numbers; memory is the caller's. */
bool facts_read_ids(json_t *array, const char *name, int64_t **ret_ids, size_t *ret_count, struct error *err)
{
    size_t count = json_array_size(array);
    if (!json_is_array(array))
        return error_set(err, ERROR_BUG, "facts: %s is not an array", name);
    for (size_t i = 0; i < count; i++)
        if (!json_is_integer(json_array_get(array, i)))
            return error_set(err, ERROR_BUG, "facts: %s holds what is not a number", name);
    *ret_count = count;
    *ret_ids = memory_zero(count + 1, sizeof **ret_ids);
    for (size_t i = 0; i < count; i++)
        (*ret_ids)[i] = json_integer_value(json_array_get(array, i));
    return true;
}

json_t *facts_parse(struct slice text, struct error *err)
{
    json_error_t problem;
    json_t *document = json_loadb(text.data == NULL ? "" : text.data, text.size, 0, &problem);
    if (document == NULL)
        error_set(err, ERROR_BUG, "facts are not JSON: %s", problem.text);
    return document;
}
