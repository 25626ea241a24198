/* participant_rules: see participant_rules.h. */
#include "workers/validation/participant_rules.h"

#include <assert.h>
#include <string.h>

#include "workers/validation/wording.h"

/* ---- the tables ---- */

const struct participant_table *participant_table_find(struct slice kind)
{
    static const struct participant_table *const tables[] = {&withdraw_table, &defer_table, &resume_table,
                                                             &change_schedule_table};

    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (slice_equal(kind, slice_of(tables[i]->kind)))
            return tables[i];
    return NULL;
}

const char *participant_title(enum participant_title title)
{
    static const char *const titles[] = {
#define X(name, title) [TITLE_##name] = title,
        PARTICIPANT_TITLES(X)
#undef X
    };
    return titles[title];
}

/* ---- the loop ---- */

static bool guard_holds(const struct participant_rule *rule, const struct participant_case *c,
                        unsigned failed)
{
    return (failed & BIT(rule->title)) == 0 &&
           ((rule->guard & RUNS_WITH_TRAINING) == 0 || c->facts->training.id != 0) &&
           ((rule->guard & RUNS_WITH_TARGET) == 0 || c->facts->target.year != 0) &&
           ((rule->guard & RUNS_CLEAN) == 0 || failed == 0);
}

void participant_validate(const struct participant_table *table, const struct participant_input *input,
                          const struct participant_facts *facts, int64_t now_us,
                          struct participant_verdict *ret_verdict)
{
    const struct participant_case c = {input, facts, london_date(now_us)};
    struct participant_verdict *verdict = ret_verdict;
    unsigned failed = 0;

    assert(table->count <= PARTICIPANT_RULES_MAX);
    memset(verdict, 0, sizeof *verdict); /* RULE_SKIPPED */
    for (size_t i = 0; i < table->count && verdict->status != 404; i++) {
        const struct participant_rule *rule = &table->rules[i];

        if (!guard_holds(rule, &c, failed))
            continue;
        if (!rule->check(&c, verdict->errors[verdict->error_count].detail)) {
            verdict->results[i] = RULE_PASSED;
            continue;
        }
        verdict->results[i] = RULE_FAILED;
        verdict->errors[verdict->error_count++].title = rule->title;
        verdict->status = rule->title == TITLE_NOT_FOUND ? 404 : 422;
        failed |= BIT(rule->title);
    }
}

void participant_verdict_render(const struct participant_verdict *verdict, struct buffer *out)
{
    json_t *errors = json_array();

    for (size_t i = 0; i < verdict->error_count; i++)
        rules_append_error(errors, participant_title(verdict->errors[i].title), verdict->errors[i].detail);
    rules_render_errors(errors, out);
}

json_t *participant_trace(const struct participant_table *table, const struct participant_input *input,
                          const struct participant_facts *facts, int64_t now_us,
                          const struct participant_verdict *verdict)
{
    const struct participant_case c = {input, facts, london_date(now_us)};
    json_t *trace = json_array();

    for (size_t i = 0; i < table->count; i++) {
        const struct participant_rule *rule = &table->rules[i];
        json_t *saw = json_object();

        for (size_t n = 0; verdict->results[i] != RULE_SKIPPED && n < SEEN_BY_ROW_MAX && rule->see[n] != NULL;
             n++)
            rule->see[n](&c, saw);
        rules_append_trace(trace, rule->source, verdict->results[i], participant_title(rule->title), saw);
    }
    return trace;
}

/* ---- what rows see ---- */

void see_day(json_t *saw, const char *name, struct date date)
{
    json_object_set_new(saw, name, date_is_set(date) ? json_string(shown_on(date).text) : json_null());
}

void see_text(json_t *saw, const char *name, struct slice text)
{
    json_object_set_new(saw, name, text.size == 0 ? json_null() : json_string(shown_of(text).text));
}

static void see_instant(json_t *saw, const char *name, int64_t instant_us)
{
    json_object_set_new(saw, name,
                        instant_us == INSTANT_NONE ? json_null() : json_string(shown_at(instant_us).text));
}

void see_participant(const struct participant_case *c, json_t *saw)
{
    char id[UUID_TEXT_SIZE] = "";

    if (c->input->is_uuid)
        uuid_format(&c->input->id, id);
    see_text(saw, "participant_id", slice_of(id));
    json_object_set_new(saw, "participant_found", json_boolean(c->facts->teacher.id != 0));
}

void see_course(const struct participant_case *c, json_t *saw)
{
    see_text(saw, "course_identifier", c->input->course_identifier);
}

void see_courses(const struct participant_case *c, json_t *saw)
{
    json_t *courses = json_array();

    for (enum participant_role role = ROLE_NONE + 1; role < PARTICIPANT_ROLE_COUNT; role++)
        if (c->facts->trains[role])
            json_array_append_new(courses, json_string(course_identifier(role)));
    json_object_set_new(saw, "courses_with_lead_provider", courses);
}

void see_reason(const struct participant_case *c, json_t *saw)
{
    see_text(saw, "reason", c->input->reason);
}

void see_status(const struct participant_case *c, json_t *saw)
{
    json_object_set_new(saw, "training_status", json_string(training_status_name(case_training_status(c))));
    see_instant(saw, "withdrawn_at", c->facts->training.withdrawn_at_us);
    see_instant(saw, "deferred_at", c->facts->training.deferred_at_us);
}

void see_started(const struct participant_case *c, json_t *saw)
{
    see_day(saw, "today", c->today);
    see_day(saw, "started_on", c->facts->training.started_on);
}

void see_finished(const struct participant_case *c, json_t *saw)
{
    see_day(saw, "today", c->today);
    see_day(saw, "finished_on", c->facts->training.finished_on);
}

/* ---- what checks ask ---- */

enum training_status case_training_status(const struct participant_case *c)
{
    const struct training_state state = participant_training_state(c->facts, c->input->role);

    return training_status_of(&state);
}

enum participant_status case_participant_status(const struct participant_case *c)
{
    const struct training_state state = participant_training_state(c->facts, c->input->role);

    return participant_status_of(&state, c->today);
}

/* ---- 5.1 ---- */

bool check_not_visible(const struct participant_case *c, char *detail)
{
    return c->facts->teacher.id == 0 && fails(detail, NOT_FOUND_DETAIL);
}

bool check_course_missing(const struct participant_case *c, char *detail)
{
    if (c->input->role != ROLE_NONE)
        return false;
    if (c->input->course_identifier.size == 0)
        return fails(
            detail,
            "'#/course_identifier' is missing: send `ecf-induction` for an ECT, `ecf-mentor` for a mentor.");
    return fails(detail,
                 "'#/course_identifier' is \"%s\", which does not exist: send `ecf-induction` for an ECT, "
                 "`ecf-mentor` for a mentor.",
                 shown_of(c->input->course_identifier).text);
}

bool check_course_not_trained(const struct participant_case *c, char *detail)
{
    const enum participant_role other = c->input->role == ROLE_ECT ? ROLE_MENTOR : ROLE_ECT;

    return c->facts->training.id == 0 &&
           fails(detail,
                 "'#/course_identifier' is `%s`, but the participant is not trained by you on that course: "
                 "send `%s`, on which they are.",
                 course_identifier(c->input->role), course_identifier(other));
}

/* ---- wording of withdraw and defer ---- */

bool fails_begins_later(const struct participant_case *c, const char *what, char *detail)
{
    return c->facts->training.started_on.day > c->today.day &&
           fails(detail,
                 "The training of '#/participant_id' begins on %s: it can be %s once it has gone on for a "
                 "day, and not before.",
                 shown_on(c->facts->training.started_on).text, what);
}

bool fails_begins_today(const struct participant_case *c, const char *what, char *detail)
{
    return c->facts->training.started_on.day == c->today.day &&
           fails(
               detail,
               "The training of '#/participant_id' begins today, %s: it can be %s once it has gone on for a "
               "day. Try again tomorrow.",
               shown_on(c->today).text, what);
}

bool fails_reason_blank(const struct participant_case *c, const char *list, char *detail)
{
    return c->input->reason.size == 0 && fails(detail, "'#/reason' is missing: send one of %s.", list);
}

bool fails_reason_unknown(const struct participant_case *c, bool is_known, const char *list, char *detail)
{
    return !is_known && fails(detail, "'#/reason' is \"%s\", which does not exist: send one of %s.",
                              shown_of(c->input->reason).text, list);
}
