/* partnership_facts: see partnership_facts.h. */
#include "common/partnership_facts.h"

#include <stdlib.h>

#include "common/facts.h"
#include "common/fields.h"

#define WHAT     "a partnership"
#define YEAR_MAX 9999

/* ---- what was submitted ---- */

/* Digits alone; 0 where it is no year. */
static int64_t year_of(struct slice text)
{
    int64_t year = 0;

    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || year > YEAR_MAX)
            return 0;
        year = year * 10 + (text.data[i] - '0');
    }
    return year > YEAR_MAX ? 0 : year;
}

void partnership_input_interpret(struct partnership_input *input)
{
    input->year = year_of(input->cohort);
    input->school_is_uuid = uuid_parse(input->school_id, &input->school_uuid);
    input->partner_is_uuid = uuid_parse(input->delivery_partner_id, &input->partner_uuid);
}

bool partnership_input_decode(struct slice payload, struct partnership_input *ret_input, struct error *err)
{
    struct partnership_input input = {.payload = fields_parse(payload, WHAT, err)};

    if (input.payload == NULL)
        return false;
    if (!fields_text(input.payload, WHAT, "cohort", &input.cohort, err) ||
        !fields_text(input.payload, WHAT, "school_id", &input.school_id, err) ||
        !fields_text(input.payload, WHAT, "delivery_partner_id", &input.delivery_partner_id, err)) {
        partnership_input_release(&input);
        return false;
    }
    partnership_input_interpret(&input);
    *ret_input = input;
    return true;
}

void partnership_input_release(struct partnership_input *input)
{
    json_decref(input->payload);
    *input = (struct partnership_input){0};
}

/* ---- what the query makes ---- */

#define FACT_OF(group, member, type) FACT_IN(struct partnership_facts, group, member, type)

static const struct fact_field lead_provider_fields[] = {
    FACT_OF(lead_provider, id, FACT_NUMBER),
    FACT_OF(lead_provider, name, FACT_TEXT),
    FACTS_END,
};
static const struct fact_field contract_period_fields[] = {
    FACT_OF(contract_period, year, FACT_NUMBER),
    FACT_OF(contract_period, started_on, FACT_DATE),
    FACT_OF(contract_period, enabled, FACT_TRUTH),
    FACTS_END,
};
static const struct fact_field school_fields[] = {
    FACT_OF(school, id, FACT_NUMBER),
    FACT_OF(school, api_id, FACT_UUID),
    FACT_OF(school, urn, FACT_NUMBER),
    FACT_OF(school, eligible, FACT_TRUTH),
    FACTS_END,
};
static const struct fact_field delivery_partner_fields[] = {
    FACT_OF(delivery_partner, id, FACT_NUMBER),
    FACT_OF(delivery_partner, api_id, FACT_UUID),
    FACTS_END,
};
static const struct fact_field delivery_partnership_fields[] = {
    FACT_OF(delivery_partnership, id, FACT_NUMBER),
    FACTS_END,
};
static const struct fact_field existing_fields[] = {
    FACT_OF(existing, id, FACT_NUMBER),
    FACT_OF(existing, api_id, FACT_UUID),
    FACTS_END,
};
static const struct fact_field school_year_fields[] = {
    FACT_OF(school_year, programme_choice, FACT_TEXT),
    FACTS_END,
};
static const struct fact_field waiting_fields[] = {
    FACT(struct waiting_training, id, FACT_NUMBER),
    FACT(struct waiting_training, teacher_id, FACT_NUMBER),
    FACTS_END,
};

static const struct fact_object fact_objects[] = {
    {"lead_provider", lead_provider_fields},
    {"contract_period", contract_period_fields},
    {"school", school_fields},
    {"delivery_partner", delivery_partner_fields},
    {"delivery_partnership", delivery_partnership_fields},
    {"existing", existing_fields},
    {"school_year", school_year_fields},
};

static void facts_init(struct partnership_facts *facts)
{
    *facts = (struct partnership_facts){.contract_period = {.started_on = DATE_NONE}};
}

static bool decode_waiting(json_t *array, struct partnership_facts *facts, struct error *err)
{
    if (!json_is_array(array))
        return error_set(err, ERROR_BUG, "facts of a partnership: waiting is not an array");
    facts->waiting_count = json_array_size(array);
    facts->waiting = memory_zero(facts->waiting_count + 1, sizeof *facts->waiting);
    for (size_t i = 0; i < facts->waiting_count; i++)
        if (!facts_read_object("waiting", json_array_get(array, i), waiting_fields, &facts->waiting[i], err))
            return false;
    return true;
}

static bool decode_facts(json_t *document, struct partnership_facts *facts, struct error *err)
{
    return facts_read_objects(document, fact_objects, sizeof fact_objects / sizeof fact_objects[0], facts,
                              err) &&
           decode_waiting(json_object_get(document, "waiting"), facts, err) &&
           facts_read_ids(json_object_get(document, "lead_provider_ids"), "lead_provider_ids",
                          &facts->lead_provider_ids, &facts->lead_provider_count, err);
}

bool partnership_facts_decode(struct slice text, struct partnership_facts *ret_facts, struct error *err)
{
    struct partnership_facts facts;

    facts_init(&facts);
    facts.document = facts_parse(text, err);
    if (facts.document == NULL)
        return false;
    if (!decode_facts(facts.document, &facts, err)) {
        partnership_facts_release(&facts);
        return false;
    }
    *ret_facts = facts;
    return true;
}

void partnership_facts_release(struct partnership_facts *facts)
{
    free(facts->waiting);
    free(facts->lead_provider_ids);
    json_decref(facts->document);
    facts_init(facts);
}

/* One array parameter of all questions: `each` appends an element for `question` and its `input`. */
#define QUESTION_ARRAY(each)                                                                                 \
    do {                                                                                                     \
        db_array_begin(params);                                                                              \
        for (size_t i = 0; i < count; i++) {                                                                 \
            const struct partnership_question *question = &questions[i];                                     \
            const struct partnership_input *input = question->input;                                         \
            (void)input;                                                                                     \
            each;                                                                                            \
        }                                                                                                    \
        db_array_end(params);                                                                                \
    } while (0)

void partnership_facts_params(struct db_params *params, const struct partnership_question *questions,
                              size_t count)
{
    QUESTION_ARRAY(db_array_uuid(params, &question->id));
    QUESTION_ARRAY(db_array_int(params, question->lead_provider_id));
    QUESTION_ARRAY(db_array_id(params, input->year));
    QUESTION_ARRAY(db_array_uuid(params, input->school_is_uuid ? &input->school_uuid : NULL));
    QUESTION_ARRAY(db_array_uuid(params, input->partner_is_uuid ? &input->partner_uuid : NULL));
}
