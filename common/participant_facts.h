/*
 * participant_facts: what is asked of a participant's training, and everything that a rule or an effect of
 * the four actions looks at (common/sql/participant_facts.sql; lead-provider-api.md 5).
 *
 * ids are 0, instants INSTANT_NONE, days DATE_NONE, words none, texts NULL where the fact is null.
 */
#ifndef ECF2_COMMON_PARTICIPANT_FACTS_H
#define ECF2_COMMON_PARTICIPANT_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/db.h"
#include "common/declaration.h"
#include "common/error.h"
#include "common/london.h"
#include "common/participant.h"
#include "common/slice.h"
#include "common/uuid.h"

/* ---- what was submitted ---- */

struct participant_input {
    bool is_uuid; /* of the path; false: what was sent is none, so nobody is found */
    struct uuid id;
    /* As sent, borrowed from payload; what is null, empty or only white space has size 0. */
    struct slice course_identifier, reason, schedule_identifier, cohort;
    /* What they mean; none where blank or not of the set. */
    enum participant_role role;
    enum withdrawal_reason withdrawal_reason;
    enum deferral_reason deferral_reason;
    enum schedule_identifier schedule;
    int64_t cohort_year;    /* 0: blank, or no year */
    bool asks_for_schedule; /* whose facts 5.5 needs */
    json_t *payload;        /* owned; NULL where the texts belong to somebody else */
};

/* Reads the payload of a record, {"fields":{"id": text or null, name: text or null, …}}; absent names count
 * as null. False with ERROR_WIRE when it is not of that shape: the front made it. Release after success. */
bool participant_input_decode(struct slice payload, bool asks_for_schedule,
                              struct participant_input *ret_input, struct error *err)
    __attribute__((warn_unused_result));
void participant_input_release(struct participant_input *input);
/* Fills the second half from the texts, and empties texts of white space; for tests. */
void participant_input_interpret(struct participant_input *input);

/* ---- what the database knows ---- */

/* A declaration of the training period, whatever its state, and its window in the schedule asked for. */
struct trained_declaration {
    struct uuid api_id;
    enum declaration_type type;
    int64_t date_us;
    bool has_statement;                               /* payment or clawback */
    struct date milestone_start_date, milestone_date; /* start DATE_NONE: the schedule has no such type */
};

struct participant_facts {
    struct {
        int64_t id;
        const char *name;
    } lead_provider;
    struct {
        int64_t id; /* 0: not visible to the lead provider, then nothing below but target is set */
        struct uuid api_id;
    } teacher;
    bool
        trains[PARTICIPANT_ROLE_COUNT]; /* whether it has, or had, training with the lead provider, by role */
    struct {
        int64_t id; /* 0: none of the role, then nothing below but target is set */
        int64_t school_period_id, school_id;
        struct date started_on, finished_on;
        int64_t withdrawn_at_us, deferred_at_us;
        const char *withdrawal_reason, *deferral_reason; /* the database's words */
        int64_t contract_period_year;
        bool is_frozen; /* the contract period's payments */
        int64_t school_partnership_id, expression_of_interest_id, schedule_id;
        const char *schedule_identifier;
        struct date school_finished_on;
        /* Of the role: */
        struct date became_ineligible_for_funding_on;
        int64_t payments_frozen_year;
        struct date induction_finished_on;      /* of the one with an outcome */
        struct date trs_induction_completed_on; /* what the Teaching Record System says */
    } training;                                 /* the latest of the role with the lead provider */
    struct {
        bool cover_today;            /* one of the same school period does */
        struct date cover_from;      /* the first day from today on that one covers */
        struct date later_starts_on; /* the first that starts after training */
    } others;                        /* of the role, with anybody or school-led */
    struct {
        int64_t year; /* 0: no change of schedule, or nothing to change */
        bool is_frozen;
        int64_t schedule_id;                 /* 0: the contract period has no such schedule */
        int64_t school_partnership_id;       /* 0: none there at the school */
        int64_t provider_contract_period_id; /* of that partnership */
    } target;
    struct trained_declaration *declarations; /* only where target is set */
    size_t declaration_count;
    int64_t *lead_provider_ids; /* with confirmed training of the teacher in any role, ascending: for locks */
    size_t lead_provider_count;
    json_t *document; /* owns the texts */
};

/* "None" everywhere; for tests. */
void participant_facts_init(struct participant_facts *facts);
/* Reads the column `facts`. False with ERROR_BUG when it is not what participant_facts.sql makes. Release
 * after success. */
bool participant_facts_decode(struct slice text, struct participant_facts *ret_facts, struct error *err)
    __attribute__((warn_unused_result));
void participant_facts_release(struct participant_facts *facts);

/* One submission whose facts are asked for. */
struct participant_question {
    struct uuid id; /* version 7 */
    int64_t as_of_us, lead_provider_id;
    const struct participant_input *input;
};
/* Appends the parameters of sql_participant_facts, in its order. */
void participant_facts_params(struct db_params *params, const struct participant_question *questions,
                              size_t count);

/* What status and effects hang on (common/participant.h). */
struct training_state participant_training_state(const struct participant_facts *facts,
                                                 enum participant_role role);

#endif
