/*
 * partnership_update_facts: what is submitted as `partnership.update`, and everything that a rule or an
 * effect of it looks at (common/sql/partnership_update_facts.sql; lead-provider-api.md 9.2).
 *
 * ids are 0, texts NULL where the fact is null.
 */
#ifndef ECF2_COMMON_PARTNERSHIP_UPDATE_FACTS_H
#define ECF2_COMMON_PARTNERSHIP_UPDATE_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/db.h"
#include "common/error.h"
#include "common/slice.h"
#include "common/uuid.h"

struct partnership_update_input {
    /* As sent, borrowed from payload; what is null, empty or only white space has size 0. */
    struct slice id, delivery_partner_id;
    struct slice structure; /* what the front found wrong with the body (3.2, step 6c); size 0: nothing */
    bool is_uuid, partner_is_uuid;
    struct uuid uuid, partner_uuid;
    json_t *payload; /* owned; NULL where the texts belong to somebody else */
};

/* Reads the payload of a record (fields.h), beside "fields" it may have "structure". Release after success.
 */
bool partnership_update_input_decode(struct slice payload, struct partnership_update_input *ret_input,
                                     struct error *err) __attribute__((warn_unused_result));
/* Fills what the texts mean. */
void partnership_update_input_interpret(struct partnership_update_input *input);
void partnership_update_input_release(struct partnership_update_input *input);

struct partnership_update_facts {
    struct {
        int64_t id;
        const char *name;
    } lead_provider;
    struct {
        int64_t id; /* 0: the lead provider has no such partnership, then nothing below is set */
        struct uuid api_id;
        int64_t school_id, contract_period_year;
        int64_t delivery_partnership_id;
        struct uuid delivery_partner_api_id;
        const char *delivery_partner_name;
    } partnership;
    struct {
        int64_t id; /* 0: not found among those that work with the provider, in whatever cohort */
        struct uuid api_id;
        const char *name;
    } delivery_partner;
    struct {
        int64_t id; /* 0: it does not work with the provider in the partnership's cohort */
    } delivery_partnership;
    struct {
        int64_t id; /* 0: the school has none with it; else that one, which may be this very one */
    } same;
    /* What moves; empty where nothing would. Whose training is under the partnership; lead providers whose
     * lists show these people; statements on which their declarations under it are. Ascending. */
    int64_t *teacher_ids, *lead_provider_ids, *statement_ids;
    size_t teacher_count, lead_provider_count, statement_count;
    json_t *document; /* owns the texts */
};

/* Reads the column `facts`. False with ERROR_BUG when it is not what partnership_update_facts.sql makes.
 * Release after success. */
bool partnership_update_facts_decode(struct slice text, struct partnership_update_facts *ret_facts,
                                     struct error *err) __attribute__((warn_unused_result));
void partnership_update_facts_release(struct partnership_update_facts *facts);

/* One submission whose facts are asked for. */
struct partnership_update_question {
    struct uuid id; /* version 7 */
    int64_t lead_provider_id;
    const struct partnership_update_input *input;
};
/* Appends the parameters of sql_partnership_update_facts, in its order. */
void partnership_update_facts_params(struct db_params *params,
                                     const struct partnership_update_question *questions, size_t count);

#endif
