/*
 * induction: records an induction period by hand, for a person and an appropriate body, and takes the step
 * that follows it (appropriate-bodies.md 3 and 4.3, declarations.md 9.1): in one transaction, which succeeds
 * also where the person cannot become eligible. The Teaching Record System is not told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/derived.h"
#include "common/induction.h"
#include "common/sql.h"
#include "workers/ctl/ctl.h"
#include "workers/ctl/people.h"
#include "workers/ctl/sql.h"

static const struct db_statement *const needed[] = {&sql_find_person,
                                                    &sql_find_appropriate_body,
                                                    &sql_find_induction_periods,
                                                    &sql_insert_induction_period,
                                                    &sql_take_locks,
                                                    &sql_marker_facts,
                                                    &sql_write_markers,
                                                    &sql_refresh_people,
                                                    NULL};
static const struct db_statement *const *const statements[] = {needed, NULL};

struct record {
    const char *person, *body, *from, *until, *terms, *programme;
    struct person found;
    int64_t body_id;
    struct induction_facts facts;
    char id[24]; /* of the period, once it is written */
    size_t failed;
};

static int usage(void)
{
    (void)fputs(
        "ecf2ctl: usage: ecf2ctl induction record TRN|PARTICIPANT_ID --appropriate-body NAME --from DATE\n"
        "                [--until DATE --terms N] [--programme provider_led|school_led]\n",
        stderr);
    return CTL_USAGE;
}

static bool parse(int argc, char **argv, struct record *ret_record)
{
    struct record record = {.programme = "provider_led"};
    const struct {
        const char *name;
        const char **value;
    } options[] = {{"--appropriate-body", &record.body},
                   {"--from", &record.from},
                   {"--until", &record.until},
                   {"--terms", &record.terms},
                   {"--programme", &record.programme}};
    const size_t count = sizeof options / sizeof options[0];

    if (argc < 3 || strcmp(argv[1], "record") != 0)
        return false;
    record.person = argv[2];
    for (int i = 3; i < argc; i += 2) {
        size_t option = 0;

        while (option < count && strcmp(options[option].name, argv[i]) != 0)
            option++;
        if (option == count || i + 1 == argc)
            return false;
        *options[option].value = argv[i + 1];
    }
    *ret_record = record;
    return record.body != NULL && record.from != NULL;
}

/* ---------------------------------------------------------------- checking */

static int wrong(const char *field, const char *code, const char *text)
{
    (void)fprintf(stderr, "ecf2ctl: %s: %s (%s)\n", field, text, code);
    return CTL_USAGE;
}

/* The days as they were typed; what is no day cannot be judged by the rules. */
static bool read_days(struct record *record)
{
    struct induction_period *entered = &record->facts.entered;
    bool good = true;

    *entered = (struct induction_period){DATE_NONE, DATE_NONE};
    if (record->from[0] != '\0' && !date_parse(slice_of(record->from), &entered->started_on)) {
        (void)wrong("started_on", "start_invalid", "the first day is no day such as 2024-09-02");
        good = false;
    }
    if (record->until != NULL && !date_parse(slice_of(record->until), &entered->finished_on)) {
        (void)wrong("finished_on", "end_invalid", "the last day is no day such as 2025-07-18");
        good = false;
    }
    return good;
}

static bool find_body(struct db *db, struct record *record, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *found = NULL;

    db_param_text(&params, record->body);
    const bool good = db_run(db, &sql_find_appropriate_body, &params, &found, err);
    db_params_release(&params);
    if (good && PQntuples(found) == 1)
        record->body_id = db_int(found, 0, 0);
    return good;
}

/* The teacher's other induction periods; the caller frees them. */
static bool load_others(struct db *db, int64_t teacher_id, struct induction_period **ret_others,
                        size_t *ret_count, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *rows = NULL;

    db_param_int(&params, teacher_id);
    bool good = db_run(db, &sql_find_induction_periods, &params, &rows, err);
    db_params_release(&params);
    if (!good)
        return false;
    const size_t count = (size_t)PQntuples(rows);
    struct induction_period *others = memory_zero(count + 1, sizeof *others);
    for (size_t i = 0; good && i < count; i++) {
        others[i].finished_on = DATE_NONE;
        good = date_parse(db_text(rows, (int)i, 0), &others[i].started_on) &&
               (db_is_null(rows, (int)i, 1) || date_parse(db_text(rows, (int)i, 1), &others[i].finished_on));
    }
    if (!good) {
        free(others);
        return error_set(err, ERROR_BUG, "find_induction_periods gave what is no day");
    }
    *ret_others = others;
    *ret_count = count;
    return true;
}

/* ------------------------------------------------------------------ writing */

static bool insert(struct db *db, struct record *record, const struct marker_step *step, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *made = NULL;

    db_param_int(&params, record->found.id);
    db_param_int(&params, record->body_id);
    db_param_text(&params, record->from);
    db_param_text(&params, record->until);
    db_param_text(&params, record->terms == NULL || record->terms[0] == '\0' ? NULL : record->terms);
    db_param_text(&params, record->programme);
    db_param_instant(&params, step->as_of_us);
    const bool good = db_run(db, &sql_insert_induction_period, &params, &made, err);
    db_params_release(&params);
    if (!good)
        return false;
    (void)snprintf(record->id, sizeof record->id, "%s", PQgetvalue(made, 0, 0));
    return derived_refresh_people(db,
                                  &(struct derived_person){.teacher_id = record->found.id,
                                                           .as_of_us = step->as_of_us,
                                                           .updated_at_us = INSTANT_NONE,
                                                           .ahead_us = step->ahead_us,
                                                           .shows_participant = true},
                                  1, NULL, err);
}

/* Under the person's lock: what else is recorded of them stands still. */
static bool act(struct db *db, void *context, struct marker_step *step, bool *ret_go_on, struct error *err)
{
    struct record *record = context;
    const struct induction_rule *failed[INDUCTION_RULES_MAX];
    struct induction_period *others = NULL;

    record->facts.today = london_date(step->as_of_us);
    record->facts.qts_awarded_on = record->found.qts_awarded_on;
    record->facts.terms_tenths = induction_terms_parse(record->terms);
    record->facts.has_programme =
        strcmp(record->programme, "provider_led") == 0 || strcmp(record->programme, "school_led") == 0;
    if (!load_others(db, record->found.id, &others, &record->facts.other_count, err))
        return false;
    record->facts.others = others;
    record->failed = induction_check(&record->facts, failed);
    free(others);
    record->facts.others = NULL;
    for (size_t i = 0; i < record->failed; i++)
        (void)wrong(failed[i]->field, failed[i]->code, failed[i]->text);
    *ret_go_on = record->failed == 0;
    if (!*ret_go_on)
        return true;
    if (!insert(db, record, step, err))
        return false;
    step->cause.id = record->id;
    return true;
}

/* The induction is kept whatever comes of the step. */
static bool writes(enum marker_verdict verdict)
{
    (void)verdict;
    return true;
}

static int say(const struct record *record, const struct marker_step *step)
{
    ctl_speak_later();
    (void)printf("induction period %s is recorded\n", record->id);
    if (step->verdict == MARKER_IS_TO_BE_SET)
        (void)printf("eligible from now on; %zu declarations became eligible\n",
                     step->facts.declaration_count);
    else if (step->verdict == MARKER_NO_STATEMENT)
        (void)printf("NOT eligible: %s; see `ecf2ctl eligibility list`\n",
                     marker_verdict_text(step->verdict));
    else
        (void)printf("no declaration moves: %s\n", marker_verdict_text(step->verdict));
    return CTL_DONE;
}

static int record_induction(struct db *db, struct record *record)
{
    struct error err = {0};
    bool kept = false;

    if (!read_days(record))
        return CTL_USAGE;
    if (!person_find(db, record->person, &record->found, &err) || !find_body(db, record, &err))
        return ctl_fail(&err);
    if (record->found.id == 0)
        (void)wrong("teacher", "not_found", "nobody has this TRN or participant id");
    if (record->body_id == 0)
        (void)wrong("appropriate_body", "not_found", "there is no appropriate body of this name");
    if (record->found.id == 0 || record->body_id == 0)
        return CTL_USAGE;
    struct marker_step step = person_step(record->found.id, ROLE_ECT);
    step.cause.reason = "induction_recorded";
    step.cause.kind = "induction_period";
    const bool good = person_run_step(db, &step, act, record, writes, &kept, &err);
    const int status = !good ? ctl_fail(&err) : kept ? say(record, &step) : CTL_USAGE;
    marker_steps_release(&step, 1);
    return status;
}

int command_induction(const struct settings *settings, int argc, char **argv)
{
    struct record record;
    struct error err = {0};

    if (!parse(argc, argv, &record))
        return usage();
    struct db *db = db_new(settings->database, CTL_ROLE, "ecf2ctl", statements, NULL, NULL);
    const int status = db_connect(db, &err) ? record_induction(db, &record) : ctl_fail(&err);
    db_free(db);
    return status;
}
