/* rules: what the decision tables of all kinds share. */
#ifndef ECF2_WORKERS_VALIDATION_RULES_H
#define ECF2_WORKERS_VALIDATION_RULES_H

#include <jansson.h>

#include "common/buffer.h"

/* What a row says about one submission; explain shows exactly this. */
enum rule_result {
    RULE_SKIPPED, /* its guard does not hold, or a row before it has settled the matter */
    RULE_PASSED,
    RULE_FAILED
};

#define DETAIL_SIZE 512

#define BIT(n) (1u << (n))

/* The body of a rejection (lead-provider-api.md 3.8): errors is a JSON array of what rules_append_error adds.
 */
void rules_append_error(json_t *errors, const char *title, const char *detail);
/* Appends {"errors":[{"title":…,"detail":…},…]}; takes errors. */
void rules_render_errors(json_t *errors, struct buffer *out);

#endif
