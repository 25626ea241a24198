/*
 * partnership_facts: what is submitted as `partnership.create`, and everything that a rule or an effect of it
 * looks at (common/sql/partnership_facts.sql; lead-provider-api.md 9.1).
 *
 * ids are 0, days DATE_NONE, texts NULL where the fact is null.
 */
#ifndef ECF2_COMMON_PARTNERSHIP_FACTS_H
#define ECF2_COMMON_PARTNERSHIP_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/db.h"
#include "common/error.h"
#include "common/london.h"
#include "common/slice.h"
#include "common/uuid.h"

struct partnership_input {
    /* As sent, borrowed from payload; what is null, empty or only white space has size 0. */
    struct slice cohort, school_id, delivery_partner_id;
    /* What they mean. */
    int64_t year; /* 0: blank, or no number of a year */
    bool school_is_uuid, partner_is_uuid;
    struct uuid school_uuid, partner_uuid;
    json_t *payload; /* owned; NULL where the texts belong to somebody else */
};

/* Reads the payload of a record (fields.h). Release after success. */
bool partnership_input_decode(struct slice payload, struct partnership_input *ret_input, struct error *err)
    __attribute__((warn_unused_result));
/* Fills the second half from the texts. */
void partnership_input_interpret(struct partnership_input *input);
void partnership_input_release(struct partnership_input *input);

/* A training period at the school that names the provider and the cohort and waits for a partnership. */
struct waiting_training {
    int64_t id, teacher_id;
};

struct partnership_facts {
    struct {
        int64_t id;
        const char *name;
    } lead_provider;
    struct {
        int64_t year; /* 0: there is none */
        struct date started_on;
        bool enabled;
    } contract_period;
    struct {
        int64_t id; /* 0: not found */
        struct uuid api_id;
        int64_t urn;
        bool eligible;
    } school;
    struct {
        int64_t id; /* 0: not found among those that work with the provider, in whatever cohort */
        struct uuid api_id;
    } delivery_partner;
    struct {
        int64_t id; /* 0: it does not work with the provider in the cohort */
    } delivery_partnership;
    struct {
        int64_t id; /* 0: the provider has none with the school in the cohort */
        struct uuid api_id;
    } existing;
    struct {
        const char *programme_choice; /* of the school in the cohort */
    } school_year;
    /* Who is confirmed by the partnership; none where it cannot be made. */
    struct waiting_training *waiting;
    size_t waiting_count;
    /* Lead providers that have a confirmed training period with one of these people, ascending: their lists
     * show them. */
    int64_t *lead_provider_ids;
    size_t lead_provider_count;
    json_t *document; /* owns the texts */
};

/* Reads the column `facts`. False with ERROR_BUG when it is not what partnership_facts.sql makes. Release
 * after success. */
bool partnership_facts_decode(struct slice text, struct partnership_facts *ret_facts, struct error *err)
    __attribute__((warn_unused_result));
void partnership_facts_release(struct partnership_facts *facts);

/* One submission whose facts are asked for. */
struct partnership_question {
    struct uuid id; /* version 7 */
    int64_t lead_provider_id;
    const struct partnership_input *input;
};
/* Appends the parameters of sql_partnership_facts, in its order. */
void partnership_facts_params(struct db_params *params, const struct partnership_question *questions,
                              size_t count);

#endif
