/*
 * declaration: what the stages of `declaration.create` share: the words and the submitted values
 * (declarations.md). What the database knows is declaration_facts.h, what a client sees declaration_view.h.
 *
 * The decisions themselves are pure functions in the workers: declaration_rules.c of validation (may it be
 * accepted?), eligibility (is it fundable?) and payments (what is written?).
 */
#ifndef ECF2_COMMON_DECLARATION_H
#define ECF2_COMMON_DECLARATION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/slice.h"
#include "common/uuid.h"

/* ---- words: closed sets, each with the name that SQL and the API use, or with both ----
 *
 * 0 is "none": absent, or not a word of the set. */

/* In the order of the sequence of declarations: earlier types compare as smaller (row 18). */
#define DECLARATION_TYPES(X)                                                                                 \
    X(DECLARATION_STARTED, "started")                                                                        \
    X(DECLARATION_RETAINED_1, "retained-1")                                                                  \
    X(DECLARATION_RETAINED_2, "retained-2")                                                                  \
    X(DECLARATION_RETAINED_3, "retained-3")                                                                  \
    X(DECLARATION_RETAINED_4, "retained-4")                                                                  \
    X(DECLARATION_COMPLETED, "completed")                                                                    \
    X(DECLARATION_EXTENDED_1, "extended-1")                                                                  \
    X(DECLARATION_EXTENDED_2, "extended-2")                                                                  \
    X(DECLARATION_EXTENDED_3, "extended-3")

#define EVIDENCE_TYPES(X)                                                                                    \
    X(EVIDENCE_TRAINING_EVENT, "training-event-attended")                                                    \
    X(EVIDENCE_SELF_STUDY, "self-study-material-completed")                                                  \
    X(EVIDENCE_OFFLINE, "materials-engaged-with-offline")                                                    \
    X(EVIDENCE_75_PERCENT, "75-percent-engagement-met")                                                      \
    X(EVIDENCE_75_PERCENT_REDUCED, "75-percent-engagement-met-reduced-induction")                            \
    X(EVIDENCE_ONE_TERM, "one-term-induction")                                                               \
    X(EVIDENCE_OTHER, "other")

#define FUNDING_END_REASONS(X)                                                                               \
    X(FUNDING_END_COMPLETED_DECLARATION, "completed_declaration_received")                                   \
    X(FUNDING_END_EARLY_ROLL_OUT, "completed_during_early_roll_out")                                         \
    X(FUNDING_END_STARTED_NOT_COMPLETED, "started_not_completed")

#define STATEMENT_STATUSES(X)                                                                                \
    X(STATEMENT_OPEN, "open")                                                                                \
    X(STATEMENT_PAYABLE, "payable")                                                                          \
    X(STATEMENT_PAID, "paid")

/* enumerator, name in SQL, course_identifier of the API */
#define PARTICIPANT_ROLES(X)                                                                                 \
    X(ROLE_ECT, "ect", "ecf-induction")                                                                      \
    X(ROLE_MENTOR, "mentor", "ecf-mentor")

/* enumerator, name in SQL, `state` of the API (a clawback state hides the payment state) */
#define PAYMENT_STATUSES(X)                                                                                  \
    X(PAYMENT_NO_PAYMENT, "no_payment", "submitted")                                                         \
    X(PAYMENT_ELIGIBLE, "eligible", "eligible")                                                              \
    X(PAYMENT_PAYABLE, "payable", "payable")                                                                 \
    X(PAYMENT_PAID, "paid", "paid")                                                                          \
    X(PAYMENT_VOIDED, "voided", "voided")

#define CLAWBACK_STATUSES(X)                                                                                 \
    X(CLAWBACK_NO_CLAWBACK, "no_clawback", NULL)                                                             \
    X(CLAWBACK_AWAITING, "awaiting_clawback", "awaiting-clawback")                                           \
    X(CLAWBACK_CLAWED_BACK, "clawed_back", "clawed-back")

/* clang-format off */
#define X(name, ...) name,
enum declaration_type { DECLARATION_TYPE_NONE, DECLARATION_TYPES(X) DECLARATION_TYPE_COUNT };
enum evidence_type { EVIDENCE_NONE, EVIDENCE_TYPES(X) EVIDENCE_TYPE_COUNT };
enum funding_end_reason { FUNDING_END_NONE, FUNDING_END_REASONS(X) FUNDING_END_REASON_COUNT };
enum statement_status { STATEMENT_STATUS_NONE, STATEMENT_STATUSES(X) STATEMENT_STATUS_COUNT };
enum participant_role { ROLE_NONE, PARTICIPANT_ROLES(X) PARTICIPANT_ROLE_COUNT };
enum payment_status { PAYMENT_STATUS_NONE, PAYMENT_STATUSES(X) PAYMENT_STATUS_COUNT };
enum clawback_status { CLAWBACK_STATUS_NONE, CLAWBACK_STATUSES(X) CLAWBACK_STATUS_COUNT };
#undef X
/* clang-format on */

/* The SQL name; NULL for none. */
const char *declaration_type_name(enum declaration_type value);
const char *evidence_type_name(enum evidence_type value);
const char *funding_end_reason_name(enum funding_end_reason value);
const char *statement_status_name(enum statement_status value);
const char *participant_role_name(enum participant_role value);
const char *payment_status_name(enum payment_status value);
const char *clawback_status_name(enum clawback_status value);
/* Case counts; what is not a word of the set is none. */
enum declaration_type declaration_type_parse(struct slice text);
enum evidence_type evidence_type_parse(struct slice text);
enum funding_end_reason funding_end_reason_parse(struct slice text);
enum statement_status statement_status_parse(struct slice text);
enum participant_role participant_role_parse(struct slice text);
enum payment_status payment_status_parse(struct slice text);
enum clawback_status clawback_status_parse(struct slice text);

/* "ecf-induction", "ecf-mentor"; NULL for none */
const char *course_identifier(enum participant_role role);
enum participant_role course_identifier_parse(struct slice text);
/* The public `state` (declarations.md 2). */
const char *declaration_state(enum payment_status payment, enum clawback_status clawback);

/* ---- what was submitted ---- */

struct declaration_input {
    /* As sent, borrowed from payload; what is null, empty or only white space has size 0. */
    struct slice participant_id, declaration_type, declaration_date, course_identifier, evidence_held;
    /* What they mean; none where blank or not of the set. */
    bool participant_is_uuid;
    struct uuid participant_uuid;
    enum declaration_type type;
    int64_t date_us; /* INSTANT_NONE: blank or malformed */
    enum participant_role role;
    enum evidence_type evidence;
    json_t *payload; /* owned; NULL where the texts belong to somebody else */
};

/* Reads the payload of a record, {"fields":{name: text or null, …},…}; absent names count as null. False with
 * ERROR_WIRE when it is not of that shape: the front made it, so that is a bug of ours and no answer to a
 * client. Release after success. */
bool declaration_input_decode(struct slice payload, struct declaration_input *ret_input, struct error *err)
    __attribute__((warn_unused_result));
void declaration_input_release(struct declaration_input *input);
/* Fills the second half from the texts, and empties texts of white space; for who has no payload (tests,
 * explain). */
void declaration_input_interpret(struct declaration_input *input);

#endif
