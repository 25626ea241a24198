/*
 * void_rules: may this declaration be voided, or clawed back? The table of declarations.md 6, with the
 * numbers that lead-provider-api.md 7.3 gives to its rows, as pure functions of the facts. What is left over
 * is accepted: V2, and V4, where payments takes the clawback statement.
 */
#ifndef ECF2_WORKERS_VALIDATION_VOID_RULES_H
#define ECF2_WORKERS_VALIDATION_VOID_RULES_H

#include <stdint.h>

#include "common/buffer.h"
#include "common/void_facts.h"
#include "workers/validation/rules.h"

/* Stored with each outcome (submission_outcomes.rules_version). Raise it whenever a row changes what it says
 * about the same facts. */
#define VOID_RULES_VERSION "1"

#define VOID_RULE_COUNT 4

struct void_verdict {
    enum rule_result results[VOID_RULE_COUNT]; /* in the order of the table */
    uint16_t status;                           /* 404 or 422; 0: accepted */
    const char *title;                         /* of the one error, and its text */
    char detail[DETAIL_SIZE];
};

/* The rows exclude each other: at most one fails, and those behind it are skipped. */
void void_validate(const struct void_facts *facts, struct void_verdict *ret_verdict);

/* Of a row, from 0: "lead-provider-api.md 7.3/V3". */
const char *void_rule_source(size_t row);
/* Each row as it went, with what it saw: of the provider's own declaration, or nothing, so it is the same for
 * whoever is shown it. verdict is what void_validate said of the same facts. The array is the caller's. */
json_t *void_trace(const struct void_input *input, const struct void_facts *facts,
                   const struct void_verdict *verdict);
/* Appends the body of a rejection. */
void void_verdict_render(const struct void_verdict *verdict, struct buffer *out);

#endif
