/*
 * batch: `read.batch`, {id}, and `read.batch_results`, {id, after}: a bulk request of the caller's own, and a
 * page of its lines (submissions.md section 4). One question is thousands of rows, so each has a statement of
 * its own; whoever asks for results gets them page by page (front/stream.h), so that neither process holds
 * more than one.
 */
#include <stdlib.h>

#include "common/batch_rows.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/sql.h"
#include "common/upload.h"
#include "workers/query/query.h"
#include "workers/query/sql.h"
#include "workers/query/submission.h"

#define PAGE_LINES 500
#define PAGE_BYTES (256 << 10)

static struct submission_key key_of(const struct question *question)
{
    const struct wire_record *record = &question->item->record;

    return (struct submission_key){question->id, record->caller_type, record->caller_id};
}

static void page_params(struct db_params *params, const struct question *question)
{
    const struct wire_record *record = &question->item->record;

    db_param_uuid(params, &question->id);
    db_param_instant(params, uuid_v7_time_us(&question->id));
    db_param_text(params, wire_caller_name(record->caller_type));
    db_param_int(params, record->caller_id);
}

/* One statement, planned with its bounds. *ret_result is the caller's, also where this fails. */
static bool ask(struct db *db, const struct db_statement *statement, const struct db_params *params,
                PGresult **ret_result, struct error *err)
{
    enum { BEGIN, PLAN, SHOW, COMMIT, COUNT };
    PGresult *results[COUNT] = {NULL};

    db_pipeline_begin(db);
    db_queue_begin(db);
    db_queue_planning(db, DB_PLAN_WITH_BOUNDS);
    db_queue(db, statement, params);
    db_queue_commit(db);
    const bool good = db_pipeline_run(db, COUNT, results, err);
    for (size_t i = 0; i < COUNT; i++)
        if (i != SHOW)
            PQclear(results[i]);
    *ret_result = results[SHOW];
    return good;
}

/* ---- the batch ---- */

static bool answer_batch(struct question *question, const struct submission_key *key, const PGresult *result,
                         struct error *err)
{
    int columns[BATCH_COLUMN_COUNT];
    struct buffer body = BUFFER_INIT, extra = BUFFER_INIT;
    struct batch_view view;
    struct slice scopes;
    size_t i;

    if (!batch_columns(result, columns, err))
        return false;
    if (PQntuples(result) == 0)
        return true;
    if (!batch_view_of_row(result, 0, columns, key, 1, &i, &view, &scopes, err))
        return false;
    work_touch(question->item, scopes);
    batch_render(&view, &body);
    if (!batch_is_finished(&view))
        buffer_printf(&extra, "{\"retry_after\":%d}",
                      submission_retry_after(machine_now_us() - view.accepted_us));
    question_answer(question, 200, buffer_slice(&extra), buffer_slice(&body));
    buffer_release(&body);
    buffer_release(&extra);
    return true;
}

static bool show_batch(struct db *db, struct question *question, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *result = NULL;
    const struct submission_key key = key_of(question);

    submission_params(&params, &key, 1);
    const bool good =
        ask(db, &sql_show_batches, &params, &result, err) && answer_batch(question, &key, result, err);
    db_params_release(&params);
    return good;
}

/* ---- its results ---- */

static bool answer_page(struct question *question, const PGresult *result, struct error *err)
{
    static const char *const names[] = {"line",        "submission_id", "state",  "result",
                                        "http_status", "body",          "scopes", "last_line"};
    enum { LINE, ID, STATE, RESULT, STATUS, BODY, SCOPES, LAST, COUNT };
    const int rows = PQntuples(result);
    int columns[COUNT];
    struct buffer body = BUFFER_INIT, extra = BUFFER_INIT;

    if (!db_columns(result, names, columns, COUNT, err))
        return false;
    if (rows == 0)
        return true;
    for (int row = 0; row < rows; row++) {
        work_touch(question->item, db_text(result, row, columns[SCOPES]));
        batch_line_render(&(struct batch_line_view){.line = db_int(result, row, columns[LINE]),
                                                    .submission_id = db_text(result, row, columns[ID]),
                                                    .state = db_text(result, row, columns[STATE]),
                                                    .is_decided = !db_is_null(result, row, columns[RESULT]),
                                                    .result = db_text(result, row, columns[RESULT]),
                                                    .status = db_int(result, row, columns[STATUS]),
                                                    .body = db_text(result, row, columns[BODY])},
                          &body);
    }
    const int64_t line = db_int(result, rows - 1, columns[LINE]);
    if (line < db_int(result, rows - 1, columns[LAST]))
        buffer_printf(&extra, "{\"next\":%lld}", (long long)line);
    question_answer(question, 200, buffer_slice(&extra), buffer_slice(&body));
    buffer_release(&body);
    buffer_release(&extra);
    return true;
}

/* -1: it is no number of a line. */
static int64_t after_of(const struct question *question)
{
    const char *text = question_field(question, "after");
    char *end;
    const long after = text == NULL ? -1 : strtol(text, &end, 10);

    return text != NULL && end != text && *end == '\0' && after >= 0 && after <= UPLOAD_LINES_MAX ? after
                                                                                                  : -1;
}

static bool show_results(struct db *db, struct question *question, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *result = NULL;
    const int64_t after = after_of(question);

    if (after < 0)
        return true;
    page_params(&params, question);
    db_param_int(&params, after);
    db_param_int(&params, PAGE_LINES);
    db_param_int(&params, PAGE_BYTES);
    const bool good =
        ask(db, &sql_show_batch_results, &params, &result, err) && answer_page(question, result, err);
    db_params_release(&params);
    return good;
}

/* ---- both ---- */

static bool each(struct db *db, struct question *questions, size_t count,
                 bool (*show)(struct db *db, struct question *question, struct error *err), struct error *err)
{
    const int64_t now_us = machine_now_us();

    for (size_t i = 0; i < count; i++)
        if (submission_can_exist(&questions[i].id, now_us) && !show(db, &questions[i], err))
            return false;
    return true;
}

bool batch_answer(struct db *db, struct question *questions, size_t count, struct error *err)
{
    return each(db, questions, count, show_batch, err);
}

bool batch_results_answer(struct db *db, struct question *questions, size_t count, struct error *err)
{
    return each(db, questions, count, show_results, err);
}
