/* declaration_rules: see declaration_rules.h. The guards, the table, the loop; what a row looks at is
 * declaration_checks.c.
 */
#include "workers/validation/declaration_rules.h"

#include <assert.h>
#include <jansson.h>
#include <string.h>

#include "workers/validation/declaration_checks.h"

/* ---- guards: "runs when", as data ----
 *
 * The low bits name the attributes that must have no error yet, the high bits what must be known. */

enum {
    PARTICIPANT = BIT(ATTR_PARTICIPANT_ID),
    COURSE = BIT(ATTR_COURSE_IDENTIFIER),
    TYPE = BIT(ATTR_DECLARATION_TYPE),
    DATE = BIT(ATTR_DECLARATION_DATE),
    EVIDENCE = BIT(ATTR_EVIDENCE_HELD),
    COHORT = BIT(ATTR_COHORT),
};
#define ALWAYS           0u
#define NO_ERROR_OF(set) ((unsigned)(set))
#define CLEAN            NO_ERROR_OF(PARTICIPANT | COURSE | TYPE | DATE | EVIDENCE | COHORT)

enum {
    TEACHER = BIT(ATTR_COUNT),
    ROLE = BIT(ATTR_COUNT + 1),
    TP = BIT(ATTR_COUNT + 2), /* the selected training period of 3.2 */
    MENTOR_TP = BIT(ATTR_COUNT + 3),
    MILESTONE = BIT(ATTR_COUNT + 4),
    TYPE_GIVEN = BIT(ATTR_COUNT + 5),
    TYPE_KNOWN = BIT(ATTR_COUNT + 6),
    DATE_GIVEN = BIT(ATTR_COUNT + 7),
    DATE_WELL_FORMED = BIT(ATTR_COUNT + 8),
};
#define KNOWN(set) ((unsigned)(set))

static_assert(ATTR_COUNT == 6, "CLEAN names every attribute");

/* What is known about this case, as the bits above. */
static unsigned known_of(const struct declaration_case *c)
{
    bool has_tp = c->facts->training_period.id != 0;
    return (c->facts->teacher.id != 0 ? TEACHER : 0u) | (c->input->role != ROLE_NONE ? ROLE : 0u) |
           (has_tp ? TP : 0u) | (has_tp && c->input->role == ROLE_MENTOR ? MENTOR_TP : 0u) |
           (date_is_set(c->facts->milestone.start_date) ? MILESTONE : 0u) |
           (c->input->declaration_type.size > 0 ? TYPE_GIVEN : 0u) |
           (c->input->type != DECLARATION_TYPE_NONE ? TYPE_KNOWN : 0u) |
           (c->input->declaration_date.size > 0 ? DATE_GIVEN : 0u) |
           (c->input->date_us != INSTANT_NONE ? DATE_WELL_FORMED : 0u);
}

/* ---- the table ---- */

/* clang-format off */
static const struct declaration_rule {
    int number;
    unsigned guard;       /* runs when */
    declaration_check_fn *check; /* fails when */
    enum declaration_attribute attribute;
    const char *source;
} rules[] = {
    { 1, ALWAYS,                                                        check_participant_blank,                ATTR_PARTICIPANT_ID,    "declarations.md 3.3/1"},
    { 2, NO_ERROR_OF(PARTICIPANT),                                      check_participant_not_found,            ATTR_PARTICIPANT_ID,    "declarations.md 3.3/2"},
    { 3, CLEAN,                                                         check_course_not_one_of_two,            ATTR_COURSE_IDENTIFIER, "declarations.md 3.3/3"},
    { 4, CLEAN,                                                         check_date_blank,                       ATTR_DECLARATION_DATE,  "declarations.md 3.3/4"},
    { 5, NO_ERROR_OF(COURSE | PARTICIPANT | TYPE | DATE),               check_course_of_other_role,             ATTR_COURSE_IDENTIFIER, "declarations.md 3.3/5"},
    { 6, CLEAN,                                                         check_type_blank,                       ATTR_DECLARATION_TYPE,  "declarations.md 3.3/6"},
    { 7, CLEAN,                                                         check_type_unknown,                     ATTR_DECLARATION_TYPE,  "declarations.md 3.3/7"},
    { 8, KNOWN(TP) | NO_ERROR_OF(TYPE | DATE),                          check_already_declared,                 ATTR_DECLARATION_TYPE,  "declarations.md 3.3/8"},
    { 9, KNOWN(DATE_WELL_FORMED)
         | NO_ERROR_OF(DATE | TYPE | PARTICIPANT | COURSE),             check_date_in_future,                   ATTR_DECLARATION_DATE,  "declarations.md 3.3/9"},
    {10, KNOWN(MILESTONE | DATE_WELL_FORMED)
         | NO_ERROR_OF(DATE | TYPE | COHORT),                           check_date_outside_window,              ATTR_DECLARATION_DATE,  "declarations.md 3.3/10"},
    {11, KNOWN(DATE_GIVEN) | NO_ERROR_OF(DATE),                         check_date_malformed,                   ATTR_DECLARATION_DATE,  "declarations.md 3.3/11"},
    {12, KNOWN(MENTOR_TP | TYPE_GIVEN) | NO_ERROR_OF(TYPE | COHORT),    check_type_not_for_mentors,             ATTR_DECLARATION_TYPE,  "declarations.md 3.3/12"},
    {13, KNOWN(TP) | CLEAN,                                             check_evidence_missing_or_not_accepted, ATTR_EVIDENCE_HELD,     "declarations.md 3.3/13"},
    {14, KNOWN(TP | DATE_WELL_FORMED) | NO_ERROR_OF(PARTICIPANT),       check_participant_withdrawn,            ATTR_PARTICIPANT_ID,    "declarations.md 3.3/14"},
    {15, KNOWN(TEACHER | ROLE) | NO_ERROR_OF(COHORT),                   check_ongoing_period_frozen,            ATTR_COHORT,            "declarations.md 3.3/15"},
    {16, KNOWN(TP) | NO_ERROR_OF(TYPE | COHORT),                        check_no_open_statement,                ATTR_COHORT,            "declarations.md 3.3/16"},
    {17, KNOWN(TP)
         | NO_ERROR_OF(DATE | TYPE | PARTICIPANT | COURSE | COHORT),    check_type_not_in_schedule,             ATTR_DECLARATION_TYPE,  "declarations.md 3.3/17"},
    {18, KNOWN(TP | TYPE_KNOWN | DATE_WELL_FORMED)
         | NO_ERROR_OF(DATE | TYPE),                                    check_date_out_of_sequence,             ATTR_DECLARATION_DATE,  "declarations.md 3.3/18"},
    {19, KNOWN(TEACHER) | NO_ERROR_OF(PARTICIPANT),                     check_participant_not_with_provider,    ATTR_PARTICIPANT_ID,    "declarations.md 3.3/19"},
};
/* clang-format on */
static_assert(sizeof rules / sizeof rules[0] == DECLARATION_RULE_COUNT, "the document has 19 rows");

/* Row 8 also ends the evaluation: of a concurrent duplicate the other rows have nothing to say (7.1). */
#define ROW_DUPLICATE 8

/* ---- the loop ---- */

#define KNOWN_BITS (~(unsigned)CLEAN)

static bool guard_holds(unsigned guard, unsigned known, unsigned failed_attributes)
{
    return (guard & KNOWN_BITS & ~known) == 0 && (guard & CLEAN & failed_attributes) == 0;
}

/* Adds behind the last error of the same title, unless that message is there already
 * (lead-provider-api.md 3.8). As the table is, every guard names its own title, so a title fails once; the
 * contract must hold for a row that does not, too. */
static void add_error(struct declaration_verdict *verdict, enum declaration_attribute attribute,
                      const char *detail)
{
    size_t at = verdict->error_count;
    for (size_t i = 0; i < verdict->error_count; i++) {
        if (verdict->errors[i].attribute != attribute)
            continue;
        if (strcmp(verdict->errors[i].detail, detail) == 0)
            return;
        at = i + 1;
    }
    memmove(&verdict->errors[at + 1], &verdict->errors[at],
            (verdict->error_count - at) * sizeof verdict->errors[0]);
    verdict->errors[at].attribute = attribute;
    memcpy(verdict->errors[at].detail, detail, strlen(detail) + 1);
    verdict->error_count++;
}

void declaration_validate(const struct declaration_input *input, const struct declaration_facts *facts,
                          int64_t now_us, struct declaration_verdict *ret_verdict)
{
    const struct declaration_case c = {input, facts, now_us};
    const unsigned known = known_of(&c);
    unsigned failed_attributes = 0;
    memset(ret_verdict->results, 0, sizeof ret_verdict->results); /* RULE_SKIPPED */
    ret_verdict->error_count = 0;
    ret_verdict->same_as = NULL;
    for (size_t i = 0; i < DECLARATION_RULE_COUNT; i++) {
        char detail[DETAIL_SIZE];
        if (!guard_holds(rules[i].guard, known, failed_attributes))
            continue;
        if (rules[i].check(&c, detail)) {
            ret_verdict->results[i] = RULE_FAILED;
            failed_attributes |= BIT(rules[i].attribute);
            add_error(ret_verdict, rules[i].attribute, detail);
            continue;
        }
        ret_verdict->results[i] = RULE_PASSED;
        if (rules[i].number == ROW_DUPLICATE && declaration_existing(&c) != NULL) {
            ret_verdict->same_as = declaration_existing(&c);
            return;
        }
    }
}

/* ---- for who stores, shows and explains ---- */

const char *declaration_rule_source(int number)
{
    return rules[number - 1].source;
}

const char *declaration_rule_title(int number)
{
    return declaration_attribute_title(rules[number - 1].attribute);
}

const char *declaration_attribute_title(enum declaration_attribute attribute)
{
    static const char *const titles[] = {
#define X(name, title) [ATTR_##name] = title,
        DECLARATION_ATTRIBUTES(X)
#undef X
    };
    return titles[attribute];
}

void declaration_verdict_render(const struct declaration_verdict *verdict, struct buffer *out)
{
    json_t *errors = json_array();
    for (size_t i = 0; i < verdict->error_count; i++)
        rules_append_error(errors, declaration_attribute_title(verdict->errors[i].attribute),
                           verdict->errors[i].detail);
    rules_render_errors(errors, out);
}
