/*
 * declaration_rules: is an accepted declaration fundable, and why (declarations.md section 5)? A pure
 * function of the facts that travel with the submission. The statement, if any, is chosen by payments.
 */
#ifndef ECF2_WORKERS_ELIGIBILITY_DECLARATION_RULES_H
#define ECF2_WORKERS_ELIGIBILITY_DECLARATION_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/declaration_facts.h"

struct declaration_eligibility {
    bool is_fundable;
    const char *
        reason; /* a word for the verdict: "eligible_for_training", "not_yet_eligible_for_training"; static */
    const char *sentence; /* the same for a person; static */
    int64_t since_us;     /* the marker; INSTANT_NONE where it is missing */
};

struct declaration_eligibility declaration_eligibility(const struct declaration_facts *facts);

#endif
