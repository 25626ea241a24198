/* mentor_completion: see mentor_completion.h. */
#include "workers/payments/mentor_completion.h"

#include <string.h>

#include "common/changes.h"

/* The day on which LT ends because its mentor has completed: the declaration's London date when the
 * declaration is later than the first moment of LT, else the day after LT's start. Never later than LT ends
 * already: a period of one day in the future would otherwise grow out of its school period (ours; the
 * document assumes longer ones). */
static struct date completed_period_end(const struct mentor_completion_facts *facts)
{
    bool is_later = facts->declaration_us > london_day_start(facts->started_on);
    struct date end = is_later ? london_date(facts->declaration_us) : date_add(facts->started_on, 1);
    if (date_is_set(facts->finished_on) && facts->finished_on.day < end.day)
        end = facts->finished_on;
    return end;
}

static bool is_finished(const struct mentor_completion_facts *facts)
{
    return date_is_set(facts->finished_on) && facts->finished_on.day <= facts->today.day;
}

/* D exists: LT, where it still runs, ends. */
static void finish_training(const struct mentor_completion_facts *facts,
                            struct mentor_completion_effects *effects)
{
    if (is_finished(facts))
        return;
    effects->finished_on = completed_period_end(facts);
    if (effects->finished_on.day != facts->finished_on.day)
        effects->finished_training_period_id = facts->training_period_id;
}

/* D does not exist: training goes on the day after LT, until the school period ends, unless that is over by
 * then or the teacher is trained as a mentor elsewhere meanwhile: then nothing is made (ours). */
static void open_training(const struct mentor_completion_facts *facts,
                          struct mentor_completion_effects *effects)
{
    if (!is_finished(facts))
        return;
    const struct date from = date_add(facts->finished_on, 1), until = facts->school_finished_on,
                      other = facts->other_training_starts_on;
    const bool school_is_over = date_is_set(until) && until.day < from.day;
    const bool overlaps = date_is_set(other) && (!date_is_set(until) || other.day <= until.day);
    if (school_is_over || overlaps)
        return;
    effects->opens_training = true;
    effects->opened_from = from;
    effects->opened_until = until;
}

struct mentor_completion_effects mentor_completion_nothing(void)
{
    return (struct mentor_completion_effects){.ineligible_on_before = DATE_NONE,
                                              .ineligible_on = DATE_NONE,
                                              .finished_on_before = DATE_NONE,
                                              .finished_on = DATE_NONE,
                                              .opened_from = DATE_NONE,
                                              .opened_until = DATE_NONE};
}

struct mentor_completion_effects mentor_completion_decide(const struct mentor_completion_facts *facts)
{
    const bool has_completed = facts->latest_completed_us != INSTANT_NONE;
    struct mentor_completion_effects effects = mentor_completion_nothing();
    effects.ineligible_on_before = facts->ineligible_on;
    effects.reason_before = facts->reason;
    effects.finished_on_before = effects.finished_on = facts->finished_on;
    if (has_completed) {
        effects.ineligible_on = london_date(facts->latest_completed_us);
        effects.reason = FUNDING_END_COMPLETED_DECLARATION;
    }
    effects.record_changes = effects.ineligible_on.day != effects.ineligible_on_before.day ||
                             effects.reason != effects.reason_before;
    if (facts->training_period_id != 0)
        (has_completed ? finish_training : open_training)(facts, &effects);
    return effects;
}

bool mentor_completion_changes_person(const struct mentor_completion_effects *effects)
{
    return effects->record_changes || effects->finished_training_period_id != 0 || effects->opens_training;
}

char *mentor_completion_changes(const struct mentor_completion_effects *effects)
{
    char before[CHANGE_DATE_SIZE], after[CHANGE_DATE_SIZE];
    json_t *lines;
    char *text;

    if (!effects->record_changes)
        return NULL;
    lines = json_array();
    change_date_format(effects->ineligible_on_before, before);
    change_date_format(effects->ineligible_on, after);
    if (strcmp(before, after) != 0)
        changes_append(lines, "became_ineligible_for_funding_on", before, after);
    if (effects->reason_before != effects->reason)
        changes_append(lines, "became_ineligible_for_funding_reason",
                       funding_end_reason_name(effects->reason_before),
                       funding_end_reason_name(effects->reason));
    text = json_dumps(lines, JSON_COMPACT);
    json_decref(lines);
    return text;
}
