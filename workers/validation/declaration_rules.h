/*
 * declaration_rules: may this declaration be accepted? The decision table of declarations.md 3.3, row by row,
 * as pure functions of what was sent, the facts, and now. No I/O; fundability and what is written are decided
 * by the later stages on the same facts.
 */
#ifndef ECF2_WORKERS_VALIDATION_DECLARATION_RULES_H
#define ECF2_WORKERS_VALIDATION_DECLARATION_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/declaration_facts.h"
#include "workers/validation/rules.h"

/* Stored with each outcome (submission_outcomes.rules_version, an integer). Raise it whenever a row, a guard,
 * a check or the evidence table changes what it says about the same facts. */
#define DECLARATION_RULES_VERSION "1"

#define DECLARATION_RULE_COUNT 19

/* The titles of the public errors. */
#define DECLARATION_ATTRIBUTES(X)                                                                            \
    X(PARTICIPANT_ID, "participant_id")                                                                      \
    X(COURSE_IDENTIFIER, "course_identifier")                                                                \
    X(DECLARATION_TYPE, "declaration_type")                                                                  \
    X(DECLARATION_DATE, "declaration_date")                                                                  \
    X(EVIDENCE_HELD, "evidence_held")                                                                        \
    X(COHORT, "cohort")

/* clang-format off */
enum declaration_attribute {
#define X(name, title) ATTR_##name,
    DECLARATION_ATTRIBUTES(X)
#undef X
    ATTR_COUNT
};
/* clang-format on */

struct rule_error {
    enum declaration_attribute attribute;
    char detail[DETAIL_SIZE];
};

struct declaration_verdict {
    enum rule_result results[DECLARATION_RULE_COUNT]; /* row n at n - 1 */
    /* Grouped by title, titles in the order in which they first failed; one of each message. */
    struct rule_error errors[DECLARATION_RULE_COUNT];
    size_t error_count; /* 0: accepted, or same_as is set */
    /* The existing declaration that a concurrent duplicate gets with 200, nothing being written (7.1); else
     * NULL. Points into the facts. */
    const struct existing_declaration *same_as;
};

/* Evaluates every row. now_us is the submission's as_of. */
void declaration_validate(const struct declaration_input *input, const struct declaration_facts *facts,
                          int64_t now_us, struct declaration_verdict *ret_verdict);

/* A row of the table as the document numbers it, for who stores `fired` or explains: "declarations.md 3.3/9".
 */
const char *declaration_rule_source(int number);
const char *declaration_rule_title(int number);
/* "participant_id", … */
const char *declaration_attribute_title(enum declaration_attribute attribute);
/* Appends {"errors":[{"title":…,"detail":…},…]}, the body of a 422. */
void declaration_verdict_render(const struct declaration_verdict *verdict, struct buffer *out);

#endif
