/* declaration_trace: see declaration_trace.h. Which values a row sees is data, as its guard is. */
#include "workers/validation/declaration_trace.h"

#include <assert.h>
#include <string.h>

#include "workers/validation/declaration_checks.h"
#include "workers/validation/wording.h"

/* A case that is shown, and the row that it is shown for. */
struct view {
    const struct declaration_case *c;
    enum trace_audience audience;
    enum rule_result result;
};

/* ---- single values ---- */

static void add_text(json_t *saw, const char *name, struct slice text)
{
    json_object_set_new(saw, name, text.size == 0 ? json_null() : json_string(shown_of(text).text));
}

static void add_instant(json_t *saw, const char *name, int64_t instant_us)
{
    json_object_set_new(saw, name,
                        instant_us == INSTANT_NONE ? json_null() : json_string(shown_at(instant_us).text));
}

static json_t *day(struct date date)
{
    return date_is_set(date) ? json_string(shown_on(date).text) : json_null();
}

static json_t *id_text(const struct uuid *id)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(id, text);
    return json_string(text);
}

/* The API's years are texts. */
static void add_cohort(json_t *saw, const char *name, int64_t year)
{
    json_object_set_new(saw, name, year == 0 ? json_null() : json_sprintf("%lld", (long long)year));
}

/* ---- what rows see ---- */

static void see_participant_id(const struct view *view, json_t *saw)
{
    add_text(saw, "participant_id", view->c->input->participant_id);
}

static void see_course(const struct view *view, json_t *saw)
{
    add_text(saw, "course_identifier", view->c->input->course_identifier);
}

static void see_type(const struct view *view, json_t *saw)
{
    add_text(saw, "declaration_type", view->c->input->declaration_type);
}

static void see_date(const struct view *view, json_t *saw)
{
    add_text(saw, "declaration_date", view->c->input->declaration_date);
}

static void see_evidence(const struct view *view, json_t *saw)
{
    add_text(saw, "evidence_held", view->c->input->evidence_held);
}

static void see_instant(const struct view *view, json_t *saw)
{
    add_instant(saw, "declaration_date", view->c->input->date_us);
}

static void see_now(const struct view *view, json_t *saw)
{
    add_instant(saw, "now", view->c->now_us);
}

static void see_person(const struct view *view, json_t *saw)
{
    json_object_set_new(saw, "participant_found", json_boolean(view->c->facts->teacher.id != 0));
}

static void see_courses(const struct view *view, json_t *saw)
{
    json_t *courses = json_array();
    for (enum participant_role role = ROLE_NONE + 1; role < PARTICIPANT_ROLE_COUNT; role++)
        if (view->c->facts->qualifies[role])
            json_array_append_new(courses, json_string(course_identifier(role)));
    json_object_set_new(saw, "courses_with_lead_provider", courses);
}

static void see_cohort(const struct view *view, json_t *saw)
{
    add_cohort(saw, "cohort", view->c->facts->contract_period.year);
}

static void see_schedule(const struct view *view, json_t *saw)
{
    json_object_set_new(saw, "schedule_identifier",
                        json_string(view->c->facts->training_period.schedule_identifier));
}

static void see_milestone(const struct view *view, json_t *saw)
{
    json_object_set_new(saw, "milestone_start_date", day(view->c->facts->milestone.start_date));
    json_object_set_new(saw, "milestone_date", day(view->c->facts->milestone.milestone_date));
}

static void see_mentor_funding(const struct view *view, json_t *saw)
{
    json_object_set_new(saw, "mentor_funding_enabled",
                        json_boolean(view->c->facts->contract_period.mentor_funding_enabled));
}

static void see_detailed_evidence(const struct view *view, json_t *saw)
{
    json_object_set_new(saw, "detailed_evidence_types_enabled",
                        json_boolean(view->c->facts->contract_period.detailed_evidence_types_enabled));
}

static void see_training_status(const struct view *view, json_t *saw)
{
    add_instant(saw, "withdrawn_at", view->c->facts->training_period.withdrawn_at_us);
    add_instant(saw, "deferred_at", view->c->facts->training_period.deferred_at_us);
}

/* Another provider's period may be the frozen one; that there is one is what the error says. */
static void see_frozen(const struct view *view, json_t *saw)
{
    add_cohort(saw, "payments_frozen_cohort", view->c->facts->frozen_ongoing_year);
}

/* The marker of section 5; a provider is shown its presence only, as the state of a declaration does. */
static void see_marker(const struct view *view, json_t *saw)
{
    json_object_set_new(saw, "has_become_eligible_for_training",
                        json_boolean(declaration_is_fundable(view->c->facts)));
    if (view->audience == TRACE_FOR_SUPPORT)
        add_instant(saw, "first_became_eligible_for_training_at",
                    view->c->facts->first_became_eligible_for_training_at_us);
}

static void see_statement(const struct view *view, json_t *saw)
{
    const struct declaration_facts *facts = view->c->facts;
    json_object_set_new(saw, "statement",
                        facts->statement.id == 0
                            ? json_null()
                            : json_pack("{s:o, s:o}", "id", id_text(&facts->statement.api_id), "cut_off_date",
                                        day(facts->statement.deadline_date)));
}

/* A declaration of the participant, whoever made it. is_why: it is why the row failed, so that its type is
 * told. */
static void add_declaration(const struct view *view, json_t *saw, const char *name,
                            const struct existing_declaration *one, bool is_why)
{
    json_t *shown = json_null();
    const bool is_own = one != NULL && one->lead_provider_id == view->c->facts->lead_provider.id;
    if (is_own || (one != NULL && view->audience == TRACE_FOR_SUPPORT))
        shown = json_pack("{s:o, s:s, s:s, s:b}", "id", id_text(&one->api_id), "declaration_type",
                          declaration_type_name(one->type), "declaration_date", shown_at(one->date_us).text,
                          "of_another_lead_provider", is_own ? 0 : 1);
    else if (one != NULL && is_why)
        shown = json_pack("{s:s, s:b}", "declaration_type", declaration_type_name(one->type),
                          "of_another_lead_provider", 1);
    json_object_set_new(saw, name, shown);
}

static void see_existing(const struct view *view, json_t *saw)
{
    add_declaration(view, saw, "existing_declaration", declaration_existing(view->c),
                    view->result == RULE_FAILED);
}

/* The row fails by the earlier one first. */
static void see_neighbours(const struct view *view, json_t *saw)
{
    const struct existing_declaration *earlier, *later;
    declaration_neighbours(view->c, &earlier, &later);
    const bool failed = view->result == RULE_FAILED;
    const bool by_earlier = failed && earlier != NULL && view->c->input->date_us < earlier->date_us;
    add_declaration(view, saw, "latest_of_earlier_types", earlier, by_earlier);
    add_declaration(view, saw, "earliest_of_later_types", later, failed && !by_earlier);
}

/* ---- the rows ---- */

typedef void see_fn(const struct view *view, json_t *saw);

#define SEEN_MAX 4
/* clang-format off */
static see_fn *const seen_by[][SEEN_MAX] = { /* row n at n - 1 */
    {see_participant_id},
    {see_participant_id, see_person},
    {see_course},
    {see_date},
    {see_course, see_courses},
    {see_type},
    {see_type},
    {see_type, see_existing},
    {see_instant, see_now},
    {see_type, see_instant, see_milestone},
    {see_date},
    {see_type, see_course, see_cohort, see_mentor_funding},
    {see_evidence, see_type, see_course, see_detailed_evidence},
    {see_instant, see_training_status},
    {see_course, see_now, see_frozen},
    {see_cohort, see_now, see_marker, see_statement},
    {see_type, see_schedule, see_cohort, see_milestone},
    {see_type, see_instant, see_cohort, see_neighbours},
    {see_participant_id, see_courses},
};
/* clang-format on */
static_assert(sizeof seen_by / sizeof seen_by[0] == DECLARATION_RULE_COUNT, "what each row sees is said");

static json_t *saw_of(const struct view *view, int number)
{
    json_t *saw = json_object();
    see_fn *const *see = seen_by[number - 1];
    for (size_t i = 0; i < SEEN_MAX && see[i] != NULL; i++)
        see[i](view, saw);
    return saw;
}

/* ---- whom a provider may know of ---- */

static bool same_errors(const struct declaration_verdict *a, const struct declaration_verdict *b)
{
    bool same = a->error_count == b->error_count;
    for (size_t i = 0; same && i < a->error_count; i++)
        same = a->errors[i].attribute == b->errors[i].attribute &&
               strcmp(a->errors[i].detail, b->errors[i].detail) == 0;
    return same;
}

/* Row 2 says that nobody has this id, row 19 that it is somebody's whom this provider does not train: the
 * same error, for what is another's is as good as absent. Which row it was would tell. */
static bool is_as_good_as_absent(const struct declaration_case *c, const struct declaration_verdict *verdict,
                                 struct declaration_facts *ret_absent,
                                 struct declaration_verdict *ret_verdict)
{
    if (c->facts->teacher.id == 0 || c->facts->qualifies[ROLE_ECT] || c->facts->qualifies[ROLE_MENTOR])
        return false;
    declaration_facts_init(ret_absent);
    ret_absent->accept_no = c->facts->accept_no;
    ret_absent->lead_provider = c->facts->lead_provider;
    declaration_validate(c->input, ret_absent, c->now_us, ret_verdict);
    return same_errors(verdict, ret_verdict);
}

json_t *declaration_trace(const struct declaration_input *input, const struct declaration_facts *facts,
                          int64_t now_us, const struct declaration_verdict *verdict,
                          enum trace_audience audience)
{
    struct declaration_case c = {input, facts, now_us};
    struct declaration_facts absent;
    struct declaration_verdict of_absent;
    json_t *trace = json_array();
    if (audience == TRACE_FOR_CALLER && is_as_good_as_absent(&c, verdict, &absent, &of_absent)) {
        c.facts = &absent;
        verdict = &of_absent;
    }
    for (int number = 1; number <= DECLARATION_RULE_COUNT; number++) {
        const struct view view = {&c, audience, verdict->results[number - 1]};
        rules_append_trace(trace, declaration_rule_source(number), view.result,
                           declaration_rule_title(number),
                           view.result == RULE_SKIPPED ? NULL : saw_of(&view, number));
    }
    return trace;
}
