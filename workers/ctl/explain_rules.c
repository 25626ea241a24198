/* explain_rules: see explain_rules.h. A kind is a row of the table at the end. */
#include "workers/ctl/explain_rules.h"

#include <stdlib.h>

#include "common/clock.h"
#include "workers/eligibility/declaration_rules.h"
#include "workers/payments/declaration_rules.h"
#include "workers/payments/void_rules.h"
#include "workers/validation/declaration_trace.h"
#include "workers/validation/participant_effects.h"
#include "workers/validation/participant_rules.h"
#include "workers/validation/partnership_rules.h"
#include "workers/validation/partnership_update_rules.h"
#include "workers/validation/void_rules.h"

/* ---- values ---- */

static json_t *text_or_null(const char *text)
{
    return text == NULL ? json_null() : json_string(text);
}

static json_t *id_or_null(bool is_set, const struct uuid *id)
{
    char text[UUID_TEXT_SIZE];
    if (!is_set)
        return json_null();
    uuid_format(id, text);
    return json_string(text);
}

static json_t *instant_or_null(int64_t instant_us)
{
    char text[RFC3339_SIZE];
    if (instant_us == INSTANT_NONE)
        return json_null();
    rfc3339_format(instant_us, text);
    return json_string(text);
}

/* 6.1: each change as the event has it; null where there is none. */
static json_t *completion_changes(const struct mentor_completion_effects *completion)
{
    char *text = mentor_completion_changes(completion);
    json_t *changes = text == NULL ? json_null() : json_loads(text, 0, NULL);
    free(text);
    return changes == NULL ? json_null() : changes;
}

/* ---- declaration.create ---- */

static json_t *declaration_effects_of(const struct declaration_input *input,
                                      const struct declaration_facts *facts, int64_t as_of_us,
                                      struct error *err)
{
    const struct declaration_eligibility eligibility = declaration_eligibility(facts);
    struct declaration_effects effects;
    if (!declaration_decide_effects(input, facts, eligibility.is_fundable, as_of_us, &effects, err))
        return NULL;
    return json_pack("{s:{s:b, s:s, s:s, s:o}, s:s, s:o, s:o, s:b, s:b, s:o, s:o}", "eligibility", "fundable",
                     eligibility.is_fundable ? 1 : 0, "reason", eligibility.reason, "because",
                     eligibility.sentence, "since", instant_or_null(eligibility.since_us), "payment_status",
                     payment_status_name(effects.payment_status), "statement_id",
                     id_or_null(effects.statement_id != 0, &effects.statement_api_id), "evidence",
                     text_or_null(evidence_type_name(effects.evidence)), "pupil_premium_uplift",
                     effects.pupil_premium_uplift ? 1 : 0, "sparsity_uplift", effects.sparsity_uplift ? 1 : 0,
                     "mentor_id", id_or_null(effects.mentorship_period_id != 0, &effects.mentor_api_id),
                     "mentor_completion", completion_changes(&effects.completion));
}

static bool explain_input(const struct declaration_input *input, const struct declaration_facts *facts,
                          int64_t as_of_us, json_t *ret_explained, struct error *err)
{
    struct declaration_verdict verdict;
    json_t *effects = NULL;
    declaration_validate(input, facts, as_of_us, &verdict);
    if (verdict.same_as != NULL)
        effects = json_pack("{s:o}", "same_as", id_or_null(true, &verdict.same_as->api_id));
    else if (verdict.error_count == 0)
        effects = declaration_effects_of(input, facts, as_of_us, err);
    else
        effects = json_null();
    if (effects == NULL)
        return false;
    json_object_set_new(ret_explained, "rules",
                        declaration_trace(input, facts, as_of_us, &verdict, TRACE_FOR_SUPPORT));
    json_object_set_new(ret_explained, "effects", effects);
    return true;
}

static bool explain_declaration(const struct decided_on *decided, json_t *ret_explained, struct error *err)
{
    struct declaration_input input;
    struct declaration_facts facts;
    if (!declaration_input_decode(decided->payload, &input, err))
        return false;
    bool good = declaration_facts_decode(decided->facts, &facts, err);
    if (good) {
        good = explain_input(&input, &facts, decided->as_of_us, ret_explained, err);
        declaration_facts_release(&facts);
    }
    declaration_input_release(&input);
    return good;
}

/* ---- declaration.void ---- */

static json_t *void_effects_of(const struct void_facts *facts, int64_t as_of_us, struct error *err)
{
    struct void_effects effects;
    if (!void_decide_effects(facts, as_of_us, &effects, err))
        return NULL;
    return json_pack("{s:s, s:s, s:o, s:o}", "payment_status", payment_status_name(effects.payment_status),
                     "clawback_status", clawback_status_name(effects.clawback_status),
                     "clawback_statement_id",
                     id_or_null(effects.clawback_statement_id != 0, &effects.clawback_statement_api_id),
                     "mentor_completion", completion_changes(&effects.completion));
}

static bool explain_void(const struct decided_on *decided, json_t *ret_explained, struct error *err)
{
    struct void_input input;
    struct void_facts facts;
    struct void_verdict verdict;
    if (!void_input_decode(decided->payload, &input, err) || !void_facts_decode(decided->facts, &facts, err))
        return false;
    void_validate(&facts, &verdict);
    json_t *effects = verdict.status != 0 ? json_null() : void_effects_of(&facts, decided->as_of_us, err);
    if (effects != NULL) {
        json_object_set_new(ret_explained, "rules", void_trace(&input, &facts, &verdict));
        json_object_set_new(ret_explained, "effects", effects);
    }
    void_facts_release(&facts);
    return effects != NULL;
}

/* ---- participant.withdraw, .defer, .resume, .change_schedule ---- */

static bool explain_action(const struct decided_on *decided, json_t *ret_explained, struct error *err)
{
    const struct participant_table *table = participant_table_find(decided->kind);
    struct participant_input input;
    struct participant_facts facts;
    struct participant_verdict verdict;
    if (!participant_input_decode(decided->payload, table == &change_schedule_table, &input, err))
        return false;
    const bool good = participant_facts_decode(decided->facts, &facts, err);
    if (good) {
        participant_validate(table, &input, &facts, decided->as_of_us, &verdict);
        json_object_set_new(ret_explained, "rules",
                            participant_trace(table, &input, &facts, decided->as_of_us, &verdict));
        json_object_set_new(ret_explained, "effects",
                            verdict.status != 0 ? json_null()
                                                : participant_effects_shown(decided->kind, &input, &facts,
                                                                            decided->as_of_us));
        participant_facts_release(&facts);
    }
    participant_input_release(&input);
    return good;
}

/* ---- partnership.create ---- */

static json_t *partnership_effects_of(const struct partnership_facts *facts)
{
    json_t *periods = json_array();
    for (size_t i = 0; i < facts->waiting_count; i++)
        json_array_append_new(periods, json_integer(facts->waiting[i].id));
    return json_pack("{s:o, s:o, s:s, s:o}", "school_id", id_or_null(true, &facts->school.api_id),
                     "delivery_partner_id", id_or_null(true, &facts->delivery_partner.api_id), "because",
                     "training that names the provider and the cohort, and waits, is confirmed",
                     "confirmed_training_period_ids", periods);
}

static bool explain_partnership(const struct decided_on *decided, json_t *ret_explained, struct error *err)
{
    const struct date today = london_date(decided->as_of_us);
    struct partnership_input input;
    struct partnership_facts facts;
    struct partnership_verdict verdict;
    if (!partnership_input_decode(decided->payload, &input, err))
        return false;
    const bool good = partnership_facts_decode(decided->facts, &facts, err);
    if (good) {
        partnership_validate(&input, &facts, today, &verdict);
        json_object_set_new(ret_explained, "rules", partnership_trace(&input, &facts, today, &verdict));
        json_object_set_new(ret_explained, "effects",
                            verdict.failed_count > 0 ? json_null() : partnership_effects_of(&facts));
        partnership_facts_release(&facts);
    }
    partnership_input_release(&input);
    return good;
}

/* ---- partnership.update ---- */

static json_t *update_effects_of(const struct partnership_update_facts *facts)
{
    return json_pack("{s:o, s:o, s:I}", "delivery_partner_id_before",
                     id_or_null(true, &facts->partnership.delivery_partner_api_id), "delivery_partner_id",
                     id_or_null(true, &facts->delivery_partner.api_id), "participants_moved",
                     (json_int_t)facts->teacher_count);
}

static bool explain_partnership_update(const struct decided_on *decided, json_t *ret_explained,
                                       struct error *err)
{
    struct partnership_update_input input;
    struct partnership_update_facts facts;
    struct partnership_update_verdict verdict;
    if (!partnership_update_input_decode(decided->payload, &input, err))
        return false;
    const bool good = partnership_update_facts_decode(decided->facts, &facts, err);
    if (good) {
        partnership_update_validate(&input, &facts, &verdict);
        json_object_set_new(ret_explained, "rules", partnership_update_trace(&input, &facts, &verdict));
        json_object_set_new(ret_explained, "effects",
                            verdict.status != 0 ? json_null() : update_effects_of(&facts));
        partnership_update_facts_release(&facts);
    }
    partnership_update_input_release(&input);
    return good;
}

/* ---- the kinds ---- */

static const struct explainer {
    const char *kind, *rules_version; /* NULL: its table has it */
    bool (*explain)(const struct decided_on *decided, json_t *ret_explained, struct error *err);
} explainers[] = {
    {"declaration.create", DECLARATION_RULES_VERSION, explain_declaration},
    {"declaration.void", VOID_RULES_VERSION, explain_void},
    {"participant.withdraw", NULL, explain_action},
    {"participant.defer", NULL, explain_action},
    {"participant.resume", NULL, explain_action},
    {"participant.change_schedule", NULL, explain_action},
    {"partnership.create", PARTNERSHIP_RULES_VERSION, explain_partnership},
    {"partnership.update", PARTNERSHIP_UPDATE_RULES_VERSION, explain_partnership_update},
};

json_t *explain_rules(const struct decided_on *decided, struct error *err)
{
    for (size_t i = 0; i < sizeof explainers / sizeof explainers[0]; i++) {
        if (!slice_equal(decided->kind, slice_of(explainers[i].kind)))
            continue;
        const char *version = explainers[i].rules_version != NULL
                                  ? explainers[i].rules_version
                                  : participant_table_find(decided->kind)->version;
        json_t *explained = json_object();
        json_object_set_new(explained, "running_rules_version", json_integer(strtoll(version, NULL, 10)));
        if (explainers[i].explain(decided, explained, err))
            return explained;
        json_decref(explained);
        return NULL;
    }
    (void)error_set(err, ERROR_INPUT, "this version has no rules of %.*s", (int)decided->kind.size,
                    decided->kind.data);
    return NULL;
}
