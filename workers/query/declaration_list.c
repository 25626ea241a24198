/*
 * declaration_list: `read.declarations`: a page of the declarations that a lead provider may see
 * (lead-provider-api.md 7.1).
 */
#include "common/declaration_rows.h"
#include "workers/query/list.h"
#include "workers/query/page.h"
#include "workers/query/sql.h"

static void find_params(struct db_params *params, const struct question *question)
{
    const struct list_page page = list_page_of(question);

    db_param_int(params, question->item->record.caller_id);
    list_param_ints(params, question, "cohort");
    list_param_texts(params, question, "participant_id");
    list_param_texts(params, question, "delivery_partner_id");
    list_param_instant(params, question, "updated_since");
    db_param_int(params, page.skip);
    db_param_int(params, page.take);
}

static bool render(const struct question *question, const PGresult *rows, struct buffer *list,
                   int64_t *ret_latest_us, struct error *err)
{
    int columns[DECLARATION_COLUMN_COUNT];
    bool good = declaration_columns(rows, columns, err);

    (void)question;
    for (int row = 0; row < PQntuples(rows) && good; row++) {
        const int64_t updated_us = declaration_row_updated_us(rows, row, columns);

        list_separate(list);
        good = declaration_append_row(rows, row, columns, declaration_render_resource, list, err);
        if (updated_us > *ret_latest_us)
            *ret_latest_us = updated_us;
    }
    return good;
}

bool declaration_list_answer(struct db *db, struct question *questions, size_t count, struct error *err)
{
    static const struct page_kind kind = {.list = "declarations",
                                          .find = &sql_list_declarations,
                                          .find_params = find_params,
                                          .show = &sql_show_declaration_rows,
                                          .render = render};

    return page_answer(db, questions, count, &kind, err);
}
