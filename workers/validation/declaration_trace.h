/*
 * declaration_trace: the decision table of declarations.md 3.3 as it went, row by row, with what each row saw
 * (submissions.md sections 6 and 8).
 */
#ifndef ECF2_WORKERS_VALIDATION_DECLARATION_TRACE_H
#define ECF2_WORKERS_VALIDATION_DECLARATION_TRACE_H

#include <jansson.h>

#include "workers/validation/declaration_rules.h"

/* verdict is what declaration_validate said of the same input, facts and now. The array is the caller's.
 *
 * What a lead provider is not shown: whether a participant id that is none of his is anybody's, unless the
 * errors that he gets tell it already; and of another provider's declaration anything but its type, where it
 * is why a row failed. */
json_t *declaration_trace(const struct declaration_input *input, const struct declaration_facts *facts,
                          int64_t now_us, const struct declaration_verdict *verdict,
                          enum trace_audience audience);

#endif
