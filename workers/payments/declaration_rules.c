/* declaration_rules: see declaration_rules.h. */
#include "workers/payments/declaration_rules.h"

#include <assert.h>

/* ---- 6.1 mentor completion ---- */

/* The day on which LT ends because its mentor has completed: the declaration's London date when the
 * declaration is later than the first moment of LT, else the day after LT's start. Never later than LT ends
 * already: a period of one day in the future would otherwise grow out of its school period (ours; the
 * document assumes longer ones). */
static struct date completed_period_end(const struct mentor_completion_facts *facts)
{
    bool is_later = facts->declaration_us > london_day_start(facts->started_on);
    struct date end = is_later ? london_date(facts->declaration_us) : date_add(facts->started_on, 1);
    if (date_is_set(facts->finished_on) && facts->finished_on.day < end.day)
        end = facts->finished_on;
    return end;
}

struct mentor_completion_effects mentor_completion_decide(const struct mentor_completion_facts *facts)
{
    assert(facts->latest_completed_us != INSTANT_NONE);
    struct mentor_completion_effects effects = {
        .ineligible_on_before = facts->ineligible_on,
        .ineligible_on = london_date(facts->latest_completed_us),
        .reason_before = facts->reason,
        .reason = FUNDING_END_COMPLETED_DECLARATION,
        .finished_on_before = facts->finished_on,
        .finished_on = facts->finished_on,
    };
    effects.record_changes = effects.ineligible_on.day != effects.ineligible_on_before.day ||
                             effects.reason != effects.reason_before;
    bool still_runs = !date_is_set(facts->finished_on) || facts->finished_on.day > facts->today.day;
    if (facts->training_period_id != 0 && still_runs) {
        effects.finished_on = completed_period_end(facts);
        if (effects.finished_on.day != facts->finished_on.day)
            effects.finished_training_period_id = facts->training_period_id;
    }
    return effects;
}

/* D counts the declaration being made, and one that is there already (only imports could have left it: row
 * 8). LT is the selected training period: both are the latest-started one with the same lead provider. */
static struct mentor_completion_effects completion_of(const struct declaration_input *input,
                                                      const struct declaration_facts *facts, int64_t now_us)
{
    if (input->role != ROLE_MENTOR || input->type != DECLARATION_COMPLETED)
        return (struct mentor_completion_effects){.ineligible_on_before = DATE_NONE,
                                                  .ineligible_on = DATE_NONE,
                                                  .finished_on_before = DATE_NONE,
                                                  .finished_on = DATE_NONE};
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
