/* submission_rows: see submission_rows.h. */
#include "common/submission_rows.h"

bool submission_columns(const PGresult *result, int ret_columns[SUBMISSION_COLUMNS], struct error *err)
{
    static const char *const names[SUBMISSION_COLUMNS] = {
        "n",          "kind",   "state",       "accepted_us", "updated_us",    "decided_us",     "batch_id",
        "batch_line", "result", "http_status", "body",        "resource_type", "resource_api_id"};

    return db_columns(result, names, ret_columns, SUBMISSION_COLUMNS, err);
}

struct submission_view submission_view_read(const PGresult *result, int row, const int *columns)
{
    return (struct submission_view){.kind = db_text(result, row, columns[SUBMISSION_KIND]),
                                    .state = db_text(result, row, columns[SUBMISSION_STATE]),
                                    .accepted_us = db_int(result, row, columns[SUBMISSION_ACCEPTED]),
                                    .updated_us = db_int(result, row, columns[SUBMISSION_UPDATED]),
                                    .batch_id = db_text(result, row, columns[SUBMISSION_BATCH]),
                                    .line = db_int(result, row, columns[SUBMISSION_LINE]),
                                    .is_decided = !db_is_null(result, row, columns[SUBMISSION_DECIDED]),
                                    .decided_us = db_int(result, row, columns[SUBMISSION_DECIDED]),
                                    .result = db_text(result, row, columns[SUBMISSION_RESULT]),
                                    .status = db_int(result, row, columns[SUBMISSION_STATUS]),
                                    .body = db_text(result, row, columns[SUBMISSION_BODY]),
                                    .resource_type = db_text(result, row, columns[SUBMISSION_TYPE]),
                                    .resource_id = db_text(result, row, columns[SUBMISSION_RESOURCE])};
}
