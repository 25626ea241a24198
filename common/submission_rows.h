/*
 * submission_rows: submissions as common/sql/show_submissions.sql finds them, for who asks (query) and for
 * who is told (notifications). submission_view.h makes the resource of them.
 */
#ifndef ECF2_COMMON_SUBMISSION_ROWS_H
#define ECF2_COMMON_SUBMISSION_ROWS_H

#include <stdbool.h>

#include "common/db.h"
#include "common/submission_view.h"

/* The columns of show_submissions.sql. */
enum submission_column {
    SUBMISSION_N,
    SUBMISSION_KIND,
    SUBMISSION_STATE,
    SUBMISSION_ACCEPTED,
    SUBMISSION_UPDATED,
    SUBMISSION_DECIDED,
    SUBMISSION_BATCH,
    SUBMISSION_LINE,
    SUBMISSION_RESULT,
    SUBMISSION_STATUS,
    SUBMISSION_BODY,
    SUBMISSION_TYPE,
    SUBMISSION_RESOURCE,
    SUBMISSION_COLUMNS
};
bool submission_columns(const PGresult *result, int ret_columns[SUBMISSION_COLUMNS], struct error *err)
    __attribute__((warn_unused_result));
/* A row, but for the id, which only the asker knows; borrowed from the result. */
struct submission_view submission_view_read(const PGresult *result, int row, const int *columns);

#endif
