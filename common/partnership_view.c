/* partnership_view: see partnership_view.h. */
#include "common/partnership_view.h"

#include "common/db.h"
#include "common/render.h"

void partnership_render_resource(const struct partnership_view *view, struct buffer *out)
{
    render_resource_begin(out, view->id, "partnership");
    render_number(out, "cohort", view->cohort);
    render_number(out, "urn", view->urn);
    render_uuid(out, "school_id", &view->school_id);
    render_uuid(out, "delivery_partner_id", &view->delivery_partner_id);
    render_text(out, "delivery_partner_name", view->delivery_partner_name);
    render_text(out, "induction_tutor_name", view->tutor_name);
    render_text(out, "induction_tutor_email", view->tutor_email);
    render_int(out, "participants_currently_training", view->training_count);
    render_instant(out, "created_at", view->created_at_us);
    render_instant(out, "updated_at", view->updated_at_us);
    render_resource_end(out);
}

void partnership_render(const struct partnership_view *view, struct buffer *out)
{
    buffer_append_text(out, "{\"data\":");
    partnership_render_resource(view, out);
    buffer_append_char(out, '}');
}

enum {
    NUMBER,
    UPDATED,
    CREATED,
    ID,
    COHORT,
    URN,
    SCHOOL,
    PARTNER,
    PARTNER_NAME,
    TUTOR_NAME,
    TUTOR_EMAIL,
    TRAINING,
    COLUMN_COUNT
};
_Static_assert(COLUMN_COUNT == PARTNERSHIP_COLUMN_COUNT, "each column has a name");

const char *const partnership_columns[PARTNERSHIP_COLUMN_COUNT] = {"n",
                                                                   "updated_us",
                                                                   "created_us",
                                                                   "api_id",
                                                                   "cohort",
                                                                   "urn",
                                                                   "school_id",
                                                                   "delivery_partner_id",
                                                                   "delivery_partner_name",
                                                                   "induction_tutor_name",
                                                                   "induction_tutor_email",
                                                                   "participants_currently_training"};

bool partnership_of_row(const PGresult *rows, int row, const int columns[], struct partnership_view *ret_view,
                        struct uuid *ret_id, struct error *err)
{
    struct uuid id;
    struct partnership_view view = {
        .cohort = db_int(rows, row, columns[COHORT]),
        .urn = db_int(rows, row, columns[URN]),
        .delivery_partner_name = db_text(rows, row, columns[PARTNER_NAME]),
        .tutor_name = db_text(rows, row, columns[TUTOR_NAME]),
        .tutor_email = db_text(rows, row, columns[TUTOR_EMAIL]),
        .training_count = db_int(rows, row, columns[TRAINING]),
        .created_at_us = db_int(rows, row, columns[CREATED]),
        .updated_at_us = db_int(rows, row, columns[UPDATED]),
    };

    if (!db_uuid(rows, row, columns[ID], &id) || !db_uuid(rows, row, columns[SCHOOL], &view.school_id) ||
        !db_uuid(rows, row, columns[PARTNER], &view.delivery_partner_id))
        return error_set(err, ERROR_BUG, "a partnership without id, school or delivery partner");
    *ret_id = id;
    view.id = ret_id;
    *ret_view = view;
    return true;
}
