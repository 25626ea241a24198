/* page: see page.h. */
#include "workers/query/page.h"

#include "common/cache.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "workers/query/list.h"
#include "workers/query/sql.h"

/* So young is what an entry of the cache may lack; with a second for the clocks of two machines. */
#define YOUNG_US (CACHE_HOLD_US + US_PER_SECOND)

/* Begins the transaction and finds the page. PL-23, for a list with updated_since: the order is the point,
 * the lock, then the snapshot, then no lock. The lock stands alone before the sync, for a transaction that
 * has looked at anything cannot become repeatable read; so it is the session's. */
static bool find_page(struct db *db, const struct question *question, const struct page_kind *kind,
                      PGresult **ret_ids, struct error *err)
{
    enum { PLAIN_COUNT = 4, COUNT = 7 }; /* statements without the lock, and with it */
    const bool behind_writers = list_has(question, "updated_since");
    const size_t count = behind_writers ? COUNT : PLAIN_COUNT;
    PGresult *results[COUNT] = {NULL};
    struct db_params params = DB_PARAMS_INIT, owner = DB_PARAMS_INIT;

    kind->find_params(&params, question);
    db_param_int(&owner, cache_list_owner(question->item->record.caller_id, kind->list));
    db_pipeline_begin(db);
    if (behind_writers) {
        db_queue(db, &sql_lock_list, &owner);
        db_queue_sync(db);
    }
    db_queue_begin_snapshot(db);
    db_queue(db, &sql_take_snapshot, NULL);
    if (behind_writers)
        db_queue(db, &sql_unlock_list, &owner);
    db_queue_planning(db, DB_PLAN_WITH_BOUNDS);
    db_queue(db, kind->find, &params);
    const bool good = db_pipeline_run(db, count, results, err);
    if (good) { /* the page is the last of them */
        *ret_ids = results[count - 1];
        results[count - 1] = NULL;
    }
    for (size_t i = 0; i < count; i++)
        PQclear(results[i]);
    db_params_release(&params);
    db_params_release(&owner);
    return good;
}

static void add_ids(struct db_params *params, const PGresult *ids)
{
    db_array_begin(params);
    for (int row = 0; row < PQntuples(ids); row++)
        db_array_slice(params, db_text(ids, row, 0));
    db_array_end(params);
}

/* Reads what is shown and ends the transaction. */
static bool show_page(struct db *db, const struct question *question, const struct page_kind *kind,
                      const PGresult *ids, PGresult **ret_rows, struct error *err)
{
    enum { PLAN, SHOW, COMMIT, COUNT };
    PGresult *results[COUNT] = {NULL};
    struct db_params params = DB_PARAMS_INIT;

    if (kind->show_keys != NULL)
        kind->show_keys(&params, question, ids);
    else
        add_ids(&params, ids);
    if (kind->show_params != NULL)
        kind->show_params(&params, question);
    db_pipeline_begin(db);
    db_queue_planning(db, DB_PLAN_ONCE);
    db_queue(db, kind->show, &params);
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

static void touch_scope(struct work_item *item, const char *list)
{
    struct buffer scope = BUFFER_INIT;

    cache_scope_append(&scope, item->record.caller_id, list);
    work_touch(item, buffer_slice(&scope));
    buffer_release(&scope);
}

static bool render(const struct question *question, const struct page_kind *kind, const PGresult *rows,
                   struct buffer *list, struct error *err)
{
    int64_t latest_us = INT64_MIN;

    list_begin(list);
    const bool good = kind->render(question, rows, list, &latest_us, err);
    list_end(list);
    if (good && list_has(question, "updated_since") && latest_us > question->item->record.as_of_us - YOUNG_US)
        touch_scope(question->item, kind->list);
    return good;
}

static bool answer_one(struct db *db, struct question *question, const struct page_kind *kind,
                       struct list_budget *budget, struct buffer *list, struct error *err)
{
    CLEANUP(pgresult) PGresult *ids = NULL;
    CLEANUP(pgresult) PGresult *rows = NULL;

    if (!find_page(db, question, kind, &ids, err) || !show_page(db, question, kind, ids, &rows, err)) {
        db_disconnect(db); /* whatever the session still holds */
        return false;
    }
    if (!render(question, kind, rows, list, err))
        return false;
    list_answer(question, budget, list);
    return true;
}

bool page_answer(struct db *db, struct question *questions, size_t count, const struct page_kind *kind,
                 struct error *err)
{
    struct list_budget budget = {0};
    struct buffer list = BUFFER_INIT;
    bool good = true;

    for (size_t i = 0; i < count && good; i++) {
        if (questions[i].item->record.caller_type != WIRE_LEAD_PROVIDER)
            continue; /* sees nothing here */
        if (list_budget_lasts(&budget))
            good = answer_one(db, &questions[i], kind, &budget, &list, err);
        else
            list_put_off(&questions[i]);
    }
    buffer_release(&list);
    return good;
}
