/* void_rules: see void_rules.h. */
#include "workers/validation/void_rules.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/not_found.h"

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

void void_verdict_render(const struct void_verdict *verdict, struct buffer *out)
{
    json_t *errors = json_array();
    rules_append_error(errors, verdict->title, verdict->detail);
    rules_render_errors(errors, out);
}
