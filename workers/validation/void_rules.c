/* void_rules: see void_rules.h. */
#include "workers/validation/void_rules.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/not_found.h"
#include "workers/validation/wording.h"

#define TITLE "participant_declaration_id"

static bool is_paid(const struct void_facts *facts)
{
    return facts->declaration.payment_status == PAYMENT_PAID;
}

static bool not_its_own(const struct void_facts *facts, char *detail)
{
    (void)snprintf(detail, DETAIL_SIZE, NOT_FOUND_DETAIL);
    return facts->declaration.id == 0;
}

static bool voided_already(const struct void_facts *facts, char *detail)
{
    (void)snprintf(detail, DETAIL_SIZE,
                   "The declaration of '#/" TITLE "' is voided already: there is nothing left to do.");
    return facts->declaration.payment_status == PAYMENT_VOIDED;
}

static bool refunded_already(const struct void_facts *facts, char *detail)
{
    (void)snprintf(detail, DETAIL_SIZE,
                   "The declaration of '#/" TITLE
                   "' was paid, and the payment will be or has been refunded: it cannot be voided again.");
    return is_paid(facts) && facts->declaration.clawback_status != CLAWBACK_NO_CLAWBACK;
}

static bool no_statement_left(const struct void_facts *facts, char *detail)
{
    (void)snprintf(detail, DETAIL_SIZE,
                   "The declaration of '#/" TITLE
                   "' was paid, and no statement of the %lld '#/cohort' is left that could take the payment "
                   "back: its contract has ended. If you think that it has not, get in touch with us.",
                   (long long)facts->declaration.contract_period_year);
    return is_paid(facts) && facts->declaration.clawback_status == CLAWBACK_NO_CLAWBACK &&
           facts->clawback_statement.id == 0;
}

/* clang-format off */
static const struct void_rule {
    bool (*check)(const struct void_facts *facts, char *detail); /* fails when */
    uint16_t status;
    const char *title, *source;
} rules[] = {
    {not_its_own,       404, NOT_FOUND_TITLE, "lead-provider-api.md 7.3/V1"},
    {voided_already,    422, TITLE,           "lead-provider-api.md 7.3/V3"},
    {refunded_already,  422, TITLE,           "lead-provider-api.md 7.3/V5"},
    {no_statement_left, 422, TITLE,           "lead-provider-api.md 7.3/V6"},
};
/* clang-format on */
static_assert(sizeof rules / sizeof rules[0] == VOID_RULE_COUNT, "the document has four that refuse");

void void_validate(const struct void_facts *facts, struct void_verdict *ret_verdict)
{
    memset(ret_verdict, 0, sizeof *ret_verdict); /* RULE_SKIPPED */
    for (size_t i = 0; i < VOID_RULE_COUNT; i++) {
        char detail[DETAIL_SIZE];
        if (!rules[i].check(facts, detail)) {
            ret_verdict->results[i] = RULE_PASSED;
            continue;
        }
        ret_verdict->results[i] = RULE_FAILED;
        ret_verdict->status = rules[i].status;
        ret_verdict->title = rules[i].title;
        memcpy(ret_verdict->detail, detail, sizeof detail);
        return;
    }
}

const char *void_rule_source(size_t row)
{
    return rules[row].source;
}

/* ---- the trace ---- */

static json_t *id_or_null(bool is_set, const struct uuid *id)
{
    char text[UUID_TEXT_SIZE];
    if (!is_set)
        return json_null();
    uuid_format(id, text);
    return json_string(text);
}

static void see_declaration(const struct void_facts *facts, json_t *saw)
{
    json_object_set_new(saw, "state",
                        json_string(declaration_state(facts->declaration.payment_status,
                                                      facts->declaration.clawback_status)));
}

static void see_statement(const struct void_facts *facts, json_t *saw)
{
    const bool is_there = facts->clawback_statement.id != 0;
    json_object_set_new(saw, "cohort",
                        json_sprintf("%lld", (long long)facts->declaration.contract_period_year));
    json_object_set_new(
        saw, "clawback_statement",
        is_there ? json_pack("{s:o, s:s}", "id", id_or_null(true, &facts->clawback_statement.api_id),
                             "cut_off_date", shown_on(facts->clawback_statement.deadline_date).text)
                 : json_null());
}

json_t *void_trace(const struct void_input *input, const struct void_facts *facts,
                   const struct void_verdict *verdict)
{
    json_t *trace = json_array();
    for (size_t row = 0; row < VOID_RULE_COUNT; row++) {
        json_t *saw = json_object();
        if (rules[row].check == not_its_own) {
            json_object_set_new(saw, "participant_declaration_id", id_or_null(input->is_uuid, &input->id));
            json_object_set_new(saw, "participant_declaration_found",
                                json_boolean(facts->declaration.id != 0));
        } else if (verdict->results[row] != RULE_SKIPPED) {
            see_declaration(facts, saw);
            if (rules[row].check == no_statement_left)
                see_statement(facts, saw);
        }
        rules_append_trace(trace, rules[row].source, verdict->results[row], rules[row].title, saw);
    }
    return trace;
}

void void_verdict_render(const struct void_verdict *verdict, struct buffer *out)
{
    json_t *errors = json_array();
    rules_append_error(errors, verdict->title, verdict->detail);
    rules_render_errors(errors, out);
}
