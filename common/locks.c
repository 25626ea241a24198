#include "common/locks.h"

#include "common/sql.h"

enum { KEYS, CLASSES, NUMBERS, SHARED, COLUMN_COUNT };
static const char *const column_names[COLUMN_COUNT] = {"keys", "classes", "numbers", "shared"};

bool locks_take(struct db *db, const PGresult *named, int row, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    int columns[COLUMN_COUNT];

    if (!db_columns(named, column_names, columns, COLUMN_COUNT, err))
        return false;
    for (int i = 0; i < COLUMN_COUNT; i++)
        db_param_slice(&params, db_text(named, row, columns[i]));
    const bool good = db_run(db, &sql_take_locks, &params, NULL, err);
    db_params_release(&params);
    return good;
}

bool locks_same(const PGresult *before, const PGresult *after, int row)
{
    for (int i = 0; i < COLUMN_COUNT; i++)
        if (!slice_equal(db_text(before, row, PQfnumber(before, column_names[i])),
                         db_text(after, row, PQfnumber(after, column_names[i]))))
            return false;
    return true;
}
