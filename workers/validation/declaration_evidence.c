/* declaration_evidence: see declaration_evidence.h. */
#include "workers/validation/declaration_evidence.h"

#include <stdio.h>

#include "common/buffer.h"
#include "workers/validation/rules.h"

#define TYPES(a)                        BIT(DECLARATION_##a)
#define ACCEPTS_ATTENDANCE              (BIT(EVIDENCE_TRAINING_EVENT) | BIT(EVIDENCE_SELF_STUDY) | BIT(EVIDENCE_OTHER))
#define ACCEPTS_ATTENDANCE_AND_OFFLINE  (ACCEPTS_ATTENDANCE | BIT(EVIDENCE_OFFLINE))
#define ACCEPTS_ENGAGEMENT              (BIT(EVIDENCE_75_PERCENT) | BIT(EVIDENCE_75_PERCENT_REDUCED))
#define ACCEPTS_ENGAGEMENT_AND_ONE_TERM (ACCEPTS_ENGAGEMENT | BIT(EVIDENCE_ONE_TERM))
#define EXTENDED                        (TYPES(EXTENDED_1) | TYPES(EXTENDED_2) | TYPES(EXTENDED_3))
#define EVERY_TYPE                      (BIT(DECLARATION_TYPE_COUNT) - 2)

/* The first row that covers the declaration holds. `started` without detailed evidence types is not here:
 * nothing is required, anything is taken, and dropped. */
/* clang-format off */
static const struct evidence_rule {
    bool detailed;             /* CP.detailed_evidence_types_enabled */
    enum participant_role role; /* ROLE_NONE: either */
    unsigned types;
    unsigned accepts;
} evidence_rules[] = {
    {false, ROLE_NONE,   EVERY_TYPE - TYPES(STARTED),                           ACCEPTS_ATTENDANCE},
    {true,  ROLE_ECT,    TYPES(STARTED) | TYPES(RETAINED_1) | TYPES(RETAINED_3)
                         | TYPES(RETAINED_4) | EXTENDED,                        ACCEPTS_ATTENDANCE_AND_OFFLINE},
    {true,  ROLE_ECT,    TYPES(RETAINED_2),                                     ACCEPTS_ENGAGEMENT},
    {true,  ROLE_ECT,    TYPES(COMPLETED),                                      ACCEPTS_ENGAGEMENT_AND_ONE_TERM},
    {true,  ROLE_MENTOR, TYPES(STARTED),                                        ACCEPTS_ATTENDANCE_AND_OFFLINE},
    {true,  ROLE_MENTOR, TYPES(COMPLETED),                                      ACCEPTS_ENGAGEMENT},
    {true,  ROLE_MENTOR, EVERY_TYPE,                                            0},
};
/* clang-format on */

static const struct evidence_rule *evidence_rule_for(bool detailed, enum participant_role role,
                                                     enum declaration_type type)
{
    for (size_t i = 0; i < sizeof evidence_rules / sizeof evidence_rules[0]; i++) {
        const struct evidence_rule *rule = &evidence_rules[i];
        if (rule->detailed == detailed && (rule->role == ROLE_NONE || rule->role == role) &&
            (rule->types & BIT(type)) != 0)
            return rule;
    }
    return NULL;
}

static bool rule_accepts(const struct evidence_rule *rule, enum evidence_type evidence)
{
    return evidence != EVIDENCE_NONE && (rule->accepts & BIT(evidence)) != 0;
}

bool evidence_is_required(bool detailed, enum participant_role role, enum declaration_type type)
{
    return evidence_rule_for(detailed, role, type) != NULL;
}

bool evidence_is_accepted(bool detailed, enum participant_role role, enum declaration_type type,
                          enum evidence_type evidence)
{
    const struct evidence_rule *rule = evidence_rule_for(detailed, role, type);
    return rule == NULL || rule_accepts(rule, evidence);
}

void evidence_list(bool detailed, enum participant_role role, enum declaration_type type,
                   char ret_text[EVIDENCE_LIST_SIZE])
{
    const struct evidence_rule *rule = evidence_rule_for(detailed, role, type);
    struct buffer text = BUFFER_INIT;
    for (unsigned left = rule == NULL ? 0 : rule->accepts, i = 1; i < EVIDENCE_TYPE_COUNT; i++) {
        if ((left & BIT(i)) == 0)
            continue;
        left &= ~BIT(i);
        buffer_printf(&text, "`%s`%s", evidence_type_name((enum evidence_type)i),
                      left == 0                  ? ""
                      : (left & (left - 1)) == 0 ? " or "
                                                 : ", ");
    }
    (void)snprintf(ret_text, EVIDENCE_LIST_SIZE, "%s", text.size > 0 ? text.data : "");
    buffer_release(&text);
}
