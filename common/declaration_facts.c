/* declaration_facts: see declaration_facts.h. Decides nothing but the two predicates that two stages share.
 */
#include "common/declaration_facts.h"

#include <stdlib.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/facts.h"

#define FACT_OF(group, member, type) FACT_IN(struct declaration_facts, group, member, type)

static const struct fact_field top_fields[] = {
    FACT(struct declaration_facts, accept_no, FACT_NUMBER),
    FACT(struct declaration_facts, frozen_ongoing_year, FACT_NUMBER),
    FACT_AT(struct declaration_facts, first_became_eligible_for_training_at_us,
            "first_became_eligible_for_training_at"),
    FACTS_END,
};
static const struct fact_field lead_provider_fields[] = {
    FACT_OF(lead_provider, id, FACT_NUMBER),
    FACT_OF(lead_provider, api_id, FACT_UUID),
    FACT_OF(lead_provider, name, FACT_TEXT),
    FACTS_END,
};
static const struct fact_field teacher_fields[] = {
    FACT_OF(teacher, id, FACT_NUMBER),
    FACT_OF(teacher, api_id, FACT_UUID),
    FACTS_END,
};
static const struct fact_field qualifies_fields[] = {
    {"ect", FACT_TRUTH, offsetof(struct declaration_facts, qualifies[ROLE_ECT])},
    {"mentor", FACT_TRUTH, offsetof(struct declaration_facts, qualifies[ROLE_MENTOR])},
    FACTS_END,
};
static const struct fact_field training_period_fields[] = {
    FACT_OF(training_period, id, FACT_NUMBER),
    FACT_OF(training_period, school_period_id, FACT_NUMBER),
    FACT_OF(training_period, school_id, FACT_NUMBER),
    FACT_OF(training_period, school_partnership_id, FACT_NUMBER),
    FACT_OF(training_period, delivery_partner_id, FACT_NUMBER),
    FACT_OF(training_period, delivery_partner_api_id, FACT_UUID),
    FACT_OF(training_period, schedule_id, FACT_NUMBER),
    FACT_OF(training_period, schedule_identifier, FACT_TEXT),
    FACT_OF(training_period, lead_provider_id, FACT_NUMBER),
    FACT_OF(training_period, contract_period_year, FACT_NUMBER),
    FACT_OF(training_period, started_on, FACT_DATE),
    FACT_OF(training_period, finished_on, FACT_DATE),
    FACT_AT(struct declaration_facts, training_period.withdrawn_at_us, "withdrawn_at"),
    FACT_AT(struct declaration_facts, training_period.deferred_at_us, "deferred_at"),
    FACTS_END,
};
static const struct fact_field contract_period_fields[] = {
    FACT_OF(contract_period, year, FACT_NUMBER),
    FACT_AT(struct declaration_facts, contract_period.payments_frozen_at_us, "payments_frozen_at"),
    FACT_OF(contract_period, mentor_funding_enabled, FACT_TRUTH),
    FACT_OF(contract_period, detailed_evidence_types_enabled, FACT_TRUTH),
    FACT_OF(contract_period, uplift_fees_enabled, FACT_TRUTH),
    FACTS_END,
};
static const struct fact_field milestone_fields[] = {
    FACT_OF(milestone, start_date, FACT_DATE),
    FACT_OF(milestone, milestone_date, FACT_DATE),
    FACTS_END,
};
static const struct fact_field existing_fields[] = {
    FACT(struct existing_declaration, id, FACT_NUMBER),
    FACT(struct existing_declaration, api_id, FACT_UUID),
    FACT(struct existing_declaration, training_period_id, FACT_NUMBER),
    FACT(struct existing_declaration, lead_provider_id, FACT_NUMBER),
    FACT(struct existing_declaration, type, FACT_DECLARATION_TYPE),
    FACT_AT(struct existing_declaration, date_us, "date"),
    FACT(struct existing_declaration, evidence, FACT_EVIDENCE),
    FACT(struct existing_declaration, decided_no, FACT_NUMBER),
    FACTS_END,
};
static const struct fact_field statement_fields[] = {
    FACT_OF(statement, id, FACT_NUMBER),
    FACT_OF(statement, api_id, FACT_UUID),
    FACT_OF(statement, deadline_date, FACT_DATE),
    FACT_OF(statement, status, FACT_STATEMENT_STATUS),
    FACTS_END,
};
static const struct fact_field uplifts_fields[] = {
    FACT_OF(uplifts, pupil_premium, FACT_TRUTH),
    FACT_OF(uplifts, sparsity, FACT_TRUTH),
    FACTS_END,
};
static const struct fact_field mentorship_fields[] = {
    FACT_OF(mentorship, id, FACT_NUMBER),
    FACT_OF(mentorship, mentor_api_id, FACT_UUID),
    FACTS_END,
};
static const struct fact_field funding_end_fields[] = {
    FACT_OF(funding_end, became_ineligible_for_funding_on, FACT_DATE),
    FACT_OF(funding_end, reason, FACT_REASON),
    FACTS_END,
};

/* The objects of the facts, each with the rows of its keys. Where one is null its values stay none. */
static const struct fact_object fact_objects[] = {
    {"lead_provider", lead_provider_fields},
    {"teacher", teacher_fields},
    {"qualifies", qualifies_fields},
    {"training_period", training_period_fields},
    {"contract_period", contract_period_fields},
    {"milestone", milestone_fields},
    {"statement", statement_fields},
    {"uplifts", uplifts_fields},
    {"mentorship", mentorship_fields},
    {"mentor_completion", funding_end_fields},
};

static const struct existing_declaration no_declaration = {.date_us = INSTANT_NONE};

static bool decode_existing(json_t *array, struct existing_declaration *ret_existing, struct error *err)
{
    if (!json_is_array(array))
        return error_set(err, ERROR_BUG, "facts of a declaration: existing is not an array");
    for (size_t i = 0; i < json_array_size(array); i++) {
        struct existing_declaration one = no_declaration;
        if (!facts_read_object("existing", json_array_get(array, i), existing_fields, &one, err))
            return false;
        if (one.id == 0 || one.type == DECLARATION_TYPE_NONE || ret_existing[one.type].id != 0)
            return error_set(err, ERROR_BUG,
                             "facts of a declaration: existing holds no type, or one type twice");
        ret_existing[one.type] = one;
    }
    return true;
}

void declaration_facts_init(struct declaration_facts *ret_facts)
{
    *ret_facts = (struct declaration_facts){
        .training_period = {.started_on = DATE_NONE,
                            .finished_on = DATE_NONE,
                            .withdrawn_at_us = INSTANT_NONE,
                            .deferred_at_us = INSTANT_NONE},
        .contract_period = {.payments_frozen_at_us = INSTANT_NONE},
        .milestone = {DATE_NONE, DATE_NONE},
        .first_became_eligible_for_training_at_us = INSTANT_NONE,
        .statement = {.deadline_date = DATE_NONE},
        .funding_end = {.became_ineligible_for_funding_on = DATE_NONE},
    };
    for (size_t i = 0; i < DECLARATION_TYPE_COUNT; i++)
        ret_facts->existing[i] = no_declaration;
}

static bool decode_facts(json_t *document, struct declaration_facts *facts, struct error *err)
{
    if (!facts_read_object("top", document, top_fields, facts, err))
        return false;
    if (!facts_read_objects(document, fact_objects, sizeof fact_objects / sizeof fact_objects[0], facts, err))
        return false;
    json_t *completion = json_object_get(document, "mentor_completion");
    return decode_existing(json_object_get(document, "existing"), facts->existing, err) &&
           facts_read_ids(json_object_get(document, "lead_provider_ids"), "lead_provider_ids",
                          &facts->lead_provider_ids, &facts->lead_provider_count, err) &&
           (json_is_null(completion) ||
            facts_read_ids(json_object_get(completion, "lead_provider_ids"),
                           "mentor_completion.lead_provider_ids", &facts->participant_lead_provider_ids,
                           &facts->participant_lead_provider_count, err));
}

bool declaration_facts_decode(struct slice text, struct declaration_facts *ret_facts, struct error *err)
{
    struct declaration_facts facts;
    declaration_facts_init(&facts);
    facts.document = facts_parse(text, err);
    if (facts.document == NULL)
        return false;
    if (!decode_facts(facts.document, &facts, err)) {
        declaration_facts_release(&facts);
        return false;
    }
    *ret_facts = facts;
    return true;
}

void declaration_facts_release(struct declaration_facts *facts)
{
    free(facts->lead_provider_ids);
    free(facts->participant_lead_provider_ids);
    json_decref(facts->document);
    declaration_facts_init(facts);
}

/* One array parameter of all questions: `each` appends an element for `question` and its `input`. */
#define QUESTION_ARRAY(each)                                                                                 \
    do {                                                                                                     \
        db_array_begin(params);                                                                              \
        for (size_t i = 0; i < count; i++) {                                                                 \
            const struct declaration_question *question = &questions[i];                                     \
            const struct declaration_input *input = question->input;                                         \
            (void)input;                                                                                     \
            each;                                                                                            \
        }                                                                                                    \
        db_array_end(params);                                                                                \
    } while (0)

void declaration_facts_params(struct db_params *params, const struct declaration_question *questions,
                              size_t count)
{
    QUESTION_ARRAY(db_array_uuid(params, &question->id));
    QUESTION_ARRAY(db_array_int(params, question->accept_no));
    QUESTION_ARRAY(db_array_instant(params, question->as_of_us));
    QUESTION_ARRAY(db_array_int(params, question->lead_provider_id));
    QUESTION_ARRAY(db_array_uuid(params, input->participant_is_uuid ? &input->participant_uuid : NULL));
    QUESTION_ARRAY(db_array_text(params, participant_role_name(input->role)));
    QUESTION_ARRAY(db_array_text(params, declaration_type_name(input->type)));
    QUESTION_ARRAY(db_array_instant(params, input->date_us));
}

bool declaration_is_fundable(const struct declaration_facts *facts)
{
    return facts->first_became_eligible_for_training_at_us != INSTANT_NONE;
}

enum evidence_type declaration_evidence_stored(const struct declaration_input *input,
                                               const struct declaration_facts *facts)
{
    bool dropped =
        !facts->contract_period.detailed_evidence_types_enabled && input->type == DECLARATION_STARTED;
    return dropped ? EVIDENCE_NONE : input->evidence;
}
