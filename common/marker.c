/* marker: see marker.h. */
#include "common/marker.h"

#include <stdlib.h>

#include "common/buffer.h"
#include "common/facts.h"

/* ------------------------------------------------------------------- facts */

static const struct fact_field top_fields[] = {
    FACT(struct marker_facts, teacher_id, FACT_NUMBER),
    FACT(struct marker_facts, role, FACT_ROLE),
    FACT(struct marker_facts, training_record_id, FACT_NUMBER),
    FACT_AT(struct marker_facts, first_became_eligible_for_training_at_us,
            "first_became_eligible_for_training_at"),
    FACT(struct marker_facts, became_ineligible_for_funding_on, FACT_DATE),
    FACT(struct marker_facts, became_ineligible_for_funding_reason, FACT_REASON),
    FACT(struct marker_facts, has_induction_today, FACT_TRUTH),
    FACT(struct marker_facts, has_school_period, FACT_TRUTH),
    FACT(struct marker_facts, has_training_period, FACT_TRUTH),
    FACTS_END,
};
static const struct fact_field declaration_fields[] = {
    FACT(struct marker_declaration, id, FACT_NUMBER),
    FACT(struct marker_declaration, api_id, FACT_UUID),
    FACT(struct marker_declaration, statement_id, FACT_NUMBER),
    FACTS_END,
};

static bool decode_declarations(json_t *array, struct marker_facts *facts, struct error *err)
{
    const size_t count = json_array_size(array);

    if (!json_is_array(array))
        return error_set(err, ERROR_BUG, "facts of a marker: declarations is not an array");
    facts->declarations = memory_zero(count + 1, sizeof *facts->declarations);
    facts->declaration_count = count;
    for (size_t i = 0; i < count; i++)
        if (!facts_read_object("declarations", json_array_get(array, i), declaration_fields,
                               &facts->declarations[i], err))
            return false;
    return true;
}

static void facts_init(struct marker_facts *facts)
{
    *facts = (struct marker_facts){.first_became_eligible_for_training_at_us = INSTANT_NONE,
                                   .became_ineligible_for_funding_on = DATE_NONE};
}

static bool decode(struct marker_facts *facts, struct error *err)
{
    return facts_read_object("top", facts->document, top_fields, facts, err) &&
           decode_declarations(json_object_get(facts->document, "declarations"), facts, err) &&
           facts_read_ids(json_object_get(facts->document, "lead_provider_ids"), "lead_provider_ids",
                          &facts->lead_provider_ids, &facts->lead_provider_count, err);
}

bool marker_facts_decode(struct slice text, struct marker_facts *ret_facts, struct error *err)
{
    struct marker_facts facts;

    facts_init(&facts);
    facts.document = facts_parse(text, err);
    if (facts.document == NULL)
        return false;
    if (!decode(&facts, err)) {
        marker_facts_release(&facts);
        return false;
    }
    *ret_facts = facts;
    return true;
}

void marker_facts_release(struct marker_facts *facts)
{
    free(facts->declarations);
    free(facts->lead_provider_ids);
    json_decref(facts->document);
    facts_init(facts);
}

/* -------------------------------------------------------------- conditions */

static bool has_record(const struct marker_facts *facts)
{
    return facts->training_record_id != 0;
}

/* Once, and for good. */
static bool is_unset(const struct marker_facts *facts)
{
    return facts->first_became_eligible_for_training_at_us == INSTANT_NONE;
}

static bool has_induction_today(const struct marker_facts *facts)
{
    return facts->has_induction_today;
}

static bool has_school_period(const struct marker_facts *facts)
{
    return facts->has_school_period;
}

static bool has_training_period(const struct marker_facts *facts)
{
    return facts->has_training_period;
}

static bool funding_goes_on(const struct marker_facts *facts)
{
    return !date_is_set(facts->became_ineligible_for_funding_on) &&
           facts->became_ineligible_for_funding_reason == FUNDING_END_NONE;
}

static bool each_has_a_statement(const struct marker_facts *facts)
{
    for (size_t i = 0; i < facts->declaration_count; i++)
        if (facts->declarations[i].statement_id == 0)
            return false;
    return true;
}

/* In this order: the first that is not met decides. ROLE_NONE: of both roles. */
static const struct {
    enum participant_role role;
    enum marker_verdict otherwise;
    bool (*is_met)(const struct marker_facts *facts);
    const char *source;
    const char *text;
} conditions[] = {
    {ROLE_NONE, MARKER_NO_RECORD, has_record, "declarations.md 9.1, 9.2", "never had this role"},
    {ROLE_NONE, MARKER_SET_BEFORE, is_unset, "declarations.md 9.1, 9.2", "is eligible already"},
    {ROLE_ECT, MARKER_NO_INDUCTION_TODAY, has_induction_today, "declarations.md 9.1",
     "has no induction period that contains today"},
    {ROLE_ECT, MARKER_NO_SCHOOL_PERIOD, has_school_period, "declarations.md 9.1",
     "has never been registered as an ECT at a school"},
    {ROLE_MENTOR, MARKER_NO_TRAINING_PERIOD, has_training_period, "declarations.md 9.2",
     "has no mentor training period"},
    {ROLE_MENTOR, MARKER_FUNDING_HAS_ENDED, funding_goes_on, "declarations.md 9.2",
     "is no longer eligible for funding as a mentor"},
    {ROLE_NONE, MARKER_NO_STATEMENT, each_has_a_statement, "declarations.md 5",
     "has a declaration for which there is no output statement whose deadline has not passed"},
};

#define CONDITION_COUNT (sizeof conditions / sizeof conditions[0])

enum marker_verdict marker_decide(const struct marker_facts *facts)
{
    for (size_t i = 0; i < CONDITION_COUNT; i++)
        if ((conditions[i].role == ROLE_NONE || conditions[i].role == facts->role) &&
            !conditions[i].is_met(facts))
            return conditions[i].otherwise;
    return MARKER_IS_TO_BE_SET;
}

const char *marker_verdict_text(enum marker_verdict verdict)
{
    for (size_t i = 0; i < CONDITION_COUNT; i++)
        if (conditions[i].otherwise == verdict)
            return conditions[i].text;
    return "becomes eligible";
}

const char *marker_verdict_source(enum marker_verdict verdict)
{
    for (size_t i = 0; i < CONDITION_COUNT; i++)
        if (conditions[i].otherwise == verdict)
            return conditions[i].source;
    return "declarations.md 5";
}
