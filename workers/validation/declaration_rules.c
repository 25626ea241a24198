/* declaration_rules: see declaration_rules.h. The table is at the end; above it are the checks in its order.
 */
#include "workers/validation/declaration_rules.h"

#include <assert.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/clock.h"

/* All that a check looks at. */
struct declaration_case {
    const struct declaration_input *input;
    const struct declaration_facts *facts;
    int64_t now_us;
};

/* ---- guards: "runs when", as data ----
 *
 * The low bits name the attributes that must have no error yet, the high bits what must be known. */

#define BIT(n) (1u << (n))
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

/* ---- wording ---- */

/* Says what is wrong; always true, so that a check can `return fails(…)`. */
static bool fails(char *detail, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool fails(char *detail, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(detail, DETAIL_SIZE, format, args);
    va_end(args);
    assert(length > 0 && length < DETAIL_SIZE);
    (void)length;
    return true;
}

/* A submitted text as a detail quotes it: at most SHOWN_MAX bytes, cut between characters, so that it stays
 * UTF-8. */
#define SHOWN_MAX 60
struct shown {
    char text[SHOWN_MAX + 4];
};

static struct shown shown_of(struct slice text)
{
    static const char cut[] = "…";
    struct shown shown = {""};
    size_t size = text.size;
    if (size > SHOWN_MAX) {
        size = SHOWN_MAX;
        while (size > 0 && ((unsigned char)text.data[size] & 0xc0) == 0x80)
            size--;
    }
    if (size > 0)
        memcpy(shown.text, text.data, size);
    if (size < text.size)
        memcpy(shown.text + size, cut, sizeof cut);
    return shown;
}

struct shown_instant {
    char text[RFC3339_SIZE];
};

static struct shown_instant shown_at(int64_t instant_us)
{
    struct shown_instant shown = {""};
    rfc3339_format(instant_us, shown.text);
    return shown;
}

struct shown_date {
    char text[DATE_TEXT_SIZE];
};

static struct shown_date shown_on(struct date date)
{
    struct shown_date shown = {""};
    date_format(date, shown.text);
    return shown;
}

/* ---- evidence (3.5) ---- */

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

/* "`training-event-attended` or `other`", for details. */
#define EVIDENCE_LIST_SIZE 256
static void evidence_list(unsigned accepts, char ret_text[EVIDENCE_LIST_SIZE])
{
    struct buffer text = BUFFER_INIT;
    for (unsigned left = accepts, i = 1; i < EVIDENCE_TYPE_COUNT; i++) {
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

/* ---- the checks, in the order of the table: true = fails, and detail says why ---- */

static bool participant_blank(const struct declaration_case *c, char *detail)
{
    return c->input->participant_id.size == 0 &&
           fails(detail, "'#/participant_id' is missing: send the id of the participant as the participants "
                         "endpoint shows it.");
}

/* One text for whom nobody knows and for whom only others know (rows 2 and 19): what is another provider's is
 * as good as absent (lead-provider-api.md 3.12). */
static bool fails_not_recognised(const struct declaration_case *c, char *detail)
{
    return fails(
        detail,
        "'#/participant_id' is \"%s\", which is not the id of a participant of yours. Send an id that "
        "the participants endpoint shows you now; the old id of a merged record no longer works.",
        shown_of(c->input->participant_id).text);
}

static bool participant_not_found(const struct declaration_case *c, char *detail)
{
    return c->facts->teacher.id == 0 && fails_not_recognised(c, detail);
}

static bool course_not_one_of_two(const struct declaration_case *c, char *detail)
{
    if (c->input->role != ROLE_NONE)
        return false;
    if (c->input->course_identifier.size == 0)
        return fails(
            detail,
            "'#/course_identifier' is missing: send `ecf-induction` for an ECT, `ecf-mentor` for a mentor.");
    return fails(detail,
                 "'#/course_identifier' is \"%s\", which does not exist: send `ecf-induction` for an ECT, "
                 "`ecf-mentor` for a "
                 "mentor.",
                 shown_of(c->input->course_identifier).text);
}

static bool date_blank(const struct declaration_case *c, char *detail)
{
    return c->input->declaration_date.size == 0 &&
           fails(detail, "'#/declaration_date' is missing: send when the engagement took place, as an RFC "
                         "3339 date and time "
                         "such as 2025-05-06T07:00:00Z.");
}

static bool course_of_other_role(const struct declaration_case *c, char *detail)
{
    enum participant_role role = c->input->role;
    enum participant_role other = role == ROLE_ECT ? ROLE_MENTOR : ROLE_ECT;
    return c->facts->training_period.id == 0 && c->facts->qualifies[other] &&
           fails(detail,
                 "'#/course_identifier' is `%s`, but this participant trains with you on `%s` only. Correct "
                 "it, or the "
                 "'#/participant_id'.",
                 course_identifier(role), course_identifier(other));
}

static bool type_blank(const struct declaration_case *c, char *detail)
{
    return c->input->declaration_type.size == 0 &&
           fails(detail, "'#/declaration_type' is missing: send a type of the participant's schedule, such "
                         "as `started`.");
}

static bool type_unknown(const struct declaration_case *c, char *detail)
{
    return c->input->type == DECLARATION_TYPE_NONE &&
           fails(detail,
                 "'#/declaration_type' is \"%s\", which does not exist: send `started`, `retained-1` to "
                 "`retained-4`, "
                 "`completed` or `extended-1` to `extended-3`, in small letters.",
                 shown_of(c->input->declaration_type).text);
}

/* Whether this submission was already accepted when a declaration just like it was decided: then it gets that
 * declaration instead of an error (7.1). A dry run (accept_no 0) was never accepted. */
static bool is_concurrent_duplicate(const struct declaration_case *c,
                                    const struct existing_declaration *existing)
{
    return c->facts->accept_no > 0 && existing->decided_no > c->facts->accept_no &&
           existing->training_period_id == c->facts->training_period.id &&
           existing->date_us == c->input->date_us &&
           existing->evidence == declaration_evidence_stored(c->input, c->facts);
}

/* The active declaration of the submitted type, NULL where there is none. */
static const struct existing_declaration *existing_of_type(const struct declaration_case *c)
{
    const struct existing_declaration *existing = &c->facts->existing[c->input->type];
    return existing->id != 0 ? existing : NULL;
}

static bool already_declared(const struct declaration_case *c, char *detail)
{
    const struct existing_declaration *existing = existing_of_type(c);
    return existing != NULL && !is_concurrent_duplicate(c, existing) &&
           fails(detail,
                 "'#/declaration_type' is `%s`, and this participant has such a declaration already, which "
                 "will be or has "
                 "been paid. Send nothing; only if that one is wrong, it has to be voided first by the "
                 "provider who made it.",
                 declaration_type_name(c->input->type));
}

static bool date_in_future(const struct declaration_case *c, char *detail)
{
    return c->input->date_us > c->now_us && fails(detail,
                                                  "'#/declaration_date' is %s, in the future: it is %s now. "
                                                  "Send the declaration once the engagement has taken "
                                                  "place, or correct the date.",
                                                  shown_at(c->input->date_us).text, shown_at(c->now_us).text);
}

/* 3.4: from 00:00 London of the first day until the end of the last one, if there is a last one. */
static bool date_outside_window(const struct declaration_case *c, char *detail)
{
    struct date first = c->facts->milestone.start_date, last = c->facts->milestone.milestone_date;
    const char *type = declaration_type_name(c->input->type);
    if (c->input->date_us < london_day_start(first))
        return fails(detail,
                     "'#/declaration_date' is %s, before the milestone of `%s` begins: it must be on or "
                     "after %s, UK time. "
                     "Check the date, the '#/declaration_type' and the participant's schedule.",
                     shown_at(c->input->date_us).text, type, shown_on(first).text);
    if (date_is_set(last) && c->input->date_us >= london_day_start(date_add(last, 1)))
        return fails(detail,
                     "'#/declaration_date' is %s, after the milestone of `%s` has ended: it must be on or "
                     "before %s, UK time. "
                     "Check the date, the '#/declaration_type' and the participant's schedule.",
                     shown_at(c->input->date_us).text, type, shown_on(last).text);
    return false;
}

static bool date_malformed(const struct declaration_case *c, char *detail)
{
    return c->input->date_us == INSTANT_NONE &&
           fails(detail,
                 "'#/declaration_date' is \"%s\", which is not a date and time that exists, as RFC 3339 "
                 "writes it. Send it with "
                 "seconds and a zone, such as 2025-05-06T07:00:00Z.",
                 shown_of(c->input->declaration_date).text);
}

static bool type_not_for_mentors(const struct declaration_case *c, char *detail)
{
    return c->facts->contract_period.mentor_funding_enabled && c->input->type != DECLARATION_STARTED &&
           c->input->type != DECLARATION_COMPLETED &&
           fails(detail,
                 "'#/declaration_type' is \"%s\", but for mentors of the %lld cohort there are only "
                 "`started` and "
                 "`completed`: send one of these, or none.",
                 shown_of(c->input->declaration_type).text, (long long)c->facts->contract_period.year);
}

static bool evidence_missing_or_not_accepted(const struct declaration_case *c, char *detail)
{
    const struct evidence_rule *rule = evidence_rule_for(
        c->facts->contract_period.detailed_evidence_types_enabled, c->input->role, c->input->type);
    if (rule == NULL || rule_accepts(rule, c->input->evidence))
        return false;
    char accepted[EVIDENCE_LIST_SIZE];
    evidence_list(rule->accepts, accepted);
    const char *type = declaration_type_name(c->input->type);
    if (rule->accepts == 0)
        return fails(detail,
                     "'#/evidence_held': no kind of evidence is available for a `%s` declaration of this "
                     "participant. Check "
                     "the '#/declaration_type'.",
                     type);
    if (c->input->evidence_held.size == 0)
        return fails(detail, "'#/evidence_held' is missing: a `%s` declaration of this participant needs %s.",
                     type, accepted);
    return fails(detail,
                 "'#/evidence_held' is \"%s\", which is not available for this participant: a `%s` "
                 "declaration needs %s.",
                 shown_of(c->input->evidence_held).text, type, accepted);
}

/* data-model.md 7.2: the later of the two instants decides, equal ones mean withdrawn. */
static bool is_withdrawn(const struct training_period_facts *tp)
{
    return tp->withdrawn_at_us != INSTANT_NONE &&
           (tp->deferred_at_us == INSTANT_NONE || tp->withdrawn_at_us >= tp->deferred_at_us);
}

static bool participant_withdrawn(const struct declaration_case *c, char *detail)
{
    const struct training_period_facts *tp = &c->facts->training_period;
    return is_withdrawn(tp) && tp->withdrawn_at_us <= c->input->date_us &&
           fails(detail,
                 "The participant of '#/participant_id' was withdrawn at %s, and '#/declaration_date' is not "
                 "before that. "
                 "Correct the date, or resume the participant first.",
                 shown_at(tp->withdrawn_at_us).text);
}

static bool ongoing_period_frozen(const struct declaration_case *c, char *detail)
{
    return c->facts->frozen_ongoing_year != 0 &&
           fails(detail,
                 "The participant is training in the %lld cohort, whose contract has ended: nothing can be "
                 "declared for them. "
                 "Move them to an open '#/cohort' first.",
                 (long long)c->facts->frozen_ongoing_year);
}

static bool no_open_statement(const struct declaration_case *c, char *detail)
{
    return declaration_is_fundable(c->facts) && c->facts->statement.id == 0 &&
           fails(detail,
                 "No statement of the %lld '#/cohort' is open that could pay this declaration: its contract "
                 "has ended. If you "
                 "think that it has not, get in touch with us.",
                 (long long)c->facts->contract_period.year);
}

static bool type_not_in_schedule(const struct declaration_case *c, char *detail)
{
    return !date_is_set(c->facts->milestone.start_date) &&
           fails(detail,
                 "'#/declaration_type' is `%s`, which the participant's schedule, `%s` of the %lld cohort, "
                 "does not have. Send "
                 "another type, or change the schedule first.",
                 declaration_type_name(c->input->type), c->facts->training_period.schedule_identifier,
                 (long long)c->facts->contract_period.year);
}

/* The latest of the declarations of earlier types, and the earliest of those of later types; NULL where there
 * is none. */
static void sequence_neighbours(const struct declaration_case *c,
                                const struct existing_declaration **ret_latest_earlier,
                                const struct existing_declaration **ret_earliest_later)
{
    const struct existing_declaration *earlier = NULL, *later = NULL;
    for (size_t type = DECLARATION_TYPE_NONE + 1; type < DECLARATION_TYPE_COUNT; type++) {
        const struct existing_declaration *one = &c->facts->existing[type];
        if (one->id == 0)
            continue;
        if (type < c->input->type && (earlier == NULL || one->date_us > earlier->date_us))
            earlier = one;
        if (type > c->input->type && (later == NULL || one->date_us < later->date_us))
            later = one;
    }
    *ret_latest_earlier = earlier;
    *ret_earliest_later = later;
}

static bool fails_sequence(const struct declaration_case *c, const struct existing_declaration *other,
                           const char *where, char *detail)
{
    char when[RFC3339_SIZE + 8] = "";
    if (other->lead_provider_id ==
        c->facts->lead_provider.id) /* another provider's date is not ours to tell */
        (void)snprintf(when, sizeof when, " of %s", shown_at(other->date_us).text);
    return fails(detail,
                 "'#/declaration_date' is %s, which is %s the `%s` declaration%s of this participant: a `%s` "
                 "cannot be. Correct "
                 "the date or the '#/declaration_type'.",
                 shown_at(c->input->date_us).text, where, declaration_type_name(other->type), when,
                 declaration_type_name(c->input->type));
}

static bool date_out_of_sequence(const struct declaration_case *c, char *detail)
{
    const struct existing_declaration *earlier, *later;
    if (c->facts->contract_period.year < 2025)
        return false;
    sequence_neighbours(c, &earlier, &later);
    if (earlier != NULL && c->input->date_us < earlier->date_us)
        return fails_sequence(c, earlier, "before", detail);
    return later != NULL && c->input->date_us > later->date_us && fails_sequence(c, later, "after", detail);
}

static bool participant_not_with_provider(const struct declaration_case *c, char *detail)
{
    return !c->facts->qualifies[ROLE_ECT] && !c->facts->qualifies[ROLE_MENTOR] &&
           fails_not_recognised(c, detail);
}

/* ---- the table ---- */

typedef bool rule_check_fn(const struct declaration_case *c, char *detail);

/* clang-format off */
static const struct declaration_rule {
    int number;
    unsigned guard;       /* runs when */
    rule_check_fn *check; /* fails when */
    enum declaration_attribute attribute;
    const char *source;
} rules[] = {
    { 1, ALWAYS,                                                        participant_blank,                ATTR_PARTICIPANT_ID,    "declarations.md 3.3/1"},
    { 2, NO_ERROR_OF(PARTICIPANT),                                      participant_not_found,            ATTR_PARTICIPANT_ID,    "declarations.md 3.3/2"},
    { 3, CLEAN,                                                         course_not_one_of_two,            ATTR_COURSE_IDENTIFIER, "declarations.md 3.3/3"},
    { 4, CLEAN,                                                         date_blank,                       ATTR_DECLARATION_DATE,  "declarations.md 3.3/4"},
    { 5, NO_ERROR_OF(COURSE | PARTICIPANT | TYPE | DATE),               course_of_other_role,             ATTR_COURSE_IDENTIFIER, "declarations.md 3.3/5"},
    { 6, CLEAN,                                                         type_blank,                       ATTR_DECLARATION_TYPE,  "declarations.md 3.3/6"},
    { 7, CLEAN,                                                         type_unknown,                     ATTR_DECLARATION_TYPE,  "declarations.md 3.3/7"},
    { 8, KNOWN(TP) | NO_ERROR_OF(TYPE | DATE),                          already_declared,                 ATTR_DECLARATION_TYPE,  "declarations.md 3.3/8"},
    { 9, KNOWN(DATE_WELL_FORMED)
         | NO_ERROR_OF(DATE | TYPE | PARTICIPANT | COURSE),             date_in_future,                   ATTR_DECLARATION_DATE,  "declarations.md 3.3/9"},
    {10, KNOWN(MILESTONE | DATE_WELL_FORMED)
         | NO_ERROR_OF(DATE | TYPE | COHORT),                           date_outside_window,              ATTR_DECLARATION_DATE,  "declarations.md 3.3/10"},
    {11, KNOWN(DATE_GIVEN) | NO_ERROR_OF(DATE),                         date_malformed,                   ATTR_DECLARATION_DATE,  "declarations.md 3.3/11"},
    {12, KNOWN(MENTOR_TP | TYPE_GIVEN) | NO_ERROR_OF(TYPE | COHORT),    type_not_for_mentors,             ATTR_DECLARATION_TYPE,  "declarations.md 3.3/12"},
    {13, KNOWN(TP) | CLEAN,                                             evidence_missing_or_not_accepted, ATTR_EVIDENCE_HELD,     "declarations.md 3.3/13"},
    {14, KNOWN(TP | DATE_WELL_FORMED) | NO_ERROR_OF(PARTICIPANT),       participant_withdrawn,            ATTR_PARTICIPANT_ID,    "declarations.md 3.3/14"},
    {15, KNOWN(TEACHER | ROLE) | NO_ERROR_OF(COHORT),                   ongoing_period_frozen,            ATTR_COHORT,            "declarations.md 3.3/15"},
    {16, KNOWN(TP) | NO_ERROR_OF(TYPE | COHORT),                        no_open_statement,                ATTR_COHORT,            "declarations.md 3.3/16"},
    {17, KNOWN(TP)
         | NO_ERROR_OF(DATE | TYPE | PARTICIPANT | COURSE | COHORT),    type_not_in_schedule,             ATTR_DECLARATION_TYPE,  "declarations.md 3.3/17"},
    {18, KNOWN(TP | TYPE_KNOWN | DATE_WELL_FORMED)
         | NO_ERROR_OF(DATE | TYPE),                                    date_out_of_sequence,             ATTR_DECLARATION_DATE,  "declarations.md 3.3/18"},
    {19, KNOWN(TEACHER) | NO_ERROR_OF(PARTICIPANT),                     participant_not_with_provider,    ATTR_PARTICIPANT_ID,    "declarations.md 3.3/19"},
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
        if (rules[i].number == ROW_DUPLICATE && existing_of_type(&c) != NULL) {
            ret_verdict->same_as = existing_of_type(&c);
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
