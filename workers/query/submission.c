/*
 * submission: `read.submission`, {id}: a submission of the caller's own (submissions.md section 3).
 *
 * The time in an id is the time of acceptance, so that the id alone finds the partition (pipeline.md PL-1).
 * Ids that are far from each other are asked for in statements of their own, so that none touches more than a
 * few partitions (PL-36); nearly always all ids of a batch are young, and it is one statement.
 */
#include <stdlib.h>

#include "common/clock.h"
#include "common/sql.h"
#include "common/submission_rows.h"
#include "workers/query/query.h"
#include "workers/query/sql.h"

#define DAY_US       (INT64_C(24) * 3600 * US_PER_SECOND)
#define STATEMENT_US (8 * DAY_US)                /* longest span of one statement */
#define KEPT_US      (INT64_C(14) * 31 * DAY_US) /* 13 months (data-model-operations.md section 13), and some */

static int64_t accepted_us(const struct question *question)
{
    return uuid_v7_time_us(&question->id);
}

bool submission_can_exist(const struct uuid *id, int64_t now_us)
{
    return uuid_is_v7(id) && uuid_v7_time_us(id) > now_us - KEPT_US && uuid_v7_time_us(id) < now_us + DAY_US;
}

static int by_time(const void *left, const void *right)
{
    const struct question *const *a = left, *const *b = right;

    return (accepted_us(*a) > accepted_us(*b)) - (accepted_us(*a) < accepted_us(*b));
}

static void params_of(struct db_params *params, struct question *const *questions, size_t count)
{
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_uuid(params, &questions[i]->id);
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_instant(params, accepted_us(questions[i]));
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_text(params, wire_caller_name(questions[i]->item->record.caller_type));
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_int(params, questions[i]->item->record.caller_id);
    db_array_end(params);
    db_param_instant(params, accepted_us(questions[0]));
    db_param_instant(params, accepted_us(questions[count - 1]));
}

/* NEEDSWORK: pipeline.md PL-52 has a new cache token set here for the scopes of an outcome younger than 60 s,
 * before it is told. Outcomes name no scopes yet, and the front caches nothing that they could have changed.
 */
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
    int columns[SUBMISSION_COLUMNS];

    if (!submission_columns(result, columns, err))
        return false;
    for (int row = 0; row < PQntuples(result); row++) {
        const int64_t n = db_int(result, row, columns[SUBMISSION_N]);

        if (n < 1 || (size_t)n > count)
            return error_set(err, ERROR_BUG, "a row answers a question that was not asked");
        struct submission_view view = submission_view_read(result, row, columns);
        view.id = questions[n - 1]->id;
        answer_one(questions[n - 1], &view);
    }
    return true;
}

static bool answer_span(struct db *db, struct question *const *questions, size_t count, struct error *err)
{
    enum { BEGIN, PLAN, SHOW, COMMIT, COUNT };
    struct db_params params = DB_PARAMS_INIT;
    PGresult *results[COUNT] = {NULL};

    params_of(&params, questions, count);
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
