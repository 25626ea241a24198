/* declaration_rows: see declaration_rows.h. The bytes are made by the one renderer of declaration_view.h, as
 * those of its creation are. */
#include "common/declaration_rows.h"

#include <assert.h>

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
static_assert(COLUMN_COUNT == DECLARATION_COLUMN_COUNT, "declaration_rows.h");
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
        .role = participant_role_parse(db_text(result, row, columns[ROLE])),
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
