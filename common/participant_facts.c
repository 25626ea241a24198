/* participant_facts: see participant_facts.h. */
#include "common/participant_facts.h"

#include <stdlib.h>

#include "common/blank.h"
#include "common/facts.h"
#include "common/fields.h"

/* ---- what was submitted ---- */

static const struct {
    const char *name;
    size_t offset;
} input_fields[] = {
    {"course_identifier", offsetof(struct participant_input, course_identifier)},
    {"reason", offsetof(struct participant_input, reason)},
    {"schedule_identifier", offsetof(struct participant_input, schedule_identifier)},
    {"cohort", offsetof(struct participant_input, cohort)},
};
#define INPUT_FIELD_COUNT (sizeof input_fields / sizeof input_fields[0])

static struct slice *input_text(struct participant_input *input, size_t field)
{
    return (struct slice *)(void *)((char *)input + input_fields[field].offset);
}

/* Four digits, as cohorts are shown; else 0. */
static int64_t year_of(struct slice text)
{
    int64_t year = 0;

    if (text.size != 4 || text.data[0] == '0')
        return 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return 0;
        year = year * 10 + (text.data[i] - '0');
    }
    return year;
}

void participant_input_interpret(struct participant_input *input)
{
    for (size_t i = 0; i < INPUT_FIELD_COUNT; i++)
        if (is_blank(*input_text(input, i)))
            *input_text(input, i) = (struct slice){NULL, 0};
    input->role = course_identifier_parse(input->course_identifier);
    input->withdrawal_reason = withdrawal_reason_parse_api(input->reason);
    input->deferral_reason = deferral_reason_parse_api(input->reason);
    input->schedule = schedule_identifier_parse(input->schedule_identifier);
    input->cohort_year = year_of(input->cohort);
}

#define WHAT "an action"

bool participant_input_decode(struct slice payload, bool asks_for_schedule,
                              struct participant_input *ret_input, struct error *err)
{
    struct participant_input input = {.asks_for_schedule = asks_for_schedule,
                                      .payload = fields_parse(payload, WHAT, err)};
    struct slice id = {NULL, 0};
    bool good = input.payload != NULL && fields_text(input.payload, WHAT, "id", &id, err);

    for (size_t i = 0; good && i < INPUT_FIELD_COUNT; i++)
        good = fields_text(input.payload, WHAT, input_fields[i].name, input_text(&input, i), err);
    if (!good) {
        participant_input_release(&input);
        return false;
    }
    input.is_uuid = uuid_parse(id, &input.id);
    participant_input_interpret(&input);
    *ret_input = input;
    return true;
}

void participant_input_release(struct participant_input *input)
{
    json_decref(input->payload);
    *input = (struct participant_input){0};
}

/* ---- what the query makes ---- */

#define FACT_OF(group, member, type) FACT_IN(struct participant_facts, group, member, type)

static const struct fact_field lead_provider_fields[] = {
    FACT_OF(lead_provider, id, FACT_NUMBER),
    FACT_OF(lead_provider, name, FACT_TEXT),
    FACTS_END,
};
static const struct fact_field teacher_fields[] = {
    FACT_OF(teacher, id, FACT_NUMBER),
    FACT_OF(teacher, api_id, FACT_UUID),
    FACTS_END,
};
static const struct fact_field trains_fields[] = {
    {"ect", FACT_TRUTH, offsetof(struct participant_facts, trains[ROLE_ECT])},
    {"mentor", FACT_TRUTH, offsetof(struct participant_facts, trains[ROLE_MENTOR])},
    FACTS_END,
};
static const struct fact_field training_fields[] = {
    FACT_OF(training, id, FACT_NUMBER),
    FACT_OF(training, school_period_id, FACT_NUMBER),
    FACT_OF(training, school_id, FACT_NUMBER),
    FACT_OF(training, started_on, FACT_DATE),
    FACT_OF(training, finished_on, FACT_DATE),
    FACT_AT(struct participant_facts, training.withdrawn_at_us, "withdrawn_at"),
    FACT_OF(training, withdrawal_reason, FACT_TEXT),
    FACT_AT(struct participant_facts, training.deferred_at_us, "deferred_at"),
    FACT_OF(training, deferral_reason, FACT_TEXT),
    FACT_OF(training, contract_period_year, FACT_NUMBER),
    FACT_OF(training, is_frozen, FACT_TRUTH),
    FACT_OF(training, school_partnership_id, FACT_NUMBER),
    FACT_OF(training, expression_of_interest_id, FACT_NUMBER),
    FACT_OF(training, schedule_id, FACT_NUMBER),
    FACT_OF(training, schedule_identifier, FACT_TEXT),
    FACT_OF(training, school_finished_on, FACT_DATE),
    FACT_OF(training, became_ineligible_for_funding_on, FACT_DATE),
    FACT_OF(training, payments_frozen_year, FACT_NUMBER),
    FACT_OF(training, induction_finished_on, FACT_DATE),
    FACT_OF(training, trs_induction_completed_on, FACT_DATE),
    FACTS_END,
};
static const struct fact_field others_fields[] = {
    FACT_OF(others, cover_today, FACT_TRUTH),
    FACT_OF(others, cover_from, FACT_DATE),
    FACT_OF(others, later_starts_on, FACT_DATE),
    FACTS_END,
};
static const struct fact_field target_fields[] = {
    FACT_OF(target, year, FACT_NUMBER),
    FACT_OF(target, is_frozen, FACT_TRUTH),
    FACT_OF(target, schedule_id, FACT_NUMBER),
    FACT_OF(target, school_partnership_id, FACT_NUMBER),
    FACT_OF(target, provider_contract_period_id, FACT_NUMBER),
    FACTS_END,
};
static const struct fact_field declaration_fields[] = {
    FACT(struct trained_declaration, api_id, FACT_UUID),
    FACT(struct trained_declaration, type, FACT_DECLARATION_TYPE),
    FACT_AT(struct trained_declaration, date_us, "date"),
    FACT(struct trained_declaration, has_statement, FACT_TRUTH),
    FACT(struct trained_declaration, milestone_start_date, FACT_DATE),
    FACT(struct trained_declaration, milestone_date, FACT_DATE),
    FACTS_END,
};

static const struct fact_object fact_objects[] = {
    {"lead_provider", lead_provider_fields}, {"teacher", teacher_fields}, {"trains", trains_fields},
    {"training", training_fields},           {"others", others_fields},   {"target", target_fields},
};

void participant_facts_init(struct participant_facts *facts)
{
    *facts = (struct participant_facts){
        .training = {.started_on = DATE_NONE,
                     .finished_on = DATE_NONE,
                     .withdrawn_at_us = INSTANT_NONE,
                     .deferred_at_us = INSTANT_NONE,
                     .school_finished_on = DATE_NONE,
                     .became_ineligible_for_funding_on = DATE_NONE,
                     .induction_finished_on = DATE_NONE,
                     .trs_induction_completed_on = DATE_NONE},
        .others = {.cover_from = DATE_NONE, .later_starts_on = DATE_NONE},
    };
}

static bool read_declarations(json_t *array, struct participant_facts *facts, struct error *err)
{
    const size_t count = json_array_size(array);

    if (!json_is_array(array))
        return error_set(err, ERROR_BUG, "facts: declarations is not an array");
    facts->declarations = memory_zero(count + 1, sizeof *facts->declarations);
    facts->declaration_count = count;
    for (size_t i = 0; i < count; i++) {
        struct trained_declaration *one = &facts->declarations[i];

        *one = (struct trained_declaration){
            .date_us = INSTANT_NONE, .milestone_start_date = DATE_NONE, .milestone_date = DATE_NONE};
        if (!facts_read_object("declarations", json_array_get(array, i), declaration_fields, one, err))
            return false;
    }
    return true;
}

bool participant_facts_decode(struct slice text, struct participant_facts *ret_facts, struct error *err)
{
    struct participant_facts facts;
    participant_facts_init(&facts);
    facts.document = facts_parse(text, err);
    if (facts.document == NULL)
        return false;
    if (!facts_read_objects(facts.document, fact_objects, sizeof fact_objects / sizeof fact_objects[0],
                            &facts, err) ||
        !read_declarations(json_object_get(facts.document, "declarations"), &facts, err) ||
        !facts_read_ids(json_object_get(facts.document, "lead_provider_ids"), "lead_provider_ids",
                        &facts.lead_provider_ids, &facts.lead_provider_count, err)) {
        participant_facts_release(&facts);
        return false;
    }
    *ret_facts = facts;
    return true;
}

void participant_facts_release(struct participant_facts *facts)
{
    free(facts->declarations);
    free(facts->lead_provider_ids);
    json_decref(facts->document);
    participant_facts_init(facts);
}

/* ---- what is asked ---- */

#define ARRAY(params, questions, count, element)                                                             \
    do {                                                                                                     \
        db_array_begin(params);                                                                              \
        for (size_t i = 0; i < (count); i++) {                                                               \
            const struct participant_question *question = &(questions)[i];                                   \
            const struct participant_input *input = question->input;                                         \
            (void)input;                                                                                     \
            element;                                                                                         \
        }                                                                                                    \
        db_array_end(params);                                                                                \
    } while (0)

void participant_facts_params(struct db_params *params, const struct participant_question *questions,
                              size_t count)
{
    ARRAY(params, questions, count, db_array_uuid(params, &question->id));
    ARRAY(params, questions, count, db_array_instant(params, question->as_of_us));
    ARRAY(params, questions, count, db_array_int(params, question->lead_provider_id));
    ARRAY(params, questions, count, db_array_uuid(params, input->is_uuid ? &input->id : NULL));
    ARRAY(params, questions, count, db_array_text(params, participant_role_name(input->role)));
    ARRAY(params, questions, count, db_array_bool(params, input->asks_for_schedule));
    ARRAY(params, questions, count, db_array_text(params, schedule_identifier_name(input->schedule)));
    ARRAY(params, questions, count, db_array_id(params, input->cohort_year));
}

struct training_state participant_training_state(const struct participant_facts *facts,
                                                 enum participant_role role)
{
    const struct date induction_end = date_is_set(facts->training.induction_finished_on)
                                          ? facts->training.induction_finished_on
                                          : facts->training.trs_induction_completed_on;

    return (struct training_state){
        .role = role,
        .started_on = facts->training.started_on,
        .finished_on = facts->training.finished_on,
        .withdrawn_at_us = facts->training.withdrawn_at_us,
        .deferred_at_us = facts->training.deferred_at_us,
        .completed_on = role == ROLE_ECT ? induction_end : facts->training.became_ineligible_for_funding_on};
}
