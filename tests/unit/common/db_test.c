/*
 * db: connection, statements and pipelines against a real PostgreSQL, started by scripts/postgres in a folder
 * of this test; what libpq and the server say becomes error kinds, and the connection stays usable or is
 * gone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/db.h"

#define STATEMENT(variable, sql) static const struct db_statement variable = {#variable, sql}

STATEMENT(echo, "select $1::text as text");
STATEMENT(echo_all, "select element from unnest($1::text[]) with ordinality as e (element, n) order by n");
STATEMENT(echo_bytes, "select encode(element, 'hex') as hex from unnest($1::bytea[]) with ordinality as e "
                      "(element, n) order by n");
STATEMENT(insert_thing, "insert into things (id, name) values ($1::integer, $2)");
STATEMENT(count_things, "select count(*) as n from things");
STATEMENT(parse_number, "select $1::text::integer");
STATEMENT(fail_with, "select fail_with($1::text)");
STATEMENT(end_session, "select pg_terminate_backend(pg_backend_pid())");
STATEMENT(many_rows, "select n, repeat('x', 1000) as filling from generate_series(1, $1::integer) as n");
STATEMENT(sleep_for, "select pg_sleep($1::double precision)");
STATEMENT(all_sorts, "select null::text as nothing, true as yes, false as no, -7 as number, "
                     "'01930000-0000-7000-8000-0000000000ff'::uuid as id, '' as empty");

static const struct db_statement *const list[] = {&echo,         &echo_all,     &echo_bytes, &insert_thing,
                                                  &count_things, &parse_number, &fail_with,  &end_session,
                                                  &many_rows,    &sleep_for,    &all_sorts,  NULL};
static const struct db_statement *const *const statements[] = {list, NULL};

/* ------------------------------------------------------------ PostgreSQL */

static char folder[64];
static char conninfo[128];

static int script(const char *verb)
{
    char command[256];

    (void)snprintf(command, sizeof command, "scripts/postgres %s %s", verb, folder);
    return system(command);
}

static void run_as_superuser(const char *sql)
{
    char text[256];
    PGconn *connection;

    (void)snprintf(text, sizeof text, "%s user=postgres", conninfo);
    connection = PQconnectdb(text);
    PGresult *result = PQexec(connection, sql);
    const ExecStatusType status = PQresultStatus(result);

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        (void)fprintf(stderr, "%s", PQerrorMessage(connection));
    PQclear(result);
    PQfinish(connection);
    assert_true(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK);
}

static int start_postgres(void **state)
{
    const char *below = getenv("ECF2_TEST_RUN");

    (void)state;
    (void)snprintf(folder, sizeof folder, "%s/ecf2-db-XXXXXX", below != NULL ? below : "/tmp");
    if (mkdtemp(folder) == NULL || script("start") != 0)
        return -1;
    (void)snprintf(conninfo, sizeof conninfo, "host=%s/pg port=5432 dbname=ecf2", folder);
    run_as_superuser(
        "create table things (id integer constraint things_pkey primary key, name text not null);"
        "create function fail_with(code text) returns void language plpgsql as "
        "$$ begin raise exception 'the reason' using errcode = code; end $$;"
        "grant select, insert, delete on things to ecf2_query");
    return 0;
}

static int stop_postgres(void **state)
{
    char command[256];

    (void)state;
    (void)script("stop");
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* One connection a test, and an empty table. */
static int connect_db(void **state)
{
    struct db *db = db_new(conninfo, "ecf2_query", "db_test", statements, NULL, NULL);
    struct error err = {0};

    run_as_superuser("delete from things");
    if (!db_connect(db, &err)) {
        (void)fprintf(stderr, "%s\n", err.detail);
        return -1;
    }
    *state = db;
    return 0;
}

static int free_db(void **state)
{
    db_free(*state);
    return 0;
}

/* ------------------------------------------------------------- what is asked */

static bool run_text(struct db *db, const struct db_statement *statement, const char *text,
                     PGresult **ret_result, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;

    db_param_text(&params, text);
    const bool good = db_run(db, statement, &params, ret_result, err);
    db_params_release(&params);
    return good;
}

static void thing_params(struct db_params *params, int id, const char *name)
{
    db_params_clear(params);
    db_param_int(params, id);
    db_param_text(params, name);
}

static int64_t things(struct db *db)
{
    PGresult *result = NULL;

    assert_true(db_run(db, &count_things, NULL, &result, NULL));
    const int64_t n = db_int(result, 0, 0);
    PQclear(result);
    return n;
}

static void assert_usable(struct db *db)
{
    PGresult *result = NULL;

    assert_true(db_is_connected(db));
    assert_int_equal(PQtransactionStatus(db_raw(db)), PQTRANS_IDLE);
    assert_true(run_text(db, &echo, "still here", &result, NULL));
    assert_string_equal(PQgetvalue(result, 0, 0), "still here");
    PQclear(result);
}

/* ---------------------------------------------------------------- values */

static void text_comes_back_as_it_went(void **state)
{
    static const char *const texts[] = {"",
                                        " ",
                                        "NULL",
                                        "null",
                                        "a,b",
                                        "{}",
                                        "{\"a\"}",
                                        "\"",
                                        "\\",
                                        "\\\"\\\\",
                                        "it's",
                                        "a\nb\r\tc",
                                        "Zo\xc3\xab \xf0\x9f\x8e\x93",
                                        "\\x41",
                                        "$1"};
    const size_t count = sizeof texts / sizeof texts[0];
    struct db_params params = DB_PARAMS_INIT;
    PGresult *result = NULL;

    db_array_begin(&params);
    for (size_t i = 0; i < count; i++)
        db_array_text(&params, texts[i]);
    db_array_null(&params);
    db_array_end(&params);
    assert_true(db_run(*state, &echo_all, &params, &result, NULL));
    assert_int_equal(PQntuples(result), count + 1);
    for (size_t i = 0; i < count; i++) {
        assert_false(db_is_null(result, (int)i, 0));
        assert_string_equal(PQgetvalue(result, (int)i, 0), texts[i]);
    }
    assert_true(db_is_null(result, (int)count, 0));
    PQclear(result);

    db_params_clear(&params);
    db_array_begin(&params);
    db_array_end(&params);
    assert_true(db_run(*state, &echo_all, &params, &result, NULL));
    assert_int_equal(PQntuples(result), 0);
    PQclear(result);
    db_params_release(&params);
}

static void bytes_come_back_as_they_went(void **state)
{
    struct db_params params = DB_PARAMS_INIT;
    PGresult *result = NULL;

    db_array_begin(&params);
    db_array_bytes(&params, (struct slice){"\0\xff\"\\", 4});
    db_array_bytes(&params, (struct slice){NULL, 0});
    db_array_end(&params);
    assert_true(db_run(*state, &echo_bytes, &params, &result, NULL));
    assert_string_equal(PQgetvalue(result, 0, 0), "00ff225c");
    assert_string_equal(PQgetvalue(result, 1, 0), "");
    PQclear(result);
    db_params_release(&params);
}

static void columns_are_found_by_name(void **state)
{
    static const char *const names[] = {"no", "yes", "nothing", "number", "id", "empty"}, *const missing[] = {
                                                                                              "yes", "maybe"};
    enum { NO, YES, NOTHING, NUMBER, ID, EMPTY, COUNT };
    int columns[COUNT], other[2];
    struct error err = {0};
    PGresult *result = NULL;
    struct uuid id;

    assert_true(db_run(*state, &all_sorts, NULL, &result, NULL));
    assert_true(db_columns(result, names, columns, COUNT, &err));
    assert_true(db_bool(result, 0, columns[YES]) && !db_bool(result, 0, columns[NO]));
    assert_int_equal(db_int(result, 0, columns[NUMBER]), -7);
    assert_true(db_uuid(result, 0, columns[ID], &id));
    assert_int_equal(id.bytes[15], 0xff);
    assert_false(db_uuid(result, 0, columns[EMPTY], &id));
    assert_true(db_is_null(result, 0, columns[NOTHING]) && !db_is_null(result, 0, columns[EMPTY]));
    assert_null(db_text(result, 0, columns[NOTHING]).data);
    assert_non_null(db_text(result, 0, columns[EMPTY]).data);
    assert_int_equal(db_int(result, 0, columns[NOTHING]), 0);
    assert_false(db_bool(result, 0, columns[NOTHING]));
    assert_false(db_columns(result, missing, other, 2, &err));
    assert_int_equal(err.kind, ERROR_DB);
    assert_non_null(strstr(err.detail, "maybe"));
    PQclear(result);
}

/* ---------------------------------------------------------------- errors */

static void sqlstates_become_kinds(void **state)
{
    static const struct {
        const char *sqlstate;
        enum error_kind kind;
    } cases[] = {
        {"40001", ERROR_DB_CONFLICT},
        {"40P01", ERROR_DB_CONFLICT},
        {"55P03", ERROR_DB_CONFLICT},
        {"57014", ERROR_DB_CONFLICT},
        {"23505", ERROR_DB_CONSTRAINT},
        {"23514", ERROR_DB_CONSTRAINT},
        {"22P02", ERROR_DB_CONSTRAINT},
        {"P0001", ERROR_DB},
        {"42501", ERROR_DB},
        {"55000", ERROR_DB},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err = {0};

        assert_false(run_text(*state, &fail_with, cases[i].sqlstate, NULL, &err));
        assert_int_equal(err.kind, cases[i].kind);
        assert_string_equal(err.sqlstate, cases[i].sqlstate);
        assert_non_null(strstr(err.detail, "fail_with"));
        assert_usable(*state);
    }
}

/* The server is about to end us, or has no room: another connection is the answer. */
static void some_sqlstates_lose_the_connection(void **state)
{
    static const char *const sqlstates[] = {"57P01", "57P02", "57P03", "53100",
                                            "53200", "53300", "25P03", "08006"};

    for (size_t i = 0; i < sizeof sqlstates / sizeof sqlstates[0]; i++) {
        struct error err = {0};

        assert_false(run_text(*state, &fail_with, sqlstates[i], NULL, &err));
        assert_int_equal(err.kind, ERROR_DB_LOST);
        assert_string_equal(err.sqlstate, sqlstates[i]);
        assert_false(db_is_connected(*state));
        assert_null(db_raw(*state));
        assert_true(db_connect(*state, &err));
        assert_usable(*state);
    }
}

static void a_unique_violation_names_its_constraint(void **state)
{
    struct db_params params = DB_PARAMS_INIT;
    struct error err = {0};

    thing_params(&params, 1, "a");
    assert_true(db_run(*state, &insert_thing, &params, NULL, &err));
    assert_false(db_run(*state, &insert_thing, &params, NULL, &err));
    assert_int_equal(err.kind, ERROR_DB_CONSTRAINT);
    assert_string_equal(err.sqlstate, "23505");
    assert_non_null(strstr(err.detail, "things_pkey"));
    assert_usable(*state);
    db_params_release(&params);
}

/* A message of class 22 quotes the value, which could be personal. */
static void a_bad_value_is_not_repeated(void **state)
{
    struct error err = {0};

    assert_false(run_text(*state, &parse_number, "Surname-of-somebody", NULL, &err));
    assert_int_equal(err.kind, ERROR_DB_CONSTRAINT);
    assert_string_equal(err.sqlstate, "22P02");
    assert_null(strstr(err.detail, "Surname"));
    assert_null(strstr(err.hint, "Surname"));
    assert_usable(*state);
}

/* ----------------------------------------------------------- transactions */

static void a_rollback_undoes(void **state)
{
    struct db_params params = DB_PARAMS_INIT;
    struct error err = {0};

    thing_params(&params, 1, "a");
    assert_true(db_begin(*state, &err));
    assert_true(db_run(*state, &insert_thing, &params, NULL, &err));
    db_rollback(*state);
    assert_usable(*state);
    assert_int_equal(things(*state), 0);

    assert_true(db_begin(*state, &err));
    assert_true(db_run(*state, &insert_thing, &params, NULL, &err));
    assert_false(db_run(*state, &insert_thing, &params, NULL, &err));
    assert_int_equal(PQtransactionStatus(db_raw(*state)), PQTRANS_INERROR);
    db_rollback(*state);
    db_rollback(*state); /* outside a transaction it does nothing */
    assert_usable(*state);
    assert_int_equal(things(*state), 0);

    assert_true(db_begin(*state, &err));
    assert_true(db_run(*state, &insert_thing, &params, NULL, &err));
    assert_true(db_commit(*state, &err));
    assert_int_equal(things(*state), 1);
    db_params_release(&params);
}

/* -------------------------------------------------------------- pipelines */

static void a_pipeline_gives_every_result(void **state)
{
    struct db_params one = DB_PARAMS_INIT, two = DB_PARAMS_INIT;
    PGresult *results[5] = {NULL};
    struct error err = {0};

    thing_params(&one, 1, "a");
    thing_params(&two, 2, "b");
    db_pipeline_begin(*state);
    db_queue_begin(*state);
    db_queue(*state, &insert_thing, &one);
    db_queue(*state, &insert_thing, &two);
    db_queue(*state, &count_things, NULL);
    db_queue_commit(*state);
    assert_true(db_pipeline_run(*state, 5, results, &err));
    assert_int_equal(db_int(results[3], 0, 0), 2);
    for (size_t i = 0; i < 5; i++) {
        assert_non_null(results[i]);
        PQclear(results[i]);
    }
    assert_usable(*state);
    assert_int_equal(things(*state), 2);

    /* nobody has to want the results */
    db_pipeline_begin(*state);
    db_queue(*state, &count_things, NULL);
    db_queue(*state, &count_things, NULL);
    assert_true(db_pipeline_run(*state, 2, NULL, &err));
    assert_usable(*state);
    db_params_release(&one);
    db_params_release(&two);
}

/* What stands before a sync is committed, and what stands behind it is run, whatever comes of the other. */
static void a_pipeline_of_two_units(void **state)
{
    PGresult *results[7] = {NULL};
    struct db_params params = DB_PARAMS_INIT;
    struct error err = {0};

    db_param_int(&params, 901);
    db_param_text(&params, "before");
    db_pipeline_begin(*state);
    db_queue(*state, &insert_thing, &params);
    db_queue_sync(*state);
    db_queue_begin_snapshot(*state);
    db_queue(*state, &count_things, NULL);
    db_queue_commit(*state);
    assert_true(db_pipeline_run(*state, 5, results, &err));
    assert_int_equal(PQresultStatus(results[1]), PGRES_PIPELINE_SYNC);
    const int64_t count = db_int(results[3], 0, 0);
    assert_true(count > 0);
    for (size_t i = 0; i < 5; i++)
        PQclear(results[i]);

    /* the second unit only reads, and fails; the first one stays */
    db_params_clear(&params);
    db_param_int(&params, 902);
    db_param_text(&params, "before");
    db_pipeline_begin(*state);
    db_queue(*state, &insert_thing, &params);
    db_queue_sync(*state);
    db_queue_begin_snapshot(*state);
    db_queue(*state, &insert_thing, &params);
    db_queue_commit(*state);
    assert_false(db_pipeline_run(*state, 5, results, &err));
    assert_null(results[0]);
    db_rollback(*state);
    assert_int_equal(things(*state), count + 1);

    /* the first one fails; the second is run all the same, and the pipeline has failed */
    error_clear(&err);
    db_pipeline_begin(*state);
    db_queue(*state, &insert_thing, &params); /* again */
    db_queue_sync(*state);
    db_params_clear(&params);
    db_param_int(&params, 903);
    db_param_text(&params, "behind");
    db_queue(*state, &insert_thing, &params);
    assert_false(db_pipeline_run(*state, 3, results, &err));
    assert_int_equal(err.kind, ERROR_DB_CONSTRAINT);
    assert_int_equal(things(*state), count + 2);
    db_params_release(&params);
}

static void a_failure_in_the_middle_of_a_pipeline(void **state)
{
    struct db_params one = DB_PARAMS_INIT, same = DB_PARAMS_INIT;
    PGresult *results[5] = {NULL};
    struct error err = {0};

    thing_params(&one, 1, "a");
    thing_params(&same, 1, "b");
    db_pipeline_begin(*state);
    db_queue_begin(*state);
    db_queue(*state, &insert_thing, &one);
    db_queue(*state, &insert_thing, &same);
    db_queue(*state, &count_things, NULL);
    db_queue_commit(*state);
    assert_false(db_pipeline_run(*state, 5, results, &err));
    assert_int_equal(err.kind, ERROR_DB_CONSTRAINT);
    assert_string_equal(err.sqlstate, "23505");
    for (size_t i = 0; i < 5; i++)
        assert_null(results[i]);
    assert_true(db_is_connected(*state));
    db_rollback(*state);
    assert_usable(*state);
    assert_int_equal(things(*state), 0);

    /* the very first one, outside a transaction */
    db_pipeline_begin(*state);
    db_params_clear(&one);
    db_param_text(&one, "no number");
    db_queue(*state, &parse_number, &one);
    db_queue(*state, &count_things, NULL);
    assert_false(db_pipeline_run(*state, 2, results, &err));
    assert_string_equal(err.sqlstate, "22P02");
    db_rollback(*state);
    assert_usable(*state);
    db_params_release(&one);
    db_params_release(&same);
}

static void a_connection_that_ends_in_a_pipeline(void **state)
{
    struct db_params params = DB_PARAMS_INIT;
    PGresult *results[4] = {NULL};
    struct error err = {0};

    thing_params(&params, 1, "a");
    db_pipeline_begin(*state);
    db_queue_begin(*state);
    db_queue(*state, &insert_thing, &params);
    db_queue(*state, &end_session, NULL);
    db_queue_commit(*state);
    assert_false(db_pipeline_run(*state, 4, results, &err));
    assert_int_equal(err.kind, ERROR_DB_LOST);
    for (size_t i = 0; i < 4; i++)
        assert_null(results[i]);
    assert_false(db_is_connected(*state));
    db_rollback(*state); /* does nothing */

    /* what is asked without a connection fails, and says why */
    db_pipeline_begin(*state);
    db_queue(*state, &count_things, NULL);
    assert_false(db_pipeline_run(*state, 1, results, &err));
    assert_int_equal(err.kind, ERROR_DB_LOST);
    assert_false(db_run(*state, &count_things, NULL, NULL, &err));
    assert_int_equal(err.kind, ERROR_DB_LOST);
    assert_false(db_begin(*state, &err));

    assert_true(db_connect(*state, &err));
    assert_usable(*state);
    assert_int_equal(things(*state), 0);
    db_params_release(&params);
}

static void big_results(void **state)
{
    PGresult *result = NULL;

    assert_true(run_text(*state, &many_rows, "20000", &result, NULL)); /* 20 MB: many reads of the socket */
    assert_int_equal(PQntuples(result), 20000);
    assert_int_equal(db_int(result, 19999, 0), 20000);
    assert_int_equal(db_text(result, 19999, 1).size, 1000);
    PQclear(result);
    assert_usable(*state);
}

static void big_parameters(void **state)
{
    const size_t size = 8 << 20; /* more than a socket buffer: libpq must be read while it still sends */
    struct db_params params = DB_PARAMS_INIT;
    PGresult *results[3] = {NULL};
    struct error err = {0};
    char *big = memory_alloc(size);

    memset(big, 'y', size);
    db_param_slice(&params, (struct slice){big, size});
    db_pipeline_begin(*state);
    for (int i = 0; i < 3; i++)
        db_queue(*state, &echo, &params);
    assert_true(db_pipeline_run(*state, 3, results, &err));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(db_text(results[i], 0, 0).size, size);
        PQclear(results[i]);
    }
    assert_usable(*state);
    db_params_release(&params);
    free(big);
}

/* ------------------------------------------------------------- connecting */

static void a_bad_statement_stops_the_connection(void **state)
{
    static const struct db_statement bad = {"bad", "select nothing_of_this_name"};
    static const struct db_statement *const bad_list[] = {&echo, &bad, NULL};
    static const struct db_statement *const *const bad_statements[] = {bad_list, NULL};
    struct db *db = db_new(conninfo, "ecf2_query", "db_test", bad_statements, NULL, NULL);
    struct error err = {0};

    (void)state;
    assert_false(db_connect(db, &err));
    assert_int_equal(err.kind, ERROR_DB);
    assert_string_equal(err.sqlstate, "42703");
    assert_false(db_is_connected(db));
    db_free(db);
}

static void nobody_there(void **state)
{
    struct db *db =
        db_new("host=/nowhere/at/all port=5432 dbname=ecf2", "ecf2_query", "db_test", statements, NULL, NULL);
    struct error err = {0};

    (void)state;
    assert_false(db_connect(db, &err));
    assert_int_equal(err.kind, ERROR_DB_LOST);
    db_free(db);
}

/* ---------------------------------------------------------------- waiting */

struct waits {
    int count, writes;
    int give_up_after; /* 0 = never */
};

static bool count_waits(void *context, int fd, bool write, int64_t deadline_us)
{
    struct waits *waits = context;

    assert_true(fd >= 0);
    (void)deadline_us;
    waits->count++;
    waits->writes += write;
    if (waits->give_up_after > 0 && waits->count >= waits->give_up_after)
        return false;
    (void)usleep(
        1000); /* as good as a poll that is interrupted: it is called again until there is something */
    return true;
}

static void every_wait_goes_through_the_owner(void **state)
{
    struct waits waits = {0};
    struct db *db = db_new(conninfo, "ecf2_query", "db_test", statements, count_waits, &waits);
    struct error err = {0};

    (void)state;
    assert_true(db_connect(db, &err));
    assert_true(waits.count > 0);
    waits.count = 0;
    assert_true(run_text(db, &sleep_for, "0.1", NULL, &err));
    assert_true(waits.count > 1);
    db_free(db);
}

static void an_owner_who_gives_up_loses_the_connection(void **state)
{
    struct waits waits = {0};
    struct db *db = db_new(conninfo, "ecf2_query", "db_test", statements, count_waits, &waits);
    struct error err = {0};
    const int64_t started_us = monotonic_now_us();

    (void)state;
    assert_true(db_connect(db, &err));
    waits = (struct waits){.give_up_after = 3};
    assert_false(run_text(db, &sleep_for, "60", NULL, &err));
    assert_int_equal(err.kind, ERROR_DB_LOST);
    assert_false(db_is_connected(db));
    assert_true(monotonic_now_us() - started_us < 30 * US_PER_SECOND);

    waits = (struct waits){.give_up_after = 1};
    assert_false(db_connect(db, &err)); /* also while connecting */
    assert_int_equal(err.kind, ERROR_DB_LOST);
    waits = (struct waits){0};
    assert_true(db_connect(db, &err));
    assert_usable(db);

    /* and in a pipeline */
    struct db_params params = DB_PARAMS_INIT;
    PGresult *results[2] = {NULL};

    db_param_text(&params, "60");
    waits = (struct waits){.give_up_after = 3};
    db_pipeline_begin(db);
    db_queue(db, &count_things, NULL);
    db_queue(db, &sleep_for, &params);
    assert_false(db_pipeline_run(db, 2, results, &err));
    assert_int_equal(err.kind, ERROR_DB_LOST);
    assert_null(results[0]);
    assert_null(results[1]);
    db_params_release(&params);
    db_free(db);
}

/* Last, because it takes the server away. */
static void the_server_restarts(void **state)
{
    struct error err = {0};

    /* a second time where one of the processes has ended by itself meanwhile */
    if (script("kill") != 0)
        assert_int_equal(script("kill"), 0);
    assert_false(db_run(*state, &count_things, NULL, NULL, &err));
    assert_int_equal(err.kind, ERROR_DB_LOST);
    assert_false(db_connect(*state, &err));
    assert_int_equal(err.kind, ERROR_DB_LOST);
    assert_int_equal(script("up"), 0);
    assert_true(db_connect(*state, &err));
    assert_usable(*state);
}

#define WITH_DB(test) cmocka_unit_test_setup_teardown(test, connect_db, free_db)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DB(text_comes_back_as_it_went),
        WITH_DB(bytes_come_back_as_they_went),
        WITH_DB(columns_are_found_by_name),
        WITH_DB(sqlstates_become_kinds),
        WITH_DB(some_sqlstates_lose_the_connection),
        WITH_DB(a_unique_violation_names_its_constraint),
        WITH_DB(a_bad_value_is_not_repeated),
        WITH_DB(a_rollback_undoes),
        WITH_DB(a_pipeline_gives_every_result),
        WITH_DB(a_pipeline_of_two_units),
        WITH_DB(a_failure_in_the_middle_of_a_pipeline),
        WITH_DB(a_connection_that_ends_in_a_pipeline),
        WITH_DB(big_results),
        WITH_DB(big_parameters),
        cmocka_unit_test(a_bad_statement_stops_the_connection),
        cmocka_unit_test(nobody_there),
        cmocka_unit_test(every_wait_goes_through_the_owner),
        cmocka_unit_test(an_owner_who_gives_up_loses_the_connection),
        WITH_DB(the_server_restarts),
    };

    return cmocka_run_group_tests(tests, start_postgres, stop_postgres);
}
