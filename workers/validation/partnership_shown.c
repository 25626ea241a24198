/* partnership_shown: see partnership_shown.h. */
#include "workers/validation/partnership_shown.h"

#include "common/london.h"
#include "common/partnership_view.h"
#include "common/sql.h"

void partnership_show_queue(struct db *db, struct judgement *const *accepted, size_t count)
{
    struct db_params params = DB_PARAMS_INIT;

    db_array_begin(&params);
    for (size_t i = 0; i < count; i++)
        db_array_uuid(&params, &accepted[i]->resource_id);
    db_array_end(&params);
    db_array_begin(&params);
    for (size_t i = 0; i < count; i++)
        db_array_int(&params, accepted[i]->item->record.caller_id);
    db_array_end(&params);
    db_array_begin(&params);
    for (size_t i = 0; i < count; i++)
        db_array_date(&params, london_date(accepted[i]->item->record.as_of_us));
    db_array_end(&params);
    db_queue(db, &sql_show_partnerships, &params);
    db_params_release(&params);
}

bool partnership_show_read(const PGresult *shown, struct judgement *const *accepted, size_t count,
                           bool (*has_id)(const struct judgement *one), struct error *err)
{
    int columns[PARTNERSHIP_COLUMN_COUNT];

    if (!db_columns(shown, partnership_columns, columns, PARTNERSHIP_COLUMN_COUNT, err))
        return false;
    if ((size_t)PQntuples(shown) != count)
        return error_set(err, ERROR_BUG, "%d of %zu partnerships were shown", PQntuples(shown), count);
    for (size_t i = 0; i < count; i++) { /* they come in the order in which they were asked for */
        struct partnership_view view;
        struct uuid id;

        if (!partnership_of_row(shown, (int)i, columns, &view, &id, err))
            return false;
        if (!has_id(accepted[i]))
            view.id = NULL;
        partnership_render(&view, &accepted[i]->body);
    }
    return true;
}
