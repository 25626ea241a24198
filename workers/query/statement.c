/*
 * statement: `read.statement`, {id}, and `read.statements`: statements of output fees that are the lead
 * provider's (lead-provider-api.md section 8).
 */
#include "workers/query/statement.h"

#include "common/render.h"
#include "workers/query/list.h"
#include "workers/query/page.h"
#include "workers/query/resource.h"
#include "workers/query/sql.h"

static const char *month_name(int64_t month)
{
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};

    return month >= 1 && month <= 12 ? names[month - 1] : NULL;
}

void statement_render_resource(const struct statement_view *view, struct buffer *out)
{
    render_resource_begin(out, &view->id, "statement");
    render_plain(out, "month", month_name(view->month));
    render_number(out, "year", view->year);
    render_number(out, "cohort", view->cohort);
    render_text(out, "cut_off_date", view->cut_off_date);
    render_text(out, "payment_date", view->payment_date);
    render_bool(out, "paid", view->paid);
    render_instant(out, "created_at", view->created_at_us);
    render_instant(out, "updated_at", view->updated_at_us);
    render_resource_end(out);
}

enum { NUMBER, UPDATED, CREATED, ID, YEAR, MONTH, COHORT, CUT_OFF, PAYMENT, PAID, COLUMN_COUNT };
static const char *const column_names[COLUMN_COUNT] = {
    "n",     "updated_us", "created_us",   "api_id",       "year",
    "month", "cohort",     "cut_off_date", "payment_date", "paid"};

static bool append(const PGresult *rows, int row, const int columns[], struct buffer *out, struct error *err)
{
    struct statement_view view = {
        .year = db_int(rows, row, columns[YEAR]),
        .month = db_int(rows, row, columns[MONTH]),
        .cohort = db_int(rows, row, columns[COHORT]),
        .cut_off_date = db_text(rows, row, columns[CUT_OFF]),
        .payment_date = db_text(rows, row, columns[PAYMENT]),
        .paid = db_bool(rows, row, columns[PAID]),
        .created_at_us = db_int(rows, row, columns[CREATED]),
        .updated_at_us = db_int(rows, row, columns[UPDATED]),
    };

    if (!db_uuid(rows, row, columns[ID], &view.id))
        return error_set(err, ERROR_BUG, "a statement without id");
    statement_render_resource(&view, out);
    return true;
}

static const struct resource statements = {
    .show = &sql_show_statements, .columns = column_names, .column_count = COLUMN_COUNT, .append = append};

bool statement_answer(struct db *db, struct question *questions, size_t count, struct error *err)
{
    return resource_answer(db, questions, count, &statements, err);
}

static void find_params(struct db_params *params, const struct question *question)
{
    const struct list_page page = list_page_of(question);

    db_param_int(params, question->item->record.caller_id);
    list_param_ints(params, question, "cohort");
    list_param_instant(params, question, "updated_since");
    db_param_int(params, page.skip);
    db_param_int(params, page.take);
}

static void show_params(struct db_params *params, const struct question *question)
{
    resource_show_params(params, question, &statements);
}

static bool render(const struct question *question, const PGresult *rows, struct buffer *list,
                   int64_t *ret_latest_us, struct error *err)
{
    (void)question;
    return resource_render_page(rows, &statements, list, ret_latest_us, err);
}

bool statement_list_answer(struct db *db, struct question *questions, size_t count, struct error *err)
{
    static const struct page_kind kind = {.list = "statements",
                                          .find = &sql_list_statements,
                                          .find_params = find_params,
                                          .show = &sql_show_statements,
                                          .show_params = show_params,
                                          .render = render};

    return page_answer(db, questions, count, &kind, err);
}
