/*
 * declaration_list: `read.declarations`: a page of the declarations that a lead provider may see
 * (lead-provider-api.md 7.1): which ones, planned for the filters that are given; then what is shown of them,
 * planned once. Both see one snapshot.
 *
 * With updated_since nothing may be missing that is changed by somebody who has looked at the clock and not
 * committed yet: such a list waits for them under a lock of class 3, which it holds until it has its snapshot
 * (pipeline.md PL-23). It is asked of the primary, where the locks are, and is never cached.
 *
 * So it may tell what no outcome has told yet, and what is told of 2 s later only (month-end, ecf2ctl).
 * Whoever then reads one of these declarations must not find it older: a list that tells of a change that
 * young touches the caller's scope first, as an outcome does (PL-52).
 */
#include "common/cache.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "workers/query/declaration.h"
#include "workers/query/list.h"
#include "workers/query/sql.h"

/* So young is what an entry of the cache may lack; with a second for the clocks of two machines. */
#define YOUNG_US (CACHE_HOLD_US + US_PER_SECOND)

static void params_of(struct db_params *params, const struct question *question)
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

/* Begins the transaction and finds the page. PL-23, for a list with updated_since: the order is the point,
 * the lock, then the snapshot, then no lock. The lock stands alone before the sync, for a transaction that
 * has looked at anything cannot become repeatable read; so it is the session's. */
static bool find_page(struct db *db, const struct question *question, PGresult **ret_ids, struct error *err)
{
    enum { PLAIN_COUNT = 4, COUNT = 7 }; /* statements without the lock, and with it */
    const bool behind_writers = list_has(question, "updated_since");
    const size_t count = behind_writers ? COUNT : PLAIN_COUNT;
    PGresult *results[COUNT] = {NULL};
    struct db_params params = DB_PARAMS_INIT, provider = DB_PARAMS_INIT;

    params_of(&params, question);
    db_param_int(&provider, question->item->record.caller_id);
    db_pipeline_begin(db);
    if (behind_writers) {
        db_queue(db, &sql_lock_list, &provider);
        db_queue_sync(db);
    }
    db_queue_begin_snapshot(db);
    db_queue(db, &sql_take_snapshot, NULL);
    if (behind_writers)
        db_queue(db, &sql_unlock_list, &provider);
    db_queue_planning(db, DB_PLAN_WITH_BOUNDS);
    db_queue(db, &sql_list_declarations, &params);
    const bool good = db_pipeline_run(db, count, results, err);
    if (good) { /* the page is the last of them */
        *ret_ids = results[count - 1];
        results[count - 1] = NULL;
    }
    for (size_t i = 0; i < count; i++)
        PQclear(results[i]);
    db_params_release(&params);
    db_params_release(&provider);
    return good;
}

/* Reads what is shown and ends the transaction. */
static bool show_page(struct db *db, const PGresult *ids, PGresult **ret_rows, struct error *err)
{
    enum { PLAN, SHOW, COMMIT, COUNT };
    PGresult *results[COUNT] = {NULL};
    struct db_params params = DB_PARAMS_INIT;

    db_array_begin(&params);
    for (int row = 0; row < PQntuples(ids); row++)
        db_array_int(&params, db_int(ids, row, 0));
    db_array_end(&params);
    db_pipeline_begin(db);
    db_queue_planning(db, DB_PLAN_ONCE);
    db_queue(db, &sql_show_declaration_rows, &params);
    db_queue_commit(db);
    const bool good = db_pipeline_run(db, COUNT, results, err);
    if (good) {
        *ret_rows = results[SHOW];
        results[SHOW] = NULL;
    }
    for (size_t i = 0; i < COUNT; i++)
        PQclear(results[i]);
    db_params_release(&params);
    return good;
}

static void touch_scope(struct work_item *item)
{
    struct buffer scope = BUFFER_INIT;

    cache_scope_append(&scope, item->record.caller_id, "declarations");
    work_touch(item, buffer_slice(&scope));
    buffer_release(&scope);
}

static bool render(const struct question *question, const PGresult *result, struct buffer *list,
                   struct error *err)
{
    const int64_t young_us = question->item->record.as_of_us - YOUNG_US;
    int columns[DECLARATION_COLUMN_COUNT];
    bool good = declaration_columns(result, columns, err), tells_young = false;

    list_begin(list);
    for (int row = 0; row < PQntuples(result) && good; row++) {
        list_separate(list);
        good = declaration_append_row(result, row, columns, declaration_render_resource, list, err);
        tells_young = tells_young || declaration_row_updated_us(result, row, columns) > young_us;
    }
    list_end(list);
    if (good && tells_young && list_has(question, "updated_since"))
        touch_scope(question->item);
    return good;
}

static bool answer_one(struct db *db, struct question *question, struct list_budget *budget,
                       struct buffer *list, struct error *err)
{
    CLEANUP(pgresult) PGresult *ids = NULL;
    CLEANUP(pgresult) PGresult *rows = NULL;

    if (!find_page(db, question, &ids, err) || !show_page(db, ids, &rows, err)) {
        db_disconnect(db); /* whatever the session still holds */
        return false;
    }
    if (!render(question, rows, list, err))
        return false;
    list_answer(question, budget, list);
    return true;
}

bool declaration_list_answer(struct db *db, struct question *questions, size_t count, struct error *err)
{
    struct list_budget budget = {0};
    struct buffer list = BUFFER_INIT;
    bool good = true;

    for (size_t i = 0; i < count && good; i++) {
        if (questions[i].item->record.caller_type != WIRE_LEAD_PROVIDER)
            continue; /* sees nothing here */
        if (list_budget_lasts(&budget))
            good = answer_one(db, &questions[i], &budget, &list, err);
        else
            list_put_off(&questions[i]);
    }
    buffer_release(&list);
    return good;
}
