/*
 * transfer: `read.transfer`, {id} of the participant, and `read.transfers`: people's moves between schools
 * that involve the lead provider (lead-provider-api.md 6).
 */
#include <assert.h>

#include "common/render.h"
#include "workers/query/page.h"
#include "workers/query/people.h"
#include "workers/query/sql.h"

enum {
    NUMBER,
    ID,
    TRAINING_RECORD,
    TYPE,
    IS_COMPLETE,
    CREATED,
    UPDATED,
    LEAVING_URN,
    LEAVING_PROVIDER,
    LEFT_ON,
    JOINING_URN,
    JOINING_PROVIDER,
    JOINED_ON,
    COLUMN_COUNT
};
static_assert(COLUMN_COUNT <= PEOPLE_COLUMNS_MAX, "people.h");

static bool columns_of(const PGresult *rows, int ret_columns[], struct error *err)
{
    static const char *const names[COLUMN_COUNT] = {
        "n",           "participant_id",   "training_record_id", "transfer_type",    "is_complete",
        "created_us",  "updated_us",       "leaving_urn",        "leaving_provider", "left_on",
        "joining_urn", "joining_provider", "joined_on"};

    return db_columns(rows, names, ret_columns, COLUMN_COUNT, err);
}

/* Where somebody was or is to be; the three columns follow each other. Null without a date. */
static void render_place(struct buffer *out, const char *key, const PGresult *rows, int row,
                         const int columns[3])
{
    render_key(out, key);
    if (db_is_null(rows, row, columns[2])) {
        buffer_append_text(out, "null");
        return;
    }
    buffer_append_char(out, '{');
    render_text(out, "school_urn", db_text(rows, row, columns[0]));
    render_text(out, "provider", db_text(rows, row, columns[1]));
    render_text(out, "date", db_text(rows, row, columns[2]));
    buffer_append_char(out, '}');
}

static void render_transfer(struct buffer *out, const PGresult *rows, int row, const int columns[])
{
    buffer_append_char(out, '{');
    render_text(out, "training_record_id", db_text(rows, row, columns[TRAINING_RECORD]));
    render_text(out, "transfer_type", db_text(rows, row, columns[TYPE]));
    render_plain(out, "status", db_bool(rows, row, columns[IS_COMPLETE]) ? "complete" : "incomplete");
    render_instant(out, "created_at", db_int(rows, row, columns[CREATED]));
    render_place(out, "leaving", rows, row, &columns[LEAVING_URN]);
    render_place(out, "joining", rows, row, &columns[JOINING_URN]);
    buffer_append_char(out, '}');
}

static int64_t number_of(const PGresult *rows, int row, const int columns[])
{
    return db_int(rows, row, columns[NUMBER]);
}

static bool append(const PGresult *rows, int *row, const int columns[], struct buffer *out,
                   int64_t *ret_updated_us, struct error *err)
{
    const int64_t number = number_of(rows, *row, columns);
    int64_t latest_us = INT64_MIN;
    int end = *row;
    struct uuid id;

    if (!db_uuid(rows, *row, columns[ID], &id))
        return error_set(err, ERROR_BUG, "a transfer of nobody");
    for (; end < PQntuples(rows) && number_of(rows, end, columns) == number; end++)
        if (db_int(rows, end, columns[UPDATED]) > latest_us)
            latest_us = db_int(rows, end, columns[UPDATED]);
    buffer_append_char(out, '{');
    render_uuid(out, "id", &id);
    buffer_append_text(out, ",\"type\":\"participant-transfer\",\"attributes\":{");
    render_instant(out, "updated_at", latest_us);
    render_key(out, "transfers");
    buffer_append_char(out, '[');
    for (int i = *row; i < end; i++) {
        if (i > *row)
            buffer_append_char(out, ',');
        render_transfer(out, rows, i, columns);
    }
    buffer_append_text(out, "]}}");
    *row = end;
    *ret_updated_us = latest_us;
    return true;
}

static const struct people_view view = {
    .show = &sql_show_transfers, .params = participant_params, .columns = columns_of, .append = append};

bool transfer_answer(struct db *db, struct question *questions, size_t count, struct error *err)
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

bool transfer_list_answer(struct db *db, struct question *questions, size_t count, struct error *err)
{
    static const struct page_kind kind = {.list = "participants",
                                          .find = &sql_list_transfers,
                                          .find_params = people_page_params,
                                          .show = &sql_show_transfers,
                                          .show_keys = show_keys,
                                          .render = render};

    return page_answer(db, questions, count, &kind, err);
}
