/*
 * statement: authorises a payable statement for payment (payments.md 3.4, 3.5), for a member of staff who
 * may, in one transaction under the statement's lock. Until the finance console is there this is the way; its
 * rules and what it writes are common/authorise.h's.
 */
#include <stdio.h>
#include <string.h>

#include "common/authorise.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/locks.h"
#include "common/sql.h"
#include "workers/ctl/ctl.h"
#include "workers/ctl/sql.h"

/* A statement whose earlier ones change each time is left alone. */
#define TRIES 10

static const struct db_statement *const needed[] = {&sql_find_staff,           &sql_authorise_facts,
                                                    &sql_find_statement_locks, &sql_authorise_statements,
                                                    &sql_take_locks,           NULL};
static const struct db_statement *const *const statements[] = {needed, NULL};

struct arguments {
    const char *statement, *by;
    bool assured, despite_earlier;
};

static int usage(void)
{
    (void)fputs("ecf2ctl: usage: ecf2ctl statement authorise ID --by EMAIL --assured [--despite-earlier]\n"
                "  --assured          all assurance checks are done\n"
                "  --despite-earlier  an earlier statement of the same lead provider and contract period is "
                "unpaid, and\n"
                "                     that is known\n",
                stderr);
    return CTL_USAGE;
}

static bool parse(int argc, char **argv, struct arguments *ret_arguments)
{
    struct arguments arguments = {0};

    if (argc < 3 || strcmp(argv[1], "authorise") != 0)
        return false;
    arguments.statement = argv[2];
    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "--assured") == 0)
            arguments.assured = true;
        else if (strcmp(argv[i], "--despite-earlier") == 0)
            arguments.despite_earlier = true;
        else if (strcmp(argv[i], "--by") == 0 && i + 1 < argc)
            arguments.by = argv[++i];
        else
            return false;
    }
    *ret_arguments = arguments;
    return arguments.by != NULL && arguments.assured;
}

static int refuse(const char *subject, const char *reason)
{
    (void)fprintf(stderr, "ecf2ctl: %s: %s\n", subject, reason);
    return CTL_FAILED;
}

/* Who may is payments-operations.md section 2. NULL: may. */
static const char *reason_against(const PGresult *staff)
{
    if (PQntuples(staff) == 0)
        return "no member of staff has this e-mail address";
    if (db_bool(staff, 0, PQfnumber(staff, "is_deactivated")))
        return "this member of staff is deactivated";
    const struct slice role = db_text(staff, 0, PQfnumber(staff, "role"));
    if (!slice_equal(role, slice_of("finance")) && !slice_equal(role, slice_of("product_team")))
        return "only the roles finance and product_team authorise";
    return NULL;
}

enum attempt { ATTEMPT_FAILED, ATTEMPT_DONE, ATTEMPT_REFUSED, ATTEMPT_MOVED };

static enum attempt attempt(struct db *db, struct authorise_step *step, struct error *err)
{
    CLEANUP(pgresult) PGresult *before = NULL, *after = NULL;

    if (!db_begin(db, err) || !authorise_load(db, step, 1, &before, err))
        return ATTEMPT_FAILED;
    if (step->facts.id == 0)
        return ATTEMPT_REFUSED;
    if (!locks_take(db, before, 0, err) || !authorise_load(db, step, 1, &after, err))
        return ATTEMPT_FAILED;
    if (PQntuples(after) != 1 || !locks_same(before, after, 0))
        return ATTEMPT_MOVED;
    if (step->verdict != AUTHORISE_MAY)
        return ATTEMPT_REFUSED;
    return authorise_write(db, step, 1, err) && db_commit(db, err) ? ATTEMPT_DONE : ATTEMPT_FAILED;
}

static int authorise(struct db *db, const struct arguments *arguments, struct authorise_step *step)
{
    struct error err = {0};
    enum attempt outcome = ATTEMPT_MOVED;

    for (int i = 0; i < TRIES && outcome == ATTEMPT_MOVED; i++) {
        outcome = attempt(db, step, &err);
        if (outcome != ATTEMPT_DONE)
            db_rollback(db);
    }
    if (outcome == ATTEMPT_FAILED)
        return ctl_fail(&err);
    if (outcome == ATTEMPT_MOVED)
        return refuse(arguments->statement, "statements beside it change all the time; try again");
    if (outcome == ATTEMPT_REFUSED && step->verdict == AUTHORISE_DONE_BEFORE) {
        (void)printf("%s: %s\n", arguments->statement, authorise_verdict_text(step->verdict));
        return CTL_DONE;
    }
    if (outcome == ATTEMPT_REFUSED) {
        (void)refuse(arguments->statement, authorise_verdict_text(step->verdict));
        if (step->verdict == AUTHORISE_EARLIER_UNPAID)
            (void)fputs(
                "ecf2ctl: voids there would shift its bands; --despite-earlier authorises all the same\n",
                stderr);
        return CTL_FAILED;
    }
    ctl_speak_later();
    (void)printf("%s is authorised for payment: %lld declarations paid, %lld clawed back\n",
                 arguments->statement, (long long)step->paid, (long long)step->clawed_back);
    return CTL_DONE;
}

static int run(struct db *db, const struct arguments *arguments, const struct uuid *id)
{
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *staff = NULL;
    struct error err = {0};

    db_param_text(&params, arguments->by);
    const bool found = db_run(db, &sql_find_staff, &params, &staff, &err);
    db_params_release(&params);
    if (!found)
        return ctl_fail(&err);
    const char *reason = reason_against(staff);
    if (reason != NULL)
        return refuse(arguments->by, reason);
    struct authorise_step step = {.api_id = *id,
                                  .as_of_us = business_now_us(),
                                  .ahead_us = business_ahead_us(),
                                  .earlier_is_confirmed = arguments->despite_earlier,
                                  .author_id = db_int(staff, 0, PQfnumber(staff, "id")),
                                  .author_name = PQgetvalue(staff, 0, PQfnumber(staff, "name")),
                                  .author_email = PQgetvalue(staff, 0, PQfnumber(staff, "email"))};
    return authorise(db, arguments, &step);
}

int command_statement(const struct settings *settings, int argc, char **argv)
{
    struct arguments arguments;
    struct error err = {0};
    struct uuid id;

    if (!parse(argc, argv, &arguments))
        return usage();
    if (!uuid_parse(slice_of(arguments.statement), &id)) {
        (void)fprintf(stderr, "ecf2ctl: %s is not the id of a statement\n", arguments.statement);
        return CTL_USAGE;
    }
    struct db *db = db_new(settings->database, CTL_ROLE, "ecf2ctl", statements, NULL, NULL);
    const int status = db_connect(db, &err) ? run(db, &arguments, &id) : ctl_fail(&err);
    db_free(db);
    return status;
}
