/*
 * declaration: `read.declaration`, {id}: a declaration that the lead provider may see
 * (lead-provider-api.md 7.1). The bytes are made by the one renderer of common/declaration_view.h, as those
 * of its creation are.
 */
#include "workers/query/declaration.h"

#include "common/cleanup.h"
#include "common/declaration_view.h"
#include "workers/query/sql.h"

enum {
    ID,
    PARTICIPANT,
    TYPE,
    DATE,
    ROLE,
    MENTOR,
    PAYMENT,
    CLAWBACK,
    CREATED,
    UPDATED,
    PARTNER,
    STATEMENT,
    CLAWBACK_STATEMENT,
    PUPIL_PREMIUM,
    SPARSITY,
    EVIDENCE,
    PROVIDER,
    COLUMN_COUNT
};
static_assert(COLUMN_COUNT == DECLARATION_COLUMN_COUNT, "declaration.h");
static const char *const column_names[COLUMN_COUNT] = {"api_id",
                                                       "participant_id",
                                                       "declaration_type",
                                                       "declaration_us",
                                                       "role",
                                                       "mentor_id",
                                                       "payment_status",
                                                       "clawback_status",
                                                       "created_us",
                                                       "updated_us",
                                                       "delivery_partner_id",
                                                       "statement_id",
                                                       "clawback_statement_id",
                                                       "pupil_premium_uplift",
                                                       "sparsity_uplift",
                                                       "evidence_type",
                                                       "lead_provider_name"};

static enum participant_role role_of(struct slice word)
{
    for (int role = ROLE_NONE + 1; role < PARTICIPANT_ROLE_COUNT; role++)
        if (slice_equal(word, slice_of(participant_role_name((enum participant_role)role))))
            return (enum participant_role)role;
    return ROLE_NONE;
}

/* Fills id and gives its address, or NULL where the column is null. */
static const struct uuid *uuid_or_null(const PGresult *result, int row, int column, struct uuid *id)
{
    return db_uuid(result, row, column, id) ? id : NULL;
}

bool declaration_columns(const PGresult *result, int ret_columns[DECLARATION_COLUMN_COUNT], struct error *err)
{
    return db_columns(result, column_names, ret_columns, COLUMN_COUNT, err);
}

int64_t declaration_row_updated_us(const PGresult *result, int row,
                                   const int columns[DECLARATION_COLUMN_COUNT])
{
    return db_int(result, row, columns[UPDATED]);
}

bool declaration_append_row(const PGresult *result, int row, const int columns[DECLARATION_COLUMN_COUNT],
                            declaration_render_fn *render, struct buffer *out, struct error *err)
{
    struct uuid id, mentor, statement, clawback;
    struct declaration_view view = {
        .id = uuid_or_null(result, row, columns[ID], &id),
        .type = declaration_type_parse(db_text(result, row, columns[TYPE])),
        .date_us = db_int(result, row, columns[DATE]),
        .role = role_of(db_text(result, row, columns[ROLE])),
        .mentor_id = uuid_or_null(result, row, columns[MENTOR], &mentor),
        .payment_status = payment_status_parse(db_text(result, row, columns[PAYMENT])),
        .clawback_status = clawback_status_parse(db_text(result, row, columns[CLAWBACK])),
        .created_at_us = db_int(result, row, columns[CREATED]),
        .updated_at_us = db_int(result, row, columns[UPDATED]),
        .statement_id = uuid_or_null(result, row, columns[STATEMENT], &statement),
        .clawback_statement_id = uuid_or_null(result, row, columns[CLAWBACK_STATEMENT], &clawback),
        .pupil_premium_uplift = db_bool(result, row, columns[PUPIL_PREMIUM]),
        .sparsity_uplift = db_bool(result, row, columns[SPARSITY]),
        .evidence = evidence_type_parse(db_text(result, row, columns[EVIDENCE])),
        .lead_provider_name = db_text(result, row, columns[PROVIDER]),
    };

    if (!db_uuid(result, row, columns[PARTICIPANT], &view.participant_id) ||
        !db_uuid(result, row, columns[PARTNER], &view.delivery_partner_id))
        return error_set(err, ERROR_BUG, "a declaration without participant or delivery partner");
    render(&view, out);
    return true;
}

static bool answer_rows(const PGresult *result, struct question *questions, size_t count, struct error *err)
{
    static const char *const names[] = {"n"};
    int columns[DECLARATION_COLUMN_COUNT], number;
    struct buffer body = BUFFER_INIT;
    bool good = db_columns(result, names, &number, 1, err) && declaration_columns(result, columns, err);

    for (int row = 0; row < PQntuples(result) && good; row++) {
        struct question *question = question_of_row(result, row, number, questions, count, err);

        buffer_clear(&body);
        good =
            question != NULL && declaration_append_row(result, row, columns, declaration_render, &body, err);
        if (good)
            question_answer(question, 200, (struct slice){NULL, 0}, buffer_slice(&body));
    }
    buffer_release(&body);
    return good;
}

static void params_of(struct db_params *params, const struct question *questions, size_t count)
{
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_uuid(params, &questions[i].id);
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++) {
        const struct wire_record *record = &questions[i].item->record;

        if (record->caller_type == WIRE_LEAD_PROVIDER)
            db_array_int(params, record->caller_id);
        else
            db_array_null(params); /* sees nothing here */
    }
    db_array_end(params);
}

bool declaration_answer(struct db *db, struct question *questions, size_t count, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *result = NULL;

    params_of(&params, questions, count);
    const bool good = db_run(db, &sql_show_declarations, &params, &result, err) &&
                      answer_rows(result, questions, count, err);
    db_params_release(&params);
    return good;
}
