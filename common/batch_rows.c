/* batch_rows: see batch_rows.h. */
#include "common/batch_rows.h"

#include <assert.h>

enum { N, KIND, LINES, DECIDED, SUCCEEDED, REJECTED, FAILED, DEAD, SCOPES, COLUMN_COUNT };
static const char *const column_names[COLUMN_COUNT] = {
    "n", "kind", "line_count", "decided_us", "succeeded", "rejected", "failed", "dead", "scopes"};

static_assert(COLUMN_COUNT == BATCH_COLUMN_COUNT, "batch_rows.h");

bool batch_columns(const PGresult *result, int ret_columns[BATCH_COLUMN_COUNT], struct error *err)
{
    return db_columns(result, column_names, ret_columns, COLUMN_COUNT, err);
}

bool batch_view_of_row(const PGresult *result, int row, const int columns[BATCH_COLUMN_COUNT],
                       const struct submission_key *keys, size_t count, size_t *ret_index,
                       struct batch_view *ret_view, struct slice *ret_scopes, struct error *err)
{
    const int64_t n = db_int(result, row, columns[N]);

    if (n < 1 || (size_t)n > count)
        return error_set(err, ERROR_BUG, "a row answers a question that was not asked");
    *ret_index = (size_t)n - 1;
    *ret_view = (struct batch_view){.id = keys[n - 1].id,
                                    .kind = db_text(result, row, columns[KIND]),
                                    .line_count = db_int(result, row, columns[LINES]),
                                    .accepted_us = uuid_v7_time_us(&keys[n - 1].id),
                                    .decided_us = db_int(result, row, columns[DECIDED]),
                                    .succeeded = db_int(result, row, columns[SUCCEEDED]),
                                    .rejected = db_int(result, row, columns[REJECTED]),
                                    .failed = db_int(result, row, columns[FAILED]),
                                    .dead = db_int(result, row, columns[DEAD])};
    *ret_scopes = db_text(result, row, columns[SCOPES]);
    return true;
}
