/*
 * unfunded_mentor: `read.unfunded_mentor`, {id}, and `read.unfunded_mentors`: mentors of the lead provider's
 * ECTs whom it has never trained (lead-provider-api.md 8).
 */
#include <assert.h>

#include "common/render.h"
#include "workers/query/page.h"
#include "workers/query/people.h"
#include "workers/query/sql.h"

static void mentor_params(struct db_params *params, const struct participant_key *keys, size_t count)
{
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_int(params, keys[i].teacher_id);
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_int(params, keys[i].lead_provider_id);
    db_array_end(params);
}

enum { ID, CORRECTED, TRS_FIRST, TRS_LAST, TRN, EMAIL, CREATED, UPDATED, COLUMN_COUNT };
static_assert(COLUMN_COUNT <= PEOPLE_COLUMNS_MAX, "people.h");

static bool columns_of(const PGresult *rows, int ret_columns[], struct error *err)
{
    static const char *const names[COLUMN_COUNT] = {
        "participant_id", "corrected_name", "trs_first_name", "trs_last_name", "trn",
        "email",          "created_us",     "updated_us"};

    return db_columns(rows, names, ret_columns, COLUMN_COUNT, err);
}

static bool append(const PGresult *rows, int *row, const int columns[], struct buffer *out,
                   int64_t *ret_updated_us, struct error *err)
{
    const struct teacher_name name = {.corrected = db_text(rows, *row, columns[CORRECTED]),
                                      .trs_first = db_text(rows, *row, columns[TRS_FIRST]),
                                      .trs_last = db_text(rows, *row, columns[TRS_LAST])};
    struct uuid id;

    if (!db_uuid(rows, *row, columns[ID], &id))
        return error_set(err, ERROR_BUG, "a mentor without an id");
    *ret_updated_us = db_int(rows, *row, columns[UPDATED]);
    buffer_append_char(out, '{');
    render_uuid(out, "id", &id);
    buffer_append_text(out, ",\"type\":\"unfunded-mentor\",\"attributes\":{");
    teacher_name_render(&name, "full_name", out);
    render_text(out, "email", db_text(rows, *row, columns[EMAIL]));
    render_text(out, "teacher_reference_number", db_text(rows, *row, columns[TRN]));
    render_instant(out, "created_at", db_int(rows, *row, columns[CREATED]));
    render_instant(out, "updated_at", *ret_updated_us);
    buffer_append_text(out, "}}");
    (*row)++;
    return true;
}

static const struct people_view view = {
    .show = &sql_show_unfunded_mentors, .params = mentor_params, .columns = columns_of, .append = append};

bool unfunded_mentor_answer(struct db *db, struct question *questions, size_t count, struct error *err)
{
    return people_answer(db, questions, count, &view, err);
}

static void show_keys(struct db_params *params, const struct question *question, const PGresult *ids)
{
    people_page_keys(params, question, ids, &view);
}

static bool render(const struct question *question, const PGresult *rows, struct buffer *list,
                   int64_t *ret_latest_us, struct error *err)
{
    (void)question;
    return people_page_render(rows, &view, list, ret_latest_us, err);
}

bool unfunded_mentor_list_answer(struct db *db, struct question *questions, size_t count, struct error *err)
{
    static const struct page_kind kind = {.list = "participants",
                                          .find = &sql_list_unfunded_mentors,
                                          .find_params = people_page_params,
                                          .show = &sql_show_unfunded_mentors,
                                          .show_keys = show_keys,
                                          .render = render};

    return page_answer(db, questions, count, &kind, err);
}
