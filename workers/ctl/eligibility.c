/*
 * eligibility: who could not become eligible because a declaration had nowhere to go, and the step again,
 * once its cause is mended (declarations.md 5). A rerun is also what sets the marker of somebody whom no
 * action of ours has led to it, such as a mentor who got a training period by another way than registration
 * (9.2).
 */
#include <stdio.h>
#include <string.h>

#include "common/buffer.h"
#include "common/cleanup.h"
#include "common/sql.h"
#include "workers/ctl/ctl.h"
#include "workers/ctl/people.h"
#include "workers/ctl/sql.h"

static const struct db_statement *const needed[] = {&sql_eligibility_list,
                                                    &sql_find_person,
                                                    &sql_take_locks,
                                                    &sql_marker_facts,
                                                    &sql_write_markers,
                                                    &sql_refresh_people,
                                                    NULL};
static const struct db_statement *const *const statements[] = {needed, NULL};

static int usage(void)
{
    (void)fputs("ecf2ctl: usage: ecf2ctl eligibility list\n"
                "               ecf2ctl eligibility rerun TRN|PARTICIPANT_ID --role ect|mentor\n"
                "               ecf2ctl eligibility rerun --all\n",
                stderr);
    return CTL_USAGE;
}

static int list(const PGresult *found)
{
    if (PQntuples(found) == 0)
        (void)puts("nobody waits for this");
    for (int row = 0; row < PQntuples(found); row++)
        (void)printf("%s  %s  since %s: %s (%s declarations)\n",
                     PQgetvalue(found, row, PQfnumber(found, "api_id")),
                     PQgetvalue(found, row, PQfnumber(found, "role")),
                     PQgetvalue(found, row, PQfnumber(found, "since")),
                     PQgetvalue(found, row, PQfnumber(found, "reason")),
                     PQgetvalue(found, row, PQfnumber(found, "declarations")));
    return CTL_DONE;
}

/* That it failed is kept already. */
static bool writes(enum marker_verdict verdict)
{
    return verdict == MARKER_IS_TO_BE_SET;
}

/* done: what was written is added to it, to be said later (ctl_speak_later); what was not is said at once. */
static int rerun(struct db *db, int64_t teacher_id, const char *name, enum participant_role role,
                 struct buffer *done)
{
    struct marker_step step = person_step(teacher_id, role);
    struct error err = {0};
    bool kept = false;
    int status = CTL_DONE;

    step.cause.reason = "eligibility_rerun";
    step.cause.kind = "support";
    if (!person_run_step(db, &step, NULL, NULL, writes, &kept, &err)) {
        status = ctl_fail(&err);
    } else if (kept) {
        buffer_printf(done, "%s  %s  eligible from now on; %zu declarations became eligible\n", name,
                      participant_role_name(role), step.facts.declaration_count);
    } else {
        status = step.verdict == MARKER_SET_BEFORE ? CTL_DONE : CTL_FAILED;
        (void)fprintf(status == CTL_DONE ? stdout : stderr, "%s  %s  %s\n", name, participant_role_name(role),
                      marker_verdict_text(step.verdict));
    }
    marker_steps_release(&step, 1);
    return status;
}

static int rerun_all(struct db *db, const PGresult *found, struct buffer *done)
{
    int status = CTL_DONE;

    for (int row = 0; row < PQntuples(found); row++) {
        const int one = rerun(db, db_int(found, row, PQfnumber(found, "teacher_id")),
                              PQgetvalue(found, row, PQfnumber(found, "api_id")),
                              participant_role_parse(db_text(found, row, PQfnumber(found, "role"))), done);

        status = one == CTL_DONE ? status : one;
    }
    return status;
}

static int rerun_one(struct db *db, const char *text, enum participant_role role, struct buffer *done)
{
    struct person person;
    struct error err = {0};

    if (!person_find(db, text, &person, &err))
        return ctl_fail(&err);
    if (person.id == 0) {
        (void)fputs("ecf2ctl: nobody has this TRN or participant id\n", stderr);
        return CTL_USAGE;
    }
    return rerun(db, person.id, text, role, done);
}

struct arguments {
    bool lists, all;
    const char *person;
    enum participant_role role;
};

static bool parse(int argc, char **argv, struct arguments *ret_arguments)
{
    const char *verb = argc > 1 ? argv[1] : "";
    const bool again = strcmp(verb, "rerun") == 0;
    struct arguments arguments = {.lists = argc == 2 && strcmp(verb, "list") == 0,
                                  .all = again && argc == 3 && strcmp(argv[2], "--all") == 0};

    if (again && argc == 5 && strcmp(argv[3], "--role") == 0) {
        arguments.person = argv[2];
        arguments.role = participant_role_parse(slice_of(argv[4]));
    }
    *ret_arguments = arguments;
    return arguments.lists || arguments.all || arguments.role != ROLE_NONE;
}

static int run(struct db *db, const struct arguments *arguments)
{
    CLEANUP(pgresult) PGresult *found = NULL;
    struct error err = {0};
    struct buffer done = BUFFER_INIT;
    int status;

    if (arguments->person == NULL && !db_run(db, &sql_eligibility_list, NULL, &found, &err))
        return ctl_fail(&err);
    if (arguments->lists)
        return list(found);
    status = arguments->all ? rerun_all(db, found, &done)
                            : rerun_one(db, arguments->person, arguments->role, &done);
    if (done.size > 0) {
        ctl_speak_later();
        (void)fwrite(done.data, 1, done.size, stdout);
    }
    buffer_release(&done);
    return status;
}

int command_eligibility(const struct settings *settings, int argc, char **argv)
{
    struct arguments arguments;
    struct error err = {0};

    if (!parse(argc, argv, &arguments))
        return usage();
    struct db *db = db_new(settings->database, CTL_ROLE, "ecf2ctl", statements, NULL, NULL);
    const int status = db_connect(db, &err) ? run(db, &arguments) : ctl_fail(&err);
    db_free(db);
    return status;
}
