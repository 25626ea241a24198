/*
 * declaration_facts: everything that a rule or an effect of a declaration looks at
 * (common/sql/declaration_facts.sql).
 *
 * ids are 0, instants INSTANT_NONE, days DATE_NONE, words none, texts NULL where the fact is null.
 */
#ifndef ECF2_COMMON_DECLARATION_FACTS_H
#define ECF2_COMMON_DECLARATION_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/db.h"
#include "common/declaration.h"
#include "common/error.h"
#include "common/london.h"
#include "common/slice.h"
#include "common/uuid.h"

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
/* "None" everywhere; owns nothing. */
void declaration_facts_init(struct declaration_facts *ret_facts);

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

#endif
