/* declaration_rules: see declaration_rules.h. */
#include "workers/eligibility/declaration_rules.h"

/*
 * Section 5. Only the presence of the marker of the declaration's role decides. Nothing else does: not a date
 * from which the person is ineligible (Exempt in the teacher record, a mentor's completed training), and not
 * the contract period, whose end has refused the declaration already (rows 15 and 16) or does not matter.
 */
struct declaration_eligibility declaration_eligibility(const struct declaration_facts *facts)
{
    struct declaration_eligibility eligibility = {
        .is_fundable = declaration_is_fundable(facts),
        .since_us = facts->first_became_eligible_for_training_at_us,
    };
    if (eligibility.is_fundable) {
        eligibility.reason = "eligible_for_training";
        eligibility.sentence = "the person has become eligible for training in this role";
    } else {
        eligibility.reason = "not_yet_eligible_for_training";
        eligibility.sentence =
            "the person has not become eligible for training in this role: an ECT does when an induction "
            "is recorded, a mentor when a school has registered them for training";
    }
    return eligibility;
}
