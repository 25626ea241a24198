/*
 * declaration: rows of the view declaration_resources, from PostgreSQL to bytes.
 */
#ifndef ECF2_WORKERS_QUERY_DECLARATION_H
#define ECF2_WORKERS_QUERY_DECLARATION_H

#include <assert.h>

#include "common/declaration_view.h"
#include "workers/query/query.h"

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
