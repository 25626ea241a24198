/* void_facts: see void_facts.h. */
#include "common/void_facts.h"

#include <stdlib.h>

#include "common/cleanup.h"
#include "common/facts.h"

bool void_input_decode(struct slice payload, struct void_input *ret_input, struct error *err)
{
    json_error_t problem;
    CLEANUP(json)
    json_t *document = json_loadb(payload.data == NULL ? "" : payload.data, payload.size, 0, &problem);
    if (document == NULL)
        return error_set(err, ERROR_WIRE, "payload of a void is not JSON: %s", problem.text);
    json_t *id = json_object_get(json_object_get(document, "fields"), "id");
    if (!json_is_string(id) && !json_is_null(id))
        return error_set(err, ERROR_WIRE, "payload of a void has no \"fields\" with an \"id\"");
    struct void_input input = {.is_uuid = false};
    if (json_is_string(id))
        input.is_uuid = uuid_parse((struct slice){json_string_value(id), json_string_length(id)}, &input.id);
    *ret_input = input;
    return true;
}

/* ---- what the query makes ---- */

#define FACT_OF(group, member, type) FACT_IN(struct void_facts, group, member, type)

static const struct fact_field lead_provider_fields[] = {
    FACT_OF(lead_provider, id, FACT_NUMBER),
    FACT_OF(lead_provider, name, FACT_TEXT),
    FACTS_END,
};
static const struct fact_field declaration_fields[] = {
    FACT_OF(declaration, id, FACT_NUMBER),
    FACT_OF(declaration, api_id, FACT_UUID),
    FACT_OF(declaration, training_period_id, FACT_NUMBER),
    FACT_OF(declaration, teacher_id, FACT_NUMBER),
    FACT_OF(declaration, participant_api_id, FACT_UUID),
    FACT_OF(declaration, role, FACT_ROLE),
    FACT_OF(declaration, contract_period_year, FACT_NUMBER),
    FACT_OF(declaration, type, FACT_DECLARATION_TYPE),
    FACT_AT(struct void_facts, declaration.date_us, "date"),
    FACT_OF(declaration, evidence, FACT_EVIDENCE),
    FACT_OF(declaration, payment_status, FACT_PAYMENT_STATUS),
    FACT_OF(declaration, clawback_status, FACT_CLAWBACK_STATUS),
    FACT_OF(declaration, pupil_premium_uplift, FACT_TRUTH),
    FACT_OF(declaration, sparsity_uplift, FACT_TRUTH),
    FACT_OF(declaration, delivery_partner_api_id, FACT_UUID),
    FACT_OF(declaration, has_mentor, FACT_TRUTH),
    FACT_OF(declaration, mentor_api_id, FACT_UUID),
    FACT_AT(struct void_facts, declaration.created_at_us, "created_at"),
    FACTS_END,
};
static const struct fact_field payment_statement_fields[] = {
    FACT_OF(payment_statement, id, FACT_NUMBER),
    FACT_OF(payment_statement, api_id, FACT_UUID),
    FACT_OF(payment_statement, status, FACT_STATEMENT_STATUS),
    FACTS_END,
};
static const struct fact_field clawback_statement_fields[] = {
    FACT_OF(clawback_statement, id, FACT_NUMBER),
    FACT_OF(clawback_statement, api_id, FACT_UUID),
    FACT_OF(clawback_statement, deadline_date, FACT_DATE),
    FACT_OF(clawback_statement, status, FACT_STATEMENT_STATUS),
    FACTS_END,
};
static const struct fact_field completion_fields[] = {
    FACT_OF(completion, became_ineligible_for_funding_on, FACT_DATE),
    FACT_OF(completion, reason, FACT_REASON),
    FACT_AT(struct void_facts, completion.latest_completed_us, "latest_completed"),
    FACT_OF(completion, other_training_starts_on, FACT_DATE),
    FACTS_END,
};
static const struct fact_field latest_training_fields[] = {
    FACT_OF(latest_training, id, FACT_NUMBER),
    FACT_OF(latest_training, school_period_id, FACT_NUMBER),
    FACT_OF(latest_training, moved_school_id, FACT_NUMBER),
    FACT_OF(latest_training, started_on, FACT_DATE),
    FACT_OF(latest_training, finished_on, FACT_DATE),
    FACT_OF(latest_training, school_finished_on, FACT_DATE),
    FACT_OF(latest_training, schedule_identifier, FACT_TEXT),
    FACTS_END,
};

static const struct fact_object fact_objects[] = {
    {"lead_provider", lead_provider_fields},
    {"declaration", declaration_fields},
    {"payment_statement", payment_statement_fields},
    {"clawback_statement", clawback_statement_fields},
    {"completion", completion_fields},
    {"latest_training", latest_training_fields},
};

static void facts_init(struct void_facts *facts)
{
    *facts = (struct void_facts){
        .declaration = {.date_us = INSTANT_NONE, .created_at_us = INSTANT_NONE},
        .clawback_statement = {.deadline_date = DATE_NONE},
        .completion = {.became_ineligible_for_funding_on = DATE_NONE,
                       .latest_completed_us = INSTANT_NONE,
                       .other_training_starts_on = DATE_NONE},
        .latest_training = {.started_on = DATE_NONE,
                            .finished_on = DATE_NONE,
                            .school_finished_on = DATE_NONE},
    };
}

static bool decode_facts(json_t *document, struct void_facts *facts, struct error *err)
{
    return facts_read_objects(document, fact_objects, sizeof fact_objects / sizeof fact_objects[0], facts,
                              err) &&
           facts_read_ids(json_object_get(document, "lead_provider_ids"), "lead_provider_ids",
                          &facts->lead_provider_ids, &facts->lead_provider_count, err) &&
           facts_read_ids(json_object_get(document, "participant_lead_provider_ids"),
                          "participant_lead_provider_ids", &facts->participant_lead_provider_ids,
                          &facts->participant_lead_provider_count, err);
}

bool void_facts_decode(struct slice text, struct void_facts *ret_facts, struct error *err)
{
    struct void_facts facts;
    facts_init(&facts);
    facts.document = facts_parse(text, err);
    if (facts.document == NULL)
        return false;
    if (!decode_facts(facts.document, &facts, err)) {
        void_facts_release(&facts);
        return false;
    }
    *ret_facts = facts;
    return true;
}

void void_facts_release(struct void_facts *facts)
{
    free(facts->lead_provider_ids);
    free(facts->participant_lead_provider_ids);
    json_decref(facts->document);
    facts_init(facts);
}

void void_facts_params(struct db_params *params, const struct void_question *questions, size_t count)
{
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_uuid(params, &questions[i].id);
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_instant(params, questions[i].as_of_us);
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_int(params, questions[i].lead_provider_id);
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_uuid(params, questions[i].input->is_uuid ? &questions[i].input->id : NULL);
    db_array_end(params);
}

bool void_is_of_mentor_completion(const struct void_facts *facts)
{
    return facts->declaration.role == ROLE_MENTOR && facts->declaration.type == DECLARATION_COMPLETED;
}
