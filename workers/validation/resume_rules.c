/* resume_rules: the table of lead-provider-api.md 5.4, and a row for its last sentence. */
#include "workers/validation/participant_rules.h"

#include "workers/validation/wording.h"

static bool active(const struct participant_case *c, char *detail)
{
    return case_training_status(c) == TRAINING_ACTIVE &&
           fails(detail, "'#/participant_id' is neither withdrawn nor deferred: there is nothing to resume.");
}

static bool trained_otherwise(const struct participant_case *c, char *detail)
{
    return c->facts->others.cover_today &&
           fails(detail, "'#/participant_id' is being trained already, by another lead provider or by their "
                         "school: their training with you cannot be resumed beside it.");
}

static bool finished_today(const struct participant_case *c, char *detail)
{
    return date_is_set(c->facts->training.finished_on) &&
           c->facts->training.finished_on.day == c->today.day &&
           fails(
               detail,
               "The training of '#/participant_id' ended today, %s: it can be resumed from the next day on. "
               "Try again tomorrow.",
               shown_on(c->today).text);
}

static bool school_period_over(const struct participant_case *c, char *detail)
{
    const struct date over = c->facts->training.school_finished_on;

    return date_is_set(over) && over.day <= c->today.day &&
           fails(detail,
                 "'#/participant_id' is no longer at the school, which they left on %s: the school they are "
                 "at now has to register them.",
                 shown_on(over).text);
}

/* The last sentence of 5.4; and training of others that is to begin, or goes on at another school: two
 * trainings of a role never share a day. */
static bool would_overlap(const struct participant_case *c, char *detail)
{
    const struct date over = c->facts->training.school_finished_on, from = c->facts->others.cover_from;

    if (date_is_set(c->facts->training.finished_on) && c->facts->training.finished_on.day > c->today.day)
        return fails(detail,
                     "The training of '#/participant_id' ends on %s, which is still to come: it can be "
                     "resumed after that day.",
                     shown_on(c->facts->training.finished_on).text);
    return date_is_set(from) && (!date_is_set(over) || from.day <= over.day) &&
           fails(detail,
                 "'#/participant_id' has other training on that course from %s on: their training with you "
                 "cannot be resumed beside it.",
                 shown_on(from).text);
}

static void see_others_today(const struct participant_case *c, json_t *saw)
{
    see_day(saw, "today", c->today);
    json_object_set_new(saw, "other_training_today", json_boolean(c->facts->others.cover_today));
}

static void see_others_from(const struct participant_case *c, json_t *saw)
{
    see_day(saw, "other_training_from", c->facts->others.cover_from);
}

static void see_school_period(const struct participant_case *c, json_t *saw)
{
    see_day(saw, "left_school_on", c->facts->training.school_finished_on);
}

/* clang-format off */
static const struct participant_rule rules[] = {
    SHARED_RULES,
    {RUNS_WITH_TRAINING, active,             TITLE_PARTICIPANT_ID, "lead-provider-api.md 5.4/R1",      {see_status}},
    {RUNS_WITH_TRAINING, trained_otherwise,  TITLE_PARTICIPANT_ID, "lead-provider-api.md 5.4/R2",      {see_others_today}},
    {RUNS_WITH_TRAINING, finished_today,     TITLE_PARTICIPANT_ID, "lead-provider-api.md 5.4/R3",      {see_finished}},
    {RUNS_WITH_TRAINING, school_period_over, TITLE_PARTICIPANT_ID, "lead-provider-api.md 5.4/R4",      {see_finished, see_school_period}},
    {RUNS_WITH_TRAINING, would_overlap,      TITLE_PARTICIPANT_ID, "lead-provider-api.md 5.4/overlap", {see_finished, see_school_period, see_others_from}},
};
/* clang-format on */

const struct participant_table resume_table = {"participant.resume", "1", rules,
                                               sizeof rules / sizeof rules[0]};
