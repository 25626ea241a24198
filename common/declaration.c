/* declaration: see declaration.h. */
#include "common/declaration.h"

#include "common/blank.h"
#include "common/cleanup.h"
#include "common/declaration_date.h"
#include "common/london.h"
#include "common/words.h"

/* ---- words ---- */

WORDS(declaration_type, DECLARATION_TYPES, WORD, DECLARATION_TYPE_COUNT)
WORDS(evidence_type, EVIDENCE_TYPES, WORD, EVIDENCE_TYPE_COUNT)
WORDS(funding_end_reason, FUNDING_END_REASONS, WORD, FUNDING_END_REASON_COUNT)
WORDS(statement_status, STATEMENT_STATUSES, WORD, STATEMENT_STATUS_COUNT)
WORDS(participant_role, PARTICIPANT_ROLES, SQL_WORD, PARTICIPANT_ROLE_COUNT)
WORDS(payment_status, PAYMENT_STATUSES, SQL_WORD, PAYMENT_STATUS_COUNT)
WORDS(clawback_status, CLAWBACK_STATUSES, SQL_WORD, CLAWBACK_STATUS_COUNT)

static const char *const course_words[] = {PARTICIPANT_ROLES(API_WORD)};
static const char *const payment_states[] = {PAYMENT_STATUSES(API_WORD)};
static const char *const clawback_states[] = {CLAWBACK_STATUSES(API_WORD)};

const char *course_identifier(enum participant_role role)
{
    return course_words[role];
}

enum participant_role course_identifier_parse(struct slice text)
{
    return (enum participant_role)word_find(course_words, PARTICIPANT_ROLE_COUNT, text);
}

const char *declaration_state(enum payment_status payment, enum clawback_status clawback)
{
    return clawback_states[clawback] != NULL ? clawback_states[clawback] : payment_states[payment];
}

/* ---- what was submitted ---- */

static const struct {
    const char *name;
    size_t offset;
} input_fields[] = {
    {"participant_id", offsetof(struct declaration_input, participant_id)},
    {"declaration_type", offsetof(struct declaration_input, declaration_type)},
    {"declaration_date", offsetof(struct declaration_input, declaration_date)},
    {"course_identifier", offsetof(struct declaration_input, course_identifier)},
    {"evidence_held", offsetof(struct declaration_input, evidence_held)},
};
#define INPUT_FIELD_COUNT (sizeof input_fields / sizeof input_fields[0])

static struct slice *input_text(struct declaration_input *input, size_t field)
{
    return (struct slice *)(void *)((char *)input + input_fields[field].offset);
}

void declaration_input_interpret(struct declaration_input *input)
{
    for (size_t i = 0; i < INPUT_FIELD_COUNT; i++)
        if (is_blank(*input_text(input, i)))
            *input_text(input, i) = (struct slice){NULL, 0};
    input->participant_is_uuid = uuid_parse(input->participant_id, &input->participant_uuid);
    input->type = declaration_type_parse(input->declaration_type);
    input->date_us = INSTANT_NONE;
    (void)declaration_date_parse(input->declaration_date, &input->date_us);
    input->role = course_identifier_parse(input->course_identifier);
    input->evidence = evidence_type_parse(input->evidence_held);
}

bool declaration_input_decode(struct slice payload, struct declaration_input *ret_input, struct error *err)
{
    json_error_t problem;
    CLEANUP(json)
    json_t *document = json_loadb(payload.data == NULL ? "" : payload.data, payload.size, 0, &problem);
    if (document == NULL)
        return error_set(err, ERROR_WIRE, "payload of a declaration is not JSON: %s", problem.text);
    json_t *fields = json_object_get(document, "fields");
    if (!json_is_object(fields))
        return error_set(err, ERROR_WIRE, "payload of a declaration has no object \"fields\"");
    struct declaration_input input = {.date_us = INSTANT_NONE};
    for (size_t i = 0; i < INPUT_FIELD_COUNT; i++) {
        json_t *value = json_object_get(fields, input_fields[i].name);
        if (value == NULL || json_is_null(value))
            continue;
        if (!json_is_string(value))
            return error_set(err, ERROR_WIRE, "payload of a declaration: \"%s\" is neither text nor null",
                             input_fields[i].name);
        *input_text(&input, i) = (struct slice){json_string_value(value), json_string_length(value)};
    }
    declaration_input_interpret(&input);
    input.payload = json_incref(document);
    *ret_input = input;
    return true;
}

void declaration_input_release(struct declaration_input *input)
{
    json_decref(input->payload);
    *input = (struct declaration_input){0};
}
