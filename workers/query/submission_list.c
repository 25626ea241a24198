/*
 * submission_list: `read.submissions`: a page of the caller's own submissions, oldest first (submissions.md
 * section 3).
 *
 * They lie in some sixty partitions, a week each. One statement over all of them would lock and plan each
 * one, and its indexes, for a page that is in the first of them that has any (pipeline.md PL-36). So the page
 * is looked for in windows of four weeks, from the oldest on, until it is full: one statement for what is in
 * a window, one more to show what was found; at most sixteen windows, whatever the page. All of them see one
 * snapshot.
 *
 * Where a filter says so, it begins later: what is undecided is at most eight days old (PL-5), and so is what
 * has changed without being new; but dead letters, of which there are few, are asked for their age.
 */
#include "workers/query/submission.h"

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/sql.h"
#include "common/submission_rows.h"
#include "workers/query/list.h"
#include "workers/query/sql.h"

#define WINDOW_US (28 * SUBMISSION_DAY_US)

/* A list in the making. */
struct search {
    const struct question *question;
    struct list_page left; /* of the page, and before it */
    struct buffer *list;
};

static const char *state_of(const struct question *question)
{
    return json_string_value(json_object_get(json_object_get(question->payload, "fields"), "state"));
}

static bool is_state(const struct question *question, const char *state)
{
    const char *asked = state_of(question);

    return asked != NULL && strcmp(asked, state) == 0;
}

static int64_t later(int64_t a_us, int64_t b_us)
{
    return a_us > b_us ? a_us : b_us;
}

/* The earliest acceptance that can match. False: the database failed. */
static bool find_begin(struct db *db, const struct question *question, int64_t now_us, int64_t *ret_us,
                       struct error *err)
{
    static const char *const names[] = {"accepted_us"};
    const bool dead = is_state(question, "dead"), since = list_has(question, "updated_since");
    const int64_t oldest_us = now_us - SUBMISSION_KEPT_US;
    CLEANUP(pgresult) PGresult *result = NULL;
    struct db_params params = DB_PARAMS_INIT;
    int column;

    *ret_us = oldest_us;
    if (is_state(question, "received") || is_state(question, "awaiting_teaching_record")) {
        *ret_us = now_us - SUBMISSION_UNDECIDED_US;
        return true;
    }
    if (!dead && !since)
        return true;
    if (dead)
        db_param_null(&params);
    else
        list_param_instant(&params, question, "updated_since");
    const bool good = db_run(db, &sql_find_oldest_letter, &params, &result, err) &&
                      db_columns(result, names, &column, 1, err);
    db_params_release(&params);
    if (!good)
        return false;
    /* the dead are all among the letters; of the others those too that are younger than they get */
    *ret_us = dead ? now_us : list_instant(question, "updated_since") - SUBMISSION_UNDECIDED_US;
    if (!db_is_null(result, 0, column) && db_int(result, 0, column) < *ret_us)
        *ret_us = db_int(result, 0, column);
    *ret_us = later(*ret_us, oldest_us);
    return true;
}

/* What is shown of those that were found in a window. */
static bool show(struct db *db, struct search *search, const struct submission_key *keys, size_t count,
                 struct error *err)
{
    int columns[SUBMISSION_COLUMN_COUNT];
    CLEANUP(pgresult) PGresult *result = NULL;
    struct db_params params = DB_PARAMS_INIT;

    submission_params(&params, keys, count);
    bool good =
        db_run(db, &sql_show_submissions, &params, &result, err) && submission_columns(result, columns, err);
    db_params_release(&params);
    for (int row = 0; good && row < PQntuples(result); row++) {
        struct submission_view view;
        size_t i;

        good = submission_view_of_row(result, row, columns, count, &i, &view, err);
        if (!good)
            break;
        view.id = keys[i].id;
        work_touch(search->question->item, view.scopes);
        list_separate(search->list);
        submission_render_resource(&view, search->list);
    }
    return good;
}

static bool take_ids(struct db *db, struct search *search, const PGresult *result, struct error *err)
{
    static const char *const names[] = {"matched", "id"};
    enum { MATCHED, ID, COUNT };
    const struct wire_record *record = &search->question->item->record;
    int columns[COUNT];

    if (!db_columns(result, names, columns, COUNT, err))
        return false;
    if (PQntuples(result) == 0)
        return error_set(err, ERROR_BUG, "list_submissions gave no row");
    const int64_t matched = db_int(result, 0, columns[MATCHED]);
    const size_t found = db_is_null(result, 0, columns[ID]) ? 0 : (size_t)PQntuples(result);
    search->left.skip = later(search->left.skip - matched, 0);
    search->left.take -= (int64_t)found;
    if (found == 0)
        return true;
    CLEANUP(free) struct submission_key *keys = memory_zero(found, sizeof *keys);
    for (size_t i = 0; i < found; i++) {
        keys[i].caller_type = record->caller_type;
        keys[i].caller_id = record->caller_id;
        if (!db_uuid(result, (int)i, columns[ID], &keys[i].id))
            return error_set(err, ERROR_BUG, "a submission without an id");
    }
    return show(db, search, keys, found, err);
}

static bool search_window(struct db *db, struct search *search, int64_t from_us, int64_t until_us,
                          struct error *err)
{
    const struct wire_record *record = &search->question->item->record;
    CLEANUP(pgresult) PGresult *result = NULL;
    struct db_params params = DB_PARAMS_INIT;

    db_param_text(&params, wire_caller_name(record->caller_type));
    db_param_int(&params, record->caller_id);
    db_param_instant(&params, from_us);
    db_param_instant(&params, until_us);
    list_param_text(&params, search->question, "state");
    list_param_instant(&params, search->question, "updated_since");
    db_param_int(&params, search->left.skip);
    db_param_int(&params, search->left.take);
    const bool good = db_run(db, &sql_list_submissions, &params, &result, err);
    db_params_release(&params);
    return good && take_ids(db, search, result, err);
}

static bool begin(struct db *db, struct error *err)
{
    enum { BEGIN, PLAN, COUNT };

    db_pipeline_begin(db);
    db_queue_begin_snapshot(db);
    db_queue_planning(db, DB_PLAN_WITH_BOUNDS);
    return db_pipeline_run(db, COUNT, NULL, err);
}

static bool answer_one(struct db *db, struct question *question, struct list_budget *budget,
                       struct buffer *list, struct error *err)
{
    const int64_t now_us = machine_now_us(), end_us = now_us + SUBMISSION_DAY_US;
    struct search search = {.question = question, .left = list_page_of(question), .list = list};
    int64_t from_us;

    list_begin(list);
    if (is_state(question, "")) { /* a word that is no state */
        list_end(list);
        list_answer(question, budget, list);
        return true;
    }
    if (!begin(db, err) || !find_begin(db, question, now_us, &from_us, err))
        return false;
    for (; from_us <= end_us && search.left.take > 0; from_us += WINDOW_US) {
        const int64_t until_us = from_us + WINDOW_US - 1;

        if (!search_window(db, &search, from_us, until_us < end_us ? until_us : end_us, err))
            return false;
    }
    if (!db_commit(db, err))
        return false;
    list_end(list);
    list_answer(question, budget, list);
    return true;
}

bool submission_list_answer(struct db *db, struct question *questions, size_t count, struct error *err)
{
    struct list_budget budget = {0};
    struct buffer list = BUFFER_INIT;
    bool good = true;

    for (size_t i = 0; i < count && good; i++) {
        if (list_budget_lasts(&budget))
            good = answer_one(db, &questions[i], &budget, &list, err);
        else
            list_put_off(&questions[i]);
    }
    buffer_release(&list);
    return good;
}
