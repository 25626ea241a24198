/*
 * explain: why a submission is as it is: who sent what and when, what it waits for, what went wrong, what was
 * decided, and every rule with what it saw (submissions.md section 8; architecture.md section 4). Reads, and
 * changes nothing.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/db.h"
#include "workers/ctl/ctl.h"
#include "workers/ctl/explain_rules.h"
#include "workers/ctl/sql.h"

static const struct db_statement *const needed[] = {&sql_explain_submission, NULL};
static const struct db_statement *const *const statements[] = {needed, NULL};

static int fail(const struct error *err)
{
    (void)fprintf(stderr, "ecf2ctl: %s\n", err->detail);
    return CTL_FAILED;
}

/* ---- gathering ---- */

static const char *text_in(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

static int64_t number_in(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* The rules that failed now, as `fired` lists them. */
static json_t *fired_now(const json_t *rules)
{
    json_t *fired = json_array(), *row;
    size_t i;
    json_array_foreach(rules, i, row) if (strcmp(text_in(row, "result"), "failed") == 0)
        json_array_append(fired, json_object_get(row, "rule"));
    return fired;
}

/* Whether these are the rules as they were decided by. A sentence, static; NULL: they are. */
static const char *doubt_of(const json_t *outcome, const json_t *explained)
{
    CLEANUP(json) json_t *fired = fired_now(json_object_get(explained, "rules"));
    if (number_in(outcome, "rules_version") != number_in(explained, "running_rules_version"))
        return "another version decided: these are the rules of this one, on the facts of then";
    if (!json_equal(fired, json_object_get(outcome, "fired")))
        return "other rules fired when it was decided, though the version is the same: a bug";
    return NULL;
}

/* Adds the rules to what the database keeps. Where they cannot be evaluated it says why. */
static void add_rules(json_t *shown, const PGresult *result)
{
    const char *kind = text_in(json_object_get(shown, "submission"), "kind");
    json_t *outcome = json_object_get(shown, "outcome");
    struct error err = {0};
    const struct decided_on decided = {.kind = slice_of(kind),
                                       .payload = db_text(result, 0, PQfnumber(result, "payload")),
                                       .facts = db_text(result, 0, PQfnumber(result, "facts")),
                                       .as_of_us = db_int(result, 0, PQfnumber(result, "as_of_us"))};
    if (decided.facts.data == NULL)
        return;
    json_t *explained = explain_rules(&decided, &err);
    if (explained == NULL) {
        json_object_set_new(shown, "doubt", json_string(err.detail));
        return;
    }
    const char *doubt = doubt_of(outcome, explained);
    json_object_update(shown, explained);
    json_object_set_new(shown, "doubt", doubt == NULL ? json_null() : json_string(doubt));
    json_decref(explained);
}

/* ---- telling ---- */

/* As JSON, a text without its quotes, for an operator's terminal: what somebody sent may hold bytes that one
 * obeys, so that nothing but ASCII is shown as it is. The caller's; never NULL. */
static char *shown_text(const json_t *value)
{
    char *text = value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    if (text == NULL)
        return memory_dup("");
    const size_t size = strlen(text);
    if (text[0] == '"') {
        text[size - 1] = '\0';
        memmove(text, text + 1, size - 1);
    }
    return text;
}

static void tell_submission(const json_t *shown)
{
    const json_t *submission = json_object_get(shown, "submission");
    const char *caller = text_in(submission, "caller"), *token = text_in(submission, "token");
    (void)printf("%s  %s\n", text_in(submission, "id"), text_in(submission, "kind"));
    (void)printf("  sent by    %s%s%s %lld%s%s%s\n", caller, caller[0] == '\0' ? "" : ", ",
                 text_in(submission, "caller_type"), (long long)number_in(submission, "caller_id"),
                 token[0] == '\0' ? "" : ", token \"", token, token[0] == '\0' ? "" : "\"");
    CLEANUP(free) char *sent = shown_text(json_object_get(submission, "sent"));
    (void)printf("  sent       %s\n", sent);
    (void)printf("  accepted   %s, number %lld, %s\n", text_in(submission, "accepted_at"),
                 (long long)number_in(submission, "accept_no"), text_in(submission, "mode"));
    (void)printf("  judged at  %s\n", text_in(submission, "as_of"));
    (void)printf("  subject    %s\n", text_in(submission, "subject"));
    (void)printf("  trace      %s\n", text_in(submission, "trace"));
    if (json_is_string(json_object_get(submission, "batch_id")))
        (void)printf("  batch      %s, line %lld\n", text_in(submission, "batch_id"),
                     (long long)number_in(submission, "line"));
    if (json_is_string(json_object_get(shown, "idempotency_key")))
        (void)printf("  key        %s\n", text_in(shown, "idempotency_key"));
}

static void tell_errors(const json_t *shown)
{
    json_t *error;
    size_t i;
    json_array_foreach(json_object_get(shown, "errors"), i, error)
    {
        CLEANUP(free)
        char *detail = shown_text(json_object_get(error, "detail"));
        (void)printf("  error      %s: %s, attempt %lld, by %s: %s\n", text_in(error, "at"),
                     text_in(error, "stage"), (long long)number_in(error, "attempt"),
                     text_in(error, "worker"), detail);
    }
    json_array_foreach(json_object_get(shown, "dead_letters"), i, error)(void)
        printf("  dead       %s: at %s after %lld attempts: %s%s%s %s\n", text_in(error, "dead_at"),
               text_in(error, "stage"), (long long)number_in(error, "attempts"), text_in(error, "reason"),
               text_in(error, "resolution")[0] == '\0' ? "" : "; ", text_in(error, "resolution"),
               text_in(error, "resolved_at"));
}

static void tell_outcome(const json_t *outcome)
{
    const json_t *response = json_object_get(outcome, "response"),
                 *resource = json_object_get(outcome, "resource");
    CLEANUP(free) char *body = shown_text(json_object_get(response, "body"));
    (void)printf("DECIDED  %s: %s, status %lld%s%s%s%s\n", text_in(outcome, "decided_at"),
                 text_in(outcome, "result"), (long long)number_in(response, "status"),
                 json_is_object(resource) ? ", " : "", text_in(resource, "type"),
                 json_is_object(resource) ? " " : "", text_in(resource, "id"));
    (void)printf("  answer     %s\n", body);
}

/* What an undecided one waits for, in words. */
static void tell_waiting(const json_t *shown, const char *id)
{
    const char *state = text_in(shown, "state");
    const json_t *earlier = json_object_get(shown, "waits_for"), *errors = json_object_get(shown, "errors");
    json_t *one;
    size_t i;
    if (strcmp(state, "dead") == 0) {
        (void)printf(
            "DEAD  It was given up and waits for somebody: `ecf2ctl dead retry %s` gives it its old place, "
            "`ecf2ctl dead drop %s` ends it. It holds nobody.\n",
            id, id);
        return;
    }
    if (strcmp(state, "awaiting_teaching_record") == 0) {
        (void)puts("AWAITING TEACHING RECORD  The Teaching Record System could not be reached; it is asked "
                   "again. It "
                   "holds nobody meanwhile.");
    } else if (json_array_size(errors) > 0) {
        (void)printf(
            "RECEIVED  The stage %s failed last; the scheduler sends it again, later after each error, and "
            "buries it after the fifth.\n",
            text_in(json_array_get(errors, json_array_size(errors) - 1), "stage"));
    } else {
        (void)puts("RECEIVED  It is stored and on its way; what gets lost on the way the scheduler sends "
                   "again. `ecf2ctl "
                   "status` shows whether each stage has a worker, and what waits where.");
    }
    json_array_foreach(earlier, i, one)(void)
        printf("  waits for  %s  %s of the same subject, accepted %s, not decided\n", text_in(one, "id"),
               text_in(one, "kind"), text_in(one, "accepted_at"));
}

/* Each as name=value. */
static void tell_saw(const json_t *saw)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)saw, name, value)
    {
        CLEANUP(free) char *text = shown_text(value);
        (void)printf("  %s=%s", name, text);
    }
}

static void tell_rules(const json_t *shown)
{
    const json_t *rules = json_object_get(shown, "rules"), *effects = json_object_get(shown, "effects");
    const char *doubt = text_in(shown, "doubt");
    json_t *row, *value;
    const char *name;
    size_t i;
    if (rules != NULL || doubt[0] != '\0')
        (void)printf("RULES  version %lld decided, version %lld is shown%s%s\n",
                     (long long)number_in(json_object_get(shown, "outcome"), "rules_version"),
                     (long long)number_in(shown, "running_rules_version"), doubt[0] == '\0' ? "" : ": ",
                     doubt);
    json_array_foreach(rules, i, row)
    {
        const char *result = text_in(row, "result");
        (void)printf("  %-8s %-28s %s", strcmp(result, "failed") == 0 ? "FAILED" : result,
                     text_in(row, "rule"), text_in(row, "title"));
        tell_saw(json_object_get(row, "saw"));
        (void)putchar('\n');
    }
    if (json_is_object(effects))
        (void)puts("EFFECTS  of an acceptance, by the same version");
    json_object_foreach((json_t *)effects, name, value)
    {
        CLEANUP(free) char *text = shown_text(value);
        (void)printf("  %-22s %s\n", name, text);
    }
}

static void tell(const json_t *shown, const char *id)
{
    tell_submission(shown);
    tell_errors(shown);
    if (json_is_object(json_object_get(shown, "outcome")))
        tell_outcome(json_object_get(shown, "outcome"));
    else
        tell_waiting(shown, id);
    tell_rules(shown);
}

/* ---- the command ---- */

static int not_found(const char *id, const PGresult *result)
{
    const int lines = PQfnumber(result, "lines");
    if (!db_is_null(result, 0, lines))
        (void)fprintf(stderr, "ecf2ctl: %s is a batch of %s lines; each line has an id of its own\n", id,
                      PQgetvalue(result, 0, lines));
    else
        (void)fprintf(
            stderr, "ecf2ctl: there is no submission %s: it was never accepted, or is no longer kept\n", id);
    return CTL_FAILED;
}

static int explain(struct db *db, const char *text, const struct uuid *id, bool as_json)
{
    struct error err = {0};
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *result = NULL;
    db_param_uuid(&params, id);
    const bool done = db_run(db, &sql_explain_submission, &params, &result, &err);
    db_params_release(&params);
    if (!done)
        return fail(&err);
    const int column = PQfnumber(result, "shown");
    if (db_is_null(result, 0, column))
        return not_found(text, result);
    CLEANUP(json) json_t *shown = json_loads(PQgetvalue(result, 0, column), /* flags= */ 0, NULL);
    add_rules(shown, result);
    if (as_json) {
        (void)json_dumpf(shown, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
        (void)putchar('\n');
    } else {
        tell(shown, text);
    }
    return CTL_DONE;
}

int command_explain(const struct settings *settings, int argc, char **argv)
{
    const bool as_json = argc == 3 && strcmp(argv[2], "--json") == 0;
    struct uuid id;
    if (argc != 2 && !as_json) {
        (void)fputs("ecf2ctl: usage: ecf2ctl explain ID [--json]\n", stderr);
        return CTL_USAGE;
    }
    if (!uuid_parse(slice_of(argv[1]), &id) || !uuid_is_v7(&id)) {
        (void)fprintf(stderr, "ecf2ctl: %s is not the id of a submission\n", argv[1]);
        return CTL_USAGE;
    }
    struct error err = {0};
    struct db *db = db_new(settings->database, CTL_ROLE, "ecf2ctl", statements, NULL, NULL);
    const int status = db_connect(db, &err) ? explain(db, argv[1], &id, as_json) : fail(&err);
    db_free(db);
    return status;
}
