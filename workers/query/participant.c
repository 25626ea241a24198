/*
 * participant: `read.participant`, {id}, and `read.participants`: people who train or trained with the lead
 * provider (lead-provider-api.md 4). The bytes are made by common/participant_view.c, as those that answer an
 * action are.
 */
#include "common/sql.h"
#include "workers/query/list.h"
#include "workers/query/page.h"
#include "workers/query/people.h"
#include "workers/query/sql.h"

static const struct people_view view = {.show = &sql_show_participants,
                                        .params = participant_params,
                                        .columns = participant_columns,
                                        .append = participant_append_rows};

bool participant_answer(struct db *db, struct question *questions, size_t count, struct error *err)
{
    return people_answer(db, questions, count, &view, err);
}

static void find_params(struct db_params *params, const struct question *question)
{
    const struct list_page page = list_page_of(question);

    db_param_int(params, question->item->record.caller_id);
    list_param_ints(params, question, "cohort");
    list_param_text(params, question, "training_status");
    list_param_texts(params, question, "from_participant_id");
    list_param_instant(params, question, "updated_since");
    list_param_sort(params, question);
    db_param_int(params, page.skip);
    db_param_int(params, page.take);
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

bool participant_list_answer(struct db *db, struct question *questions, size_t count, struct error *err)
{
    static const struct page_kind kind = {.list = "participants",
                                          .find = &sql_list_participants,
                                          .find_params = find_params,
                                          .show = &sql_show_participants,
                                          .show_keys = show_keys,
                                          .render = render};

    return page_answer(db, questions, count, &kind, err);
}
