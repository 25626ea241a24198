/*
 * explain_rules: the rules of a kind, evaluated again on the facts that are kept with its outcome
 * (submissions.md section 8). The rules are the workers' own, linked into ecf2ctl (pure functions: RULES in
 * the Makefile), so it is this version's view: where another one decided, it may differ.
 */
#ifndef ECF2_WORKERS_CTL_EXPLAIN_RULES_H
#define ECF2_WORKERS_CTL_EXPLAIN_RULES_H

#include <jansson.h>
#include <stdint.h>

#include "common/error.h"
#include "common/slice.h"

/* What was decided on, as the database keeps it. */
struct decided_on {
    struct slice kind, payload, facts; /* payload and facts: JSON */
    int64_t as_of_us;
};

/* {"running_rules_version":n,"rules":[{"rule","result","title","saw"}…],"effects":{…}|null}: each row of the
 * table in its order, for somebody of ours; effects: what an acceptance writes, and why; null of a rejection.
 * The object is the caller's. NULL with ERROR_INPUT where this version has no rules of the kind, or with
 * another kind of error where it cannot read what is kept. */
json_t *explain_rules(const struct decided_on *decided, struct error *err)
    __attribute__((warn_unused_result));

#endif
