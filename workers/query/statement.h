/* statement: a statement as a client sees it (lead-provider-api.md section 8). */
#ifndef ECF2_WORKERS_QUERY_STATEMENT_H
#define ECF2_WORKERS_QUERY_STATEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/slice.h"
#include "common/uuid.h"

struct statement_view {
    struct uuid id;
    int64_t year, month, cohort;
    struct slice cut_off_date, payment_date; /* "2025-09-01" */
    bool paid;
    int64_t created_at_us, updated_at_us;
};

/* Appends {"id":…,"type":"statement","attributes":{…}}, attributes in the order of section 8. */
void statement_render_resource(const struct statement_view *view, struct buffer *out);

#endif
