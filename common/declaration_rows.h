/*
 * declaration_rows: rows of the view declaration_resources, from PostgreSQL to bytes: for reads
 * (workers/query), and for who is answered with a declaration that is there already (workers/payments).
 */
#ifndef ECF2_COMMON_DECLARATION_ROWS_H
#define ECF2_COMMON_DECLARATION_ROWS_H

#include <stdint.h>

#include "common/buffer.h"
#include "common/db.h"
#include "common/declaration_view.h"
#include "common/error.h"

#define DECLARATION_COLUMN_COUNT 17

/* declaration_render or declaration_render_resource */
typedef void declaration_render_fn(const struct declaration_view *view, struct buffer *out);

/* Where the view's columns are in a result. */
bool declaration_columns(const PGresult *result, int ret_columns[DECLARATION_COLUMN_COUNT], struct error *err)
    __attribute__((warn_unused_result));
bool declaration_append_row(const PGresult *result, int row, const int columns[DECLARATION_COLUMN_COUNT],
                            declaration_render_fn *render, struct buffer *out, struct error *err)
    __attribute__((warn_unused_result));
/* Its api_updated_at, microseconds since 1970. */
int64_t declaration_row_updated_us(const PGresult *result, int row,
                                   const int columns[DECLARATION_COLUMN_COUNT]);

#endif
