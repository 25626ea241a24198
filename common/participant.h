/*
 * participant: the words of a participant's training, and what its state is called (lead-provider-api.md 4.1,
 * 4.2, 5.2, 5.3): pure functions, for who shows a participant and for who decides about one.
 */
#ifndef ECF2_COMMON_PARTICIPANT_H
#define ECF2_COMMON_PARTICIPANT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/declaration.h"
#include "common/london.h"
#include "common/slice.h"

/* enumerator, name in SQL, name of the API */
#define WITHDRAWAL_REASONS(X)                                                                                \
    X(WITHDRAWAL_LEFT_PROFESSION, "left_teaching_profession", "left-teaching-profession")                    \
    X(WITHDRAWAL_MOVED_SCHOOL, "moved_school", "moved-school")                                               \
    X(WITHDRAWAL_NO_LONGER_MENTOR, "mentor_no_longer_being_mentor", "mentor-no-longer-being-mentor")         \
    X(WITHDRAWAL_SCHOOL_LED, "switched_to_school_led", "switched-to-school-led")                             \
    X(WITHDRAWAL_CHANGED_PROVIDER, "changed_lead_provider", "changed-lead-provider")                         \
    X(WITHDRAWAL_OTHER, "other", "other")
#define DEFERRAL_REASONS(X)                                                                                  \
    X(DEFERRAL_BEREAVEMENT, "bereavement", "bereavement")                                                    \
    X(DEFERRAL_LONG_TERM_SICKNESS, "long_term_sickness", "long-term-sickness")                               \
    X(DEFERRAL_PARENTAL_LEAVE, "parental_leave", "parental-leave")                                           \
    X(DEFERRAL_CAREER_BREAK, "career_break", "career-break")                                                 \
    X(DEFERRAL_OTHER, "other", "other")
#define TRAINING_STATUSES(X)                                                                                 \
    X(TRAINING_ACTIVE, "active")                                                                             \
    X(TRAINING_DEFERRED, "deferred")                                                                         \
    X(TRAINING_WITHDRAWN, "withdrawn")
#define PARTICIPANT_STATUSES(X)                                                                              \
    X(PARTICIPANT_JOINING, "joining")                                                                        \
    X(PARTICIPANT_ACTIVE, "active")                                                                          \
    X(PARTICIPANT_LEAVING, "leaving")                                                                        \
    X(PARTICIPANT_LEFT, "left")
/* 4.3: each at most once in a cohort. */
#define SCHEDULE_IDENTIFIERS(X)                                                                              \
    X(SCHEDULE_STANDARD_SEPTEMBER, "ecf-standard-september")                                                 \
    X(SCHEDULE_STANDARD_JANUARY, "ecf-standard-january")                                                     \
    X(SCHEDULE_STANDARD_APRIL, "ecf-standard-april")                                                         \
    X(SCHEDULE_EXTENDED_SEPTEMBER, "ecf-extended-september")                                                 \
    X(SCHEDULE_EXTENDED_JANUARY, "ecf-extended-january")                                                     \
    X(SCHEDULE_EXTENDED_APRIL, "ecf-extended-april")                                                         \
    X(SCHEDULE_REDUCED_SEPTEMBER, "ecf-reduced-september")                                                   \
    X(SCHEDULE_REDUCED_JANUARY, "ecf-reduced-january")                                                       \
    X(SCHEDULE_REDUCED_APRIL, "ecf-reduced-april")                                                           \
    X(SCHEDULE_REPLACEMENT_SEPTEMBER, "ecf-replacement-september")                                           \
    X(SCHEDULE_REPLACEMENT_JANUARY, "ecf-replacement-january")                                               \
    X(SCHEDULE_REPLACEMENT_APRIL, "ecf-replacement-april")

/* clang-format off */
#define X(name, ...) name,
enum withdrawal_reason { WITHDRAWAL_NONE, WITHDRAWAL_REASONS(X) WITHDRAWAL_REASON_COUNT };
enum deferral_reason { DEFERRAL_NONE, DEFERRAL_REASONS(X) DEFERRAL_REASON_COUNT };
enum training_status { TRAINING_STATUS_NONE, TRAINING_STATUSES(X) TRAINING_STATUS_COUNT };
enum participant_status { PARTICIPANT_STATUS_NONE, PARTICIPANT_STATUSES(X) PARTICIPANT_STATUS_COUNT };
enum schedule_identifier { SCHEDULE_NONE, SCHEDULE_IDENTIFIERS(X) SCHEDULE_IDENTIFIER_COUNT };
#undef X
/* clang-format on */

/* The SQL name; NULL for none. */
const char *withdrawal_reason_name(enum withdrawal_reason value);
const char *deferral_reason_name(enum deferral_reason value);
const char *training_status_name(enum training_status value);
const char *participant_status_name(enum participant_status value);
const char *schedule_identifier_name(enum schedule_identifier value);
/* From the SQL name; case counts; what is not a word of the set is none. */
enum withdrawal_reason withdrawal_reason_parse(struct slice text);
enum deferral_reason deferral_reason_parse(struct slice text);
enum training_status training_status_parse(struct slice text);
enum participant_status participant_status_parse(struct slice text);
enum schedule_identifier schedule_identifier_parse(struct slice text);
/* The API's words have hyphens only (5.2). */
const char *withdrawal_reason_api_name(enum withdrawal_reason value);
enum withdrawal_reason withdrawal_reason_parse_api(struct slice text);
const char *deferral_reason_api_name(enum deferral_reason value);
enum deferral_reason deferral_reason_parse_api(struct slice text);
bool schedule_is_reduced(enum schedule_identifier schedule);     /* ECTs only */
bool schedule_is_replacement(enum schedule_identifier schedule); /* mentors only */

/* What the state of a training period hangs on. */
struct training_state {
    enum participant_role role;
    struct date started_on, finished_on;     /* finished_on DATE_NONE: open */
    int64_t withdrawn_at_us, deferred_at_us; /* INSTANT_NONE: never */
    /* ECT: induction_end_date; mentor: mentor_funding_end_date (section 4); DATE_NONE: none */
    struct date completed_on;
};
/* 4.1; of both stamps at one instant, withdrawn. */
enum training_status training_status_of(const struct training_state *state);
/* 4.2, rows in order; today is London's. */
enum participant_status participant_status_of(const struct training_state *state, struct date today);
/* eligible_for_funding (section 4): 1, 0, or -1 for null. Either may be DATE_NONE. */
int participant_eligible_for_funding(struct date eligible_on, struct date ineligible_on);

#endif
