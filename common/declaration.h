/*
 * declaration: what the stages of `declaration.create` share: the words, the submitted values, the facts that
 * every rule and every effect is a function of, and the body that a client sees (declarations.md;
 * lead-provider-api.md 7).
 *
 * The decisions themselves are pure functions in the workers: declaration_rules.c of validation (may it be
 * accepted?), eligibility (is it fundable?) and payments (what is written?). This file only reads and writes.
 */
#ifndef ECF2_COMMON_DECLARATION_H
#define ECF2_COMMON_DECLARATION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/db.h"
#include "common/error.h"
#include "common/london.h"
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

/* ---- facts: everything that a rule or an effect looks at (common/sql/declaration_facts.sql) ----
 *
 * ids are 0, instants INSTANT_NONE, days DATE_NONE, words none, texts NULL where the fact is null. */

struct training_period_facts {
    int64_t id; /* 0: the lead provider has no qualifying period (declarations.md 3.2), then nothing below is
                   set */
    int64_t school_period_id, school_id, school_partnership_id;
    int64_t delivery_partner_id;
    struct uuid delivery_partner_api_id;
    int64_t schedule_id;
    const char *schedule_identifier;
    int64_t lead_provider_id;
    int64_t contract_period_year;
    struct date started_on, finished_on;
    int64_t withdrawn_at_us, deferred_at_us;
};

struct contract_period_facts {
    int64_t year; /* 0: no training period */
    int64_t payments_frozen_at_us;
    bool mentor_funding_enabled, detailed_evidence_types_enabled, uplift_fees_enabled;
};

/* An active declaration of the teacher in the role, by any lead provider. */
struct existing_declaration {
    int64_t id; /* 0: there is none of this type */
    struct uuid api_id;
    int64_t training_period_id, lead_provider_id;
    enum declaration_type type;
    int64_t date_us;
    enum evidence_type evidence;
    int64_t decided_no; /* of its submission's outcome; only for the type submitted; 0 = made otherwise */
};

struct declaration_facts {
    int64_t accept_no; /* of this submission; 0 in a dry run */
    struct {
        int64_t id;
        struct uuid api_id;
        const char *name;
    } lead_provider;
    struct {
        int64_t id; /* 0: not found */
        struct uuid api_id;
    } teacher;
    /* Whether the lead provider has a qualifying period with the teacher, by role. */
    bool qualifies[PARTICIPANT_ROLE_COUNT];
    struct training_period_facts training_period;
    struct contract_period_facts contract_period;
    struct {
        struct date start_date; /* DATE_NONE: the schedule has no milestone of the type */
        struct date milestone_date;
    } milestone;
    struct existing_declaration existing[DECLARATION_TYPE_COUNT]; /* by type: DM-20 allows one of each */
    int64_t frozen_ongoing_year; /* row 15: contract period of the period that contains today, if frozen; else
                                    0 */
    int64_t first_became_eligible_for_training_at_us; /* the marker of the role */
    struct {
        int64_t id; /* 0: none is open */
        struct uuid api_id;
        struct date deadline_date;
        enum statement_status status;
    } statement;
    struct {
        bool pupil_premium,
            sparsity; /* of the school for the contract period; only looked up for `started` */
    } uplifts;
    struct {
        int64_t id; /* 0: none, or a mentor's declaration */
        struct uuid mentor_api_id;
    } mentorship;
    struct {
        struct date became_ineligible_for_funding_on; /* only looked up for a mentor's `completed` */
        enum funding_end_reason reason;
    } funding_end;
    /* Lead providers that have a confirmed training period with the teacher, ascending: in this role (their
     * lists show the declaration); in any role (their lists show the participant, whom a mentor's `completed`
     * changes; empty otherwise). For locks and cache scopes. */
    int64_t *lead_provider_ids, *participant_lead_provider_ids;
    size_t lead_provider_count, participant_lead_provider_count;
    json_t *document; /* owns the texts */
};

/* Reads the column `facts`. False with ERROR_BUG when it is not what declaration_facts.sql makes. Release
 * after success. */
bool declaration_facts_decode(struct slice text, struct declaration_facts *ret_facts, struct error *err)
    __attribute__((warn_unused_result));
void declaration_facts_release(struct declaration_facts *facts);

/* One submission whose facts are asked for. */
struct declaration_question {
    struct uuid id; /* version 7 */
    int64_t accept_no, as_of_us, lead_provider_id;
    const struct declaration_input *input;
};
/* Appends the parameters of sql_declaration_facts, in its order. */
void declaration_facts_params(struct db_params *params, const struct declaration_question *questions,
                              size_t count);

/* Section 5: what only the marker decides. Eligibility says it and why; row 16 asks it too. */
bool declaration_is_fundable(const struct declaration_facts *facts);
/* What would be stored as evidence (3.5, column "Stored"). Payments writes it; row 8 compares with it. */
enum evidence_type declaration_evidence_stored(const struct declaration_input *input,
                                               const struct declaration_facts *facts);

/* ---- what a client sees ---- */

/* A declaration as lead-provider-api.md 7.1 shows it. Pointers may be NULL where the attribute may be null.
 */
struct declaration_view {
    const struct uuid *id; /* NULL in a dry run */
    struct uuid participant_id;
    enum declaration_type type;
    int64_t date_us;
    enum participant_role role;
    const struct uuid *mentor_id;
    enum payment_status payment_status;
    enum clawback_status clawback_status;
    int64_t created_at_us, updated_at_us;
    struct uuid delivery_partner_id;
    const struct uuid *statement_id; /* the stored one; hidden here when voided */
    const struct uuid *clawback_statement_id;
    bool pupil_premium_uplift, sparsity_uplift;
    enum evidence_type evidence;
    struct slice lead_provider_name;
};

/* Appends {"data":{"id":…,"type":"participant-declaration","attributes":{…}}}, attributes in the order
 * of 7.1. */
void declaration_render(const struct declaration_view *view, struct buffer *out);

#endif
