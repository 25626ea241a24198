/*
 * declaration: `read.declaration`, {id}: a declaration that the lead provider may see
 * (lead-provider-api.md 7.1).
 */
#include "common/cleanup.h"
#include "common/declaration_rows.h"
#include "common/sql.h"
#include "workers/query/query.h"

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
