/*
 * import_value: the kinds of values that a column of an import file may hold: what help calls each, how it is
 * staged, and the function that checks it. A value comes without its quotes; empty ones never get here (empty
 * = null).
 */
#ifndef ECF2_WORKERS_CTL_IMPORT_VALUE_H
#define ECF2_WORKERS_CTL_IMPORT_VALUE_H

#include <stdint.h>

#include "common/buffer.h"
#include "common/slice.h"

struct import_type {
    const char *name;    /* as help shows it */
    const char *staging; /* PostgreSQL type of the staging column; NULL: the value is passed over */
    /* Appends the value as PostgreSQL reads it and returns NULL; or returns the reason why it is none
     * (static), out is then of no use. token_key: the key of the hash of API tokens, for the one type that
     * needs it. */
    const char *(*check)(const struct import_type *type, struct slice value, const char *token_key,
                         struct buffer *out);
    int64_t low, high;         /* of numbers, in units of the last decimal; of texts: bytes */
    int scale;                 /* decimals */
    const char *const *values; /* of an enum, in its order, NULL-terminated */
};

extern const struct import_type type_text, type_citext, type_email, type_trn, type_person, type_name_or_id;
extern const struct import_type type_integer, type_positive, type_order, type_year, type_month, type_urn,
    type_urns;
extern const struct import_type type_money, type_ratio, type_target_ratio, type_terms;
extern const struct import_type type_date, type_instant, type_london_day, type_statement_month;
extern const struct import_type type_boolean, type_uuid, type_districts, type_token, type_ignored;
/* Enums of the schema: staging is the name of the PostgreSQL type. */
extern const struct import_type type_role, type_programme, type_programme_choice, type_pattern,
    type_declaration_type, type_evidence, type_withdrawal, type_deferral, type_fee_type,
    type_statement_status, type_contract_type, type_induction_programme, type_outcome, type_funding_end,
    type_body_type, type_school_status, type_schedule;
/* Closed sets that are no enum of the schema. */
extern const struct import_type type_state, type_trs_status;

/* All enums of the schema, NULL-terminated: a test and every import compare them with pg_enum. */
extern const struct import_type *const type_enums[];

#endif
