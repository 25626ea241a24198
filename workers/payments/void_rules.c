/* void_rules: see void_rules.h. */
#include "workers/payments/void_rules.h"

/* D is what is left of the mentor's active `completed` when this one is voided: none, unless something that
 * the database would refuse (DM-20) stood beside it. */
static struct mentor_completion_effects completion_of(const struct void_facts *facts, int64_t now_us)
{
    if (!void_is_of_mentor_completion(facts))
        return mentor_completion_nothing();
    return mentor_completion_decide(&(struct mentor_completion_facts){
        .today = london_date(now_us),
        .latest_completed_us = facts->completion.latest_completed_us,
        .declaration_us = facts->declaration.date_us,
        .ineligible_on = facts->completion.became_ineligible_for_funding_on,
        .reason = facts->completion.reason,
        .training_period_id = facts->latest_training.id,
        .started_on = facts->latest_training.started_on,
        .finished_on = facts->latest_training.finished_on,
        .school_finished_on = facts->latest_training.school_finished_on,
        .other_training_starts_on = facts->completion.other_training_starts_on,
    });
}

bool void_decide_effects(const struct void_facts *facts, int64_t now_us, struct void_effects *ret_effects,
                         struct error *err)
{
    struct void_effects effects = {.payment_status = PAYMENT_VOIDED, .clawback_status = CLAWBACK_NO_CLAWBACK};
    if (facts->declaration.id == 0 || facts->declaration.clawback_status != CLAWBACK_NO_CLAWBACK)
        return error_set(err, ERROR_BUG, "a void was accepted of no declaration, or of a refunded one");
    switch (facts->declaration.payment_status) {
    case PAYMENT_NO_PAYMENT:
    case PAYMENT_ELIGIBLE:
    case PAYMENT_PAYABLE:
        break;
    case PAYMENT_PAID:
        if (facts->clawback_statement.id == 0)
            return error_set(err, ERROR_BUG, "a void of a paid declaration was accepted without a statement");
        effects.payment_status = PAYMENT_PAID;
        effects.clawback_status = CLAWBACK_AWAITING;
        effects.clawback_statement_id = facts->clawback_statement.id;
        effects.clawback_statement_api_id = facts->clawback_statement.api_id;
        break;
    case PAYMENT_VOIDED:
    case PAYMENT_STATUS_NONE:
    case PAYMENT_STATUS_COUNT:
        return error_set(err, ERROR_BUG, "a void of a voided declaration was accepted");
    }
    effects.completion = completion_of(facts, now_us);
    *ret_effects = effects;
    return true;
}

struct declaration_view void_view_of(const struct void_facts *facts, const struct void_effects *effects,
                                     int64_t updated_at_us)
{
    return (struct declaration_view){
        .id = &facts->declaration.api_id,
        .participant_id = facts->declaration.participant_api_id,
        .type = facts->declaration.type,
        .date_us = facts->declaration.date_us,
        .role = facts->declaration.role,
        .mentor_id = facts->declaration.has_mentor ? &facts->declaration.mentor_api_id : NULL,
        .payment_status = effects->payment_status,
        .clawback_status = effects->clawback_status,
        .created_at_us = facts->declaration.created_at_us,
        .updated_at_us = updated_at_us,
        .delivery_partner_id = facts->declaration.delivery_partner_api_id,
        .statement_id = facts->payment_statement.id != 0 ? &facts->payment_statement.api_id : NULL,
        .clawback_statement_id =
            effects->clawback_statement_id != 0 ? &effects->clawback_statement_api_id : NULL,
        .pupil_premium_uplift = facts->declaration.pupil_premium_uplift,
        .sparsity_uplift = facts->declaration.sparsity_uplift,
        .evidence = facts->declaration.evidence,
        .lead_provider_name = slice_of(facts->lead_provider.name),
    };
}
