/*
 * submission_rows: submissions as common/sql/show_submissions.sql finds them, for who asks (query) and for
 * who is told (notifications). submission_view.h makes the resource of them.
 */
#ifndef ECF2_COMMON_SUBMISSION_ROWS_H
#define ECF2_COMMON_SUBMISSION_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/db.h"
#include "common/submission_view.h"
#include "common/wire.h"

/* A submission that is asked for. */
struct submission_key {
    struct uuid id;
    enum wire_caller caller_type; /* whose it is to be */
    int64_t caller_id;
};
/* Parameters of show_submissions.sql; who asks sees to it that the keys' times are near each other (PL-36).
 */
void submission_params(struct db_params *params, const struct submission_key *keys, size_t count);

#define SUBMISSION_COLUMN_COUNT 14
bool submission_columns(const PGresult *result, int ret_columns[SUBMISSION_COLUMN_COUNT], struct error *err)
    __attribute__((warn_unused_result));
/* A row. ret_index: which of the count keys it is; ret_view->id is not set, slices are borrowed from the
 * result. */
bool submission_view_of_row(const PGresult *result, int row, const int columns[SUBMISSION_COLUMN_COUNT],
                            size_t count, size_t *ret_index, struct submission_view *ret_view,
                            struct error *err) __attribute__((warn_unused_result));

#endif
