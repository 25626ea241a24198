/*
 * partnership: `read.partnership`, {id}, and `read.partnerships`: the lead provider's (lead-provider-api.md
 * section 9). The bytes are made by the one renderer of common/partnership_view.h, as those of the writes.
 */
#include "common/partnership_view.h"
#include "common/sql.h"
#include "workers/query/list.h"
#include "workers/query/page.h"
#include "workers/query/resource.h"
#include "workers/query/sql.h"

static bool append(const PGresult *rows, int row, const int columns[], struct buffer *out, struct error *err)
{
    struct partnership_view view;
    struct uuid id;

    if (!partnership_of_row(rows, row, columns, &view, &id, err))
        return false;
    partnership_render_resource(&view, out);
    return true;
}

static void add_todays(struct db_params *params, const struct question *questions, size_t count)
{
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_date(params, london_date(questions[i].item->record.as_of_us));
    db_array_end(params);
}

static const struct resource partnerships = {.show = &sql_show_partnerships,
                                             .add_params = add_todays,
                                             .columns = partnership_columns,
                                             .column_count = PARTNERSHIP_COLUMN_COUNT,
                                             .append = append};

bool partnership_answer(struct db *db, struct question *questions, size_t count, struct error *err)
{
    return resource_answer(db, questions, count, &partnerships, err);
}

static void find_params(struct db_params *params, const struct question *question)
{
    const struct list_page page = list_page_of(question);

    db_param_int(params, question->item->record.caller_id);
    list_param_ints(params, question, "cohort");
    list_param_instant(params, question, "updated_since");
    list_param_texts(params, question, "delivery_partner_id");
    list_param_texts(params, question, "sort");
    db_param_int(params, page.skip);
    db_param_int(params, page.take);
}

static void show_params(struct db_params *params, const struct question *question)
{
    resource_show_params(params, question, &partnerships);
}

static bool render(const struct question *question, const PGresult *rows, struct buffer *list,
                   int64_t *ret_latest_us, struct error *err)
{
    (void)question;
    return resource_render_page(rows, &partnerships, list, ret_latest_us, err);
}

bool partnership_list_answer(struct db *db, struct question *questions, size_t count, struct error *err)
{
    static const struct page_kind kind = {.list = "partnerships",
                                          .find = &sql_list_partnerships,
                                          .find_params = find_params,
                                          .show = &sql_show_partnerships,
                                          .show_params = show_params,
                                          .render = render};

    return page_answer(db, questions, count, &kind, err);
}
