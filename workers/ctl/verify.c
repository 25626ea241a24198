/*
 * verify: recomputes everything that is derived from other rows, in one snapshot, and tells what is kept
 * otherwise (data-model-operations.md DM-36): read models, columns that repeat another row's, eligibility in
 * the register. Changes nothing. Who mentors somebody today moves with the calendar and is told apart: the
 * nightly refresh repairs it; any other difference is a defect of whoever wrote last.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/derived.h"
#include "common/sql.h"
#include "workers/ctl/ctl.h"
#include "workers/ctl/sql.h"

#define SLICE 10000 /* people or schools at once */

static const struct db_statement *const needed[] = {&sql_find_people_differences,
                                                    &sql_find_school_differences, &sql_verify_copies, NULL};
static const struct db_statement *const *const statements[] = {needed, NULL};

static int usage(void)
{
    (void)fputs("ecf2ctl: usage: ecf2ctl verify derived [--json]\n", stderr);
    return CTL_USAGE;
}

/* ------------------------------------------------------------------ telling */

struct verification {
    struct db *db;
    json_t *list; /* of differences, with --json; else NULL: each is told as it is found */
    int64_t drifted, moved_with_time;
};

static json_t *json_of(const char *text)
{
    return json_loads(text, JSON_DECODE_ANY, NULL);
}

static void tell(void *context, const struct derived_difference *difference)
{
    struct verification *verification = context;

    ++*(difference->moves_with_time ? &verification->moved_with_time : &verification->drifted);
    if (verification->list != NULL)
        (void)json_array_append_new(verification->list,
                                    json_pack("{s:s, s:o, s:s?, s:o, s:o, s:b}", "table", difference->table,
                                              "key", json_of(difference->key), "column", difference->column,
                                              "kept", json_of(difference->kept), "recomputed",
                                              json_of(difference->recomputed), "moves_with_time",
                                              (int)difference->moves_with_time));
    else
        (void)printf("%s %s %s: kept %s, recomputed %s%s\n", difference->table, difference->key,
                     difference->column == NULL ? "(row)" : difference->column, difference->kept,
                     difference->recomputed, difference->moves_with_time ? " (moves with time)" : "");
}

static void tell_all(const struct verification *verification)
{
    if (verification->list == NULL) {
        (void)printf("%" PRId64 " differences, and %" PRId64
                     " that the calendar made, which the refresh at 01:00 repairs\n",
                     verification->drifted, verification->moved_with_time);
        return;
    }
    CLEANUP(json)
    json_t *told = json_pack("{s:O, s:I, s:I}", "differences", verification->list, "drifted",
                             (json_int_t)verification->drifted, "moved_with_time",
                             (json_int_t)verification->moved_with_time);
    (void)json_dumpf(told, stdout, JSON_INDENT(2));
    (void)putchar('\n');
}

/* --------------------------------------------------------------- recomputing */

static bool begin(struct db *db, struct error *err)
{
    db_pipeline_begin(db);
    db_queue_begin_snapshot(db);
    return db_pipeline_run(db, 1, NULL, err);
}

/* The last id of the slice; 0: there is none any more. */
static bool read_slice(struct verification *verification, const PGresult *rows, int64_t *ret_last,
                       struct error *err)
{
    static const char *const names[] = {"last"};
    int column;

    if (!db_columns(rows, names, &column, 1, err) || !derived_differences_read(rows, tell, verification, err))
        return false;
    *ret_last = db_int(rows, 0, column);
    return true;
}

static bool compare(struct verification *verification, const struct db_statement *statement, const char *day,
                    struct error *err)
{
    int64_t last = 0;
    bool good;

    do {
        struct db_params params = DB_PARAMS_INIT;
        CLEANUP(pgresult) PGresult *rows = NULL;

        db_param_int(&params, last);
        db_param_int(&params, SLICE);
        if (day != NULL)
            db_param_text(&params, day);
        good = db_run(verification->db, statement, &params, &rows, err) &&
               read_slice(verification, rows, &last, err);
        db_params_release(&params);
    } while (good && last != 0);
    return good;
}

static bool compare_copies(struct verification *verification, struct error *err)
{
    CLEANUP(pgresult) PGresult *rows = NULL;

    return db_run(verification->db, &sql_verify_copies, NULL, &rows, err) &&
           derived_differences_read(rows, tell, verification, err);
}

static int run(struct verification *verification)
{
    struct error err = {0};
    char today[DATE_TEXT_SIZE];

    date_format(london_date(business_now_us()), today);
    if (!begin(verification->db, &err) || !compare(verification, &sql_find_people_differences, today, &err) ||
        !compare(verification, &sql_find_school_differences, NULL, &err) ||
        !compare_copies(verification, &err) || !db_commit(verification->db, &err))
        return ctl_fail(&err);
    tell_all(verification);
    return verification->drifted == 0 ? CTL_DONE : CTL_FAILED;
}

int command_verify(const struct settings *settings, int argc, char **argv)
{
    const bool as_json = argc == 3 && strcmp(argv[2], "--json") == 0;
    struct error err = {0};

    if (argc < 2 || strcmp(argv[1], "derived") != 0 || (argc > 2 && !as_json))
        return usage();
    struct verification verification = {
        .db = db_new(settings->database, CTL_ROLE, "ecf2ctl", statements, NULL, NULL),
        .list = as_json ? json_array() : NULL};
    const int status = db_connect(verification.db, &err) ? run(&verification) : ctl_fail(&err);
    json_decref(verification.list);
    db_free(verification.db);
    return status;
}
