/* declaration_rules: see declaration_rules.h. */
#include "workers/payments/declaration_rules.h"

/* ---- 6.1 mentor completion ---- */

/* D counts the declaration being made, and one that is there already (only imports could have left it: row
 * 8). LT is the selected training period: both are the latest-started one with the same lead provider. */
static struct mentor_completion_effects completion_of(const struct declaration_input *input,
                                                      const struct declaration_facts *facts, int64_t now_us)
{
    if (input->role != ROLE_MENTOR || input->type != DECLARATION_COMPLETED)
        return mentor_completion_nothing();
    const struct existing_declaration *other = &facts->existing[DECLARATION_COMPLETED];
    bool other_is_later = other->id != 0 && other->date_us > input->date_us;
    return mentor_completion_decide(&(struct mentor_completion_facts){
        .today = london_date(now_us),
        .latest_completed_us = other_is_later ? other->date_us : input->date_us,
        .declaration_us = input->date_us,
        .ineligible_on = facts->funding_end.became_ineligible_for_funding_on,
        .reason = facts->funding_end.reason,
        .training_period_id = facts->training_period.id,
        .started_on = facts->training_period.started_on,
        .finished_on = facts->training_period.finished_on,
        .school_finished_on = DATE_NONE, /* nobody asks: D is this one or a later one */
        .other_training_starts_on = DATE_NONE,
    });
}

/* ---- the declaration ---- */

bool declaration_decide_effects(const struct declaration_input *input, const struct declaration_facts *facts,
                                bool fundable, int64_t now_us, struct declaration_effects *ret_effects,
                                struct error *err)
{
    if (facts->training_period.id == 0 || input->type == DECLARATION_TYPE_NONE ||
        input->date_us == INSTANT_NONE)
        return error_set(err, ERROR_BUG, "an accepted declaration has no training period, type or date");
    if (fundable && facts->statement.id == 0)
        return error_set(err, ERROR_BUG, "a fundable declaration was accepted without an open statement");
    bool copies_uplifts = input->type == DECLARATION_STARTED && facts->contract_period.uplift_fees_enabled;
    bool has_mentorship = input->role == ROLE_ECT && facts->mentorship.id != 0;
    *ret_effects = (struct declaration_effects){
        .training_period_id = facts->training_period.id,
        .delivery_partner_id = facts->training_period.delivery_partner_id,
        .delivery_partner_api_id = facts->training_period.delivery_partner_api_id,
        .evidence = declaration_evidence_stored(input, facts),
        .pupil_premium_uplift = copies_uplifts && facts->uplifts.pupil_premium,
        .sparsity_uplift = copies_uplifts && facts->uplifts.sparsity,
        .payment_status = fundable ? PAYMENT_ELIGIBLE : PAYMENT_NO_PAYMENT,
        .completion = completion_of(input, facts, now_us),
    };
    if (has_mentorship) {
        ret_effects->mentorship_period_id = facts->mentorship.id;
        ret_effects->mentor_api_id = facts->mentorship.mentor_api_id;
    }
    if (fundable) {
        ret_effects->statement_id = facts->statement.id;
        ret_effects->statement_api_id = facts->statement.api_id;
    }
    return true;
}

struct declaration_view declaration_view_of(const struct declaration_input *input,
                                            const struct declaration_facts *facts,
                                            const struct declaration_effects *effects, const struct uuid *id,
                                            int64_t created_at_us, int64_t updated_at_us)
{
    return (struct declaration_view){
        .id = id,
        .participant_id = facts->teacher.api_id,
        .type = input->type,
        .date_us = input->date_us,
        .role = input->role,
        .mentor_id = effects->mentorship_period_id != 0 ? &effects->mentor_api_id : NULL,
        .payment_status = effects->payment_status,
        .clawback_status = CLAWBACK_NO_CLAWBACK,
        .created_at_us = created_at_us,
        .updated_at_us = updated_at_us,
        .delivery_partner_id = effects->delivery_partner_api_id,
        .statement_id = effects->statement_id != 0 ? &effects->statement_api_id : NULL,
        .clawback_statement_id = NULL,
        .pupil_premium_uplift = effects->pupil_premium_uplift,
        .sparsity_uplift = effects->sparsity_uplift,
        .evidence = effects->evidence,
        .lead_provider_name = slice_of(facts->lead_provider.name),
    };
}
