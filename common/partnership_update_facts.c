/* partnership_update_facts: see partnership_update_facts.h. */
#include "common/partnership_update_facts.h"

#include <stdlib.h>

#include "common/facts.h"
#include "common/fields.h"

#define WHAT "an update of a partnership"

/* ---- what was submitted ---- */

void partnership_update_input_interpret(struct partnership_update_input *input)
{
    input->is_uuid = uuid_parse(input->id, &input->uuid);
    input->partner_is_uuid = uuid_parse(input->delivery_partner_id, &input->partner_uuid);
}

bool partnership_update_input_decode(struct slice payload, struct partnership_update_input *ret_input,
                                     struct error *err)
{
    struct partnership_update_input input = {.payload = fields_parse(payload, WHAT, err)};

    if (input.payload == NULL)
        return false;
    if (!fields_text(input.payload, WHAT, "id", &input.id, err) ||
        !fields_text(input.payload, WHAT, "delivery_partner_id", &input.delivery_partner_id, err)) {
        partnership_update_input_release(&input);
        return false;
    }
    const json_t *structure = json_object_get(input.payload, "structure");
    input.structure = (struct slice){json_string_value(structure), json_string_length(structure)};
    partnership_update_input_interpret(&input);
    *ret_input = input;
    return true;
}

void partnership_update_input_release(struct partnership_update_input *input)
{
    json_decref(input->payload);
    *input = (struct partnership_update_input){0};
}

/* ---- what the query makes ---- */

#define FACT_OF(group, member, type) FACT_IN(struct partnership_update_facts, group, member, type)

static const struct fact_field lead_provider_fields[] = {
    FACT_OF(lead_provider, id, FACT_NUMBER),
    FACT_OF(lead_provider, name, FACT_TEXT),
    FACTS_END,
};
static const struct fact_field partnership_fields[] = {
    FACT_OF(partnership, id, FACT_NUMBER),
    FACT_OF(partnership, api_id, FACT_UUID),
    FACT_OF(partnership, school_id, FACT_NUMBER),
    FACT_OF(partnership, contract_period_year, FACT_NUMBER),
    FACT_OF(partnership, delivery_partnership_id, FACT_NUMBER),
    FACT_OF(partnership, delivery_partner_api_id, FACT_UUID),
    FACT_OF(partnership, delivery_partner_name, FACT_TEXT),
    FACTS_END,
};
static const struct fact_field delivery_partner_fields[] = {
    FACT_OF(delivery_partner, id, FACT_NUMBER),
    FACT_OF(delivery_partner, api_id, FACT_UUID),
    FACT_OF(delivery_partner, name, FACT_TEXT),
    FACTS_END,
};
static const struct fact_field delivery_partnership_fields[] = {
    FACT_OF(delivery_partnership, id, FACT_NUMBER),
    FACTS_END,
};
static const struct fact_field same_fields[] = {
    FACT_OF(same, id, FACT_NUMBER),
    FACTS_END,
};

static const struct fact_object fact_objects[] = {
    {"lead_provider", lead_provider_fields},
    {"partnership", partnership_fields},
    {"delivery_partner", delivery_partner_fields},
    {"delivery_partnership", delivery_partnership_fields},
    {"same", same_fields},
};

static bool decode_facts(json_t *document, struct partnership_update_facts *facts, struct error *err)
{
    return facts_read_objects(document, fact_objects, sizeof fact_objects / sizeof fact_objects[0], facts,
                              err) &&
           facts_read_ids(json_object_get(document, "teacher_ids"), "teacher_ids", &facts->teacher_ids,
                          &facts->teacher_count, err) &&
           facts_read_ids(json_object_get(document, "lead_provider_ids"), "lead_provider_ids",
                          &facts->lead_provider_ids, &facts->lead_provider_count, err) &&
           facts_read_ids(json_object_get(document, "statement_ids"), "statement_ids", &facts->statement_ids,
                          &facts->statement_count, err);
}

bool partnership_update_facts_decode(struct slice text, struct partnership_update_facts *ret_facts,
                                     struct error *err)
{
    struct partnership_update_facts facts = {.document = facts_parse(text, err)};

    if (facts.document == NULL)
        return false;
    if (!decode_facts(facts.document, &facts, err)) {
        partnership_update_facts_release(&facts);
        return false;
    }
    *ret_facts = facts;
    return true;
}

void partnership_update_facts_release(struct partnership_update_facts *facts)
{
    free(facts->teacher_ids);
    free(facts->lead_provider_ids);
    free(facts->statement_ids);
    json_decref(facts->document);
    *facts = (struct partnership_update_facts){0};
}

void partnership_update_facts_params(struct db_params *params,
                                     const struct partnership_update_question *questions, size_t count)
{
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_uuid(params, &questions[i].id);
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_int(params, questions[i].lead_provider_id);
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_uuid(params, questions[i].input->is_uuid ? &questions[i].input->uuid : NULL);
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_uuid(params, questions[i].input->partner_is_uuid ? &questions[i].input->partner_uuid : NULL);
    db_array_end(params);
}
