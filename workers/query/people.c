/* people: see people.h. */
#include "workers/query/people.h"

#include <stdlib.h>

#include "common/cleanup.h"
#include "workers/query/list.h"
#include "workers/query/sql.h"

static struct participant_key key_of(const struct question *question, int64_t teacher_id)
{
    const struct wire_record *record = &question->item->record;

    return (struct participant_key){.teacher_id = teacher_id,
                                    /* Nobody but lead providers sees anything here. */
                                    .lead_provider_id =
                                        record->caller_type == WIRE_LEAD_PROVIDER ? record->caller_id : 0,
                                    .today = london_date(record->as_of_us)};
}

/* ---- by participant id ---- */

/* A key for each question whose person there is; asked[i] is whose key i is. */
static bool find_keys(struct db *db, struct question *questions, size_t count, struct participant_key *keys,
                      struct question **asked, size_t *ret_found, struct error *err)
{
    static const char *const names[] = {"n", "teacher_id"};
    enum { NUMBER, TEACHER, COLUMN_COUNT };
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *result = NULL;
    int columns[COLUMN_COUNT];

    db_array_begin(&params);
    for (size_t i = 0; i < count; i++)
        db_array_uuid(&params, &questions[i].id);
    db_array_end(&params);
    bool good = db_run(db, &sql_find_people, &params, &result, err) &&
                db_columns(result, names, columns, COLUMN_COUNT, err);
    db_params_release(&params);
    const size_t found = good ? (size_t)PQntuples(result) : 0;
    if (found > count)
        return error_set(err, ERROR_BUG, "%zu people for %zu questions", found, count);
    for (size_t i = 0; i < found && good; i++) {
        asked[i] = question_of_row(result, (int)i, columns[NUMBER], questions, count, err);
        good = asked[i] != NULL;
        if (good)
            keys[i] = key_of(asked[i], db_int(result, (int)i, columns[TEACHER]));
    }
    *ret_found = found;
    return good;
}

static bool answer_rows(const PGresult *rows, struct question **asked, size_t count,
                        const struct people_view *view, struct error *err)
{
    const int number = PQfnumber(rows, "n");
    int columns[PEOPLE_COLUMNS_MAX];
    struct buffer body = BUFFER_INIT;
    bool good = view->columns(rows, columns, err);

    for (int row = 0; good && row < PQntuples(rows);) {
        const int64_t n = db_int(rows, row, number);
        int64_t updated_us;

        if (n < 1 || (size_t)n > count) {
            good = error_set(err, ERROR_BUG, "a row shows somebody who was not asked for");
            break;
        }
        buffer_clear(&body);
        buffer_append_text(&body, "{\"data\":");
        good = view->append(rows, &row, columns, &body, &updated_us, err);
        buffer_append_char(&body, '}');
        if (good)
            question_answer(asked[n - 1], 200, (struct slice){NULL, 0}, buffer_slice(&body));
    }
    buffer_release(&body);
    return good;
}

bool people_answer(struct db *db, struct question *questions, size_t count, const struct people_view *view,
                   struct error *err)
{
    struct participant_key keys[WIRE_BATCH_MAX];
    struct question *asked[WIRE_BATCH_MAX];
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *rows = NULL;
    size_t found = 0;

    if (!find_keys(db, questions, count, keys, asked, &found, err))
        return false;
    if (found == 0)
        return true;
    view->params(&params, keys, found);
    const bool good =
        db_run(db, view->show, &params, &rows, err) && answer_rows(rows, asked, found, view, err);
    db_params_release(&params);
    return good;
}

/* ---- pages ---- */

void people_page_params(struct db_params *params, const struct question *question)
{
    const struct list_page page = list_page_of(question);

    db_param_int(params, question->item->record.caller_id);
    list_param_instant(params, question, "updated_since");
    list_param_sort(params, question);
    db_param_int(params, page.skip);
    db_param_int(params, page.take);
}

void people_page_keys(struct db_params *params, const struct question *question, const PGresult *ids,
                      const struct people_view *view)
{
    const size_t count = (size_t)PQntuples(ids);
    struct participant_key *keys = memory_zero(count + 1, sizeof *keys);

    for (size_t i = 0; i < count; i++)
        keys[i] = key_of(question, db_int(ids, (int)i, 0));
    view->params(params, keys, count);
    free(keys);
}

bool people_page_render(const PGresult *rows, const struct people_view *view, struct buffer *list,
                        int64_t *ret_latest_us, struct error *err)
{
    int columns[PEOPLE_COLUMNS_MAX];
    bool good = view->columns(rows, columns, err);

    for (int row = 0; good && row < PQntuples(rows);) {
        int64_t updated_us = 0;

        list_separate(list);
        good = view->append(rows, &row, columns, list, &updated_us, err);
        if (updated_us > *ret_latest_us)
            *ret_latest_us = updated_us;
    }
    return good;
}
