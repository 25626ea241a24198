/* participant: see participant.h. */
#include "common/participant.h"

#include "common/words.h"

WORDS(withdrawal_reason, WITHDRAWAL_REASONS, SQL_WORD, WITHDRAWAL_REASON_COUNT)
WORDS(deferral_reason, DEFERRAL_REASONS, SQL_WORD, DEFERRAL_REASON_COUNT)
WORDS(training_status, TRAINING_STATUSES, WORD, TRAINING_STATUS_COUNT)
WORDS(participant_status, PARTICIPANT_STATUSES, WORD, PARTICIPANT_STATUS_COUNT)
WORDS(schedule_identifier, SCHEDULE_IDENTIFIERS, WORD, SCHEDULE_IDENTIFIER_COUNT)

static const char *const withdrawal_api_words[] = {WITHDRAWAL_REASONS(API_WORD)};
static const char *const deferral_api_words[] = {DEFERRAL_REASONS(API_WORD)};

const char *withdrawal_reason_api_name(enum withdrawal_reason value)
{
    return withdrawal_api_words[value];
}

enum withdrawal_reason withdrawal_reason_parse_api(struct slice text)
{
    return (enum withdrawal_reason)word_find(withdrawal_api_words, WITHDRAWAL_REASON_COUNT, text);
}

const char *deferral_reason_api_name(enum deferral_reason value)
{
    return deferral_api_words[value];
}

enum deferral_reason deferral_reason_parse_api(struct slice text)
{
    return (enum deferral_reason)word_find(deferral_api_words, DEFERRAL_REASON_COUNT, text);
}

bool schedule_is_reduced(enum schedule_identifier schedule)
{
    return schedule >= SCHEDULE_REDUCED_SEPTEMBER && schedule <= SCHEDULE_REDUCED_APRIL;
}

bool schedule_is_replacement(enum schedule_identifier schedule)
{
    return schedule >= SCHEDULE_REPLACEMENT_SEPTEMBER && schedule <= SCHEDULE_REPLACEMENT_APRIL;
}

enum training_status training_status_of(const struct training_state *state)
{
    if (state->withdrawn_at_us == INSTANT_NONE && state->deferred_at_us == INSTANT_NONE)
        return TRAINING_ACTIVE;
    return state->withdrawn_at_us >= state->deferred_at_us ? TRAINING_WITHDRAWN : TRAINING_DEFERRED;
}

static enum participant_status leaving_or_left(const struct training_state *state, struct date today)
{
    return state->finished_on.day > today.day ? PARTICIPANT_LEAVING : PARTICIPANT_LEFT;
}

enum participant_status participant_status_of(const struct training_state *state, struct date today)
{
    const bool is_open = !date_is_set(state->finished_on);

    if (training_status_of(state) != TRAINING_ACTIVE) /* 1 */
        return leaving_or_left(state, today);
    if (date_is_set(state->completed_on) && (is_open || state->completed_on.day <= state->finished_on.day))
        return PARTICIPANT_ACTIVE; /* 2 */
    if (!is_open)                  /* 3 */
        return leaving_or_left(state, today);
    return state->started_on.day > today.day ? PARTICIPANT_JOINING : PARTICIPANT_ACTIVE; /* 4, 5 */
}

int participant_eligible_for_funding(struct date eligible_on, struct date ineligible_on)
{
    if (!date_is_set(eligible_on) && !date_is_set(ineligible_on))
        return -1;
    return date_is_set(eligible_on) && (!date_is_set(ineligible_on) || eligible_on.day <= ineligible_on.day);
}
