/*
 * batch_rows: batches as common/sql/show_batches.sql finds them, for who asks (query) and for who is told
 * (notifications). batch_view.h makes the resource of them.
 */
#ifndef ECF2_COMMON_BATCH_ROWS_H
#define ECF2_COMMON_BATCH_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/batch_view.h"
#include "common/db.h"
#include "common/submission_rows.h"

/* Parameters of show_batches.sql are those of show_submissions.sql: submission_params(). */

#define BATCH_COLUMN_COUNT 9
bool batch_columns(const PGresult *result, int ret_columns[BATCH_COLUMN_COUNT], struct error *err)
    __attribute__((warn_unused_result));
/* A row. ret_index: which of the count keys it is; ret_view has that key's id; ret_scopes are the cache
 * scopes to touch before it is shown (cache.h), borrowed from the result as the view's slices are. */
bool batch_view_of_row(const PGresult *result, int row, const int columns[BATCH_COLUMN_COUNT],
                       const struct submission_key *keys, size_t count, size_t *ret_index,
                       struct batch_view *ret_view, struct slice *ret_scopes, struct error *err)
    __attribute__((warn_unused_result));

#endif
