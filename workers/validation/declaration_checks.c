/* declaration_checks: see declaration_checks.h. In the order of the table. */
#include "workers/validation/declaration_checks.h"

#include <stdio.h>

#include "workers/validation/declaration_evidence.h"
#include "workers/validation/wording.h"

bool check_participant_blank(const struct declaration_case *c, char *detail)
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

bool check_participant_not_found(const struct declaration_case *c, char *detail)
{
    return c->facts->teacher.id == 0 && fails_not_recognised(c, detail);
}

bool check_course_not_one_of_two(const struct declaration_case *c, char *detail)
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

bool check_date_blank(const struct declaration_case *c, char *detail)
{
    return c->input->declaration_date.size == 0 &&
           fails(detail, "'#/declaration_date' is missing: send when the engagement took place, as an RFC "
                         "3339 date and time "
                         "such as 2025-05-06T07:00:00Z.");
}

bool check_course_of_other_role(const struct declaration_case *c, char *detail)
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

bool check_type_blank(const struct declaration_case *c, char *detail)
{
    return c->input->declaration_type.size == 0 &&
           fails(detail, "'#/declaration_type' is missing: send a type of the participant's schedule, such "
                         "as `started`.");
}

bool check_type_unknown(const struct declaration_case *c, char *detail)
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

const struct existing_declaration *declaration_existing(const struct declaration_case *c)
{
    const struct existing_declaration *existing = &c->facts->existing[c->input->type];
    return existing->id != 0 ? existing : NULL;
}

bool check_already_declared(const struct declaration_case *c, char *detail)
{
    const struct existing_declaration *existing = declaration_existing(c);
    return existing != NULL && !is_concurrent_duplicate(c, existing) &&
           fails(detail,
                 "'#/declaration_type' is `%s`, and this participant has such a declaration already, which "
                 "will be or has "
                 "been paid. Send nothing; only if that one is wrong, it has to be voided first by the "
                 "provider who made it.",
                 declaration_type_name(c->input->type));
}

bool check_date_in_future(const struct declaration_case *c, char *detail)
{
    return c->input->date_us > c->now_us && fails(detail,
                                                  "'#/declaration_date' is %s, in the future: it is %s now. "
                                                  "Send the declaration once the engagement has taken "
                                                  "place, or correct the date.",
                                                  shown_at(c->input->date_us).text, shown_at(c->now_us).text);
}

/* 3.4: from 00:00 London of the first day until the end of the last one, if there is a last one. */
bool check_date_outside_window(const struct declaration_case *c, char *detail)
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

bool check_date_malformed(const struct declaration_case *c, char *detail)
{
    return c->input->date_us == INSTANT_NONE &&
           fails(detail,
                 "'#/declaration_date' is \"%s\", which is not a date and time that exists, as RFC 3339 "
                 "writes it. Send it with "
                 "seconds and a zone, such as 2025-05-06T07:00:00Z.",
                 shown_of(c->input->declaration_date).text);
}

bool check_type_not_for_mentors(const struct declaration_case *c, char *detail)
{
    return c->facts->contract_period.mentor_funding_enabled && c->input->type != DECLARATION_STARTED &&
           c->input->type != DECLARATION_COMPLETED &&
           fails(detail,
                 "'#/declaration_type' is \"%s\", but for mentors of the %lld cohort there are only "
                 "`started` and "
                 "`completed`: send one of these, or none.",
                 shown_of(c->input->declaration_type).text, (long long)c->facts->contract_period.year);
}

bool check_evidence_missing_or_not_accepted(const struct declaration_case *c, char *detail)
{
    const bool detailed = c->facts->contract_period.detailed_evidence_types_enabled;
    const enum participant_role role = c->input->role;
    if (evidence_is_accepted(detailed, role, c->input->type, c->input->evidence))
        return false;
    char accepted[EVIDENCE_LIST_SIZE];
    evidence_list(detailed, role, c->input->type, accepted);
    const char *type = declaration_type_name(c->input->type);
    if (accepted[0] == '\0')
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

bool check_participant_withdrawn(const struct declaration_case *c, char *detail)
{
    const struct training_period_facts *tp = &c->facts->training_period;
    return is_withdrawn(tp) && tp->withdrawn_at_us <= c->input->date_us &&
           fails(detail,
                 "The participant of '#/participant_id' was withdrawn at %s, and '#/declaration_date' is not "
                 "before that. "
                 "Correct the date, or resume the participant first.",
                 shown_at(tp->withdrawn_at_us).text);
}

bool check_ongoing_period_frozen(const struct declaration_case *c, char *detail)
{
    return c->facts->frozen_ongoing_year != 0 &&
           fails(detail,
                 "The participant is training in the %lld cohort, whose contract has ended: nothing can be "
                 "declared for them. "
                 "Move them to an open '#/cohort' first.",
                 (long long)c->facts->frozen_ongoing_year);
}

bool check_no_open_statement(const struct declaration_case *c, char *detail)
{
    return declaration_is_fundable(c->facts) && c->facts->statement.id == 0 &&
           fails(detail,
                 "No statement of the %lld '#/cohort' is open that could pay this declaration: its contract "
                 "has ended. If you "
                 "think that it has not, get in touch with us.",
                 (long long)c->facts->contract_period.year);
}

bool check_type_not_in_schedule(const struct declaration_case *c, char *detail)
{
    return !date_is_set(c->facts->milestone.start_date) &&
           fails(detail,
                 "'#/declaration_type' is `%s`, which the participant's schedule, `%s` of the %lld cohort, "
                 "does not have. Send "
                 "another type, or change the schedule first.",
                 declaration_type_name(c->input->type), c->facts->training_period.schedule_identifier,
                 (long long)c->facts->contract_period.year);
}

void declaration_neighbours(const struct declaration_case *c,
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

bool check_date_out_of_sequence(const struct declaration_case *c, char *detail)
{
    const struct existing_declaration *earlier, *later;
    if (c->facts->contract_period.year < 2025)
        return false;
    declaration_neighbours(c, &earlier, &later);
    if (earlier != NULL && c->input->date_us < earlier->date_us)
        return fails_sequence(c, earlier, "before", detail);
    return later != NULL && c->input->date_us > later->date_us && fails_sequence(c, later, "after", detail);
}

bool check_participant_not_with_provider(const struct declaration_case *c, char *detail)
{
    return !c->facts->qualifies[ROLE_ECT] && !c->facts->qualifies[ROLE_MENTOR] &&
           fails_not_recognised(c, detail);
}
