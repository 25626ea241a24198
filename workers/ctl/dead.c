/*
 * dead: dead letters, what failed for good and waits for a person (pipeline.md PL-5, PL-42). Each is retried
 * or dropped once, under the lock of its subject, so that neither meets a worker that decides it at this
 * moment.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/db.h"
#include "common/sql.h"
#include "workers/ctl/ctl.h"
#include "workers/ctl/sql.h"

#define LIST_MAX 1000

/* The answer that a client gets for what was dropped (submissions.md section 3, result `failed`). */
static const char body_of_dropped[] =
    "{\"error\": \"The submission could not be processed and was given up by support. Nothing was changed: "
    "send it again.\"}";

static const struct db_statement *const needed[] = {
    &sql_dead_list,  &sql_dead_show, &sql_dead_subject, &sql_dead_look,
    &sql_dead_retry, &sql_dead_drop, &sql_take_locks,   NULL};
static const struct db_statement *const *const statements[] = {needed, NULL};

static int usage(void)
{
    (void)fputs("ecf2ctl: usage: ecf2ctl dead list [--all] | show ID | retry ID | drop ID\n", stderr);
    return CTL_USAGE;
}

static int refuse(const char *id, const char *reason)
{
    (void)fprintf(stderr, "ecf2ctl: %s %s\n", id, reason);
    return CTL_FAILED;
}

/* ------------------------------------------------------------------ looking */

static const char *text_at(const PGresult *result, int row, const char *name)
{
    const int column = PQfnumber(result, name);
    return column < 0 ? "" : PQgetvalue(result, row, column);
}

static int list(struct db *db, bool all)
{
    struct db_params params = DB_PARAMS_INIT;
    struct error err = {0};
    db_param_bool(&params, all);
    db_param_int(&params, LIST_MAX);
    CLEANUP(pgresult) PGresult *result = NULL;
    const bool done = db_run(db, &sql_dead_list, &params, &result, &err);
    db_params_release(&params);
    if (!done)
        return ctl_fail(&err);
    if (PQntuples(result) == 0)
        (void)puts(all ? "there never was a dead letter" : "no dead letters");
    for (int row = 0; row < PQntuples(result); row++) {
        const char *resolution = text_at(result, row, "resolution");
        const bool can_retry = strcmp(text_at(result, row, "can_retry"), "t") == 0;
        (void)printf("%s  %s  %s at %s after %s attempts: %s (%s)\n", text_at(result, row, "submission_id"),
                     text_at(result, row, "dead_at"), text_at(result, row, "kind"),
                     text_at(result, row, "stage"), text_at(result, row, "attempts"),
                     text_at(result, row, "reason"),
                     resolution[0] != '\0' ? resolution
                     : can_retry           ? "retry or drop"
                                           : "too old to retry: drop");
    }
    if (PQntuples(result) == LIST_MAX)
        (void)printf("… the newest %d only\n", LIST_MAX);
    return CTL_DONE;
}

static int show(struct db *db, const char *id, const struct db_params *params)
{
    struct error err = {0};
    CLEANUP(pgresult) PGresult *result = NULL;
    if (!db_run(db, &sql_dead_show, params, &result, &err))
        return ctl_fail(&err);
    if (PQntuples(result) == 0)
        return refuse(id, "is no dead letter and never was one");
    CLEANUP(json) json_t *shown = json_loads(PQgetvalue(result, 0, 0), /* flags= */ 0, NULL);
    (void)json_dumpf(shown, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    (void)putchar('\n');
    return CTL_DONE;
}

/* ---------------------------------------------------------------- resolving */

/* Takes the lock of the submission's subject. What is no longer kept has none, and nobody decides it any
 * more. */
static bool lock_subject(struct db *db, const struct db_params *id, struct error *err)
{
    CLEANUP(pgresult) PGresult *result = NULL;
    if (!db_run(db, &sql_dead_subject, id, &result, err))
        return false;
    struct db_params locks = DB_PARAMS_INIT;
    db_array_begin(&locks);
    if (PQntuples(result) > 0)
        db_array_slice(&locks, db_text(result, 0, 0));
    db_array_end(&locks);
    for (int i = 0; i < 3; i++) { /* no locks of other classes */
        db_array_begin(&locks);
        db_array_end(&locks);
    }
    const bool locked = db_run(db, &sql_take_locks, &locks, NULL, err);
    db_params_release(&locks);
    return locked;
}

struct letter {
    bool exists, is_young;
    char resolution[16], resolved_at[32], result[16]; /* empty: unresolved, undecided */
};

static bool look(struct db *db, const struct db_params *id, struct letter *ret_letter, struct error *err)
{
    CLEANUP(pgresult) PGresult *result = NULL;
    if (!db_run(db, &sql_dead_look, id, &result, err))
        return false;
    *ret_letter = (struct letter){.exists = PQntuples(result) > 0};
    if (!ret_letter->exists)
        return true;
    ret_letter->is_young = strcmp(text_at(result, 0, "is_young"), "t") == 0;
    (void)snprintf(ret_letter->resolution, sizeof ret_letter->resolution, "%s",
                   text_at(result, 0, "resolution"));
    (void)snprintf(ret_letter->resolved_at, sizeof ret_letter->resolved_at, "%s",
                   text_at(result, 0, "resolved_at"));
    (void)snprintf(ret_letter->result, sizeof ret_letter->result, "%s", text_at(result, 0, "result"));
    return true;
}

static int apply(struct db *db, const struct db_statement *statement, const struct db_params *params,
                 const char *id, const char *done)
{
    struct error err = {0};
    CLEANUP(pgresult) PGresult *result = NULL;
    if (!db_run(db, statement, params, &result, &err))
        return ctl_fail(&err);
    if (PQntuples(result) != 1)
        return refuse(id, "changed meanwhile; look at it with `ecf2ctl dead show`");
    if (!db_commit(db, &err))
        return ctl_fail(&err);
    (void)printf("%s %s\n", id, done);
    return CTL_DONE;
}

static int retry(struct db *db, const char *id, const struct db_params *params, const struct letter *letter)
{
    if (letter->result[0] != '\0')
        return refuse(id, "is decided already; there is nothing to retry");
    if (strcmp(letter->resolution, "retried") == 0) {
        (void)printf("%s was retried at %s\n", id, letter->resolved_at);
        return CTL_DONE;
    }
    if (!letter->is_young)
        return refuse(id, "was accepted more than 7 days ago: it can only be dropped");
    return apply(db, &sql_dead_retry, params, id, "takes its old place; the scheduler sends it again");
}

static int drop(struct db *db, const char *id, struct db_params *params, const struct letter *letter)
{
    if (strcmp(letter->resolution, "dropped") == 0) {
        (void)printf("%s was dropped at %s\n", id, letter->resolved_at);
        return CTL_DONE;
    }
    if (letter->result[0] != '\0')
        return refuse(id, "is decided already; there is nothing to drop");
    if (letter->resolution[0] != '\0')
        return refuse(id, "was retried and is on its way; it can be dropped when it is dead again");
    db_param_text(params, body_of_dropped);
    return apply(db, &sql_dead_drop, params, id, "is decided: failed, with status 500");
}

static int resolve(struct db *db, const char *verb, const char *id, struct db_params *params)
{
    struct error err = {0};
    struct letter letter;
    if (!db_begin(db, &err) || !lock_subject(db, params, &err) || !look(db, params, &letter, &err))
        return ctl_fail(&err);
    int status;
    if (!letter.exists)
        status = refuse(id, "is no dead letter");
    else if (strcmp(verb, "retry") == 0)
        status = retry(db, id, params, &letter);
    else
        status = drop(db, id, params, &letter);
    db_rollback(db); /* where nothing was committed */
    return status;
}

static int one(struct db *db, const char *verb, const char *id)
{
    struct uuid uuid;
    if (!uuid_parse(slice_of(id), &uuid)) {
        (void)fprintf(stderr, "ecf2ctl: %s is not the id of a submission\n", id);
        return CTL_USAGE;
    }
    struct db_params params = DB_PARAMS_INIT;
    db_param_uuid(&params, &uuid);
    const int status = strcmp(verb, "show") == 0 ? show(db, id, &params) : resolve(db, verb, id, &params);
    db_params_release(&params);
    return status;
}

int command_dead(const struct settings *settings, int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    const bool lists = strcmp(verb, "list") == 0;
    const bool all = lists && argc == 3 && strcmp(argv[2], "--all") == 0;
    const bool single = strcmp(verb, "show") == 0 || strcmp(verb, "retry") == 0 || strcmp(verb, "drop") == 0;
    if (!(lists && (argc == 2 || all)) && !(single && argc == 3))
        return usage();
    struct error err = {0};
    struct db *db = db_new(settings->database, CTL_ROLE, "ecf2ctl", statements, NULL, NULL);
    int status;
    if (!db_connect(db, &err))
        status = ctl_fail(&err);
    else
        status = lists ? list(db, all) : one(db, verb, argv[2]);
    db_free(db);
    return status;
}
