/* partnership_update_rules: see partnership_update_rules.h. */
#include "workers/validation/partnership_update_rules.h"

#include <assert.h>
#include <string.h>

#include "common/not_found.h"
#include "workers/validation/wording.h"

#define PARTNER   "delivery_partner_id"
#define STRUCTURE "Bad request"

/* All that a row looks at. */
struct update_case {
    const struct partnership_update_input *input;
    const struct partnership_update_facts *facts;
};

/* ---- what each row looks at; true = fails ---- */

static bool not_its_own(const struct update_case *c, char *detail)
{
    return c->facts->partnership.id == 0 && fails(detail, NOT_FOUND_DETAIL);
}

static bool not_structured(const struct update_case *c, char *detail)
{
    const struct slice structure = c->input->structure;

    return structure.size > 0 && fails(detail, "%.*s", (int)structure.size, structure.data);
}

static bool partner_blank(const struct update_case *c, char *detail)
{
    return c->input->delivery_partner_id.size == 0 &&
           fails(detail, "'#/" PARTNER "' is missing: send the id of the delivery partner as the "
                         "delivery-partners endpoint shows it.");
}

static bool partner_unknown(const struct update_case *c, char *detail)
{
    return c->facts->delivery_partner.id == 0 &&
           fails(detail,
                 "'#/" PARTNER "' is \"%s\", which is not the id of a delivery partner that works with you: "
                 "send one that the delivery-partners endpoint shows, or get in touch with us.",
                 shown_of(c->input->delivery_partner_id).text);
}

static bool partner_of_others(const struct update_case *c, char *detail)
{
    return c->facts->delivery_partnership.id == 0 &&
           fails(detail,
                 "The delivery partner of '#/" PARTNER
                 "' is not recorded as working with you in the %lld '#/cohort' of the partnership: send one "
                 "that the delivery-partners endpoint shows for it, or get in touch with us.",
                 (long long)c->facts->partnership.contract_period_year);
}

static bool partnered_already(const struct update_case *c, char *detail)
{
    const bool is_this = c->facts->same.id == c->facts->partnership.id;

    return c->facts->same.id != 0 &&
           fails(detail,
                 "%s with the delivery partner of '#/" PARTNER "' in the %lld '#/cohort' already: there is "
                 "nothing to correct.",
                 is_this ? "This partnership is" : "You are in another partnership with the school, and",
                 (long long)c->facts->partnership.contract_period_year);
}

/* ---- what each row has seen ---- */

static json_t *id_or_null(bool is_set, const struct uuid *id)
{
    char text[UUID_TEXT_SIZE];

    if (!is_set)
        return json_null();
    uuid_format(id, text);
    return json_string(text);
}

static void see_partnership(const struct update_case *c, json_t *saw)
{
    json_object_set_new(saw, "partnership_id", id_or_null(c->input->is_uuid, &c->input->uuid));
    json_object_set_new(saw, "partnership_found", json_boolean(c->facts->partnership.id != 0));
}

static void see_structure(const struct update_case *c, json_t *saw)
{
    json_object_set_new(saw, "structured", json_boolean(c->input->structure.size == 0));
}

static void see_partner(const struct update_case *c, json_t *saw)
{
    const struct slice id = c->input->delivery_partner_id;

    json_object_set_new(saw, PARTNER, id.size == 0 ? json_null() : json_string(shown_of(id).text));
}

static void see_partner_found(const struct update_case *c, json_t *saw)
{
    see_partner(c, saw);
    json_object_set_new(saw, "delivery_partner_found", json_boolean(c->facts->delivery_partner.id != 0));
}

static void see_cohort(const struct update_case *c, json_t *saw)
{
    json_object_set_new(saw, "cohort",
                        json_sprintf("%lld", (long long)c->facts->partnership.contract_period_year));
}

static void see_works(const struct update_case *c, json_t *saw)
{
    see_partner(c, saw);
    see_cohort(c, saw);
    json_object_set_new(saw, "works_with_lead_provider",
                        json_boolean(c->facts->delivery_partnership.id != 0));
}

static void see_same(const struct update_case *c, json_t *saw)
{
    see_partner(c, saw);
    see_cohort(c, saw);
    json_object_set_new(saw, "delivery_partner_id_now",
                        id_or_null(true, &c->facts->partnership.delivery_partner_api_id));
    json_object_set_new(saw, "partnered_already", json_boolean(c->facts->same.id != 0));
}

/* ---- the table ---- */

/* clang-format off */
static const struct update_rule {
    bool (*check)(const struct update_case *c, char *detail); /* fails when */
    uint16_t status;
    const char *title, *source;
    void (*see)(const struct update_case *c, json_t *saw);
} rules[] = {
    {not_its_own,       404, NOT_FOUND_TITLE, "lead-provider-api.md 9.2/U0", see_partnership},
    {not_structured,    400, STRUCTURE,       "lead-provider-api.md 3.2/6c", see_structure},
    {partner_blank,     422, PARTNER,         "lead-provider-api.md 9.2/U1", see_partner},
    {partner_unknown,   422, PARTNER,         "lead-provider-api.md 9.2/U2", see_partner_found},
    {partner_of_others, 422, PARTNER,         "lead-provider-api.md 9.2/U3", see_works},
    {partnered_already, 422, PARTNER,         "lead-provider-api.md 9.2/U4", see_same},
};
/* clang-format on */
static_assert(sizeof rules / sizeof rules[0] == PARTNERSHIP_UPDATE_RULE_COUNT,
              "the document has U0 to U4, and 3.2/6c");

void partnership_update_validate(const struct partnership_update_input *input,
                                 const struct partnership_update_facts *facts,
                                 struct partnership_update_verdict *ret_verdict)
{
    const struct update_case c = {input, facts};

    memset(ret_verdict, 0, sizeof *ret_verdict); /* RULE_SKIPPED */
    for (size_t i = 0; i < PARTNERSHIP_UPDATE_RULE_COUNT; i++) {
        if (!rules[i].check(&c, ret_verdict->detail)) {
            ret_verdict->results[i] = RULE_PASSED;
            continue;
        }
        ret_verdict->results[i] = RULE_FAILED;
        ret_verdict->status = rules[i].status;
        ret_verdict->title = rules[i].title;
        return;
    }
}

const char *partnership_update_rule_source(size_t row)
{
    return rules[row].source;
}

json_t *partnership_update_trace(const struct partnership_update_input *input,
                                 const struct partnership_update_facts *facts,
                                 const struct partnership_update_verdict *verdict)
{
    const struct update_case c = {input, facts};
    json_t *trace = json_array();

    for (size_t i = 0; i < PARTNERSHIP_UPDATE_RULE_COUNT; i++) {
        json_t *saw = json_object();

        if (verdict->results[i] != RULE_SKIPPED)
            rules[i].see(&c, saw);
        rules_append_trace(trace, rules[i].source, verdict->results[i], rules[i].title, saw);
    }
    return trace;
}

void partnership_update_verdict_render(const struct partnership_update_verdict *verdict, struct buffer *out)
{
    json_t *errors = json_array();

    rules_append_error(errors, verdict->title, verdict->detail);
    rules_render_errors(errors, out);
}
