/* resource: see resource.h. */
#include "workers/query/resource.h"

#include "common/cleanup.h"
#include "workers/query/list.h"

enum { NUMBER, UPDATED };

/* Who is no lead provider sees nothing here. */
static void add_callers(struct db_params *params, const struct question *questions, size_t count)
{
    db_array_begin(params);
    for (size_t i = 0; i < count; i++) {
        const struct wire_record *record = &questions[i].item->record;

        if (record->caller_type == WIRE_LEAD_PROVIDER)
            db_array_int(params, record->caller_id);
        else
            db_array_null(params);
    }
    db_array_end(params);
}

static void add_params(struct db_params *params, const struct question *questions, size_t count,
                       const struct resource *resource)
{
    add_callers(params, questions, count);
    if (resource->add_params != NULL)
        resource->add_params(params, questions, count);
}

void resource_show_params(struct db_params *params, const struct question *question,
                          const struct resource *resource)
{
    add_params(params, question, 1, resource);
}

static bool find_columns(const PGresult *rows, const struct resource *resource,
                         int ret_columns[RESOURCE_COLUMNS_MAX], struct error *err)
{
    if (resource->column_count > RESOURCE_COLUMNS_MAX)
        return error_set(err, ERROR_BUG, "a resource of %zu columns", resource->column_count);
    return db_columns(rows, resource->columns, ret_columns, resource->column_count, err);
}

static bool answer_rows(const PGresult *rows, struct question *questions, size_t count,
                        const struct resource *resource, struct error *err)
{
    int columns[RESOURCE_COLUMNS_MAX];
    struct buffer body = BUFFER_INIT;
    bool good = find_columns(rows, resource, columns, err);

    for (int row = 0; row < PQntuples(rows) && good; row++) {
        struct question *question = question_of_row(rows, row, columns[NUMBER], questions, count, err);

        buffer_clear(&body);
        buffer_append_text(&body, "{\"data\":");
        good = question != NULL && resource->append(rows, row, columns, &body, err);
        buffer_append_char(&body, '}');
        if (good)
            question_answer(question, 200, (struct slice){NULL, 0}, buffer_slice(&body));
    }
    buffer_release(&body);
    return good;
}

bool resource_answer(struct db *db, struct question *questions, size_t count, const struct resource *resource,
                     struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *rows = NULL;

    db_array_begin(&params);
    for (size_t i = 0; i < count; i++)
        db_array_uuid(&params, &questions[i].id);
    db_array_end(&params);
    add_params(&params, questions, count, resource);
    const bool good =
        db_run(db, resource->show, &params, &rows, err) && answer_rows(rows, questions, count, resource, err);
    db_params_release(&params);
    return good;
}

bool resource_render_page(const PGresult *rows, const struct resource *resource, struct buffer *list,
                          int64_t *ret_latest_us, struct error *err)
{
    int columns[RESOURCE_COLUMNS_MAX];
    bool good = find_columns(rows, resource, columns, err);

    for (int row = 0; row < PQntuples(rows) && good; row++) {
        const int64_t updated_us = db_int(rows, row, columns[UPDATED]);

        list_separate(list);
        good = resource->append(rows, row, columns, list, err);
        if (updated_us > *ret_latest_us)
            *ret_latest_us = updated_us;
    }
    return good;
}
