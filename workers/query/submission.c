/*
 * submission: `read.submission`, {id}: a submission of the caller's own (submissions.md section 3).
 *
 * The time in an id is the time of acceptance, so that the id alone finds the partition (pipeline.md PL-1).
 * Ids that are far from each other are asked for in statements of their own, so that none touches more than a
 * few partitions (PL-36); nearly always all ids of a batch are young, and it is one statement.
 */
#include "workers/query/submission.h"

#include <stdlib.h>

#include "common/sql.h"
#include "common/submission_rows.h"
#include "workers/query/query.h"
#include "workers/query/sql.h"

#define STATEMENT_US (8 * SUBMISSION_DAY_US) /* longest span of one statement */

static int64_t accepted_us(const struct question *question)
{
    return uuid_v7_time_us(&question->id);
}

bool submission_can_exist(const struct uuid *id, int64_t now_us)
{
    return uuid_is_v7(id) && uuid_v7_time_us(id) > now_us - SUBMISSION_KEPT_US &&
           uuid_v7_time_us(id) < now_us + SUBMISSION_DAY_US;
}

static int by_time(const void *left, const void *right)
{
    const struct question *const *a = left, *const *b = right;

    return (accepted_us(*a) > accepted_us(*b)) - (accepted_us(*a) < accepted_us(*b));
}

static void answer_one(struct question *question, const struct submission_view *view)
{
    struct buffer body = BUFFER_INIT, extra = BUFFER_INIT;

    submission_render(view, &body);
    if (!view->is_decided)
        buffer_printf(&extra, "{\"retry_after\":%d}",
                      submission_retry_after(machine_now_us() - view->accepted_us));
    question_answer(question, 200, buffer_slice(&extra), buffer_slice(&body));
    buffer_release(&body);
    buffer_release(&extra);
}

static bool answer_rows(const PGresult *result, struct question *const *questions, size_t count,
                        struct error *err)
{
    int columns[SUBMISSION_COLUMN_COUNT];

    if (!submission_columns(result, columns, err))
        return false;
    for (int row = 0; row < PQntuples(result); row++) {
        struct submission_view view;
        size_t i;

        if (!submission_view_of_row(result, row, columns, count, &i, &view, err))
            return false;
        work_touch(questions[i]->item, view.scopes);
        view.id = questions[i]->id;
        answer_one(questions[i], &view);
    }
    return true;
}

static bool answer_span(struct db *db, struct question *const *questions, size_t count, struct error *err)
{
    enum { BEGIN, PLAN, SHOW, COMMIT, COUNT };
    struct db_params params = DB_PARAMS_INIT;
    struct submission_key keys[WIRE_BATCH_MAX];
    PGresult *results[COUNT] = {NULL};

    for (size_t i = 0; i < count; i++)
        keys[i] = (struct submission_key){.id = questions[i]->id,
                                          .caller_type = questions[i]->item->record.caller_type,
                                          .caller_id = questions[i]->item->record.caller_id};
    submission_params(&params, keys, count);
    db_pipeline_begin(db);
    db_queue_begin(db);
    db_queue_planning(db, DB_PLAN_WITH_BOUNDS);
    db_queue(db, &sql_show_submissions, &params);
    db_queue_commit(db);
    const bool good =
        db_pipeline_run(db, COUNT, results, err) && answer_rows(results[SHOW], questions, count, err);
    db_params_release(&params);
    for (size_t i = 0; i < COUNT; i++)
        PQclear(results[i]);
    return good;
}

bool submission_answer(struct db *db, struct question *questions, size_t count, struct error *err)
{
    struct question *sorted[WIRE_BATCH_MAX] = {NULL};
    const int64_t now_us = machine_now_us();
    size_t taken = 0;

    for (size_t i = 0; i < count; i++)
        if (submission_can_exist(&questions[i].id, now_us))
            sorted[taken++] = &questions[i];
    qsort(sorted, taken, sizeof(struct question *), by_time);
    for (size_t from = 0, until = 0; from < taken; from = until) {
        while (until < taken && accepted_us(sorted[until]) - accepted_us(sorted[from]) <= STATEMENT_US)
            until++;
        if (!answer_span(db, sorted + from, until - from, err))
            return false;
    }
    return true;
}
