/* submission_rows: see submission_rows.h. */
#include "common/submission_rows.h"

#include <assert.h>

void submission_params(struct db_params *params, const struct submission_key *keys, size_t count)
{
    int64_t from_us = count == 0 ? 0 : INT64_MAX, until_us = 0;

    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_uuid(params, &keys[i].id);
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++) {
        const int64_t accepted_us = uuid_v7_time_us(&keys[i].id);

        db_array_instant(params, accepted_us);
        from_us = accepted_us < from_us ? accepted_us : from_us;
        until_us = accepted_us > until_us ? accepted_us : until_us;
    }
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_text(params, wire_caller_name(keys[i].caller_type));
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_int(params, keys[i].caller_id);
    db_array_end(params);
    db_param_instant(params, from_us);
    db_param_instant(params, until_us);
}

enum {
    N,
    KIND,
    STATE,
    ACCEPTED,
    UPDATED,
    DECIDED,
    BATCH,
    LINE,
    RESULT,
    STATUS,
    BODY,
    TYPE,
    RESOURCE,
    SCOPES,
    COLUMN_COUNT
};
static const char *const column_names[COLUMN_COUNT] = {
    "n",          "kind",   "state",       "accepted_us", "updated_us",    "decided_us",      "batch_id",
    "batch_line", "result", "http_status", "body",        "resource_type", "resource_api_id", "scopes"};

static_assert(COLUMN_COUNT == SUBMISSION_COLUMN_COUNT, "submission_rows.h");

bool submission_columns(const PGresult *result, int ret_columns[SUBMISSION_COLUMN_COUNT], struct error *err)
{
    return db_columns(result, column_names, ret_columns, COLUMN_COUNT, err);
}

bool submission_view_of_row(const PGresult *result, int row, const int columns[SUBMISSION_COLUMN_COUNT],
                            size_t count, size_t *ret_index, struct submission_view *ret_view,
                            struct error *err)
{
    const int64_t n = db_int(result, row, columns[N]);

    if (n < 1 || (size_t)n > count)
        return error_set(err, ERROR_BUG, "a row answers a question that was not asked");
    *ret_index = (size_t)n - 1;
    *ret_view = (struct submission_view){.kind = db_text(result, row, columns[KIND]),
                                         .state = db_text(result, row, columns[STATE]),
                                         .accepted_us = db_int(result, row, columns[ACCEPTED]),
                                         .updated_us = db_int(result, row, columns[UPDATED]),
                                         .batch_id = db_text(result, row, columns[BATCH]),
                                         .line = db_int(result, row, columns[LINE]),
                                         .is_decided = !db_is_null(result, row, columns[DECIDED]),
                                         .decided_us = db_int(result, row, columns[DECIDED]),
                                         .result = db_text(result, row, columns[RESULT]),
                                         .status = db_int(result, row, columns[STATUS]),
                                         .body = db_text(result, row, columns[BODY]),
                                         .resource_type = db_text(result, row, columns[TYPE]),
                                         .resource_id = db_text(result, row, columns[RESOURCE]),
                                         .scopes = db_text(result, row, columns[SCOPES])};
    return true;
}
