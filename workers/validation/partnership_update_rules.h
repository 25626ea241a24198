/*
 * partnership_update_rules: may the delivery partner of this partnership be corrected so? The table of
 * lead-provider-api.md 9.2, behind it the structure of the body, which is looked at when the partnership is
 * found (3.2, step 6c), as pure functions of what was sent and the facts.
 */
#ifndef ECF2_WORKERS_VALIDATION_PARTNERSHIP_UPDATE_RULES_H
#define ECF2_WORKERS_VALIDATION_PARTNERSHIP_UPDATE_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/partnership_update_facts.h"
#include "workers/validation/rules.h"

/* Stored with each outcome (submission_outcomes.rules_version). Raise it whenever a row changes what it says
 * about the same facts. */
#define PARTNERSHIP_UPDATE_RULES_VERSION "1"

#define PARTNERSHIP_UPDATE_RULE_COUNT 6

struct partnership_update_verdict {
    enum rule_result results[PARTNERSHIP_UPDATE_RULE_COUNT]; /* in the order of the table */
    uint16_t status;                                         /* 404, 400 or 422; 0: accepted */
    const char *title;                                       /* of the one error, and its text */
    char detail[DETAIL_SIZE];
};

/* All rows are about one attribute: at most one fails, and those behind it are skipped. */
void partnership_update_validate(const struct partnership_update_input *input,
                                 const struct partnership_update_facts *facts,
                                 struct partnership_update_verdict *ret_verdict);

/* Of a row, from 0: "lead-provider-api.md 9.2/U0". */
const char *partnership_update_rule_source(size_t row);
/* Each row as it went, with what it saw: of the provider's own partnership, or nothing. verdict is what
 * partnership_update_validate said of the same. The array is the caller's. */
json_t *partnership_update_trace(const struct partnership_update_input *input,
                                 const struct partnership_update_facts *facts,
                                 const struct partnership_update_verdict *verdict);
/* Appends the body of a rejection. */
void partnership_update_verdict_render(const struct partnership_update_verdict *verdict, struct buffer *out);

#endif
