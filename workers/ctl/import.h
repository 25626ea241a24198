/*
 * import: loads a directory of CSV files, one a table: all rows or none.
 *
 *   import.c           the command and the order of the steps below, in one transaction
 *   import_tables*.c   the tables, their columns, their sentences: the one place that knows the format
 *   import_value.c     is this text a date, a TRN, …?
 *   import_stage.c     a file's rows, checked one by one, go by COPY into import_raw_TABLE
 *   import_resolve.c   what rows refer to is looked up (sql/import_resolve_TABLE.sql); rows get ids
 *   import_check.c     whatever the database would refuse, found with file and line before it is asked
 *   import_load.c      INSERT … SELECT, read models, statistics, the row in import_runs
 *   import_problems.c  collects what is wrong and tells it in order
 *
 * Temporary tables and views; TABLE is the name of the file:
 *
 *   import_raw_TABLE   the file: line, bad, and its columns
 *
 *   import_TABLE       the same, with the columns of the database's table that were looked up, with id,
 *                      existing (the database has it already) and duplicate (an earlier line has its key)
 *
 *   import_rows_TABLE  what is to be inserted: line, and every column of the database's table as stored
 *
 *   import_all_TABLE   what will be there in the end: what the database holds and what the file adds
 *
 *   import_new_TABLE   rows to be added to a read model
 *
 *   import_clock       one row: as_of (business time), today (London), written_at (for api_updated_at, PL-23)
 */
#ifndef ECF2_WORKERS_CTL_IMPORT_H
#define ECF2_WORKERS_CTL_IMPORT_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/buffer.h"
#include "common/db.h"
#include "common/error.h"
#include "common/settings.h"
#include "workers/ctl/import_problems.h"
#include "workers/ctl/import_value.h"

/* ---------------------------------------------------------------------------------------------- the format
 */

enum {
    IMPORT_REQUIRED = 1,     /* the column must be there, with a value in every row */
    IMPORT_KEY = 2,          /* together these say which row of the database is meant */
    IMPORT_UPDATABLE = 4,    /* another value than the database's is taken over instead of refused */
    IMPORT_LOOKED_UP = 8,    /* resolve makes the targets of it */
    IMPORT_NOT_COMPARED = 16 /* of new rows only; the database moves it by itself */
};

struct import_column {
    const char *name;
    const struct import_type *type;
    unsigned flags;
    const char *target; /* columns of the table that it fills, separated by ", "; NULL: none by itself */
    const char
        *unresolved; /* of a reference: what is told when nothing was found, so the first target is null */
    const char *missing; /* SQL stored where no value is given; NULL: null, or the table's own default */
    const char *sentence;
    const char *other_name; /* accepted in the header as well */
};

struct import_table {
    const char *name;  /* of the file without .csv */
    const char *table; /* of the database */
    const char *sentence;
    const struct import_column *columns; /* name NULL ends them */
    const struct db_statement *resolve;  /* select over import_raw_TABLE; NULL: nothing to look up */
    const struct db_statement *keys;     /* run behind it: what later tables look up by; may be NULL */
    const struct db_statement
        *check; /* rows (line, column_name, value, reason) that no constraint finds; or NULL */
    const char *
        extra; /* columns of the table that resolve fills beside the targets, written as in target; or NULL */
    bool has_id; /* the table has an identity column id */
    bool skips;  /* resolve says `known`; rows where it is false are passed over and counted */
    bool secret; /* any value, even one in the wrong place, may be a token: none is told */
};

/* In order of dependency; name NULL ends them. */
extern const struct import_table import_tables[];
extern const struct import_column import_contract_periods[], import_schedules[], import_milestones[],
    import_lead_providers[], import_lead_provider_contract_periods[], import_delivery_partners[],
    import_delivery_partnerships[], import_appropriate_bodies[], import_appropriate_body_aliases[],
    import_regions[], import_gias_schools[], import_schools[], import_school_funding_eligibilities[],
    import_school_partnerships[];
extern const struct import_column import_teachers[], import_training_records[], import_school_periods[],
    import_training_periods[], import_mentorship_periods[], import_induction_periods[];
extern const struct import_column import_bands[], import_contracts[], import_band_terms[],
    import_statements[], import_declarations[], import_api_tokens[];
/* Files of schema/reference that are no tables: passed over without a word. NULL ends them. */
extern const char *const import_not_loaded[];

#define IMPORT_COLUMNS_MAX 40
#define IMPORT_TABLES_MAX  32

size_t import_column_count(const struct import_table *table);
/* NULL when there is no such file. */
const struct import_table *import_table_find(const char *name);
void import_describe(FILE *out);

/* -------------------------------------------------------------------------------------------------- a run */

/* What a run knows of one table. */
struct import_part {
    bool present;                   /* the directory has its file */
    bool given[IMPORT_COLUMNS_MAX]; /* columns that the file's header names */
    bool empty; /* the database's table has no rows, and will not get any: we hold the gate */
    int64_t rows, existing, inserted, updated, unchanged, skipped;
};

struct import_run {
    PGconn *connection;
    const char *directory; /* borrowed */
    const char *token_key; /* borrowed */
    int64_t as_of_us;      /* business time */
    int64_t started_us;    /* machine time */
    bool check_only;
    bool whole_world; /* IMPORT_WORLD */
    bool
        unreadable; /* a file or a row is missing from the staging tables: nothing can be looked up in them */
    bool progress;  /* standard error is a terminal */
    uint8_t digest[32];
    struct import_problems problems;
    struct import_part parts[IMPORT_TABLES_MAX];
};

enum import_mode {
    IMPORT_LOAD,
    IMPORT_CHECK, /* nothing is kept */
    IMPORT_WORLD  /* a whole world: refused where there are schools or people that did not come with it */
};

/* Loads (or only checks) what directory holds; tells problems on standard error and counts on standard
 * output. as_of_us: business time. Returns an exit status (ctl.h). */
int import_directory(const struct settings *settings, const char *directory, enum import_mode mode,
                     int64_t as_of_us);

/* The steps. False: err is set, nothing can go on. What is wrong with rows goes to problems and is no
 * failure. */
bool import_stage(struct import_run *run, struct error *err) __attribute__((warn_unused_result));
bool import_resolve(struct import_run *run, struct error *err) __attribute__((warn_unused_result));
bool import_check(struct import_run *run, size_t number, struct error *err)
    __attribute__((warn_unused_result));
bool import_load(struct import_run *run, struct error *err) __attribute__((warn_unused_result));
/* Writes the row of import_runs; status as there. In a transaction of its own where none is open. */
bool import_record(struct import_run *run, const char *status, struct error *err)
    __attribute__((warn_unused_result));

/* --------------------------------------------------------------------------------------- shared by the steps
 */

/* Runs SQL of our own, several statements too; the last result is the caller's to PQclear where ret_result is
 * not NULL. What the database says is put into err with its detail: it goes to the operator's terminal only.
 */
bool import_run_sql(struct import_run *run, const char *sql, PGresult **ret_result, struct error *err)
    __attribute__((warn_unused_result));
/* The same with format; %s are names from our own tables or the catalog. */
bool import_run_format(struct import_run *run, PGresult **ret_result, struct error *err, const char *format,
                       ...) __attribute__((warn_unused_result, format(printf, 4, 5)));
/* Sets the planner for statements over that many rows of a file. */
bool import_plan_for(struct import_run *run, int64_t rows, struct error *err)
    __attribute__((warn_unused_result));
/* Adds a problem of a row of the table, without the value where the table is secret; import_problem_add. */
void import_problem(struct import_run *run, size_t number, size_t line, const char *column,
                    struct slice value, const char *reason);
/* Each row of a result (line, column_name, value, reason) becomes a problem of the table. */
bool import_collect(struct import_run *run, size_t number, const char *sql, struct error *err)
    __attribute__((warn_unused_result));
/* Each row (line, reason) of `found`, a query, becomes a problem with the names and values of the file's
 * columns that fill these attributes of the database's table. */
bool import_collect_found(struct import_run *run, size_t number, const char *found, const char *attributes,
                          struct error *err) __attribute__((warn_unused_result));
/* Marks the rows of the table that something was told about since there were `before` problems. A value that
 * means nothing leaves a gap, and rules that trip over the gap would tell the operator about a second mistake
 * that nobody made. */
bool import_mark_told(struct import_run *run, size_t number, size_t before, struct error *err)
    __attribute__((warn_unused_result));
/* Appends the condition under which x of the database's table is the row n of import_TABLE. */
void import_append_same_row(struct buffer *sql, const struct import_table *table);
/* Walks "a, b, c" (NULL = none): copies the next name to ret_name; false behind the last. */
#define IMPORT_NAME_SIZE 64
bool import_next_name(const char **list, char ret_name[IMPORT_NAME_SIZE]);
/* The name of a column in import_raw_TABLE: its own, but `given_NAME` when what is looked up has this name.
 */
void import_staged_name(const struct import_column *column, char ret_name[IMPORT_NAME_SIZE]);
/* The column of the file that fills this column of the database's table; NULL when there is none. */
const struct import_column *import_column_of_target(const struct import_table *table, const char *target);
/* A line of progress, rewritten in place; nothing where standard error is no terminal. */
void import_progress(const struct import_run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
