/* change_schedule_rules: the table of lead-provider-api.md 5.5, and a row for what its effect needs. */
#include "workers/validation/participant_rules.h"

#include "workers/validation/participant_effects.h"
#include "workers/validation/wording.h"

#define TRAINING(c) (&(c)->facts->training)
#define TARGET(c)   (&(c)->facts->target)

/* ---- schedule_identifier ---- */

static bool schedule_blank(const struct participant_case *c, char *detail)
{
    return c->input->schedule_identifier.size == 0 &&
           fails(detail, "'#/schedule_identifier' is missing: send the schedule they are to be on, such as "
                         "`ecf-standard-september`.");
}

static bool schedule_unknown(const struct participant_case *c, char *detail)
{
    return c->input->schedule == SCHEDULE_NONE &&
           fails(detail,
                 "'#/schedule_identifier' is \"%s\", which does not exist: send "
                 "`ecf-{standard|extended|reduced|replacement}-{september|january|april}`, such as "
                 "`ecf-standard-september`.",
                 shown_of(c->input->schedule_identifier).text);
}

static bool schedule_not_in_cohort(const struct participant_case *c, char *detail)
{
    return TARGET(c)->schedule_id == 0 &&
           fails(
               detail,
               "'#/schedule_identifier' is `%s`, which the %lld '#/cohort' does not have: send another one.",
               schedule_identifier_name(c->input->schedule), (long long)TARGET(c)->year);
}

static bool on_it_already(const struct participant_case *c, char *detail)
{
    return TARGET(c)->schedule_id == TRAINING(c)->schedule_id &&
           fails(
               detail,
               "'#/participant_id' is on '#/schedule_identifier' `%s` of the %lld '#/cohort' already: there "
               "is nothing to change.",
               schedule_identifier_name(c->input->schedule), (long long)TARGET(c)->year);
}

static bool replacement_for_ect(const struct participant_case *c, char *detail)
{
    return c->input->role == ROLE_ECT && schedule_is_replacement(c->input->schedule) &&
           fails(
               detail,
               "'#/schedule_identifier' is `%s`, which is for mentors only: this is an ECT. Send a standard, "
               "extended or reduced one.",
               schedule_identifier_name(c->input->schedule));
}

static bool reduced_for_mentor(const struct participant_case *c, char *detail)
{
    return c->input->role == ROLE_MENTOR && schedule_is_reduced(c->input->schedule) &&
           fails(
               detail,
               "'#/schedule_identifier' is `%s`, which is for ECTs only: this is a mentor. Send a standard, "
               "extended or replacement one.",
               schedule_identifier_name(c->input->schedule));
}

/* declarations.md 3.4 */
static bool outside_window(const struct trained_declaration *one)
{
    return !date_is_set(one->milestone_start_date) ||
           one->date_us < london_day_start(one->milestone_start_date) ||
           (date_is_set(one->milestone_date) &&
            one->date_us >= london_day_start(date_add(one->milestone_date, 1)));
}

/* Whatever their state: a voided one keeps its date and its statement too. Who has completed keeps training
 * that is edited in place however long ago it began; there only a statement of another cohort is in the way.
 */
static bool declarations_do_not_fit(const struct participant_case *c, char *detail)
{
    const bool begins = TRAINING(c)->started_on.day >= c->today.day;
    const bool moves = TARGET(c)->year != TRAINING(c)->contract_period_year;

    for (size_t i = 0; i < c->facts->declaration_count; i++) {
        const struct trained_declaration *one = &c->facts->declarations[i];

        if (begins && outside_window(one))
            return fails(detail,
                         "'#/schedule_identifier' is `%s`, whose milestone dates do not allow the `%s` "
                         "declaration of %s that was made: void it first, or send another schedule.",
                         schedule_identifier_name(c->input->schedule), declaration_type_name(one->type),
                         shown_at(one->date_us).text);
        if (moves && one->has_statement && schedule_is_changed_in_place(c->input, c->facts, c->today))
            return fails(
                detail,
                "'#/schedule_identifier' cannot be one of the %lld '#/cohort': the `%s` declaration of "
                "%s is on a statement of the %lld '#/cohort'. Send a schedule of that cohort.",
                (long long)TARGET(c)->year, declaration_type_name(one->type), shown_at(one->date_us).text,
                (long long)TRAINING(c)->contract_period_year);
    }
    return false;
}

/* ---- cohort ---- */

static bool no_partnership(const struct participant_case *c, char *detail)
{
    return TARGET(c)->year != TRAINING(c)->contract_period_year && TARGET(c)->school_partnership_id == 0 &&
           fails(detail,
                 "You have no partnership with the participant's school in the %lld '#/cohort': create one "
                 "first, or send another '#/cohort'.",
                 (long long)TARGET(c)->year);
}

static bool frozen(const struct participant_case *c, char *detail)
{
    return TARGET(c)->is_frozen && TRAINING(c)->payments_frozen_year != TARGET(c)->year &&
           fails(detail,
                 "The %lld '#/cohort' is closed: participants cannot be moved into it or within it. Send a "
                 "'#/cohort' that is open.",
                 (long long)TARGET(c)->year);
}

/* ---- participant_id ---- */

static bool training_complete(const struct participant_case *c, char *detail)
{
    if (!training_is_complete(c->facts, c->input->role) ||
        (c->input->role == ROLE_ECT && schedule_is_reduced(c->input->schedule)))
        return false;
    return fails(detail,
                 c->input->role == ROLE_ECT
                     ? "'#/participant_id' has completed induction: they can only be moved to a reduced "
                       "schedule."
                     : "'#/participant_id' has completed mentor training, or is no longer funded: their "
                       "schedule cannot be changed any more.");
}

static bool has_left(const struct participant_case *c, char *detail)
{
    return case_participant_status(c) == PARTICIPANT_LEFT &&
           fails(detail,
                 "'#/participant_id' is no longer in training with you (`left`): their schedule can be "
                 "changed only while they are. If they were withdrawn or deferred, resume them first.");
}

static bool withdrawn(const struct participant_case *c, char *detail)
{
    return case_training_status(c) == TRAINING_WITHDRAWN &&
           fails(
               detail,
               "'#/participant_id' was withdrawn at %s: their schedule can be changed once they are resumed.",
               shown_at(TRAINING(c)->withdrawn_at_us).text);
}

static bool later_training(const struct participant_case *c, char *detail)
{
    return date_is_set(c->facts->others.later_starts_on) &&
           fails(detail,
                 "'#/participant_id' has other training on that course, which begins on %s: only the latest "
                 "training can be changed, by the lead provider that it is with.",
                 shown_on(c->facts->others.later_starts_on).text);
}

/* Training begins anew today, inside the school period. Who completed (4.2, row 2) is not `left` though it is
 * over. */
static bool school_period_over(const struct participant_case *c, char *detail)
{
    const struct date over = TRAINING(c)->school_finished_on;

    return date_is_set(over) && over.day < c->today.day &&
           !schedule_is_changed_in_place(c->input, c->facts, c->today) &&
           fails(
               detail,
               "'#/participant_id' is no longer at the school, which they left on %s: their schedule cannot "
               "be changed any more.",
               shown_on(over).text);
}

/* ---- what rows see ---- */

static void see_schedule(const struct participant_case *c, json_t *saw)
{
    see_text(saw, "schedule_identifier", c->input->schedule_identifier);
}

static void see_year(json_t *saw, const char *name, int64_t year)
{
    json_object_set_new(saw, name, year == 0 ? json_null() : json_sprintf("%lld", (long long)year));
}

static void see_cohorts(const struct participant_case *c, json_t *saw)
{
    see_text(saw, "cohort", c->input->cohort);
    see_year(saw, "current_cohort", TRAINING(c)->contract_period_year);
    see_year(saw, "target_cohort", TARGET(c)->year);
}

static void see_current_schedule(const struct participant_case *c, json_t *saw)
{
    see_text(saw, "current_schedule_identifier", slice_of(TRAINING(c)->schedule_identifier));
}

static void see_target_schedule(const struct participant_case *c, json_t *saw)
{
    json_object_set_new(saw, "target_cohort_has_schedule", json_boolean(TARGET(c)->schedule_id != 0));
}

static void see_declarations(const struct participant_case *c, json_t *saw)
{
    json_t *all = json_array();

    for (size_t i = 0; i < c->facts->declaration_count; i++) {
        const struct trained_declaration *one = &c->facts->declarations[i];
        json_t *shown = json_pack("{s:s, s:s, s:b}", "declaration_type", declaration_type_name(one->type),
                                  "declaration_date", shown_at(one->date_us).text, "on_a_statement",
                                  one->has_statement ? 1 : 0);

        see_day(shown, "milestone_start_date", one->milestone_start_date);
        see_day(shown, "milestone_date", one->milestone_date);
        json_array_append_new(all, shown);
    }
    see_day(saw, "today", c->today);
    see_day(saw, "started_on", TRAINING(c)->started_on);
    json_object_set_new(saw, "declarations", all);
}

static void see_partnership(const struct participant_case *c, json_t *saw)
{
    json_object_set_new(saw, "partnership_found", json_boolean(TARGET(c)->school_partnership_id != 0));
}

static void see_frozen(const struct participant_case *c, json_t *saw)
{
    json_object_set_new(saw, "target_cohort_is_closed", json_boolean(TARGET(c)->is_frozen));
    see_year(saw, "cohort_left_when_closed", TRAINING(c)->payments_frozen_year);
}

static void see_completion(const struct participant_case *c, json_t *saw)
{
    if (c->input->role == ROLE_ECT)
        see_day(saw, "induction_end_date", TRAINING(c)->induction_finished_on);
    else
        see_day(saw, "mentor_funding_end_date", TRAINING(c)->became_ineligible_for_funding_on);
}

static void see_participant_status(const struct participant_case *c, json_t *saw)
{
    json_object_set_new(saw, "participant_status",
                        json_string(participant_status_name(case_participant_status(c))));
}

static void see_school_period(const struct participant_case *c, json_t *saw)
{
    see_day(saw, "today", c->today);
    see_day(saw, "left_school_on", TRAINING(c)->school_finished_on);
}

static void see_later_training(const struct participant_case *c, json_t *saw)
{
    see_day(saw, "later_training_from", c->facts->others.later_starts_on);
}

/* ---- the table ---- */

#define OF_TRAINING (RUNS_WITH_TRAINING | RUNS_WITH_TARGET)

/* clang-format off */
static const struct participant_rule rules[] = {
    SHARED_RULES,
    {RUNS_ALWAYS,        schedule_blank,          TITLE_SCHEDULE_IDENTIFIER, "lead-provider-api.md 5.5/C1",  {see_schedule}},
    {RUNS_ALWAYS,        schedule_unknown,        TITLE_SCHEDULE_IDENTIFIER, "lead-provider-api.md 5.5/C2",  {see_schedule}},
    {RUNS_WITH_TARGET,   schedule_not_in_cohort,  TITLE_SCHEDULE_IDENTIFIER, "lead-provider-api.md 5.5/C3",  {see_schedule, see_cohorts, see_target_schedule}},
    {OF_TRAINING,        on_it_already,           TITLE_SCHEDULE_IDENTIFIER, "lead-provider-api.md 5.5/C4",  {see_schedule, see_cohorts, see_current_schedule}},
    {OF_TRAINING,        replacement_for_ect,     TITLE_SCHEDULE_IDENTIFIER, "lead-provider-api.md 5.5/C5",  {see_schedule, see_course}},
    {OF_TRAINING,        reduced_for_mentor,      TITLE_SCHEDULE_IDENTIFIER, "lead-provider-api.md 5.5/C6",  {see_schedule, see_course}},
    {OF_TRAINING,        declarations_do_not_fit, TITLE_SCHEDULE_IDENTIFIER, "lead-provider-api.md 5.5/C7",  {see_schedule, see_cohorts, see_declarations}},
    {OF_TRAINING,        no_partnership,          TITLE_COHORT,              "lead-provider-api.md 5.5/C8",  {see_cohorts, see_partnership}},
    {OF_TRAINING,        frozen,                  TITLE_COHORT,              "lead-provider-api.md 5.5/C9",  {see_cohorts, see_frozen}},
    {RUNS_WITH_TRAINING, training_complete,       TITLE_PARTICIPANT_ID,      "lead-provider-api.md 5.5/C10", {see_completion, see_schedule}},
    {RUNS_WITH_TRAINING, has_left,                TITLE_PARTICIPANT_ID,      "lead-provider-api.md 5.5/C11", {see_participant_status, see_finished}},
    {RUNS_WITH_TRAINING, withdrawn,               TITLE_PARTICIPANT_ID,      "lead-provider-api.md 5.5/C12", {see_status}},
    {RUNS_WITH_TRAINING, later_training,          TITLE_PARTICIPANT_ID,      "lead-provider-api.md 5.5/C13", {see_later_training}},
    {RUNS_WITH_TRAINING, school_period_over,      TITLE_PARTICIPANT_ID,      "lead-provider-api.md 5.5/over", {see_school_period}},
};
/* clang-format on */

const struct participant_table change_schedule_table = {"participant.change_schedule", "1", rules,
                                                        sizeof rules / sizeof rules[0]};
