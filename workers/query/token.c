/*
 * token: `read.token`, {digest}: whose token it is. The digest is what the front made of the token with the
 * key that the database never sees (common/token.h).
 */
#include "common/cleanup.h"
#include "common/token.h"
#include "workers/query/query.h"
#include "workers/query/sql.h"

static void params_of(struct db_params *params, const struct question *questions, size_t count)
{
    db_array_begin(params);
    for (size_t i = 0; i < count; i++) {
        uint8_t digest[TOKEN_DIGEST_SIZE];
        const struct slice bytes = {(const char *)digest, sizeof digest};

        if (hex_parse(slice_of(question_field(&questions[i], "digest")), digest, sizeof digest))
            db_array_bytes(params, bytes);
        else
            db_array_null(params); /* finds nothing */
    }
    db_array_end(params);
}

static bool answer_rows(const PGresult *result, struct question *questions, size_t count, struct error *err)
{
    static const char *const names[] = {"n", "token_id", "lead_provider_id"};
    enum { N, TOKEN, PROVIDER, COUNT };
    int columns[COUNT];

    if (!db_columns(result, names, columns, COUNT, err))
        return false;
    for (int row = 0; row < PQntuples(result); row++) {
        struct question *question = question_of_row(result, row, columns[N], questions, count, err);
        struct buffer body = BUFFER_INIT;

        if (question == NULL)
            return false;
        buffer_printf(&body, "{\"token_id\":%lld,\"lead_provider_id\":%lld}",
                      (long long)db_int(result, row, columns[TOKEN]),
                      (long long)db_int(result, row, columns[PROVIDER]));
        question_answer(question, 200, (struct slice){NULL, 0}, buffer_slice(&body));
        buffer_release(&body);
    }
    return true;
}

bool token_answer(struct db *db, struct question *questions, size_t count, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *result = NULL;

    params_of(&params, questions, count);
    const bool good =
        db_run(db, &sql_find_tokens, &params, &result, err) && answer_rows(result, questions, count, err);
    db_params_release(&params);
    return good;
}
