/*
 * webhook: endpoints of lead providers and finance staff (notifications.md 6.8). A secret exists here for as
 * long as it takes to print it; what is stored is encrypted (common/webhook.h).
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/db.h"
#include "common/webhook.h"
#include "workers/ctl/ask.h"
#include "workers/ctl/ctl.h"
#include "workers/ctl/sql.h"

#define KEPT_US            (INT64_C(62) * 24 * 3600 * US_PER_SECOND)
#define DEAD_MAX           1000
#define KEEP_HOURS         24 /* of the secret before, unless said otherwise */
#define KEEP_HOURS_MAX     (24 * 30)
#define TEST_STARTS_MS     10000 /* until the worker has begun to send */
#define TEST_LOOK_MS       100
#define SUBMISSION_DECIDED "submission.decided"

static const struct db_statement *const needed[] = {
    &sql_webhook_owners, &sql_webhook_insert,  &sql_webhook_list, &sql_webhook_change,  &sql_webhook_secret,
    &sql_webhook_test,   &sql_webhook_attempt, &sql_webhook_dead, &sql_webhook_requeue, NULL};
static const struct db_statement *const *const statements[] = {needed, NULL};

void command_webhook_help(FILE *out)
{
    (void)fputs(
        "  add --lead-provider NAME|API_ID --url URL [--kind KIND]…\n"
        "  add --user EMAIL --url URL --kind payment_run.finished\n"
        "      Kinds: submission.decided (without --kind), batch.finished, payment_run.finished. Prints the "
        "secret\n"
        "      that signs (Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature), once.\n"
        "  list            endpoints, how each fares, since when it fails\n"
        "  test ID         tells it of nothing, and waits for what it answers\n"
        "  secret ID [--keep HOURS]\n"
        "      Makes a new secret; the one before signs too for HOURS (24), so that the receiver can "
        "change.\n"
        "  disable ID      it is told nothing more; what is under way waits\n"
        "  enable ID       and again\n"
        "  remove ID       for good\n"
        "  dead [--endpoint ID]\n"
        "      Deliveries that were given up, after a day of attempts.\n"
        "  requeue DELIVERY | --endpoint ID | --all\n"
        "      Sends them on their way again.\n",
        out);
}

static int usage(void)
{
    (void)fputs("ecf2ctl: this is not how `ecf2ctl webhook` is used:\n", stderr);
    command_webhook_help(stderr);
    return CTL_USAGE;
}

static int fail(const struct error *err)
{
    (void)fprintf(stderr, "ecf2ctl: %s%s%s\n", err->detail, err->hint[0] == '\0' ? "" : "; ", err->hint);
    return CTL_FAILED;
}

static int refuse(const char *what)
{
    (void)fprintf(stderr, "ecf2ctl: %s\n", what);
    return CTL_FAILED;
}

static int no_endpoint(int64_t id)
{
    (void)fprintf(stderr, "ecf2ctl: there is no webhook endpoint %lld; `ecf2ctl webhook list` shows them\n",
                  (long long)id);
    return CTL_FAILED;
}

static const char *text_at(const PGresult *result, int row, const char *name)
{
    const int column = PQfnumber(result, name);
    return column < 0 ? "" : PQgetvalue(result, row, column);
}

/* A positive whole number, nothing around it. */
static bool id_parse(const char *text, int64_t *ret_id)
{
    char *end;
    if (text[0] < '1' || text[0] > '9' || strlen(text) > 18)
        return false;
    *ret_id = strtoll(text, &end, 10);
    return *end == '\0';
}

/* ---------------------------------------------------------------------- add */

#define KINDS_MAX 3
static const char *const known_kinds[KINDS_MAX] = {SUBMISSION_DECIDED, "batch.finished",
                                                   "payment_run.finished"};

struct add {
    const char *lead_provider, *user, *url;
    const char *kinds[KINDS_MAX];
    size_t kind_count;
};

static bool kind_add(struct add *add, const char *kind)
{
    for (size_t i = 0; i < add->kind_count; i++)
        if (strcmp(add->kinds[i], kind) == 0)
            return true;
    for (size_t i = 0; i < KINDS_MAX; i++)
        if (strcmp(known_kinds[i], kind) == 0) {
            add->kinds[add->kind_count++] = kind;
            return true;
        }
    (void)fprintf(stderr,
                  "ecf2ctl: there is no kind %s; there are submission.decided, batch.finished, "
                  "payment_run.finished\n",
                  kind);
    return false;
}

static bool add_parse(int argc, char **argv, struct add *ret_add)
{
    *ret_add = (struct add){.kind_count = 0};
    for (int i = 2; i < argc; i += 2) {
        if (i + 1 == argc)
            return false;
        if (strcmp(argv[i], "--lead-provider") == 0)
            ret_add->lead_provider = argv[i + 1];
        else if (strcmp(argv[i], "--user") == 0)
            ret_add->user = argv[i + 1];
        else if (strcmp(argv[i], "--url") == 0)
            ret_add->url = argv[i + 1];
        else if (strcmp(argv[i], "--kind") != 0 || !kind_add(ret_add, argv[i + 1]))
            return false;
    }
    if (ret_add->kind_count == 0 && ret_add->lead_provider != NULL)
        ret_add->kinds[ret_add->kind_count++] = SUBMISSION_DECIDED;
    return ret_add->url != NULL && (ret_add->lead_provider == NULL) != (ret_add->user == NULL);
}

/* Staff submit nothing that has a decision or a batch of its own here. */
static bool kinds_fit(const struct add *add)
{
    for (size_t i = 0; i < add->kind_count; i++)
        if (add->user != NULL && strcmp(add->kinds[i], "payment_run.finished") != 0)
            return false;
    return add->kind_count > 0;
}

static void secret_print(const struct webhook_secret *secret)
{
    char text[WEBHOOK_SECRET_TEXT_SIZE];
    webhook_secret_format(secret, text);
    (void)puts(text);
    (void)fflush(stdout); /* before what is said of it */
    (void)fputs("Hand the secret over through a secure channel: it is not shown again.\n", stderr);
}

static int insert(struct db *db, const struct settings *settings, const struct add *add,
                  const PGresult *owner)
{
    struct error err = {0};
    struct db_params params = DB_PARAMS_INIT;
    struct buffer stored = BUFFER_INIT;
    const struct webhook_secret secret = webhook_secret_make();
    CLEANUP(pgresult) PGresult *made = NULL;
    if (!webhook_secret_encrypt(settings->webhook_key, &secret, &stored, &err))
        return fail(&err);
    for (int column = 0; column < 2; column++)
        if (db_is_null(owner, 0, column))
            db_param_null(&params);
        else
            db_param_int(&params, db_int(owner, 0, column));
    db_param_text(&params, add->url);
    db_param_bytes(&params, buffer_slice(&stored));
    db_array_begin(&params);
    for (size_t i = 0; i < add->kind_count; i++)
        db_array_text(&params, add->kinds[i]);
    db_array_end(&params);
    db_param_instant(&params, business_now_us());
    const bool done = db_run(db, &sql_webhook_insert, &params, &made, &err);
    db_params_release(&params);
    buffer_release(&stored);
    if (!done)
        return fail(&err);
    (void)printf("webhook endpoint %s of %s; its secret:\n", PQgetvalue(made, 0, 0), PQgetvalue(owner, 0, 2));
    secret_print(&secret);
    return CTL_DONE;
}

static int add(struct db *db, const struct settings *settings, const struct add *add)
{
    struct error err = {0};
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *owner = NULL;
    db_param_text(&params, add->lead_provider);
    db_param_text(&params, add->user);
    const bool found = db_run(db, &sql_webhook_owners, &params, &owner, &err);
    db_params_release(&params);
    if (!found)
        return fail(&err);
    if (PQntuples(owner) != 1) {
        (void)fprintf(stderr, "ecf2ctl: there is no %s %s; nothing was created\n",
                      add->user != NULL ? "member of finance staff with the address"
                                        : "lead provider with the name or API id",
                      add->user != NULL ? add->user : add->lead_provider);
        return CTL_FAILED;
    }
    return insert(db, settings, add, owner);
}

static int add_checked(struct db *db, const struct settings *settings, const struct add *wanted)
{
    struct error err = {0};
    if (!webhook_url_check(wanted->url, webhook_only_public(settings->environment), &err)) {
        (void)fprintf(stderr, "ecf2ctl: %s\n", err.detail);
        return CTL_USAGE;
    }
    if (!kinds_fit(wanted)) {
        (void)fputs("ecf2ctl: a member of staff can be told of payment_run.finished only\n", stderr);
        return CTL_USAGE;
    }
    return add(db, settings, wanted);
}

/* --------------------------------------------------------------------- list */

static void list_one(const PGresult *result, int row)
{
    const char *last = text_at(result, row, "last_at"), *error = text_at(result, row, "last_error");
    const char *code = text_at(result, row, "last_code");
    (void)printf("%s  %s: %s\n    told of %s; %s under way, %s dead", text_at(result, row, "id"),
                 text_at(result, row, "owner"), text_at(result, row, "url"), text_at(result, row, "kinds"),
                 text_at(result, row, "unfinished"), text_at(result, row, "dead"));
    if (last[0] == '\0')
        (void)fputs("; never tried", stdout);
    else
        (void)printf("; last %s at %s%s%s", text_at(result, row, "last_outcome"), last,
                     error[0] != '\0' || code[0] != '\0' ? ": " : "", error[0] != '\0' ? error : code);
    if (text_at(result, row, "failing_since")[0] != '\0')
        (void)printf("; FAILING since %s", text_at(result, row, "failing_since"));
    if (text_at(result, row, "changing_until")[0] != '\0')
        (void)printf("; two secrets until %s", text_at(result, row, "changing_until"));
    if (text_at(result, row, "disabled_at")[0] != '\0')
        (void)printf("; DISABLED since %s", text_at(result, row, "disabled_at"));
    (void)putchar('\n');
}

static int list(struct db *db)
{
    struct error err = {0};
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *endpoints = NULL;
    db_param_instant(&params, machine_now_us() - KEPT_US);
    const bool done = db_run(db, &sql_webhook_list, &params, &endpoints, &err);
    db_params_release(&params);
    if (!done)
        return fail(&err);
    if (PQntuples(endpoints) == 0)
        (void)puts("no webhook endpoints");
    for (int row = 0; row < PQntuples(endpoints); row++)
        list_one(endpoints, row);
    return CTL_DONE;
}

/* ---------------------------------------------------- remove, disable, enable */

static int change(struct db *db, const struct settings *settings, int64_t id, const char *what)
{
    struct error err = {0};
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *endpoint = NULL;
    db_param_int(&params, id);
    db_param_text(&params, what);
    db_param_instant(&params, business_now_us());
    const bool done = db_run(db, &sql_webhook_change, &params, &endpoint, &err);
    db_params_release(&params);
    if (!done)
        return fail(&err);
    if (PQntuples(endpoint) == 0)
        return no_endpoint(id);
    (void)printf("webhook endpoint %lld %s %s\n", (long long)id,
                 db_bool(endpoint, 0, 0) ? "is" : "was already", what);
    if (strcmp(what, "enabled") == 0)
        wake_notifications(settings->brokers);
    return CTL_DONE;
}

/* ------------------------------------------------------------------- secret */

static int change_secret(struct db *db, const struct settings *settings, int64_t id, int64_t keep_hours)
{
    struct error err = {0};
    struct db_params params = DB_PARAMS_INIT;
    struct buffer stored = BUFFER_INIT;
    const struct webhook_secret secret = webhook_secret_make();
    CLEANUP(pgresult) PGresult *changed = NULL;
    if (!webhook_secret_encrypt(settings->webhook_key, &secret, &stored, &err))
        return fail(&err);
    db_param_int(&params, id);
    db_param_bytes(&params, buffer_slice(&stored));
    db_param_int(&params, keep_hours * 3600);
    db_param_instant(&params, business_now_us());
    const bool done = db_run(db, &sql_webhook_secret, &params, &changed, &err);
    db_params_release(&params);
    buffer_release(&stored);
    if (!done)
        return fail(&err);
    if (PQntuples(changed) == 0)
        return no_endpoint(id);
    const char *until = PQgetvalue(changed, 0, 0);
    (void)printf("webhook endpoint %lld has a new secret; the one before %s%s:\n", (long long)id,
                 until[0] == '\0' ? "is invalid now" : "signs too until ", until);
    secret_print(&secret);
    return CTL_DONE;
}

/* --------------------------------------------------------------------- test */

static bool attempt_read(struct db *db, const struct uuid *id, PGresult **ret_attempt, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    db_param_uuid(&params, id);
    const bool done = db_run(db, &sql_webhook_attempt, &params, ret_attempt, err);
    db_params_release(&params);
    return done;
}

static int attempt_tell(const PGresult *attempt)
{
    const bool taken = strcmp(text_at(attempt, 0, "outcome"), "accepted") == 0;
    if (taken)
        (void)printf("it was taken: status %s, after %s ms\n", text_at(attempt, 0, "code"),
                     text_at(attempt, 0, "ms"));
    else
        (void)printf("it was NOT taken: %s, after %s ms; it is tried again like any other\n",
                     text_at(attempt, 0, "error"), text_at(attempt, 0, "ms"));
    return taken ? CTL_DONE : CTL_FAILED;
}

static int test_wait(struct db *db, const struct settings *settings, const struct uuid *id)
{
    const int64_t until_us =
        monotonic_now_us() + (TEST_STARTS_MS + settings->webhook_timeout_ms) * INT64_C(1000);
    struct error err = {0};
    for (;;) {
        CLEANUP(pgresult) PGresult *attempt = NULL;
        if (!attempt_read(db, id, &attempt, &err))
            return fail(&err);
        if (PQntuples(attempt) > 0)
            return attempt_tell(attempt);
        if (monotonic_now_us() >= until_us)
            return refuse(
                "nobody has sent it; does ecf2-notifications run (`ecf2ctl status`)? What does its log "
                "say?");
        (void)poll(NULL, 0, TEST_LOOK_MS);
    }
}

static int test(struct db *db, const struct settings *settings, int64_t id)
{
    struct error err = {0};
    struct db_params params = DB_PARAMS_INIT;
    struct uuid delivery;
    CLEANUP(pgresult) PGresult *made = NULL;
    db_param_int(&params, id);
    const bool done = db_run(db, &sql_webhook_test, &params, &made, &err);
    db_params_release(&params);
    if (!done)
        return fail(&err);
    if (PQntuples(made) == 0 || !db_uuid(made, 0, 0, &delivery))
        return refuse(
            "there is no such webhook endpoint, or it is disabled; `ecf2ctl webhook list` shows them");
    (void)printf("webhook-id %s\n", PQgetvalue(made, 0, 0));
    return test_wait(db, settings, &delivery);
}

/* -------------------------------------------------------------- dead, requeue */

static int dead(struct db *db, int64_t endpoint)
{
    struct error err = {0};
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *result = NULL;
    if (endpoint == 0)
        db_param_null(&params);
    else
        db_param_int(&params, endpoint);
    db_param_int(&params, DEAD_MAX);
    const bool done = db_run(db, &sql_webhook_dead, &params, &result, &err);
    db_params_release(&params);
    if (!done)
        return fail(&err);
    if (PQntuples(result) == 0)
        (void)puts("no dead deliveries");
    for (int row = 0; row < PQntuples(result); row++)
        (void)printf("%s  %s  endpoint %s, %s %s, after %s attempts: %s\n", text_at(result, row, "id"),
                     text_at(result, row, "dead_at"), text_at(result, row, "endpoint_id"),
                     text_at(result, row, "kind"), text_at(result, row, "subject"),
                     text_at(result, row, "attempts"), text_at(result, row, "error"));
    if (PQntuples(result) == DEAD_MAX)
        (void)printf("… the newest %d only\n", DEAD_MAX);
    return CTL_DONE;
}

/* One delivery, those of an endpoint (not 0), or all. */
static int requeue(struct db *db, const struct settings *settings, const struct uuid *id, int64_t endpoint)
{
    struct error err = {0};
    struct db_params params = DB_PARAMS_INIT;
    char who[32];
    CLEANUP(pgresult) PGresult *result = NULL;
    (void)snprintf(who, sizeof who, "ecf2ctl-%d", (int)getpid());
    if (id == NULL)
        db_param_null(&params);
    else
        db_param_uuid(&params, id);
    if (endpoint == 0)
        db_param_null(&params);
    else
        db_param_int(&params, endpoint);
    db_param_text(&params, who);
    const bool done = db_run(db, &sql_webhook_requeue, &params, &result, &err);
    db_params_release(&params);
    if (!done)
        return fail(&err);
    if (id != NULL && PQntuples(result) == 0)
        return refuse("this is no dead delivery; `ecf2ctl webhook dead` shows them");
    (void)printf("%d on their way again\n", PQntuples(result));
    wake_notifications(settings->brokers);
    return CTL_DONE;
}

/* ---------------------------------------------------------------------- main */

enum verb { VERB_NONE, ADD, LIST, TEST, SECRET, DISABLE, ENABLE, REMOVE, DEAD, REQUEUE };

struct asked {
    enum verb verb;
    struct add add;
    int64_t id, keep_hours;
    struct uuid delivery;
    bool one_delivery;
};

static bool option_id(int argc, char **argv, int at, const char *name, int64_t *ret_id)
{
    return argc == at + 2 && strcmp(argv[at], name) == 0 && id_parse(argv[at + 1], ret_id);
}

static bool hours_parse(int argc, char **argv, int64_t *ret_hours)
{
    *ret_hours = KEEP_HOURS;
    if (argc == 3)
        return true;
    if (argc == 5 && strcmp(argv[3], "--keep") == 0 && strcmp(argv[4], "0") == 0) {
        *ret_hours = 0;
        return true;
    }
    return option_id(argc, argv, 3, "--keep", ret_hours) && *ret_hours <= KEEP_HOURS_MAX;
}

static bool of_one(enum verb verb, int argc, char **argv, struct asked *asked)
{
    if (argc < 3 || !id_parse(argv[2], &asked->id))
        return false;
    return verb == SECRET ? hours_parse(argc, argv, &asked->keep_hours) : argc == 3;
}

static bool requeue_parse(int argc, char **argv, struct asked *asked)
{
    if (option_id(argc, argv, 2, "--endpoint", &asked->id))
        return true;
    if (argc == 3 && strcmp(argv[2], "--all") == 0)
        return true;
    asked->one_delivery = argc == 3 && uuid_parse(slice_of(argv[2]), &asked->delivery);
    return asked->one_delivery;
}

static bool parse(int argc, char **argv, struct asked *asked)
{
    static const struct {
        const char *word;
        enum verb verb;
    } verbs[] = {{"add", ADD},       {"list", LIST},       {"test", TEST},
                 {"secret", SECRET}, {"disable", DISABLE}, {"enable", ENABLE},
                 {"remove", REMOVE}, {"dead", DEAD},       {"requeue", REQUEUE}};
    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(argv[1], verbs[i].word) == 0)
            asked->verb = verbs[i].verb;
    switch (asked->verb) {
    case ADD:
        return add_parse(argc, argv, &asked->add);
    case LIST:
        return argc == 2;
    case DEAD:
        return argc == 2 || option_id(argc, argv, 2, "--endpoint", &asked->id);
    case REQUEUE:
        return requeue_parse(argc, argv, asked);
    case VERB_NONE:
        return false;
    default:
        return of_one(asked->verb, argc, argv, asked);
    }
}

static int run(struct db *db, const struct settings *settings, const struct asked *asked)
{
    switch (asked->verb) {
    case ADD:
        return add_checked(db, settings, &asked->add);
    case LIST:
        return list(db);
    case TEST:
        return test(db, settings, asked->id);
    case SECRET:
        return change_secret(db, settings, asked->id, asked->keep_hours);
    case DISABLE:
        return change(db, settings, asked->id, "disabled");
    case ENABLE:
        return change(db, settings, asked->id, "enabled");
    case REMOVE:
        return change(db, settings, asked->id, "removed");
    case DEAD:
        return dead(db, asked->id);
    case REQUEUE:
        return requeue(db, settings, asked->one_delivery ? &asked->delivery : NULL, asked->id);
    case VERB_NONE:
        break;
    }
    return usage();
}

int command_webhook(const struct settings *settings, int argc, char **argv)
{
    struct asked asked = {.verb = VERB_NONE};
    struct error err = {0};
    if (!parse(argc, argv, &asked))
        return usage();
    struct db *db = db_new(settings->database, CTL_ROLE, "ecf2ctl", statements, NULL, NULL);
    const int status = db_connect(db, &err) ? run(db, settings, &asked) : fail(&err);
    db_free(db);
    return status;
}
