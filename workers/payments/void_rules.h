/*
 * void_rules: what an accepted void writes (declarations.md 6, 6.1), as a struct of effects: pure functions
 * of the facts and now. The SQL that writes them takes these values and decides nothing.
 */
#ifndef ECF2_WORKERS_PAYMENTS_VOID_RULES_H
#define ECF2_WORKERS_PAYMENTS_VOID_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/declaration_view.h"
#include "common/error.h"
#include "common/void_facts.h"
#include "workers/payments/mentor_completion.h"

struct void_effects {
    /* Void: voided, and the payment statement stays. Clawback: paid, awaiting clawback on another one. */
    enum payment_status payment_status;
    enum clawback_status clawback_status;
    int64_t clawback_statement_id; /* 0: none */
    struct uuid clawback_statement_api_id;
    struct mentor_completion_effects completion;
};

/* False with ERROR_BUG when validation cannot have accepted this. */
bool void_decide_effects(const struct void_facts *facts, int64_t now_us, struct void_effects *ret_effects,
                         struct error *err) __attribute__((warn_unused_result));

/* The declaration as its client sees it afterwards. Borrows from all of its arguments. */
struct declaration_view void_view_of(const struct void_facts *facts, const struct void_effects *effects,
                                     int64_t updated_at_us);

#endif
