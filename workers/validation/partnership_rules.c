/* partnership_rules: see partnership_rules.h. */
#include "workers/validation/partnership_rules.h"

#include <assert.h>
#include <string.h>

#include "workers/validation/wording.h"

#define COHORT  "cohort"
#define SCHOOL  "school_id"
#define PARTNER "delivery_partner_id"

/* All that a row looks at. */
struct partnership_case {
    const struct partnership_input *input;
    const struct partnership_facts *facts;
    struct date today;
};

/* ---- what each row looks at; true = fails ---- */

static bool cohort_blank(const struct partnership_case *c, char *detail)
{
    return c->input->cohort.size == 0 &&
           fails(detail, "'#/" COHORT "' is missing: send the year of the cohort, such as 2025.");
}

static bool school_blank(const struct partnership_case *c, char *detail)
{
    return c->input->school_id.size == 0 &&
           fails(detail,
                 "'#/" SCHOOL "' is missing: send the id of the school as the schools endpoint shows it.");
}

static bool partner_blank(const struct partnership_case *c, char *detail)
{
    return c->input->delivery_partner_id.size == 0 &&
           fails(detail, "'#/" PARTNER "' is missing: send the id of the delivery partner as the "
                         "delivery-partners endpoint shows it.");
}

static bool cohort_unknown(const struct partnership_case *c, char *detail)
{
    return c->facts->contract_period.year == 0 &&
           fails(detail,
                 "'#/" COHORT "' is \"%s\", which does not exist: send the year of a cohort, such as 2025.",
                 shown_of(c->input->cohort).text);
}

static bool cohort_in_future(const struct partnership_case *c, char *detail)
{
    const struct date starts_on = c->facts->contract_period.started_on;

    return starts_on.day > c->today.day &&
           fails(detail,
                 "'#/" COHORT "' is %lld, which has not begun: partnerships of it can be made from %s on.",
                 (long long)c->facts->contract_period.year, shown_on(starts_on).text);
}

static bool cohort_closed(const struct partnership_case *c, char *detail)
{
    return !c->facts->contract_period.enabled &&
           fails(detail, "'#/" COHORT "' is %lld, which is closed: no partnerships of it can be made.",
                 (long long)c->facts->contract_period.year);
}

static bool school_unknown(const struct partnership_case *c, char *detail)
{
    return c->facts->school.id == 0 &&
           fails(detail,
                 "'#/" SCHOOL "' is \"%s\", which is not the id of a school: send one that the schools "
                 "endpoint shows.",
                 shown_of(c->input->school_id).text);
}

static bool school_not_eligible(const struct partnership_case *c, char *detail)
{
    return !c->facts->school.eligible &&
           fails(detail,
                 "The school of '#/" SCHOOL "' (URN %lld) is not eligible for early career training: check "
                 "the id. If the school should be eligible, get in touch with us.",
                 (long long)c->facts->school.urn);
}

static bool partner_unknown(const struct partnership_case *c, char *detail)
{
    return c->facts->delivery_partner.id == 0 &&
           fails(detail,
                 "'#/" PARTNER "' is \"%s\", which is not the id of a delivery partner that works with you: "
                 "send one that the delivery-partners endpoint shows, or get in touch with us.",
                 shown_of(c->input->delivery_partner_id).text);
}

static bool partner_of_others(const struct partnership_case *c, char *detail)
{
    return c->facts->delivery_partnership.id == 0 &&
           fails(detail, "The delivery partner of '#/" PARTNER
                         "' is not recorded as working with you in the '#/" COHORT
                         "': send one that the delivery-partners endpoint shows for it, or get in touch with "
                         "us.");
}

static bool partnered_already(const struct partnership_case *c, char *detail)
{
    return c->facts->existing.id != 0 &&
           fails(detail,
                 "You are in a partnership with the school of '#/" SCHOOL "' in the %lld '#/" COHORT
                 "' already. To correct its delivery partner, update that partnership.",
                 (long long)c->facts->contract_period.year);
}

static bool school_led(const struct partnership_case *c, char *detail)
{
    const char *choice = c->facts->school_year.programme_choice;

    return choice != NULL && strcmp(choice, "school_led") == 0 &&
           fails(detail,
                 "The school of '#/" SCHOOL "' trains its ECTs itself in the %lld '#/" COHORT
                 "': ask it to change its programme in the service first.",
                 (long long)c->facts->contract_period.year);
}

/* ---- what each row has seen ---- */

static void see_text(json_t *saw, const char *name, struct slice text)
{
    json_object_set_new(saw, name, text.size == 0 ? json_null() : json_string(shown_of(text).text));
}

static void see_cohort(const struct partnership_case *c, json_t *saw)
{
    see_text(saw, COHORT, c->input->cohort);
}

static void see_school(const struct partnership_case *c, json_t *saw)
{
    see_text(saw, SCHOOL, c->input->school_id);
}

static void see_partner(const struct partnership_case *c, json_t *saw)
{
    see_text(saw, PARTNER, c->input->delivery_partner_id);
}

static void see_cohort_found(const struct partnership_case *c, json_t *saw)
{
    see_cohort(c, saw);
    json_object_set_new(saw, "cohort_found", json_boolean(c->facts->contract_period.year != 0));
}

static void see_start(const struct partnership_case *c, json_t *saw)
{
    see_cohort(c, saw);
    json_object_set_new(saw, "cohort_start_date",
                        json_string(shown_on(c->facts->contract_period.started_on).text));
    json_object_set_new(saw, "today", json_string(shown_on(c->today).text));
}

static void see_open(const struct partnership_case *c, json_t *saw)
{
    see_cohort(c, saw);
    json_object_set_new(saw, "cohort_open", json_boolean(c->facts->contract_period.enabled));
}

static void see_school_found(const struct partnership_case *c, json_t *saw)
{
    see_school(c, saw);
    json_object_set_new(saw, "school_found", json_boolean(c->facts->school.id != 0));
}

static void see_urn(const struct partnership_case *c, json_t *saw)
{
    see_school(c, saw);
    json_object_set_new(saw, "urn", json_sprintf("%lld", (long long)c->facts->school.urn));
}

static void see_eligible(const struct partnership_case *c, json_t *saw)
{
    see_urn(c, saw);
    json_object_set_new(saw, "eligible", json_boolean(c->facts->school.eligible));
}

static void see_partner_found(const struct partnership_case *c, json_t *saw)
{
    see_partner(c, saw);
    json_object_set_new(saw, "delivery_partner_found", json_boolean(c->facts->delivery_partner.id != 0));
}

static void see_works(const struct partnership_case *c, json_t *saw)
{
    see_partner(c, saw);
    see_cohort(c, saw);
    json_object_set_new(saw, "works_with_lead_provider",
                        json_boolean(c->facts->delivery_partnership.id != 0));
}

static void see_existing(const struct partnership_case *c, json_t *saw)
{
    char id[UUID_TEXT_SIZE];

    see_urn(c, saw);
    see_cohort(c, saw);
    if (c->facts->existing.id != 0)
        uuid_format(&c->facts->existing.api_id, id);
    json_object_set_new(saw, "partnership_id", c->facts->existing.id == 0 ? json_null() : json_string(id));
}

static void see_choice(const struct partnership_case *c, json_t *saw)
{
    const char *choice = c->facts->school_year.programme_choice;

    see_urn(c, saw);
    see_cohort(c, saw);
    json_object_set_new(saw, "induction_programme_choice",
                        json_string(choice == NULL ? "not_yet_known" : choice));
}

/* ---- the table ---- */

/* P1 and so on as bits: a row runs when none of the rows that its guard names has failed. */
#define P(number) BIT(number)

/* clang-format off */
static const struct partnership_rule {
    unsigned guard;                                               /* runs when none of these has failed */
    bool (*check)(const struct partnership_case *c, char *detail); /* fails when */
    const char *title, *source;
    void (*see)(const struct partnership_case *c, json_t *saw);
} rules[] = {
    {0,                           cohort_blank,        COHORT,  "lead-provider-api.md 9.1/P1",  see_cohort},
    {0,                           school_blank,        SCHOOL,  "lead-provider-api.md 9.1/P2",  see_school},
    {0,                           partner_blank,       PARTNER, "lead-provider-api.md 9.1/P3",  see_partner},
    {P(1),                        cohort_unknown,      COHORT,  "lead-provider-api.md 9.1/P4",  see_cohort_found},
    {P(1) | P(4),                 cohort_in_future,    COHORT,  "lead-provider-api.md 9.1/P5",  see_start},
    {P(1) | P(4) | P(5),          cohort_closed,       COHORT,  "lead-provider-api.md 9.1/P6",  see_open},
    {P(2),                        school_unknown,      SCHOOL,  "lead-provider-api.md 9.1/P7",  see_school_found},
    {P(2) | P(7),                 school_not_eligible, SCHOOL,  "lead-provider-api.md 9.1/P8",  see_eligible},
    {P(3),                        partner_unknown,     PARTNER, "lead-provider-api.md 9.1/P9",  see_partner_found},
    {P(3) | P(9),                 partner_of_others,   PARTNER, "lead-provider-api.md 9.1/P10", see_works},
    {P(1) | P(2) | P(4) | P(7),   partnered_already,   SCHOOL,  "lead-provider-api.md 9.1/P11", see_existing},
    {P(1) | P(2) | P(4) | P(7),   school_led,          SCHOOL,  "lead-provider-api.md 9.1/P12", see_choice},
};
/* clang-format on */
static_assert(sizeof rules / sizeof rules[0] == PARTNERSHIP_RULE_COUNT, "the document has P1 to P12");

void partnership_validate(const struct partnership_input *input, const struct partnership_facts *facts,
                          struct date today, struct partnership_verdict *ret_verdict)
{
    const struct partnership_case c = {input, facts, today};
    unsigned failed = 0;

    memset(ret_verdict, 0, sizeof *ret_verdict); /* RULE_SKIPPED */
    for (size_t i = 0; i < PARTNERSHIP_RULE_COUNT; i++) {
        if ((rules[i].guard & failed) != 0)
            continue;
        ret_verdict->results[i] = RULE_PASSED;
        if (!rules[i].check(&c, ret_verdict->details[i]))
            continue;
        ret_verdict->results[i] = RULE_FAILED;
        ret_verdict->failed_count++;
        failed |= P(i + 1);
    }
}

const char *partnership_rule_source(size_t row)
{
    return rules[row].source;
}

json_t *partnership_trace(const struct partnership_input *input, const struct partnership_facts *facts,
                          struct date today, const struct partnership_verdict *verdict)
{
    const struct partnership_case c = {input, facts, today};
    json_t *trace = json_array();

    for (size_t i = 0; i < PARTNERSHIP_RULE_COUNT; i++) {
        json_t *saw = json_object();

        if (verdict->results[i] != RULE_SKIPPED)
            rules[i].see(&c, saw);
        rules_append_trace(trace, rules[i].source, verdict->results[i], rules[i].title, saw);
    }
    return trace;
}

void partnership_verdict_render(const struct partnership_verdict *verdict, struct buffer *out)
{
    json_t *errors = json_array();

    for (size_t first = 0; first < PARTNERSHIP_RULE_COUNT; first++) {
        bool is_first = verdict->results[first] == RULE_FAILED;

        for (size_t before = 0; before < first; before++)
            if (verdict->results[before] == RULE_FAILED &&
                strcmp(rules[before].title, rules[first].title) == 0)
                is_first = false;
        for (size_t i = first; is_first && i < PARTNERSHIP_RULE_COUNT; i++)
            if (verdict->results[i] == RULE_FAILED && strcmp(rules[i].title, rules[first].title) == 0)
                rules_append_error(errors, rules[i].title, verdict->details[i]);
    }
    rules_render_errors(errors, out);
}
