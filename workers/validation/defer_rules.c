/* defer_rules: the table of lead-provider-api.md 5.3. */
#include "workers/validation/participant_rules.h"

#include "workers/validation/wording.h"

#define REASONS "`bereavement`, `long-term-sickness`, `parental-leave`, `career-break` or `other`"

static bool reason_blank(const struct participant_case *c, char *detail)
{
    return fails_reason_blank(c, REASONS, detail);
}

static bool reason_unknown(const struct participant_case *c, char *detail)
{
    return fails_reason_unknown(c, c->input->deferral_reason != DEFERRAL_NONE, REASONS, detail);
}

static bool deferred_already(const struct participant_case *c, char *detail)
{
    return case_training_status(c) == TRAINING_DEFERRED &&
           fails(detail,
                 "'#/participant_id' was deferred at %s already: there is nothing left to do. To train them "
                 "again, resume them.",
                 shown_at(c->facts->training.deferred_at_us).text);
}

static bool withdrawn(const struct participant_case *c, char *detail)
{
    return case_training_status(c) == TRAINING_WITHDRAWN &&
           fails(detail,
                 "'#/participant_id' was withdrawn at %s: only training that goes on can be deferred. Resume "
                 "them first.",
                 shown_at(c->facts->training.withdrawn_at_us).text);
}

static bool begins_later(const struct participant_case *c, char *detail)
{
    return fails_begins_later(c, "deferred", detail);
}

static bool begins_today(const struct participant_case *c, char *detail)
{
    return fails_begins_today(c, "deferred", detail);
}

/* clang-format off */
static const struct participant_rule rules[] = {
    SHARED_RULES,
    {RUNS_ALWAYS,        reason_blank,     TITLE_REASON,         "lead-provider-api.md 5.3/D1", {see_reason}},
    {RUNS_ALWAYS,        reason_unknown,   TITLE_REASON,         "lead-provider-api.md 5.3/D2", {see_reason}},
    {RUNS_WITH_TRAINING, deferred_already, TITLE_PARTICIPANT_ID, "lead-provider-api.md 5.3/D3", {see_status}},
    {RUNS_WITH_TRAINING, withdrawn,        TITLE_PARTICIPANT_ID, "lead-provider-api.md 5.3/D4", {see_status}},
    {RUNS_WITH_TRAINING, begins_later,     TITLE_PARTICIPANT_ID, "lead-provider-api.md 5.3/D5", {see_started}},
    {RUNS_WITH_TRAINING, begins_today,     TITLE_PARTICIPANT_ID, "lead-provider-api.md 5.3/D6", {see_started}},
};
/* clang-format on */

const struct participant_table defer_table = {"participant.defer", "1", rules,
                                              sizeof rules / sizeof rules[0]};
