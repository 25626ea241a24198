/*
 * rules: what the decision tables of all kinds share: results, the body of a rejection, and the trace, which
 * a dry run and `ecf2ctl explain` show. No trace is made of what is decided in earnest: it is made again from
 * the facts that are kept.
 */
#ifndef ECF2_WORKERS_VALIDATION_RULES_H
#define ECF2_WORKERS_VALIDATION_RULES_H

#include <jansson.h>

#include "common/buffer.h"

/* What a row says about one submission; a trace shows exactly this. */
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

/* Who is shown a trace: its submitter, who sees nothing of it that no other endpoint would show him
 * (lead-provider-api.md 3.12), or somebody of ours. */
enum trace_audience { TRACE_FOR_CALLER, TRACE_FOR_SUPPORT };

/* "passed", "failed", "skipped" */
const char *rule_result_name(enum rule_result result);
/* Appends {"rule":source,"result":…,"title":…,"saw":{…}} to trace, an array; takes saw. NULL, {}: what
 * a row that did not run has seen. */
void rules_append_trace(json_t *trace, const char *source, enum rule_result result, const char *title,
                        json_t *saw);

#endif
