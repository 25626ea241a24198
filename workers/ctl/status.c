/*
 * status: what waits where. One JSON object is gathered from the processes' own files, from each broker and
 * from the database; it is printed as it is, or told in lines.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/db.h"
#include "workers/ctl/ask.h"
#include "workers/ctl/ctl.h"
#include "workers/ctl/processes.h"
#include "workers/ctl/sql.h"

#define UNDECIDED_DAYS 8 /* bounds every look for undecided submissions (pipeline.md PL-5) */

/* ---------------------------------------------------------------- gathering */

static json_t *gather_processes(const struct settings *settings)
{
    static struct process_seen seen[PROCESSES_MAX];
    const size_t count = processes_read(settings->runtime_dir, seen);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *process =
            json_pack("{s:s, s:i, s:s, s:s}", "service", seen[i].service, "pid", (int)seen[i].pid, "metrics",
                      seen[i].metrics, "started_at", seen[i].started_at);
        if (seen[i].http[0] != '\0')
            (void)json_object_set_new(process, "http", json_string(seen[i].http));
        (void)json_array_append_new(list, process);
    }
    return list;
}

static json_t *gather_brokers(const struct settings *settings, bool *healthy)
{
    static struct broker_answer answers[ASK_BROKERS_MAX];
    const size_t count = ask_brokers(settings->brokers, WIRE_STATUS, 0, answers);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const bool answered = answers[i].status != NULL;
        json_t *broker = json_pack("{s:s, s:b}", "endpoint", answers[i].endpoint, "answered", (int)answered);
        if (answered)
            (void)json_object_set(broker, "status", answers[i].status);
        else
            (void)json_object_set_new(broker, "reason", json_string(answers[i].reason.detail));
        (void)json_array_append_new(list, broker);
        *healthy = *healthy && answered;
    }
    ask_release(answers, count);
    return list;
}

/* A value of a result as JSON: a number, true or false, a text, or null. */
enum value_type { VALUE_NUMBER, VALUE_TRUTH, VALUE_TEXT };

static json_t *value_of(const PGresult *result, int row, const char *name, enum value_type type)
{
    const int column = PQfnumber(result, name);
    if (column < 0 || db_is_null(result, row, column))
        return json_null();
    if (type == VALUE_NUMBER)
        return json_integer(db_int(result, row, column));
    if (type == VALUE_TRUTH)
        return json_boolean(db_bool(result, row, column));
    return json_string(PQgetvalue(result, row, column));
}

static bool gather_undecided(struct db *db, json_t *database, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    db_param_instant(&params, machine_now_us() - UNDECIDED_DAYS * 86400 * US_PER_SECOND);
    CLEANUP(pgresult) PGresult *result = NULL;
    const bool done = db_run(db, &sql_status_undecided, &params, &result, err);
    db_params_release(&params);
    if (!done)
        return false;
    json_t *undecided = json_object();
    for (int class = 0; class < WIRE_CLASS_COUNT; class ++)
        (void)json_object_set_new(undecided, wire_class_name((enum wire_class) class),
                                  json_pack("{s:i, s:n}", "count", 0, "oldest_seconds"));
    for (int row = 0; row < PQntuples(result); row++)
        (void)json_object_set_new(
            undecided, PQgetvalue(result, row, PQfnumber(result, "mode")),
            json_pack("{s:o, s:o}", "count", value_of(result, row, "undecided", VALUE_NUMBER),
                      "oldest_seconds", value_of(result, row, "oldest_seconds", VALUE_NUMBER)));
    return json_object_set_new(database, "undecided", undecided) == 0;
}

static bool gather_dead(struct db *db, json_t *database, struct error *err)
{
    CLEANUP(pgresult) PGresult *result = NULL;
    if (!db_run(db, &sql_status_dead, NULL, &result, err))
        return false;
    return json_object_set_new(database, "dead",
                               json_pack("{s:o, s:o}", "count", value_of(result, 0, "dead", VALUE_NUMBER),
                                         "oldest_seconds",
                                         value_of(result, 0, "oldest_seconds", VALUE_NUMBER))) == 0;
}

static bool gather_jobs(struct db *db, json_t *database, struct error *err)
{
    static const struct {
        const char *name;
        enum value_type type;
    } columns[] = {{"job", VALUE_TEXT},           {"last_succeeded_at", VALUE_TEXT},
                   {"seconds_ago", VALUE_NUMBER}, {"last_duration_ms", VALUE_NUMBER},
                   {"failing", VALUE_TRUTH},      {"last_error", VALUE_TEXT}};
    CLEANUP(pgresult) PGresult *result = NULL;
    if (!db_run(db, &sql_status_jobs, NULL, &result, err))
        return false;
    json_t *jobs = json_array();
    for (int row = 0; row < PQntuples(result); row++) {
        json_t *job = json_object();
        for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
            (void)json_object_set_new(job, columns[i].name,
                                      value_of(result, row, columns[i].name, columns[i].type));
        (void)json_array_append_new(jobs, job);
    }
    return json_object_set_new(database, "jobs", jobs) == 0;
}

static json_t *gather_database(const struct settings *settings, bool *healthy)
{
    static const struct db_statement *const needed[] = {&sql_status_undecided, &sql_status_dead,
                                                        &sql_status_jobs, NULL};
    static const struct db_statement *const *const statements[] = {needed, NULL};
    struct error err = {0};
    struct db *db = db_new(settings->database, CTL_ROLE, "ecf2ctl", statements, NULL, NULL);
    json_t *database = json_object();
    const bool answered = db_connect(db, &err) && gather_undecided(db, database, &err) &&
                          gather_dead(db, database, &err) && gather_jobs(db, database, &err);
    (void)json_object_set_new(database, "answered", json_boolean(answered));
    if (!answered)
        (void)json_object_set_new(database, "reason", json_string(err.detail));
    *healthy = *healthy && answered;
    db_free(db);
    return database;
}

/* ------------------------------------------------------------------ telling */

static int64_t number_in(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static const char *text_in(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

static bool truth_in(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

#define AGE_SIZE 24
/* "42 s", "3 min", "5 h", "2 days"; a dash where there is none. Returns ret_text. */
static const char *age_of(const json_t *seconds, char ret_text[AGE_SIZE])
{
    const int64_t s = json_integer_value(seconds);
    if (!json_is_integer(seconds))
        (void)snprintf(ret_text, AGE_SIZE, "-");
    else if (s < 120)
        (void)snprintf(ret_text, AGE_SIZE, "%" PRId64 " s", s);
    else if (s < 7200)
        (void)snprintf(ret_text, AGE_SIZE, "%" PRId64 " min", s / 60);
    else if (s < 2 * 86400)
        (void)snprintf(ret_text, AGE_SIZE, "%" PRId64 " h", s / 3600);
    else
        (void)snprintf(ret_text, AGE_SIZE, "%" PRId64 " days", s / 86400);
    return ret_text;
}

static void tell_processes(const json_t *processes)
{
    size_t i;
    const json_t *process;
    if (json_array_size(processes) == 0)
        return;
    (void)puts("PROCESSES here    pid       since                 metrics                http");
    json_array_foreach(processes, i, process) printf(
        "  %-15s %-9" PRId64 " %-21s %-22s %s\n", text_in(process, "service"), number_in(process, "pid"),
        text_in(process, "started_at"), text_in(process, "metrics"), text_in(process, "http"));
    (void)putchar('\n');
}

static void tell_service(const char *name, const json_t *service)
{
    int64_t waiting[WIRE_CLASS_COUNT] = {0}, in_hand = 0, oldest_ms = 0;
    for (int class = 0; class < WIRE_CLASS_COUNT; class ++) {
        const json_t *queue = json_object_get(service, wire_class_name((enum wire_class) class));
        waiting[class] = number_in(queue, "waiting") + number_in(queue, "delayed");
        in_hand += number_in(queue, "handed_out");
        if (number_in(queue, "oldest_ms") > oldest_ms)
            oldest_ms = number_in(queue, "oldest_ms");
    }
    (void)printf("  %-15s %7zu %8" PRId64 " %8" PRId64 " %8" PRId64 " %8" PRId64 " %10.1f s\n", name,
                 json_array_size(json_object_get(service, "workers")), in_hand, waiting[WIRE_WAIT],
                 waiting[WIRE_ASYNC], waiting[WIRE_BULK], (double)oldest_ms / 1000);
}

static void tell_rates(const json_t *rates)
{
    const char *name;
    json_t *rate;
    const char *separator = "  per second:";
    json_object_foreach((json_t *)(uintptr_t)rates, name, rate)
    {
        (void)printf("%s %s %.1f", separator, name, json_number_value(rate));
        separator = ",";
    }
    if (separator[0] == ',')
        (void)putchar('\n');
}

static void tell_broker(const json_t *broker)
{
    const json_t *status = json_object_get(broker, "status");
    if (!truth_in(broker, "answered")) {
        (void)printf("BROKER %s DOES NOT ANSWER: %s\n\n", text_in(broker, "endpoint"),
                     text_in(broker, "reason"));
        return;
    }
    (void)printf("BROKER %s, up %" PRId64 " s, %" PRId64 " records%s\n", text_in(broker, "endpoint"),
                 number_in(status, "uptime_ms") / 1000, number_in(status, "records"),
                 truth_in(status, "draining") ? ", DRAINING: new work is refused" : "");
    (void)puts("  service         workers  in hand     wait    async     bulk       oldest");
    const char *name;
    json_t *service;
    json_object_foreach(json_object_get(status, "services"), name, service) tell_service(name, service);
    tell_rates(json_object_get(status, "rates"));
    (void)putchar('\n');
}

static void tell_jobs(const json_t *jobs)
{
    char age[AGE_SIZE];
    size_t i;
    const json_t *job;
    json_array_foreach(jobs, i, job)
    {
        const json_t *seconds = json_object_get(job, "seconds_ago");
        (void)printf("  job %-24s last success %s%s, took %" PRId64 " ms", text_in(job, "job"),
                     age_of(seconds, age), json_is_null(seconds) ? "" : " ago",
                     number_in(job, "last_duration_ms"));
        if (truth_in(job, "failing"))
            (void)printf("; FAILING: %s", text_in(job, "last_error"));
        (void)putchar('\n');
    }
}

static void tell_database(const json_t *database)
{
    if (!truth_in(database, "answered")) {
        (void)printf("DATABASE DOES NOT ANSWER: %s\n", text_in(database, "reason"));
        return;
    }
    char age[AGE_SIZE];
    (void)puts("DATABASE");
    for (int class = 0; class < WIRE_CLASS_COUNT; class ++) {
        const char *name = wire_class_name((enum wire_class) class);
        const json_t *undecided = json_object_get(json_object_get(database, "undecided"), name);
        (void)printf("  undecided %-6s %8" PRId64 "   oldest %s\n", name, number_in(undecided, "count"),
                     age_of(json_object_get(undecided, "oldest_seconds"), age));
    }
    const json_t *dead = json_object_get(database, "dead");
    (void)printf("  dead letters     %8" PRId64 "   oldest %s%s\n", number_in(dead, "count"),
                 age_of(json_object_get(dead, "oldest_seconds"), age),
                 number_in(dead, "count") > 0 ? "   (ecf2ctl dead list)" : "");
    tell_jobs(json_object_get(database, "jobs"));
}

static void tell(const json_t *status)
{
    size_t i;
    const json_t *broker;
    tell_processes(json_object_get(status, "processes"));
    json_array_foreach(json_object_get(status, "brokers"), i, broker) tell_broker(broker);
    tell_database(json_object_get(status, "database"));
}

int command_status(const struct settings *settings, int argc, char **argv)
{
    const bool as_json = argc == 2 && strcmp(argv[1], "--json") == 0;
    if (argc > 1 && !as_json) {
        (void)fputs("ecf2ctl: usage: ecf2ctl status [--json]\n", stderr);
        return CTL_USAGE;
    }
    bool healthy = true;
    CLEANUP(json) json_t *status = json_object();
    (void)json_object_set_new(status, "processes", gather_processes(settings));
    (void)json_object_set_new(status, "brokers", gather_brokers(settings, &healthy));
    (void)json_object_set_new(status, "database", gather_database(settings, &healthy));
    (void)json_object_set_new(status, "healthy", json_boolean(healthy));
    if (as_json) {
        (void)json_dumpf(status, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        (void)putchar('\n');
    } else {
        tell(status);
    }
    return healthy ? CTL_DONE : CTL_FAILED;
}
