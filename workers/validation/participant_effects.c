/* participant_effects: see participant_effects.h. */
#include "workers/validation/participant_effects.h"

#include "common/changes.h"
#include "common/cleanup.h"
#include "common/clock.h"

bool training_is_complete(const struct participant_facts *facts, enum participant_role role)
{
    return date_is_set(role == ROLE_ECT ? facts->training.induction_finished_on
                                        : facts->training.became_ineligible_for_funding_on);
}

/* Of two last days the earlier; one that is not set is open. */
static struct date earlier(struct date a, struct date b)
{
    if (!date_is_set(a) || !date_is_set(b))
        return date_is_set(a) ? a : b;
    return a.day < b.day ? a : b;
}

/* ---- withdraw, defer ---- */

struct stop_effects stop_effects(const struct participant_facts *facts, struct date today)
{
    const struct date before = facts->training.finished_on, after = earlier(before, today);

    return (struct stop_effects){.finished_on = after, .moves_finish = after.day != before.day};
}

struct change {
    const char *field;
    const char *before, *after;             /* as they are; NULL: not set */
    const char *before_shown, *after_shown; /* for a reader; NULL: the same */
};

static json_t *text_or_null(const char *text)
{
    return text == NULL ? json_null() : json_string(text);
}

static void add_change(json_t *lines, json_t *values, const struct change *change)
{
    changes_append(lines, change->field, change->before_shown == NULL ? change->before : change->before_shown,
                   change->after_shown == NULL ? change->after : change->after_shown);
    json_object_set_new(values, change->field,
                        json_pack("[o, o]", text_or_null(change->before), text_or_null(change->after)));
}

static void add_finish(json_t *lines, json_t *values, struct date before, struct date after)
{
    char texts[2][DATE_TEXT_SIZE] = {"", ""}, shown[2][CHANGE_DATE_SIZE];

    if (date_is_set(before))
        date_format(before, texts[0]);
    date_format(after, texts[1]);
    change_date_format(before, shown[0]);
    change_date_format(after, shown[1]);
    add_change(
        lines, values,
        &(struct change){"finished_on", date_is_set(before) ? texts[0] : NULL, texts[1], shown[0], shown[1]});
}

struct stop_changes stop_changes(const struct participant_input *input, const struct participant_facts *facts,
                                 int64_t as_of_us, bool is_withdrawal)
{
    CLEANUP(json) json_t *lines = json_array();
    CLEANUP(json) json_t *values = json_object();
    const struct stop_effects effects = stop_effects(facts, london_date(as_of_us));
    const int64_t before_us =
        is_withdrawal ? facts->training.withdrawn_at_us : facts->training.deferred_at_us;
    char before[RFC3339_SIZE] = "", after[RFC3339_SIZE];

    if (before_us != INSTANT_NONE)
        rfc3339_format(before_us, before);
    rfc3339_format(as_of_us, after);
    add_change(lines, values,
               &(struct change){.field = is_withdrawal ? "withdrawn_at" : "deferred_at",
                                .before = before_us == INSTANT_NONE ? NULL : before,
                                .after = after});
    add_change(lines, values,
               &(struct change){.field = is_withdrawal ? "withdrawal_reason" : "deferral_reason",
                                .before = is_withdrawal ? facts->training.withdrawal_reason
                                                        : facts->training.deferral_reason,
                                .after = is_withdrawal ? withdrawal_reason_name(input->withdrawal_reason)
                                                       : deferral_reason_name(input->deferral_reason)});
    if (effects.moves_finish)
        add_finish(lines, values, facts->training.finished_on, effects.finished_on);
    return (struct stop_changes){.lines = json_dumps(lines, JSON_COMPACT),
                                 .values = json_dumps(values, JSON_COMPACT)};
}

/* ---- resume ---- */

struct resume_effects resume_effects(const struct participant_facts *facts, struct date today)
{
    return (struct resume_effects){.started_on = today,
                                   .finished_on = facts->training.school_finished_on,
                                   .moves_school = facts->training.expression_of_interest_id != 0};
}

/* ---- change schedule ---- */

bool schedule_is_changed_in_place(const struct participant_input *input,
                                  const struct participant_facts *facts, struct date today)
{
    return facts->training.started_on.day >= today.day ||
           (input->role == ROLE_ECT && schedule_is_reduced(input->schedule) &&
            training_is_complete(facts, input->role));
}

/* Effect 1. Who goes back to the cohort that was left is no longer somebody who has left it, wherever they
 * come from. */
static void decide_frozen_year(const struct participant_facts *facts, struct schedule_effects *effects)
{
    if (!effects->moves_cohort || !(facts->target.is_frozen || facts->training.is_frozen))
        return;
    effects->frozen_year = facts->target.is_frozen ? 0 : facts->training.contract_period_year;
    effects->moves_frozen_year = effects->frozen_year != facts->training.payments_frozen_year;
}

static struct date unless_past(struct date date, struct date today)
{
    return date_is_set(date) && date.day < today.day ? DATE_NONE : date;
}

struct schedule_effects schedule_effects(const struct participant_input *input,
                                         const struct participant_facts *facts, struct date today)
{
    struct schedule_effects effects = {
        .is_in_place = schedule_is_changed_in_place(input, facts, today),
        .moves_cohort = facts->target.year != facts->training.contract_period_year,
        .ends_on = DATE_NONE,
        .started_on = DATE_NONE,
        .finished_on = DATE_NONE,
    };

    decide_frozen_year(facts, &effects);
    effects.moves_school =
        effects.moves_cohort || (!effects.is_in_place && facts->training.expression_of_interest_id != 0);
    if (effects.is_in_place)
        return effects;
    effects.ends_on = earlier(facts->training.finished_on, date_add(today, -1));
    effects.started_on = today;
    effects.finished_on = earlier(unless_past(facts->training.finished_on, today),
                                  unless_past(facts->training.school_finished_on, today));
    return effects;
}

/* ---- explained ---- */

static json_t *day_or_null(struct date date)
{
    char text[DATE_TEXT_SIZE];

    if (!date_is_set(date))
        return json_null();
    date_format(date, text);
    return json_string(text);
}

static json_t *year_or_null(int64_t year)
{
    return year == 0 ? json_null() : json_integer(year);
}

static json_t *schedule_effects_shown(const struct participant_input *input,
                                      const struct participant_facts *facts, struct date today)
{
    const struct schedule_effects effects = schedule_effects(input, facts, today);

    return json_pack(
        "{s:b, s:I, s:I, s:o, s:o, s:o, s:o}", "in_place", effects.is_in_place ? 1 : 0, "schedule_id",
        (json_int_t)facts->target.schedule_id, "school_partnership_id",
        (json_int_t)facts->target.school_partnership_id, "training_ends_on", day_or_null(effects.ends_on),
        "training_begins_on", day_or_null(effects.started_on), "and_ends_on",
        day_or_null(effects.finished_on), "payments_frozen_year",
        year_or_null(effects.moves_frozen_year ? effects.frozen_year : facts->training.payments_frozen_year));
}

json_t *participant_effects_shown(struct slice kind, const struct participant_input *input,
                                  const struct participant_facts *facts, int64_t as_of_us)
{
    const struct date today = london_date(as_of_us);

    if (slice_equal(kind, slice_of("participant.change_schedule")))
        return schedule_effects_shown(input, facts, today);
    if (slice_equal(kind, slice_of("participant.resume"))) {
        const struct resume_effects effects = resume_effects(facts, today);

        return json_pack("{s:o, s:o}", "training_begins_on", day_or_null(effects.started_on), "and_ends_on",
                         day_or_null(effects.finished_on));
    }
    return json_pack("{s:o}", "training_ends_on", day_or_null(stop_effects(facts, today).finished_on));
}
