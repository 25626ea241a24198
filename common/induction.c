/* induction: see induction.h. The rows are those of the tables in appropriate-bodies.md 3.1 and 3.2 that hold
 * for every way of recording one; what is for single claims or bulk files alone belongs to those. */
#include "common/induction.h"

#include <assert.h>
#include <string.h>

int induction_terms_parse(const char *text)
{
    int tenths = 0, digits = 0;
    bool negative = false;

    if (text == NULL || text[0] == '\0')
        return TERMS_NONE;
    if (text[0] == '-') {
        negative = true;
        text++;
    }
    for (; *text >= '0' && *text <= '9'; text++, digits++)
        tenths = tenths > 10000 ? tenths : tenths * 10 + (*text - '0') * 10;
    if (digits == 0)
        return TERMS_NOT_NUMERIC;
    if (*text == '.') {
        const size_t decimals = strspn(text + 1, "0123456789");

        if (decimals == 0 || text[1 + decimals] != '\0')
            return TERMS_NOT_NUMERIC;
        if (decimals > 1)
            return TERMS_MORE_DECIMALS;
        tenths += text[1] - '0';
        text += 2;
    }
    if (*text != '\0')
        return TERMS_NOT_NUMERIC;
    return negative ? -tenths : tenths;
}

/* --------------------------------------------------------------- comparing */

static bool is_open(struct induction_period period)
{
    return !date_is_set(period.finished_on);
}

static bool has_start(const struct induction_facts *facts)
{
    return date_is_set(facts->entered.started_on);
}

/* Both days included. */
static bool contains(struct induction_period period, struct date date)
{
    return period.started_on.day <= date.day && (is_open(period) || date.day <= period.finished_on.day);
}

static bool any_contains(const struct induction_facts *facts, struct date date)
{
    for (size_t i = 0; i < facts->other_count; i++)
        if (contains(facts->others[i], date))
            return true;
    return false;
}

static bool any_starts_from(const struct induction_facts *facts, struct date date)
{
    for (size_t i = 0; i < facts->other_count; i++)
        if (facts->others[i].started_on.day >= date.day)
            return true;
    return false;
}

/* ------------------------------------------------------------------- rules */

static bool start_blank(const struct induction_facts *facts)
{
    return !has_start(facts);
}

static bool start_before_1999(const struct induction_facts *facts)
{
    struct date first = DATE_NONE;
    (void)date_of(1999, 9, 1, &first);
    return has_start(facts) && facts->entered.started_on.day < first.day;
}

static bool start_in_future(const struct induction_facts *facts)
{
    return has_start(facts) && facts->entered.started_on.day > facts->today.day;
}

static bool start_before_qts(const struct induction_facts *facts)
{
    return has_start(facts) && date_is_set(facts->qts_awarded_on) &&
           facts->entered.started_on.day < facts->qts_awarded_on.day;
}

static bool end_in_future(const struct induction_facts *facts)
{
    return !is_open(facts->entered) && facts->entered.finished_on.day > facts->today.day;
}

static bool end_before_start(const struct induction_facts *facts)
{
    return has_start(facts) && !is_open(facts->entered) &&
           facts->entered.finished_on.day < facts->entered.started_on.day;
}

static bool overlap_start(const struct induction_facts *facts)
{
    return has_start(facts) && any_contains(facts, facts->entered.started_on);
}

static bool overlap_end(const struct induction_facts *facts)
{
    if (!has_start(facts))
        return false;
    if (!is_open(facts->entered))
        return any_contains(facts, facts->entered.finished_on);
    return overlap_start(facts) || any_starts_from(facts, facts->entered.started_on);
}

static bool overlap_around(const struct induction_facts *facts)
{
    if (!has_start(facts) || is_open(facts->entered))
        return false;
    for (size_t i = 0; i < facts->other_count; i++)
        if (!is_open(facts->others[i]) && facts->entered.started_on.day < facts->others[i].started_on.day &&
            facts->entered.finished_on.day > facts->others[i].finished_on.day)
            return true;
    return false;
}

static bool insert_needs_end(const struct induction_facts *facts)
{
    return has_start(facts) && is_open(facts->entered) && any_starts_from(facts, facts->entered.started_on);
}

static bool terms_blank(const struct induction_facts *facts)
{
    return !is_open(facts->entered) && facts->terms_tenths == TERMS_NONE;
}

static bool terms_without_end(const struct induction_facts *facts)
{
    return is_open(facts->entered) && facts->terms_tenths != TERMS_NONE;
}

static bool terms_not_numeric(const struct induction_facts *facts)
{
    return facts->terms_tenths == TERMS_NOT_NUMERIC;
}

static bool terms_range(const struct induction_facts *facts)
{
    return facts->terms_tenths > TERMS_NONE && (facts->terms_tenths < 0 || facts->terms_tenths > 160);
}

static bool terms_decimals(const struct induction_facts *facts)
{
    return facts->terms_tenths == TERMS_MORE_DECIMALS;
}

static bool programme_invalid(const struct induction_facts *facts)
{
    return !facts->has_programme;
}

static const struct induction_rule rules[] = {
    {"start_blank", "started_on", "the first day is missing", start_blank},
    {"start_before_1999", "started_on", "inductions began on 1 September 1999", start_before_1999},
    {"start_in_future", "started_on", "the first day is in the future", start_in_future},
    {"start_before_qts", "started_on", "the first day is before qualified teacher status was awarded",
     start_before_qts},
    {"end_in_future", "finished_on", "the last day is in the future", end_in_future},
    {"end_before_start", "finished_on", "the last day is before the first", end_before_start},
    {"overlap_start", "started_on", "the first day lies inside another induction period", overlap_start},
    {"overlap_end", "finished_on", "the last day, or an open end, lies inside another induction period",
     overlap_end},
    {"overlap_around", "base", "it lies around another induction period", overlap_around},
    {"insert_needs_end", "finished_on", "it begins before another induction period, so it needs a last day",
     insert_needs_end},
    {"terms_blank", "number_of_terms", "what has ended needs its number of terms", terms_blank},
    {"terms_without_end", "number_of_terms", "what has not ended has no number of terms yet",
     terms_without_end},
    {"terms_not_numeric", "number_of_terms", "the number of terms is no number", terms_not_numeric},
    {"terms_range", "number_of_terms", "the number of terms is from 0 to 16", terms_range},
    {"terms_decimals", "number_of_terms", "the number of terms has one decimal place at most",
     terms_decimals},
    {"programme_invalid", "training_programme", "the programme is provider_led or school_led",
     programme_invalid},
};

#define RULE_COUNT (sizeof rules / sizeof rules[0])
static_assert(RULE_COUNT <= INDUCTION_RULES_MAX, "room for all that can fail");

size_t induction_check(const struct induction_facts *facts,
                       const struct induction_rule *ret_failed[INDUCTION_RULES_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < RULE_COUNT; i++)
        if (rules[i].fails(facts))
            ret_failed[count++] = &rules[i];
    return count;
}
