/* withdraw_rules: the table of lead-provider-api.md 5.2. */
#include "workers/validation/participant_rules.h"

#include "workers/validation/wording.h"

#define REASONS                                                                                              \
    "`left-teaching-profession`, `moved-school`, `mentor-no-longer-being-mentor`, "                          \
    "`switched-to-school-led`, `changed-lead-provider` or `other`"

static bool reason_blank(const struct participant_case *c, char *detail)
{
    return fails_reason_blank(c, REASONS, detail);
}

static bool reason_unknown(const struct participant_case *c, char *detail)
{
    return fails_reason_unknown(c, c->input->withdrawal_reason != WITHDRAWAL_NONE, REASONS, detail);
}

static bool withdrawn_already(const struct participant_case *c, char *detail)
{
    return case_training_status(c) == TRAINING_WITHDRAWN &&
           fails(detail,
                 "'#/participant_id' was withdrawn at %s already: there is nothing left to do. To train them "
                 "again, resume them.",
                 shown_at(c->facts->training.withdrawn_at_us).text);
}

static bool begins_later(const struct participant_case *c, char *detail)
{
    return fails_begins_later(c, "withdrawn", detail);
}

static bool begins_today(const struct participant_case *c, char *detail)
{
    return fails_begins_today(c, "withdrawn", detail);
}

static bool reason_of_mentors(const struct participant_case *c, char *detail)
{
    return c->input->role == ROLE_ECT && c->input->withdrawal_reason == WITHDRAWAL_NO_LONGER_MENTOR &&
           fails(detail,
                 "'#/reason' is `mentor-no-longer-being-mentor`, which is for mentors: this is an ECT "
                 "(`ecf-induction`). Send another reason, such as `other`.");
}

/* clang-format off */
static const struct participant_rule rules[] = {
    SHARED_RULES,
    {RUNS_ALWAYS,                     reason_blank,      TITLE_REASON,         "lead-provider-api.md 5.2/W1", {see_reason}},
    {RUNS_ALWAYS,                     reason_unknown,    TITLE_REASON,         "lead-provider-api.md 5.2/W2", {see_reason}},
    {RUNS_WITH_TRAINING,              withdrawn_already, TITLE_PARTICIPANT_ID, "lead-provider-api.md 5.2/W3", {see_status}},
    {RUNS_WITH_TRAINING,              begins_later,      TITLE_PARTICIPANT_ID, "lead-provider-api.md 5.2/W4", {see_started}},
    {RUNS_WITH_TRAINING,              begins_today,      TITLE_PARTICIPANT_ID, "lead-provider-api.md 5.2/W5", {see_started}},
    {RUNS_WITH_TRAINING | RUNS_CLEAN, reason_of_mentors, TITLE_REASON,         "lead-provider-api.md 5.2/W6", {see_reason, see_course}},
};
/* clang-format on */

const struct participant_table withdraw_table = {"participant.withdraw", "1", rules,
                                                 sizeof rules / sizeof rules[0]};
