/* derived: see derived.h. */
#include "common/derived.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/sql.h"

/* ----------------------------------------------------------------- refresh */

/* The columns of refresh_people.sql, in its order. */
enum column { TEACHER, DAY, AS_OF, UPDATED_AT, AHEAD, SHOWS_PARTICIPANT, SHOWS_MENTOR, COLUMN_COUNT };

static void add_person(struct db_params *params, enum column column, const struct derived_person *person)
{
    switch (column) {
    case TEACHER:
        db_array_int(params, person->teacher_id);
        break;
    case DAY:
        db_array_date(params, london_date(person->as_of_us));
        break;
    case AS_OF:
        db_array_instant(params, person->as_of_us);
        break;
    case UPDATED_AT:
        db_array_instant(params, person->updated_at_us);
        break;
    case AHEAD:
        db_array_microseconds(params, person->ahead_us);
        break;
    case SHOWS_PARTICIPANT:
        db_array_bool(params, person->shows_participant);
        break;
    case SHOWS_MENTOR:
        db_array_bool(params, person->shows_mentor);
        break;
    case COLUMN_COUNT:
        break;
    }
}

static void people_params(struct db_params *params, const struct derived_person *people, size_t count)
{
    for (int column = 0; column < COLUMN_COUNT; column++) {
        db_array_begin(params);
        for (size_t i = 0; i < count; i++)
            add_person(params, (enum column)column, &people[i]);
        db_array_end(params);
    }
}

static void schools_params(struct db_params *params, const struct derived_school *schools, size_t count)
{
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_int(params, schools[i].school_id);
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_instant(params, schools[i].updated_at_us);
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_microseconds(params, schools[i].ahead_us);
    db_array_end(params);
}

static size_t queue(struct db *db, const struct db_statement *statement, struct db_params *params)
{
    db_queue(db, statement, params);
    db_params_release(params);
    return 1;
}

static bool run(struct db *db, const struct db_statement *statement, struct db_params *params,
                PGresult **ret_changed, struct error *err)
{
    const bool good = db_run(db, statement, params, ret_changed, err);

    db_params_release(params);
    return good;
}

size_t derived_queue_people(struct db *db, const struct derived_person *people, size_t count)
{
    struct db_params params = DB_PARAMS_INIT;

    if (count == 0)
        return 0;
    people_params(&params, people, count);
    return queue(db, &sql_refresh_people, &params);
}

size_t derived_queue_schools(struct db *db, const struct derived_school *schools, size_t count)
{
    struct db_params params = DB_PARAMS_INIT;

    if (count == 0)
        return 0;
    schools_params(&params, schools, count);
    return queue(db, &sql_refresh_schools, &params);
}

bool derived_refresh_people(struct db *db, const struct derived_person *people, size_t count,
                            PGresult **ret_changed, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;

    if (ret_changed != NULL)
        *ret_changed = NULL;
    if (count == 0)
        return true;
    people_params(&params, people, count);
    return run(db, &sql_refresh_people, &params, ret_changed, err);
}

bool derived_refresh_schools(struct db *db, const struct derived_school *schools, size_t count,
                             PGresult **ret_changed, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;

    if (ret_changed != NULL)
        *ret_changed = NULL;
    if (count == 0)
        return true;
    schools_params(&params, schools, count);
    return run(db, &sql_refresh_schools, &params, ret_changed, err);
}

/* ------------------------------------------------------------- differences */

/* By which columns a row is named. */
static const struct {
    const char *table, *keys[3];
} keyed[] = {
    {"teacher_provider_status", {"lead_provider_id", "teacher_id"}},
    {"school_year_status", {"contract_period_year", "school_id"}},
    {"school_provider_year_status", {"lead_provider_id", "contract_period_year", "school_id"}},
    {"gias_schools", {"urn"}},
    {NULL, {"id"}}, /* all others */
};

static const char *const *keys_of(const char *table)
{
    size_t i = 0;

    while (keyed[i].table != NULL && strcmp(keyed[i].table, table) != 0)
        i++;
    return keyed[i].keys;
}

static bool is_key(const char *const *keys, const char *name)
{
    for (size_t i = 0; i < 3 && keys[i] != NULL; i++)
        if (strcmp(keys[i], name) == 0)
            return true;
    return false;
}

/* DM-36: the one value that nobody has to write for it to become another. */
static bool moves_with_time(const char *table, const char *column)
{
    return strcmp(table, "teacher_provider_status") == 0 &&
           strcmp(column, "assigned_mentor_school_period_id") == 0;
}

static json_t *value_at(const PGresult *rows, int row, int column)
{
    const struct slice text = db_text(rows, row, column);

    return text.data == NULL ? json_null() : json_loadb(text.data, text.size, JSON_DECODE_ANY, NULL);
}

struct telling {
    derived_difference_fn *fn;
    void *context;
    const char *table;
    json_t *kept, *recomputed; /* objects, or null */
};

static char *text_of(const json_t *value)
{
    return json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
}

static void tell(const struct telling *telling, const char *key, const char *column, const json_t *kept,
                 const json_t *recomputed)
{
    char *before = text_of(kept), *after = text_of(recomputed);

    telling->fn(telling->context,
                &(struct derived_difference){.table = telling->table,
                                             .key = key,
                                             .column = column,
                                             .kept = before,
                                             .recomputed = after,
                                             .moves_with_time =
                                                 column != NULL && moves_with_time(telling->table, column)});
    free(before);
    free(after);
}

static void tell_row(const struct telling *telling)
{
    const json_t *row = json_is_null(telling->recomputed) ? telling->kept : telling->recomputed;
    const char *const *keys = keys_of(telling->table);
    CLEANUP(json) json_t *key = json_object();

    for (size_t i = 0; i < 3 && keys[i] != NULL; i++)
        (void)json_object_set(key, keys[i], json_object_get(row, keys[i]));
    char *key_text = text_of(key);
    if (json_is_null(telling->kept) || json_is_null(telling->recomputed)) {
        tell(telling, key_text, NULL, telling->kept, telling->recomputed);
    } else {
        const char *column;
        json_t *recomputed;

        json_object_foreach(telling->recomputed, column, recomputed)
        {
            const json_t *kept = json_object_get(telling->kept, column);

            if (!is_key(keys, column) && !json_equal(kept, recomputed))
                tell(telling, key_text, column, kept, recomputed);
        }
    }
    free(key_text);
}

static bool is_row(const json_t *value)
{
    return json_is_object(value) || json_is_null(value);
}

bool derived_differences_read(const PGresult *rows, derived_difference_fn *fn, void *context,
                              struct error *err)
{
    static const char *const names[] = {"table_name", "kept", "recomputed"};
    enum { TABLE, KEPT, RECOMPUTED, COUNT };
    int columns[COUNT];

    if (!db_columns(rows, names, columns, COUNT, err))
        return false;
    for (int row = 0; row < PQntuples(rows); row++) {
        if (db_is_null(rows, row, columns[TABLE]) ||
            (db_is_null(rows, row, columns[KEPT]) && db_is_null(rows, row, columns[RECOMPUTED])))
            continue;
        CLEANUP(json) json_t *kept = value_at(rows, row, columns[KEPT]);
        CLEANUP(json) json_t *recomputed = value_at(rows, row, columns[RECOMPUTED]);

        if (!is_row(kept) || !is_row(recomputed))
            return error_set(err, ERROR_BUG, "a difference of derived data is no row");
        tell_row(&(struct telling){fn, context, db_text(rows, row, columns[TABLE]).data, kept, recomputed});
    }
    return true;
}
