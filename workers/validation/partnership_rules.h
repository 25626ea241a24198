/*
 * partnership_rules: may this partnership be made? The table of lead-provider-api.md 9.1, row by row, as pure
 * functions of what was sent, the facts, and the day.
 */
#ifndef ECF2_WORKERS_VALIDATION_PARTNERSHIP_RULES_H
#define ECF2_WORKERS_VALIDATION_PARTNERSHIP_RULES_H

#include <stddef.h>

#include "common/buffer.h"
#include "common/partnership_facts.h"
#include "workers/validation/rules.h"

/* Stored with each outcome (submission_outcomes.rules_version). Raise it whenever a row or a guard changes
 * what it says about the same facts. */
#define PARTNERSHIP_RULES_VERSION "1"

#define PARTNERSHIP_RULE_COUNT 12

struct partnership_verdict {
    enum rule_result results[PARTNERSHIP_RULE_COUNT];  /* row n at n - 1 */
    char details[PARTNERSHIP_RULE_COUNT][DETAIL_SIZE]; /* of those that failed */
    size_t failed_count;                               /* 0: accepted */
};

/* Evaluates every row. today: of London, at the submission's as_of. */
void partnership_validate(const struct partnership_input *input, const struct partnership_facts *facts,
                          struct date today, struct partnership_verdict *ret_verdict);

/* Of a row, from 0: "lead-provider-api.md 9.1/P1". */
const char *partnership_rule_source(size_t row);
/* Each row as it went, with what it saw: what was sent, and what every lead provider may see. verdict is what
 * partnership_validate said of the same. The array is the caller's. */
json_t *partnership_trace(const struct partnership_input *input, const struct partnership_facts *facts,
                          struct date today, const struct partnership_verdict *verdict);
/* Appends the body of a rejection: errors grouped by title, titles in the order in which they first failed
 * (3.8/3). */
void partnership_verdict_render(const struct partnership_verdict *verdict, struct buffer *out);

#endif
