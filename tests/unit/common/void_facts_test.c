/* common/void_facts: what is asked, and what void_facts.sql makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "common/declaration_date.h"
#include "common/void_facts.h"

#define UUID_A "0b5e7a52-1c0d-4f7e-9d55-3a1f6f6f0001"
#define UUID_B "0b5e7a52-1c0d-4f7e-9d55-3a1f6f6f0002"

static struct uuid uuid_of(const char *text)
{
    struct uuid id = {{0}};
    assert_true(uuid_parse(slice_of(text), &id));
    return id;
}

static int64_t at(const char *text)
{
    int64_t instant_us = INSTANT_NONE;
    assert_true(declaration_date_parse(slice_of(text), &instant_us));
    return instant_us;
}

/* ---- what is asked ---- */

static void payload_names_a_declaration(void **state)
{
    struct void_input input;
    struct error err = {0};
    const struct uuid id = uuid_of(UUID_A);

    (void)state;
    assert_true(void_input_decode(slice_of("{\"fields\":{\"id\":\"" UUID_A "\"}}"), &input, &err));
    assert_true(input.is_uuid && uuid_equal(&input.id, &id));
    assert_true(void_input_decode(slice_of("{\"fields\":{\"id\":\"0B5E7A52-1C0D-4F7E-9D55-3A1F6F6F0001\"}}"),
                                  &input, &err));
    assert_true(input.is_uuid && uuid_equal(&input.id, &id));
}

static void payload_may_name_what_is_none(void **state)
{
    static const char *const texts[] = {"{\"fields\":{\"id\":\"x\"}}", "{\"fields\":{\"id\":\"\"}}",
                                        "{\"fields\":{\"id\":null}}"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct void_input input = {.is_uuid = true};
        struct error err = {0};
        assert_true(void_input_decode(slice_of(texts[i]), &input, &err));
        assert_false(input.is_uuid);
    }
}

static void other_payloads_are_the_fronts_fault(void **state)
{
    static const char *const texts[] = {
        "", "[]", "{}", "{\"fields\":{}}", "{\"fields\":{\"id\":1}}", "{\"", "{\"fields\":\"id\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct void_input input;
        struct error err = {0};
        assert_false(void_input_decode(slice_of(texts[i]), &input, &err));
        assert_int_equal(err.kind, ERROR_WIRE);
    }
}

/* ---- the facts ---- */

static const char nothing[] =
    "{\"lead_provider\":{\"id\":7,\"name\":\"LP-A\"},\"declaration\":null,\"payment_statement\":null,"
    "\"clawback_statement\":null,\"completion\":null,\"latest_training\":null,\"lead_provider_ids\":[],"
    "\"participant_lead_provider_ids\":[]}";

static const char everything[] =
    "{\"lead_provider\":{\"id\":7,\"name\":\"LP-A\"},\"declaration\":{\"id\":70,\"api_id\":\"" UUID_A
    "\",\"training_period_id\":11,\"teacher_id\":1,\"participant_api_id\":\"" UUID_B
    "\",\"role\":\"mentor\",\"contract_period_year\":2025,\"type\":\"completed\",\"date\":"
    "\"2026-04-20T09:00:00.000001Z\",\"evidence\":\"other\",\"payment_status\":\"paid\",\"clawback_status\":"
    "\"awaiting_clawback\",\"pupil_premium_uplift\":true,\"sparsity_uplift\":false,"
    "\"delivery_partner_api_id\":\"" UUID_A "\",\"has_mentor\":true,\"mentor_api_id\":\"" UUID_B
    "\",\"created_at\":\"2026-04-25T09:00:00.000000Z\"},\"payment_statement\":{\"id\":21,\"api_id\":\"" UUID_A
    "\",\"status\":\"payable\"},\"clawback_statement\":{\"id\":22,\"api_id\":\"" UUID_B
    "\",\"deadline_date\":\"2026-07-31\",\"status\":\"open\"},\"completion\":{"
    "\"became_ineligible_for_funding_on\":\"2021-04-19\",\"reason\":\"completed_during_early_roll_out\","
    "\"latest_completed\":\"2026-04-01T09:00:00.000000Z\",\"other_training_starts_on\":\"2027-01-01\"},"
    "\"latest_training\":{\"id\":11,\"school_period_id\":12,\"moved_school_id\":13,\"started_on\":\"2025-09-"
    "01\","
    "\"finished_on\":"
    "\"2026-04-20\",\"school_finished_on\":\"2026-08-31\",\"schedule_identifier\":"
    "\"ecf-standard-september\"},\"lead_provider_ids\":[7,8],\"participant_lead_provider_ids\":[7,8,9]}";

static void facts_about_nothing(void **state)
{
    struct void_facts facts;
    struct error err = {0};

    (void)state;
    assert_true(void_facts_decode(slice_of(nothing), &facts, &err));
    assert_int_equal(facts.lead_provider.id, 7);
    assert_int_equal(facts.declaration.id, 0);
    assert_int_equal(facts.declaration.date_us, INSTANT_NONE);
    assert_int_equal(facts.payment_statement.id + facts.clawback_statement.id, 0);
    assert_int_equal(facts.latest_training.id, 0);
    assert_int_equal(facts.completion.latest_completed_us, INSTANT_NONE);
    assert_false(date_is_set(facts.latest_training.finished_on));
    assert_false(void_is_of_mentor_completion(&facts));
    void_facts_release(&facts);
}

static void facts_about_everything(void **state)
{
    struct void_facts f;
    struct error err = {0};
    const struct uuid a = uuid_of(UUID_A), b = uuid_of(UUID_B);

    (void)state;
    if (!void_facts_decode(slice_of(everything), &f, &err))
        fail_msg("%s", err.detail);
    assert_string_equal(f.lead_provider.name, "LP-A");
    assert_true(f.declaration.id == 70 && f.declaration.training_period_id == 11 &&
                f.declaration.teacher_id == 1 && f.declaration.contract_period_year == 2025);
    assert_true(uuid_equal(&f.declaration.api_id, &a) && uuid_equal(&f.declaration.participant_api_id, &b));
    assert_true(uuid_equal(&f.declaration.delivery_partner_api_id, &a) && f.declaration.has_mentor &&
                uuid_equal(&f.declaration.mentor_api_id, &b));
    assert_true(f.declaration.role == ROLE_MENTOR && f.declaration.type == DECLARATION_COMPLETED &&
                f.declaration.evidence == EVIDENCE_OTHER);
    assert_true(f.declaration.payment_status == PAYMENT_PAID &&
                f.declaration.clawback_status == CLAWBACK_AWAITING);
    assert_true(f.declaration.pupil_premium_uplift && !f.declaration.sparsity_uplift);
    assert_int_equal(f.declaration.date_us, at("2026-04-20T09:00:00.000001Z"));
    assert_int_equal(f.declaration.created_at_us, at("2026-04-25T09:00:00Z"));
    assert_true(f.payment_statement.id == 21 && f.payment_statement.status == STATEMENT_PAYABLE &&
                uuid_equal(&f.payment_statement.api_id, &a));
    assert_true(f.clawback_statement.id == 22 && f.clawback_statement.status == STATEMENT_OPEN &&
                uuid_equal(&f.clawback_statement.api_id, &b) &&
                date_is_set(f.clawback_statement.deadline_date));
    assert_int_equal(f.completion.reason, FUNDING_END_EARLY_ROLL_OUT);
    assert_int_equal(f.completion.latest_completed_us, at("2026-04-01T09:00:00Z"));
    assert_true(date_is_set(f.completion.became_ineligible_for_funding_on));
    assert_int_equal(f.completion.other_training_starts_on.day - f.latest_training.finished_on.day, 256);
    assert_int_equal(f.latest_training.school_finished_on.day - f.latest_training.started_on.day, 364);
    assert_true(f.latest_training.id == 11 && f.latest_training.school_period_id == 12 &&
                f.latest_training.moved_school_id == 13);
    assert_string_equal(f.latest_training.schedule_identifier, "ecf-standard-september");
    assert_true(f.lead_provider_count == 2 && f.lead_provider_ids[1] == 8);
    assert_true(f.participant_lead_provider_count == 3 && f.participant_lead_provider_ids[2] == 9);
    assert_true(void_is_of_mentor_completion(&f));
    void_facts_release(&f);
}

/* Each key away, each value another type: always refused, never half taken (the sanitizers watch). */
static void mangled_facts_are_bugs(void **state)
{
    CLEANUP(json) json_t *whole = json_loads(everything, 0, NULL);
    const char *key;
    json_t *value;

    (void)state;
    assert_non_null(whole);
    json_object_foreach(whole, key, value)
    {
        for (int mangling = 0; mangling < 3; mangling++) {
            CLEANUP(json) json_t *copy = json_deep_copy(whole);
            struct void_facts facts;
            struct error err = {0};
            if (mangling == 0)
                json_object_del(copy, key);
            else
                json_object_set_new(copy, key, mangling == 1 ? json_string("x") : json_real(1.5));
            CLEANUP(free) char *text = json_dumps(copy, 0);
            if (void_facts_decode(slice_of(text), &facts, &err))
                fail_msg("taken: %s", text);
            assert_int_equal(err.kind, ERROR_BUG);
        }
    }
}

static void parameters_in_the_order_of_the_query(void **state)
{
    const struct void_input found = {.is_uuid = true, .id = uuid_of(UUID_A)}, none = {.is_uuid = false};
    const struct void_question questions[] = {
        {uuid_of(UUID_B), 0, 7, &found},
        {uuid_of(UUID_A), 1, 8, &none},
    };
    struct db_params params = DB_PARAMS_INIT;

    (void)state;
    void_facts_params(&params, questions, 2);
    assert_int_equal(params.count, 4);
    assert_string_equal(params.text.data + params.offset[0], "{" UUID_B "," UUID_A "}");
    assert_string_equal(params.text.data + params.offset[1],
                        "{\"1970-01-01T00:00:00.000000Z\",\"1970-01-01T00:00:00.000001Z\"}");
    assert_string_equal(params.text.data + params.offset[2], "{7,8}");
    assert_string_equal(params.text.data + params.offset[3], "{" UUID_A ",NULL}");
    db_params_release(&params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payload_names_a_declaration),
        cmocka_unit_test(payload_may_name_what_is_none),
        cmocka_unit_test(other_payloads_are_the_fronts_fault),
        cmocka_unit_test(facts_about_nothing),
        cmocka_unit_test(facts_about_everything),
        cmocka_unit_test(mangled_facts_are_bugs),
        cmocka_unit_test(parameters_in_the_order_of_the_query),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
