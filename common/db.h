/*
 * db: PostgreSQL through libpq, non-blocking, prepared statements, pipelines.
 *
 * Statements live in sql files, one a file, and are embedded at build: file `load_facts.sql` in
 * workers/validation/sql/ becomes `const struct db_statement sql_load_facts` declared in
 * "workers/validation/sql.h", and all of a folder stand in the NULL-terminated array `validation_statements`
 * (`common_statements` for common/sql/). All statements of a process are prepared under their names when it
 * connects: a bad one stops the start, not a request.
 *
 * Waiting: every wait goes through the wait function that the owner gives, so that a worker answers its
 * broker while a statement runs (db_wait of architecture.md section 6). No function here retries.
 */
#ifndef ECF2_COMMON_DB_H
#define ECF2_COMMON_DB_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/london.h"
#include "common/slice.h"
#include "common/uuid.h"

struct db;

struct db_statement {
    const char *name;
    const char *text;
};

/* Waits until fd is readable (or writable, if write) or the deadline (monotonic µs, INT64_MAX = none) has
 * passed. False = give up: the process is told to stop at once. */
typedef bool db_wait_fn(void *context, int fd, bool write, int64_t deadline_us);

/* conninfo is ECF2_DATABASE, role the database role of this process, name the application_name. statements:
 * NULL- terminated list of NULL-terminated arrays, borrowed for good. wait may be NULL: then poll(2). Does
 * not connect. */
struct db *db_new(const char *conninfo, const char *role, const char *name,
                  const struct db_statement *const *const *statements, db_wait_fn *wait, void *wait_context);
void db_free(struct db *db);

/* Connects, prepares everything. Drops an existing connection first. ERROR_DB where PostgreSQL has no room
 * for the locks of a batch (PL-35). */
bool db_connect(struct db *db, struct error *err) __attribute__((warn_unused_result));
void db_disconnect(struct db *db);
bool db_is_connected(const struct db *db);
/* For LISTEN, COPY and the like; NULL when not connected. */
PGconn *db_raw(struct db *db);

/* Parameters of one statement, all text format; NULL values are SQL null. Built by db_params_…; release keeps
 * nothing. Arrays are written as PostgreSQL array literals, element by element. */
#define DB_PARAMS_MAX 48
struct db_params {
    size_t count;
    struct buffer text;              /* all values behind each other */
    ptrdiff_t offset[DB_PARAMS_MAX]; /* into text; -1 = null */
    bool in_array, array_empty;
};
#define DB_PARAMS_INIT                                                                                       \
    {                                                                                                        \
        .count = 0, .text = BUFFER_INIT                                                                      \
    }
void db_params_clear(struct db_params *params);
void db_params_release(struct db_params *params);
void db_param_null(struct db_params *params);
void db_param_text(struct db_params *params, const char *text); /* NULL = null */
void db_param_slice(struct db_params *params, struct slice text);
void db_param_int(struct db_params *params, int64_t number);
void db_param_bool(struct db_params *params, bool truth);
void db_param_uuid(struct db_params *params, const struct uuid *id);
/* timestamptz from microseconds since 1970 */
void db_param_instant(struct db_params *params, int64_t instant_us);
/* bytea */
void db_param_bytes(struct db_params *params, struct slice bytes);
/* An array parameter: begin, any number of elements, end. */
void db_array_begin(struct db_params *params);
void db_array_null(struct db_params *params);
void db_array_text(struct db_params *params, const char *text); /* NULL = null */
void db_array_slice(struct db_params *params, struct slice text);
void db_array_int(struct db_params *params, int64_t number);
void db_array_id(struct db_params *params, int64_t id);         /* 0 = null */
void db_array_date(struct db_params *params, struct date date); /* DATE_NONE = null */
void db_array_bool(struct db_params *params, bool truth);
void db_array_uuid(struct db_params *params, const struct uuid *id); /* NULL = null */
void db_array_instant(struct db_params *params, int64_t instant_us); /* INSTANT_NONE = null */
void db_array_microseconds(struct db_params *params, int64_t us);    /* interval */
void db_array_bytes(struct db_params *params, struct slice bytes);
void db_array_end(struct db_params *params);

/* Runs one statement. On success *ret_result (if not NULL) is the caller's to PQclear. */
bool db_run(struct db *db, const struct db_statement *statement, const struct db_params *params,
            PGresult **ret_result, struct error *err) __attribute__((warn_unused_result));

/* One round trip for several statements: queue any number, then db_pipeline_run, which gives the result of
 * each in order. The first failure makes the rest skipped; all results are cleared then. begin and commit are
 * queued like statements. count results are written to ret_results (the caller's to PQclear); ret_results may
 * be NULL. */
void db_pipeline_begin(struct db *db);
void db_queue(struct db *db, const struct db_statement *statement, const struct db_params *params);
void db_queue_begin(struct db *db); /* read committed */
/* A transaction that only reads, and sees in all of its statements what its first one saw. */
void db_queue_begin_snapshot(struct db *db);
/* Ends the unit of a failure: what was queued before stands for itself (in a transaction of its own where
 * there is no begin), and what is queued behind is run even if it failed. Counts as a statement. */
void db_queue_sync(struct db *db);
void db_queue_commit(struct db *db);
/* How the statements behind this are planned, until the end of the transaction (without a begin: of the
 * pipeline). A new transaction starts with what the role has: the workers' have DB_PLAN_ONCE. Counts as a
 * statement, like begin and commit. */
enum db_planning {
    DB_PLAN_ONCE, /* for a session */
    /* With its parameters, each time: for what reads partitioned tables by bounds of accepted_at (pipeline.md
     * PL-36). Not for writes: rows' foreign keys have statements of their own, which would be planned anew
     * for each row. */
    DB_PLAN_WITH_BOUNDS,
};
void db_queue_planning(struct db *db, enum db_planning planning);
bool db_pipeline_run(struct db *db, size_t count, PGresult **ret_results, struct error *err)
    __attribute__((warn_unused_result));

bool db_begin(struct db *db, struct error *err) __attribute__((warn_unused_result));
bool db_commit(struct db *db, struct error *err) __attribute__((warn_unused_result));
/* After any failure inside a transaction; also when the connection is gone (then it does nothing). */
void db_rollback(struct db *db);

/* Columns by name, once per result: false with ERROR_DB names the missing one. */
bool db_columns(const PGresult *result, const char *const *names, int *ret_numbers, size_t count,
                struct error *err) __attribute__((warn_unused_result));
/* Values of a row; borrowed from the result. */
struct slice db_text(const PGresult *result, int row, int column); /* null = empty with data NULL */
int64_t db_int(const PGresult *result, int row, int column);       /* null = 0 */
bool db_bool(const PGresult *result, int row, int column);         /* null = false */
bool db_is_null(const PGresult *result, int row, int column);
bool db_uuid(const PGresult *result, int row, int column, struct uuid *ret_id);

#endif
