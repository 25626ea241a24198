/*
 * partnership_view: a partnership as a client sees it (lead-provider-api.md section 9), from a row of
 * show_partnerships.sql or from what the rules saw to bytes: those of a GET and of a write are the same.
 */
#ifndef ECF2_COMMON_PARTNERSHIP_VIEW_H
#define ECF2_COMMON_PARTNERSHIP_VIEW_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/slice.h"
#include "common/uuid.h"

struct partnership_view {
    const struct uuid *id; /* NULL in a dry run that makes one */
    int64_t cohort, urn;
    struct uuid school_id, delivery_partner_id;
    struct slice delivery_partner_name;
    struct slice tutor_name, tutor_email; /* data NULL: none */
    int64_t training_count;               /* participants_currently_training */
    int64_t created_at_us, updated_at_us;
};

/* Appends {"id":…,"type":"partnership","attributes":{…}}, attributes in the order of section 9. */
void partnership_render_resource(const struct partnership_view *view, struct buffer *out);
/* Appends {"data":{…}}: the resource as the answer of one. */
void partnership_render(const struct partnership_view *view, struct buffer *out);

/* The columns of show_partnerships.sql, "n" and "updated_us" first. */
#define PARTNERSHIP_COLUMN_COUNT 12
extern const char *const partnership_columns[PARTNERSHIP_COLUMN_COUNT];
/* What a row shows; columns: their places in the result. ret_id: where the view's id lies. The texts are
 * borrowed from the result. */
bool partnership_of_row(const PGresult *rows, int row, const int columns[], struct partnership_view *ret_view,
                        struct uuid *ret_id, struct error *err) __attribute__((warn_unused_result));

#endif
