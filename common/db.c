/*
 * db: the connection, single statements and pipelines; see db.h. The words of libpq (PGconn status, SQLSTATE)
 * end here: above this file there are only error kinds.
 */
#include "common/db.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/metrics.h"

#define CONNECT_TIMEOUT_US (10 * US_PER_SECOND)
#define LOCKS_MIN          512 /* max_locks_per_transaction (pipeline.md PL-35) */

struct db {
    PGconn *connection;
    char *conninfo;
    char *role;
    char *name;
    const struct db_statement *const *const *statements;
    db_wait_fn *wait;
    void *wait_context;
    bool queued_failed; /* a PQsend… of the present pipeline was refused */
    const char *queued; /* its last statement */
    int64_t queued_at_us;
};

static bool wait_by_poll(void *context, int fd, bool write, int64_t deadline_us)
{
    (void)context;
    for (;;) {
        struct pollfd pollfd = {.fd = fd, .events = write ? (POLLIN | POLLOUT) : POLLIN};
        int timeout_ms = -1;

        if (deadline_us != INT64_MAX) {
            const int64_t left_us = deadline_us - monotonic_now_us();

            timeout_ms = left_us <= 0 ? 0 : (int)(left_us / 1000 + 1);
        }
        if (poll(&pollfd, 1, timeout_ms) >= 0 || errno != EINTR)
            return true;
    }
}

struct db *db_new(const char *conninfo, const char *role, const char *name,
                  const struct db_statement *const *const *statements, db_wait_fn *wait, void *wait_context)
{
    struct db *db = memory_zero(1, sizeof *db);

    db->conninfo = memory_dup(conninfo);
    db->role = memory_dup(role);
    db->name = memory_dup(name);
    db->statements = statements;
    db->wait = wait == NULL ? wait_by_poll : wait;
    db->wait_context = wait_context;
    return db;
}

void db_free(struct db *db)
{
    if (db == NULL)
        return;
    db_disconnect(db);
    free(db->conninfo);
    free(db->role);
    free(db->name);
    free(db);
}

void db_disconnect(struct db *db)
{
    if (db->connection != NULL)
        PQfinish(db->connection);
    db->connection = NULL;
}

bool db_is_connected(const struct db *db)
{
    return db->connection != NULL && PQstatus(db->connection) == CONNECTION_OK;
}

PGconn *db_raw(struct db *db)
{
    return db->connection;
}

/* ------------------------------------------------------------------ errors */

static enum error_kind kind_of_sqlstate(const char *sqlstate)
{
    static const struct {
        const char *prefix; /* of the SQLSTATE */
        enum error_kind kind;
    } kinds[] = {
        {"40", ERROR_DB_CONFLICT},    /* serialization failure, deadlock */
        {"55P03", ERROR_DB_CONFLICT}, /* lock_timeout */
        {"57014", ERROR_DB_CONFLICT}, /* statement_timeout */
        {"08", ERROR_DB_LOST},        /* connection exceptions */
        {"57P", ERROR_DB_LOST},       /* shut down, crashed, starting up, idle session ended */
        {"25P03", ERROR_DB_LOST},     /* idle in transaction too long: the server has closed it */
        {"53", ERROR_DB_LOST},        /* out of connections, memory, disk: wait and come again */
        {"23", ERROR_DB_CONSTRAINT},  /* integrity constraints */
        {"22", ERROR_DB_CONSTRAINT},  /* data exceptions */
    };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strncmp(sqlstate, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
            return kinds[i].kind;
    return ERROR_DB;
}

static bool fail_lost(struct db *db, struct error *err)
{
    const char *message = db->connection == NULL ? "no connection" : PQerrorMessage(db->connection);

    error_set(err, ERROR_DB_LOST, "PostgreSQL: %.*s", (int)strcspn(message, "\n"), message);
    db_disconnect(db);
    return false;
}

/* A result that is an error. Messages of class 22 may quote values, so they are left out (they could be
 * personal). */
static bool fail_result(struct db *db, const PGresult *result, const char *statement, struct error *err)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    if (PQstatus(db->connection) != CONNECTION_OK)
        return fail_lost(db, err);
    if (sqlstate == NULL)
        return error_set(err, ERROR_DB, "statement %s: %s", statement, PQresStatus(PQresultStatus(result)));
    if (strncmp(sqlstate, "22", 2) == 0)
        message = "a value does not fit its type";
    error_set(err, kind_of_sqlstate(sqlstate), "statement %s: %s%s%s", statement,
              message == NULL ? "" : message, constraint == NULL ? "" : ": ",
              constraint == NULL ? "" : constraint);
    if (err != NULL)
        (void)snprintf(err->sqlstate, sizeof err->sqlstate, "%s", sqlstate);
    if (kind_of_sqlstate(sqlstate) == ERROR_DB_LOST)
        db_disconnect(db);
    return false;
}

/* ----------------------------------------------------------------- waiting */

/* Sends what is buffered and waits until libpq has a result to give. */
static bool wait_for_result(struct db *db, struct error *err)
{
    for (;;) {
        const int unsent = PQflush(db->connection);

        if (unsent < 0 || PQconsumeInput(db->connection) == 0)
            return fail_lost(db, err);
        if (unsent == 0 && !PQisBusy(db->connection))
            return true;
        if (!db->wait(db->wait_context, PQsocket(db->connection), unsent == 1, INT64_MAX)) {
            error_set(err, ERROR_DB_LOST, "given up while waiting for PostgreSQL");
            db_disconnect(db);
            return false;
        }
    }
}

static bool next_result(struct db *db, PGresult **ret_result, struct error *err)
{
    if (!wait_for_result(db, err))
        return false;
    *ret_result = PQgetResult(db->connection);
    return true;
}

static bool is_success(const PGresult *result)
{
    const ExecStatusType status = PQresultStatus(result);

    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_PIPELINE_SYNC;
}

/* Reads to the end of one statement outside a pipeline, so that the connection stays usable. */
static bool finish_statement(struct db *db, const char *name, PGresult **ret_result, struct error *err)
{
    PGresult *kept = NULL, *result = NULL;
    bool good = true;

    while (next_result(db, &result, err)) {
        if (result == NULL) {
            if (good && ret_result != NULL) {
                *ret_result = kept;
                kept = NULL;
            }
            PQclear(kept);
            return good;
        }
        if (!is_success(result) && good) {
            good = fail_result(db, result, name, err);
            if (db->connection == NULL) {
                PQclear(result);
                break;
            }
        }
        PQclear(kept);
        kept = result;
    }
    PQclear(kept);
    return false;
}

/* ------------------------------------------------------------- connecting */

static bool wait_for_connection(struct db *db, struct error *err)
{
    const int64_t deadline_us = monotonic_now_us() + CONNECT_TIMEOUT_US;
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;

    while (state != PGRES_POLLING_OK) {
        if (state == PGRES_POLLING_FAILED || monotonic_now_us() > deadline_us)
            return fail_lost(db, err);
        if (!db->wait(db->wait_context, PQsocket(db->connection), state == PGRES_POLLING_WRITING,
                      deadline_us))
            return fail_lost(db, err);
        state = PQconnectPoll(db->connection);
    }
    return true;
}

static size_t queue_prepares(struct db *db)
{
    size_t count = 0;

    for (size_t i = 0; db->statements != NULL && db->statements[i] != NULL; i++)
        for (size_t j = 0; db->statements[i][j] != NULL; j++, count++)
            if (PQsendPrepare(db->connection, db->statements[i][j]->name, db->statements[i][j]->text, 0,
                              NULL) != 1)
                db->queued_failed = true;
    return count;
}

static bool prepare_all(struct db *db, struct error *err)
{
    db_pipeline_begin(db);
    db->queued = "prepare";
    return db_pipeline_run(db, queue_prepares(db), NULL, err);
}

/* PL-35: a batch takes more locks than PostgreSQL's default has room for, and would fail only under load. */
static bool has_room_for_locks(struct db *db, struct error *err)
{
    PGresult *result = NULL;
    bool enough;

    if (PQsendQuery(db->connection, "show max_locks_per_transaction") != 1)
        return fail_lost(db, err);
    if (!finish_statement(db, "show max_locks_per_transaction", &result, err))
        return false;
    enough = PQntuples(result) == 1 && db_int(result, 0, 0) >= LOCKS_MIN;
    if (!enough)
        error_set_hint(err, ERROR_DB, "set it in postgresql.conf and start PostgreSQL again",
                       "max_locks_per_transaction is %.*s, and must be %d or more",
                       (int)db_text(result, 0, 0).size, db_text(result, 0, 0).data, LOCKS_MIN);
    PQclear(result);
    return enough;
}

bool db_connect(struct db *db, struct error *err)
{
    /* Time-outs and planner switches are the role's. */
    const char *const keywords[] = {"dbname", "user", "application_name", "client_encoding", NULL};
    const char *const values[] = {db->conninfo, db->role, db->name, "UTF8", NULL};

    db_disconnect(db);
    db->connection = PQconnectStartParams(keywords, values, /* expand_dbname= */ 1);
    if (db->connection == NULL || PQstatus(db->connection) == CONNECTION_BAD)
        return fail_lost(db, err);
    if (!wait_for_connection(db, err))
        return false;
    if (PQsetnonblocking(db->connection, 1) != 0)
        return fail_lost(db, err);
    if (!has_room_for_locks(db, err) || !prepare_all(db, err)) {
        db_disconnect(db);
        return false;
    }
    return true;
}

/* -------------------------------------------------------------- statements */

static const char *const *values_of(const struct db_params *params, const char *values[DB_PARAMS_MAX])
{
    if (params == NULL)
        return NULL;
    for (size_t i = 0; i < params->count; i++)
        values[i] = params->offset[i] < 0 ? NULL : params->text.data + params->offset[i];
    return values;
}

static bool send_statement(struct db *db, const struct db_statement *statement,
                           const struct db_params *params)
{
    const char *values[DB_PARAMS_MAX];

    return PQsendQueryPrepared(db->connection, statement->name, params == NULL ? 0 : (int)params->count,
                               values_of(params, values), NULL, NULL, /* resultFormat= */ 0) == 1;
}

/* Time of a statement or pipeline, by name: ecf2_db_statement_seconds. */
static void observe(const char *statement, int64_t started_us)
{
    char labels[96];

    (void)snprintf(labels, sizeof labels, "statement=\"%s\"", statement);
    metric_observe_us(metric_histogram("ecf2_db_statement_seconds",
                                       "Time of a statement, or of a pipeline by its last", labels),
                      monotonic_now_us() - started_us);
}

bool db_run(struct db *db, const struct db_statement *statement, const struct db_params *params,
            PGresult **ret_result, struct error *err)
{
    const int64_t started_us = monotonic_now_us();

    if (db->connection == NULL || !send_statement(db, statement, params))
        return fail_lost(db, err);
    if (!finish_statement(db, statement->name, ret_result, err))
        return false;
    observe(statement->name, started_us);
    return true;
}

static bool run_text(struct db *db, const char *text, struct error *err)
{
    if (db->connection == NULL || PQsendQuery(db->connection, text) != 1)
        return fail_lost(db, err);
    return finish_statement(db, text, NULL, err);
}

bool db_begin(struct db *db, struct error *err)
{
    return run_text(db, "begin", err);
}

bool db_commit(struct db *db, struct error *err)
{
    return run_text(db, "commit", err);
}

void db_rollback(struct db *db)
{
    struct error ignored = {0};

    if (db->connection == NULL || PQtransactionStatus(db->connection) == PQTRANS_IDLE)
        return;
    if (!run_text(db, "rollback", &ignored))
        db_disconnect(db);
}

/* --------------------------------------------------------------- pipelines */

void db_pipeline_begin(struct db *db)
{
    db->queued_failed = db->connection == NULL || PQenterPipelineMode(db->connection) != 1;
    db->queued = "begin";
    db->queued_at_us = monotonic_now_us();
}

void db_queue(struct db *db, const struct db_statement *statement, const struct db_params *params)
{
    db->queued = statement->name;
    if (!db->queued_failed && !send_statement(db, statement, params))
        db->queued_failed = true;
}

static void queue_text(struct db *db, const char *text)
{
    if (!db->queued_failed && PQsendQueryParams(db->connection, text, 0, NULL, NULL, NULL, NULL, 0) != 1)
        db->queued_failed = true;
}

void db_queue_begin(struct db *db)
{
    queue_text(db, "begin");
}

void db_queue_begin_snapshot(struct db *db)
{
    queue_text(db, "begin isolation level repeatable read, read only");
}

void db_queue_sync(struct db *db)
{
    if (!db->queued_failed && PQpipelineSync(db->connection) != 1)
        db->queued_failed = true;
}

void db_queue_commit(struct db *db)
{
    queue_text(db, "commit");
}

/* set_config and not SET LOCAL: without a begin, SET LOCAL warns. */
void db_queue_planning(struct db *db, enum db_planning planning)
{
    queue_text(db, planning == DB_PLAN_WITH_BOUNDS
                       ? "select set_config('plan_cache_mode', 'force_custom_plan', true)"
                       : "select set_config('plan_cache_mode', 'force_generic_plan', true)");
}

/* The result of one queued statement and the NULL behind it (a sync has none). False: the connection is gone.
 */
static bool pipeline_result(struct db *db, PGresult **ret_result, struct error *err)
{
    PGresult *end = NULL;

    if (!next_result(db, ret_result, err))
        return false;
    if (*ret_result == NULL)
        return PQstatus(db->connection) == CONNECTION_OK
                   ? error_set(err, ERROR_BUG, "a pipeline had fewer results than statements")
                   : fail_lost(db, err);
    if (PQresultStatus(*ret_result) == PGRES_PIPELINE_SYNC)
        return true;
    if (!next_result(db, &end, err)) {
        PQclear(*ret_result);
        *ret_result = NULL;
        return false;
    }
    PQclear(end);
    return true;
}

static void clear_results(PGresult **results, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        PQclear(results[i]);
        results[i] = NULL;
    }
}

/* Takes the sync result and leaves pipeline mode. */
static bool pipeline_end(struct db *db, struct error *err)
{
    PGresult *sync = NULL;

    if (!next_result(db, &sync, err))
        return false;
    if (PQresultStatus(sync) != PGRES_PIPELINE_SYNC) {
        /* The server ended the session behind the last statement, which may have been a commit. */
        if (PQresultStatus(sync) == PGRES_FATAL_ERROR)
            (void)fail_result(db, sync, "behind a pipeline", err);
        else
            error_set(err, ERROR_BUG, "a pipeline had more results than statements");
        PQclear(sync);
        db_disconnect(db);
        return false;
    }
    PQclear(sync);
    if (PQexitPipelineMode(db->connection) != 1)
        return fail_lost(db, err);
    return true;
}

bool db_pipeline_run(struct db *db, size_t count, PGresult **ret_results, struct error *err)
{
    bool good = true;
    size_t done = 0;

    if (db->queued_failed || PQpipelineSync(db->connection) != 1)
        return fail_lost(db, err);
    for (; done < count; done++) {
        PGresult *result = NULL;

        if (!pipeline_result(db, &result, err)) {
            db_disconnect(db);
            good = false;
            break;
        }
        if (good && !is_success(result)) {
            good = fail_result(db, result, "in a pipeline", err);
            if (db->connection == NULL) {
                PQclear(result);
                break;
            }
        }
        if (good && ret_results != NULL)
            ret_results[done] = result;
        else
            PQclear(result);
        if (!good && ret_results != NULL)
            ret_results[done] = NULL;
    }
    if (db->connection != NULL && !pipeline_end(db, err))
        good = false;
    if (good)
        observe(db->queued, db->queued_at_us);
    else if (ret_results != NULL)
        clear_results(ret_results, done);
    return good;
}

/* ------------------------------------------------------------------ values */

bool db_columns(const PGresult *result, const char *const *names, int *ret_numbers, size_t count,
                struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        ret_numbers[i] = PQfnumber(result, names[i]);
        if (ret_numbers[i] < 0)
            return error_set(err, ERROR_DB, "a result has no column %s", names[i]);
    }
    return true;
}

bool db_is_null(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column) == 1;
}

struct slice db_text(const PGresult *result, int row, int column)
{
    if (db_is_null(result, row, column))
        return (struct slice){NULL, 0};
    return (struct slice){PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column)};
}

int64_t db_int(const PGresult *result, int row, int column)
{
    return db_is_null(result, row, column) ? 0 : strtoll(PQgetvalue(result, row, column), NULL, 10);
}

bool db_bool(const PGresult *result, int row, int column)
{
    return !db_is_null(result, row, column) && PQgetvalue(result, row, column)[0] == 't';
}

bool db_uuid(const PGresult *result, int row, int column, struct uuid *ret_id)
{
    return uuid_parse(db_text(result, row, column), ret_id);
}
