/*
 * delivery_partner: `read.delivery_partner`, {id}, and `read.delivery_partners`: those that work with the
 * lead provider (lead-provider-api.md section 8).
 */
#include "workers/query/delivery_partner.h"

#include "common/render.h"
#include "workers/query/list.h"
#include "workers/query/page.h"
#include "workers/query/resource.h"
#include "workers/query/sql.h"

static void render_cohorts(struct buffer *out, const char *key, struct slice cohorts)
{
    render_key(out, key);
    buffer_append_text(out, cohorts.size == 0 ? "[" : "[\"");
    for (size_t i = 0; i < cohorts.size; i++) {
        if (cohorts.data[i] == ',')
            buffer_append_text(out, "\",\"");
        else
            buffer_append_char(out, cohorts.data[i]);
    }
    buffer_append_text(out, cohorts.size == 0 ? "]" : "\"]");
}

void delivery_partner_render_resource(const struct delivery_partner_view *view, struct buffer *out)
{
    render_resource_begin(out, &view->id, "delivery-partner");
    render_text(out, "name", view->name);
    render_cohorts(out, "cohort", view->cohorts);
    render_instant(out, "created_at", view->created_at_us);
    render_instant(out, "updated_at", view->updated_at_us);
    render_resource_end(out);
}

enum { NUMBER, UPDATED, CREATED, ID, NAME, COHORTS, COLUMN_COUNT };
static const char *const column_names[COLUMN_COUNT] = {"n",      "updated_us", "created_us",
                                                       "api_id", "name",       "cohorts"};

static bool append(const PGresult *rows, int row, const int columns[], struct buffer *out, struct error *err)
{
    struct delivery_partner_view view = {
        .name = db_text(rows, row, columns[NAME]),
        .cohorts = db_text(rows, row, columns[COHORTS]),
        .created_at_us = db_int(rows, row, columns[CREATED]),
        .updated_at_us = db_int(rows, row, columns[UPDATED]),
    };

    if (!db_uuid(rows, row, columns[ID], &view.id))
        return error_set(err, ERROR_BUG, "a delivery partner without id");
    delivery_partner_render_resource(&view, out);
    return true;
}

static const struct resource delivery_partners = {.show = &sql_show_delivery_partners,
                                                  .columns = column_names,
                                                  .column_count = COLUMN_COUNT,
                                                  .append = append};

bool delivery_partner_answer(struct db *db, struct question *questions, size_t count, struct error *err)
{
    return resource_answer(db, questions, count, &delivery_partners, err);
}

static void find_params(struct db_params *params, const struct question *question)
{
    const struct list_page page = list_page_of(question);

    db_param_int(params, question->item->record.caller_id);
    list_param_ints(params, question, "cohort");
    list_param_texts(params, question, "sort");
    db_param_int(params, page.skip);
    db_param_int(params, page.take);
}

static void show_params(struct db_params *params, const struct question *question)
{
    resource_show_params(params, question, &delivery_partners);
}

static bool render(const struct question *question, const PGresult *rows, struct buffer *list,
                   int64_t *ret_latest_us, struct error *err)
{
    (void)question;
    return resource_render_page(rows, &delivery_partners, list, ret_latest_us, err);
}

bool delivery_partner_list_answer(struct db *db, struct question *questions, size_t count, struct error *err)
{
    static const struct page_kind kind = {.list = "delivery_partners",
                                          .find = &sql_list_delivery_partners,
                                          .find_params = find_params,
                                          .show = &sql_show_delivery_partners,
                                          .show_params = show_params,
                                          .render = render};

    return page_answer(db, questions, count, &kind, err);
}
