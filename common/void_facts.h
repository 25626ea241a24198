/*
 * void_facts: what is asked to be voided, and everything that a rule or an effect of a void looks at
 * (common/sql/void_facts.sql; declarations.md 6, 6.1).
 *
 * ids are 0, instants INSTANT_NONE, days DATE_NONE, words none, texts NULL where the fact is null.
 */
#ifndef ECF2_COMMON_VOID_FACTS_H
#define ECF2_COMMON_VOID_FACTS_H

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

/* The declaration by its public id. */
struct void_input {
    bool is_uuid; /* false: what was sent is none, so nothing is found */
    struct uuid id;
};

/* Reads the payload of a record, {"fields":{"id": text or null}}. False with ERROR_WIRE when it is not of
 * that shape: the front made it. */
bool void_input_decode(struct slice payload, struct void_input *ret_input, struct error *err)
    __attribute__((warn_unused_result));

struct void_facts {
    struct {
        int64_t id;
        const char *name;
    } lead_provider;
    struct {
        int64_t id; /* 0: the lead provider has no such declaration, then nothing below is set */
        struct uuid api_id;
        int64_t training_period_id, teacher_id;
        struct uuid participant_api_id;
        enum participant_role role;
        int64_t contract_period_year;
        enum declaration_type type;
        int64_t date_us;
        enum evidence_type evidence;
        enum payment_status payment_status;
        enum clawback_status clawback_status;
        bool pupil_premium_uplift, sparsity_uplift;
        struct uuid delivery_partner_api_id;
        bool has_mentor;
        struct uuid mentor_api_id;
        int64_t created_at_us;
    } declaration;
    struct {
        int64_t id; /* 0: none is attached */
        struct uuid api_id;
        enum statement_status status;
    } payment_statement;
    struct {
        int64_t id; /* 0: there is none that could take it back */
        struct uuid api_id;
        struct date deadline_date;
        enum statement_status status;
    } clawback_statement; /* the one that would be chosen */
    /* 6.1; only looked up for a mentor's `completed` */
    struct {
        struct date became_ineligible_for_funding_on;
        enum funding_end_reason reason;
        int64_t latest_completed_us;          /* among the other active ones, by any lead provider */
        struct date other_training_starts_on; /* the first of the mentor periods, with anybody, that go on
                                                 after the last day of the one below */
    } completion;
    struct {
        int64_t id; /* 0: none */
        int64_t school_period_id;
        int64_t moved_school_id; /* the school, where training that goes on is seen of it; 0: it is not */
        struct date started_on, finished_on, school_finished_on;
        const char *schedule_identifier;
    } latest_training; /* LT of 6.1 */
    /* Lead providers that have a confirmed training period with the teacher, ascending: in this role (their
     * lists may show the declaration); in any role (their lists show the participant, whom a mentor's
     * `completed` changes; empty otherwise). For locks. */
    int64_t *lead_provider_ids, *participant_lead_provider_ids;
    size_t lead_provider_count, participant_lead_provider_count;
    json_t *document; /* owns the texts */
};

/* Reads the column `facts`. False with ERROR_BUG when it is not what void_facts.sql makes. Release after
 * success. */
bool void_facts_decode(struct slice text, struct void_facts *ret_facts, struct error *err)
    __attribute__((warn_unused_result));
void void_facts_release(struct void_facts *facts);

/* One submission whose facts are asked for. */
struct void_question {
    struct uuid id; /* version 7 */
    int64_t as_of_us, lead_provider_id;
    const struct void_input *input;
};
/* Appends the parameters of sql_void_facts, in its order. */
void void_facts_params(struct db_params *params, const struct void_question *questions, size_t count);

/* Whether 6.1 has something to say of it. */
bool void_is_of_mentor_completion(const struct void_facts *facts);

#endif
