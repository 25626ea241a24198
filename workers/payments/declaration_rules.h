/*
 * declaration_rules: what an accepted declaration writes (declarations.md 3.5 "Stored", 4, 5, 6.1), as a
 * struct of effects: pure functions of what was sent, the facts, and now. The SQL that writes them takes
 * these values and decides nothing.
 */
#ifndef ECF2_WORKERS_PAYMENTS_DECLARATION_RULES_H
#define ECF2_WORKERS_PAYMENTS_DECLARATION_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/declaration_facts.h"
#include "common/declaration_view.h"
#include "common/error.h"
#include "workers/payments/mentor_completion.h"

struct declaration_effects {
    int64_t training_period_id;
    int64_t delivery_partner_id;
    struct uuid delivery_partner_api_id;
    int64_t mentorship_period_id; /* 0: none */
    struct uuid mentor_api_id;
    enum evidence_type evidence;
    bool pupil_premium_uplift, sparsity_uplift;
    enum payment_status payment_status;
    int64_t statement_id; /* 0: none */
    struct uuid statement_api_id;
    struct mentor_completion_effects completion;
};

/* fundable is what eligibility decided. False with ERROR_BUG when validation cannot have accepted this: no
 * training period, or fundable without an open statement (row 16). */
bool declaration_decide_effects(const struct declaration_input *input, const struct declaration_facts *facts,
                                bool fundable, int64_t now_us, struct declaration_effects *ret_effects,
                                struct error *err) __attribute__((warn_unused_result));

/* The new declaration as its client sees it. Borrows from all of its arguments; id NULL = dry run. */
struct declaration_view declaration_view_of(const struct declaration_input *input,
                                            const struct declaration_facts *facts,
                                            const struct declaration_effects *effects, const struct uuid *id,
                                            int64_t created_at_us, int64_t updated_at_us);

#endif
