/* Tests of common/declaration.c, declaration_facts.c and declaration_view.c: words, input, facts, parameters,
 * the body. */
#include "common/declaration_facts.h"
#include "common/declaration_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/declaration_date.h"

static int64_t at(const char *text)
{
    int64_t instant_us = 0;
    if (!declaration_date_parse(slice_of(text), &instant_us))
        fail_msg("not an instant: %s", text);
    return instant_us;
}

static struct uuid uuid_of(const char *text)
{
    struct uuid id = {{0}};
    if (!uuid_parse(slice_of(text), &id))
        fail_msg("not a UUID: %s", text);
    return id;
}

/* ---- words ---- */

static void words_and_back(void **state)
{
    (void)state;
    for (int i = 1; i < DECLARATION_TYPE_COUNT; i++)
        assert_int_equal(declaration_type_parse(slice_of(declaration_type_name((enum declaration_type)i))),
                         i);
    for (int i = 1; i < EVIDENCE_TYPE_COUNT; i++)
        assert_int_equal(evidence_type_parse(slice_of(evidence_type_name((enum evidence_type)i))), i);
    for (int i = 1; i < PARTICIPANT_ROLE_COUNT; i++) {
        assert_int_equal(participant_role_parse(slice_of(participant_role_name((enum participant_role)i))),
                         i);
        assert_int_equal(course_identifier_parse(slice_of(course_identifier((enum participant_role)i))), i);
    }
    for (int i = 1; i < PAYMENT_STATUS_COUNT; i++)
        assert_int_equal(payment_status_parse(slice_of(payment_status_name((enum payment_status)i))), i);
    for (int i = 1; i < CLAWBACK_STATUS_COUNT; i++)
        assert_int_equal(clawback_status_parse(slice_of(clawback_status_name((enum clawback_status)i))), i);
    for (int i = 1; i < STATEMENT_STATUS_COUNT; i++)
        assert_int_equal(statement_status_parse(slice_of(statement_status_name((enum statement_status)i))),
                         i);
    for (int i = 1; i < FUNDING_END_REASON_COUNT; i++)
        assert_int_equal(
            funding_end_reason_parse(slice_of(funding_end_reason_name((enum funding_end_reason)i))), i);
    assert_null(declaration_type_name(DECLARATION_TYPE_NONE));
    assert_int_equal(declaration_type_parse(slice_of("Started")), DECLARATION_TYPE_NONE);
    assert_int_equal(declaration_type_parse(slice_of("started ")), DECLARATION_TYPE_NONE);
    assert_int_equal(declaration_type_parse(slice_of("")), DECLARATION_TYPE_NONE);
    assert_int_equal(declaration_type_parse(slice_of(NULL)), DECLARATION_TYPE_NONE);
    assert_int_equal(course_identifier_parse(slice_of("ect")), ROLE_NONE);
}

static void types_are_in_sequence(void **state)
{
    (void)state;
    assert_true(
        DECLARATION_STARTED < DECLARATION_RETAINED_1 && DECLARATION_RETAINED_4 < DECLARATION_COMPLETED &&
        DECLARATION_COMPLETED < DECLARATION_EXTENDED_1 && DECLARATION_EXTENDED_2 < DECLARATION_EXTENDED_3);
}

static void state_is_the_clawbacks_before_the_payments(void **state)
{
    (void)state;
    static const struct {
        enum payment_status payment;
        enum clawback_status clawback;
        const char *expected;
    } cases[] = {
        {PAYMENT_NO_PAYMENT, CLAWBACK_NO_CLAWBACK, "submitted"},
        {PAYMENT_ELIGIBLE, CLAWBACK_NO_CLAWBACK, "eligible"},
        {PAYMENT_PAYABLE, CLAWBACK_NO_CLAWBACK, "payable"},
        {PAYMENT_PAID, CLAWBACK_NO_CLAWBACK, "paid"},
        {PAYMENT_VOIDED, CLAWBACK_NO_CLAWBACK, "voided"},
        {PAYMENT_PAID, CLAWBACK_AWAITING, "awaiting-clawback"},
        {PAYMENT_PAID, CLAWBACK_CLAWED_BACK, "clawed-back"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(declaration_state(cases[i].payment, cases[i].clawback), cases[i].expected);
}

/* ---- input ---- */

static void input_is_read_and_interpreted(void **state)
{
    (void)state;
    struct declaration_input input;
    struct error err = {0};
    assert_true(declaration_input_decode(slice_of("{\"fields\":{\"participant_id\":\"0B5E7A52-1C0D-4F7E-9D55-"
                                                  "3A1F6F6F0001\",\"declaration_type\":\"retained-1\","
                                                  "\"declaration_date\":\"2025-01-15T09:00:00Z\",\"course_"
                                                  "identifier\":\"ecf-mentor\",\"evidence_held\":\"other\","
                                                  "\"more\":1},\"id\":\"x\"}"),
                                         &input, &err));
    struct uuid expected = uuid_of("0b5e7a52-1c0d-4f7e-9d55-3a1f6f6f0001");
    assert_true(input.participant_is_uuid && uuid_equal(&input.participant_uuid, &expected));
    assert_true(
        slice_equal(input.participant_id, slice_of("0B5E7A52-1C0D-4F7E-9D55-3A1F6F6F0001"))); /* as sent */
    assert_int_equal(input.type, DECLARATION_RETAINED_1);
    assert_int_equal(input.date_us, at("2025-01-15T09:00:00Z"));
    assert_int_equal(input.role, ROLE_MENTOR);
    assert_int_equal(input.evidence, EVIDENCE_OTHER);
    declaration_input_release(&input);
}

static void blank_input_is_empty_and_means_nothing(void **state)
{
    (void)state;
    struct declaration_input input;
    struct error err = {0};
    assert_true(declaration_input_decode(
        slice_of("{\"fields\":{\"participant_id\":null,\"declaration_type\":\"\","
                 "\"declaration_date\":\" \\t\\n\",\"evidence_held\":\"\\u00a0\\u2003\"}}"),
        &input, &err));
    assert_int_equal(input.participant_id.size + input.declaration_type.size + input.declaration_date.size +
                         input.course_identifier.size + input.evidence_held.size,
                     0);
    assert_false(input.participant_is_uuid);
    assert_int_equal(input.type, DECLARATION_TYPE_NONE);
    assert_int_equal(input.date_us, INSTANT_NONE);
    assert_int_equal(input.role, ROLE_NONE);
    assert_int_equal(input.evidence, EVIDENCE_NONE);
    declaration_input_release(&input);
}

static void unknown_words_stay_as_sent(void **state)
{
    (void)state;
    struct declaration_input input;
    struct error err = {0};
    assert_true(declaration_input_decode(
        slice_of("{\"fields\":{\"participant_id\":\"12\",\"declaration_type\":\" "
                 "started\",\"declaration_date\":\"2025\","
                 "\"course_identifier\":\"2025\",\"evidence_held\":\"\xe2\x80\xaf.\"}}"),
        &input, &err));
    assert_true(slice_equal(input.declaration_type, slice_of(" started")));
    assert_true(slice_equal(input.evidence_held, slice_of("\xe2\x80\xaf.")));
    assert_false(input.participant_is_uuid);
    assert_int_equal(input.type, DECLARATION_TYPE_NONE);
    assert_int_equal(input.date_us, INSTANT_NONE);
    declaration_input_release(&input);
}

static void other_payloads_are_wire_errors(void **state)
{
    (void)state;
    static const char *const payloads[] = {"",
                                           "null",
                                           "[]",
                                           "{}",
                                           "{\"fields\":[]}",
                                           "{\"fields\":{\"evidence_held\":1}}",
                                           "{\"fields\":{\"evidence_held\":{}}}",
                                           "{\"fields\":{}"};
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        struct declaration_input input;
        struct error err = {0};
        assert_false(declaration_input_decode(slice_of(payloads[i]), &input, &err));
        assert_int_equal(err.kind, ERROR_WIRE);
    }
}

/* ---- facts ---- */

#define UUID_A "11111111-1111-4111-8111-111111111111"
#define UUID_B "22222222-2222-4222-8222-222222222222"

static const char nobody[] =
    "{\"accept_no\":0,\"lead_provider\":{\"id\":7,\"api_id\":\"" UUID_A
    "\",\"name\":\"LP\"},\"teacher\":null,"
    "\"qualifies\":{\"ect\":false,\"mentor\":false},\"training_period\":null,\"contract_period\":null,"
    "\"milestone\":null,"
    "\"existing\":[],\"frozen_ongoing_year\":null,\"first_became_eligible_for_training_at\":null,"
    "\"statement\":null,"
    "\"uplifts\":null,\"mentorship\":null,\"mentor_completion\":null,\"lead_provider_ids\":[]}";

static const char everything[] =
    "{\"accept_no\":5,\"lead_provider\":{\"id\":7,\"api_id\":\"" UUID_A "\",\"name\":\"L\\u00e9ad\"},"
    "\"teacher\":{\"id\":1,\"api_id\":\"" UUID_B "\"},\"qualifies\":{\"ect\":false,\"mentor\":true},"
    "\"training_period\":{\"id\":11,\"school_period_id\":12,\"school_id\":13,\"school_partnership_id\":14,"
    "\"delivery_partner_id\":15,\"delivery_partner_api_id\":\"" UUID_A "\",\"schedule_id\":16,"
    "\"schedule_identifier\":\"ecf-standard-september\",\"lead_provider_id\":7,\"contract_period_year\":2025,"
    "\"started_on\":\"2025-09-01\",\"finished_on\":\"2026-08-31\",\"withdrawn_at\":\"2026-02-10T10:00:00."
    "000001Z\","
    "\"deferred_at\":null},\"contract_period\":{\"year\":2025,\"payments_frozen_at\":\"2024-06-17T23:00:00."
    "000000Z\","
    "\"mentor_funding_enabled\":true,\"detailed_evidence_types_enabled\":true,\"uplift_fees_enabled\":false},"
    "\"milestone\":{\"start_date\":\"2025-06-01\",\"milestone_date\":null},\"existing\":[{\"id\":41,\"api_"
    "id\":\"" UUID_B "\",\"training_period_id\":11,\"lead_provider_id\":7,\"type\":\"started\",\"date\":"
    "\"2025-10-06T09:00:00.000000Z\","
    "\"evidence\":null,\"decided_no\":null},{\"id\":42,\"api_id\":\"" UUID_A "\",\"training_period_id\":10,"
    "\"lead_provider_id\":8,\"type\":\"completed\",\"date\":\"2026-04-20T09:00:00.000000Z\",\"evidence\":"
    "\"other\","
    "\"decided_no\":99}],\"frozen_ongoing_year\":2022,\"first_became_eligible_for_training_at\":"
    "\"2025-09-10T08:00:00.500000Z\",\"statement\":{\"id\":21,\"api_id\":\"" UUID_A
    "\",\"deadline_date\":\"2026-03-31\","
    "\"status\":\"open\"},\"uplifts\":{\"pupil_premium\":true,\"sparsity\":false},\"mentorship\":{\"id\":51,"
    "\"mentor_api_id\":\"" UUID_B
    "\"},\"mentor_completion\":{\"became_ineligible_for_funding_on\":\"2021-04-19\","
    "\"reason\":\"completed_during_early_roll_out\",\"lead_provider_ids\":[7,8,9]},\"lead_provider_ids\":[7,"
    "8]}";

static void facts_about_nobody(void **state)
{
    (void)state;
    struct declaration_facts facts;
    struct error err = {0};
    assert_true(declaration_facts_decode(slice_of(nobody), &facts, &err));
    assert_int_equal(facts.teacher.id, 0);
    assert_int_equal(facts.training_period.id, 0);
    assert_int_equal(facts.contract_period.year, 0);
    assert_false(date_is_set(facts.milestone.start_date));
    assert_int_equal(facts.training_period.withdrawn_at_us, INSTANT_NONE);
    assert_int_equal(facts.first_became_eligible_for_training_at_us, INSTANT_NONE);
    assert_int_equal(facts.statement.id, 0);
    assert_int_equal(facts.frozen_ongoing_year, 0);
    for (int i = 0; i < DECLARATION_TYPE_COUNT; i++)
        assert_int_equal(facts.existing[i].id, 0);
    assert_int_equal(facts.lead_provider_count + facts.participant_lead_provider_count, 0);
    assert_false(declaration_is_fundable(&facts));
    declaration_facts_release(&facts);
}

static void facts_about_everything(void **state)
{
    (void)state;
    struct declaration_facts f;
    struct error err = {0};
    struct uuid a = uuid_of(UUID_A), b = uuid_of(UUID_B);
    if (!declaration_facts_decode(slice_of(everything), &f, &err))
        fail_msg("%s", err.detail);
    assert_int_equal(f.accept_no, 5);
    assert_int_equal(f.lead_provider.id, 7);
    assert_string_equal(f.lead_provider.name, "L\xc3\xa9"
                                              "ad");
    assert_true(f.teacher.id == 1 && uuid_equal(&f.teacher.api_id, &b));
    assert_true(!f.qualifies[ROLE_ECT] && f.qualifies[ROLE_MENTOR]);
    assert_true(f.training_period.id == 11 && f.training_period.school_period_id == 12 &&
                f.training_period.school_id == 13 && f.training_period.school_partnership_id == 14 &&
                f.training_period.delivery_partner_id == 15 && f.training_period.schedule_id == 16 &&
                f.training_period.lead_provider_id == 7 && f.training_period.contract_period_year == 2025);
    assert_true(uuid_equal(&f.training_period.delivery_partner_api_id, &a));
    assert_string_equal(f.training_period.schedule_identifier, "ecf-standard-september");
    assert_int_equal(f.training_period.finished_on.day - f.training_period.started_on.day, 364);
    assert_int_equal(f.training_period.withdrawn_at_us, at("2026-02-10T10:00:00.000001Z"));
    assert_int_equal(f.training_period.deferred_at_us, INSTANT_NONE);
    assert_int_equal(f.contract_period.payments_frozen_at_us, at("2024-06-17T23:00:00Z"));
    assert_true(f.contract_period.mentor_funding_enabled &&
                f.contract_period.detailed_evidence_types_enabled && !f.contract_period.uplift_fees_enabled);
    assert_true(date_is_set(f.milestone.start_date) && !date_is_set(f.milestone.milestone_date));
    assert_true(f.existing[DECLARATION_STARTED].id == 41 && f.existing[DECLARATION_COMPLETED].id == 42);
    assert_int_equal(f.existing[DECLARATION_STARTED].evidence, EVIDENCE_NONE);
    assert_int_equal(f.existing[DECLARATION_STARTED].decided_no, 0);
    assert_int_equal(f.existing[DECLARATION_COMPLETED].decided_no, 99);
    assert_int_equal(f.existing[DECLARATION_COMPLETED].lead_provider_id, 8);
    assert_int_equal(f.existing[DECLARATION_COMPLETED].evidence, EVIDENCE_OTHER);
    assert_true(uuid_equal(&f.existing[DECLARATION_COMPLETED].api_id, &a));
    assert_int_equal(f.frozen_ongoing_year, 2022);
    assert_int_equal(f.first_became_eligible_for_training_at_us, at("2025-09-10T08:00:00.5Z"));
    assert_true(f.statement.id == 21 && f.statement.status == STATEMENT_OPEN &&
                date_is_set(f.statement.deadline_date));
    assert_true(f.uplifts.pupil_premium && !f.uplifts.sparsity);
    assert_true(f.mentorship.id == 51 && uuid_equal(&f.mentorship.mentor_api_id, &b));
    assert_int_equal(f.funding_end.reason, FUNDING_END_EARLY_ROLL_OUT);
    assert_true(date_is_set(f.funding_end.became_ineligible_for_funding_on));
    assert_true(f.lead_provider_count == 2 && f.lead_provider_ids[1] == 8);
    assert_true(f.participant_lead_provider_count == 3 && f.participant_lead_provider_ids[2] == 9);
    declaration_facts_release(&f);
}

/* Each key away, each value another type: always refused, never half taken (the sanitizers watch). */
static void mangled_facts_are_bugs(void **state)
{
    (void)state;
    CLEANUP(json) json_t *whole = json_loads(everything, 0, NULL);
    const char *key;
    json_t *value;
    assert_non_null(whole);
    json_object_foreach(whole, key, value)
    {
        for (int mangling = 0; mangling < 3; mangling++) {
            CLEANUP(json) json_t *copy = json_deep_copy(whole);
            struct declaration_facts facts;
            struct error err = {0};
            if (mangling == 0)
                json_object_del(copy, key);
            else
                json_object_set_new(copy, key, mangling == 1 ? json_string("x") : json_real(1.5));
            CLEANUP(free) char *text = json_dumps(copy, 0);
            if (declaration_facts_decode(slice_of(text), &facts, &err))
                fail_msg("taken: %s", text);
            assert_int_equal(err.kind, ERROR_BUG);
        }
    }
    struct declaration_facts facts;
    struct error err = {0};
    assert_false(declaration_facts_decode(slice_of("{"), &facts, &err));
}

static void one_type_twice_is_a_bug(void **state)
{
    (void)state;
    CLEANUP(json) json_t *document = json_loads(everything, 0, NULL);
    json_t *existing = json_object_get(document, "existing");
    json_array_append(existing, json_array_get(existing, 0));
    CLEANUP(free) char *text = json_dumps(document, 0);
    struct declaration_facts facts;
    struct error err = {0};
    assert_false(declaration_facts_decode(slice_of(text), &facts, &err));
    assert_int_equal(err.kind, ERROR_BUG);
}

static void evidence_is_dropped_from_started_without_detailed_types(void **state)
{
    (void)state;
    struct declaration_facts facts = {.contract_period = {.detailed_evidence_types_enabled = false}};
    struct declaration_input input = {.type = DECLARATION_STARTED, .evidence = EVIDENCE_OTHER};
    assert_int_equal(declaration_evidence_stored(&input, &facts), EVIDENCE_NONE);
    input.type = DECLARATION_RETAINED_1;
    assert_int_equal(declaration_evidence_stored(&input, &facts), EVIDENCE_OTHER);
    facts.contract_period.detailed_evidence_types_enabled = true;
    input.type = DECLARATION_STARTED;
    assert_int_equal(declaration_evidence_stored(&input, &facts), EVIDENCE_OTHER);
}

/* ---- parameters ---- */

static const char *param(const struct db_params *params, size_t i)
{
    return params->text.data + params->offset[i];
}

static void parameters_stand_in_the_statements_order(void **state)
{
    (void)state;
    struct declaration_input full = {0}, empty = {0};
    full.participant_id = slice_of(UUID_A);
    full.declaration_type = slice_of("retained-1");
    full.declaration_date = slice_of("2025-01-15T09:00:00Z");
    full.course_identifier = slice_of("ecf-induction");
    declaration_input_interpret(&full);
    declaration_input_interpret(&empty);
    struct declaration_question questions[] = {
        {uuid_of("0190163d-8694-739b-aea5-966c26f8ad91"), 5, at("2025-02-01T10:00:00Z"), 7, &full},
        {uuid_of("0190163d-8695-739b-aea5-966c26f8ad92"), 0, at("2025-02-01T10:00:00.5Z"), 8, &empty},
    };
    struct db_params params = DB_PARAMS_INIT;
    declaration_facts_params(&params, questions, 2);
    assert_int_equal(params.count, 8);
    assert_string_equal(param(&params, 0),
                        "{0190163d-8694-739b-aea5-966c26f8ad91,0190163d-8695-739b-aea5-966c26f8ad92}");
    assert_string_equal(param(&params, 1), "{5,0}");
    assert_string_equal(param(&params, 2),
                        "{\"2025-02-01T10:00:00.000000Z\",\"2025-02-01T10:00:00.500000Z\"}");
    assert_string_equal(param(&params, 3), "{7,8}");
    assert_string_equal(param(&params, 4), "{" UUID_A ",NULL}");
    assert_string_equal(param(&params, 5), "{\"ect\",NULL}");
    assert_string_equal(param(&params, 6), "{\"retained-1\",NULL}");
    assert_string_equal(param(&params, 7), "{\"2025-01-15T09:00:00.000000Z\",NULL}");
    db_params_release(&params);
}

/* ---- the body ---- */

static struct declaration_view sample_view(const struct uuid *id, const struct uuid *other)
{
    return (struct declaration_view){
        .id = id,
        .participant_id = *other,
        .type = DECLARATION_STARTED,
        .date_us = at("2024-10-07T10:00:00.999999+01:00"),
        .role = ROLE_ECT,
        .payment_status = PAYMENT_NO_PAYMENT,
        .clawback_status = CLAWBACK_NO_CLAWBACK,
        .created_at_us = at("2024-10-20T09:00:00Z"),
        .updated_at_us = at("2024-10-20T09:00:01.5Z"),
        .delivery_partner_id = *other,
        .lead_provider_name = slice_of("A \"quoted\" name"),
    };
}

static void expect_body(const struct declaration_view *view, const char *expected)
{
    struct buffer body = BUFFER_INIT;
    declaration_render(view, &body);
    assert_string_equal(body.data, expected);
    CLEANUP(json) json_t *json = json_loadb(body.data, body.size, 0, NULL);
    assert_non_null(json);
    buffer_release(&body);
}

static void body_of_a_submitted_declaration(void **state)
{
    (void)state;
    struct uuid a = uuid_of(UUID_A), b = uuid_of(UUID_B);
    struct declaration_view view = sample_view(&a, &b);
    expect_body(&view,
                "{\"data\":{\"id\":\"" UUID_A
                "\",\"type\":\"participant-declaration\",\"attributes\":{\"participant_id\":\"" UUID_B
                "\",\"declaration_type\":\"started\",\"declaration_date\":\"2024-10-07T09:00:00Z\",\"course_"
                "identifier\":"
                "\"ecf-induction\",\"mentor_id\":null,\"state\":\"submitted\",\"updated_at\":\"2024-10-20T09:"
                "00:01Z\","
                "\"created_at\":\"2024-10-20T09:00:00Z\",\"delivery_partner_id\":\"" UUID_B
                "\",\"statement_id\":null,"
                "\"clawback_statement_id\":null,\"ineligible_for_funding_reason\":null,\"uplift_paid\":false,"
                "\"evidence_held\":null,\"lead_provider_name\":\"A \\\"quoted\\\" name\"}}}");
}

static void body_of_a_paid_and_reclaimed_declaration(void **state)
{
    (void)state;
    struct uuid a = uuid_of(UUID_A), b = uuid_of(UUID_B);
    struct declaration_view view = sample_view(NULL, &b); /* a dry run has no id */
    view.mentor_id = &a;
    view.payment_status = PAYMENT_PAID;
    view.clawback_status = CLAWBACK_AWAITING;
    view.statement_id = &a;
    view.clawback_statement_id = &b;
    view.sparsity_uplift = true;
    view.evidence = EVIDENCE_75_PERCENT;
    expect_body(
        &view,
        "{\"data\":{\"id\":null,\"type\":\"participant-declaration\",\"attributes\":{\"participant_id\":"
        "\"" UUID_B "\",\"declaration_type\":\"started\",\"declaration_date\":\"2024-10-07T09:00:00Z\","
        "\"course_identifier\":"
        "\"ecf-induction\",\"mentor_id\":\"" UUID_A "\",\"state\":\"awaiting-clawback\",\"updated_at\":"
        "\"2024-10-20T09:00:01Z\",\"created_at\":\"2024-10-20T09:00:00Z\",\"delivery_partner_id\":\"" UUID_B
        "\",\"statement_id\":\"" UUID_A "\",\"clawback_statement_id\":\"" UUID_B "\","
        "\"ineligible_for_funding_reason\":null,\"uplift_paid\":true,\"evidence_held\":\"75-percent-"
        "engagement-met\","
        "\"lead_provider_name\":\"A \\\"quoted\\\" name\"}}}");
}

static void voided_declaration_hides_its_statement(void **state)
{
    (void)state;
    struct uuid a = uuid_of(UUID_A), b = uuid_of(UUID_B);
    struct declaration_view view = sample_view(&a, &b);
    struct buffer body = BUFFER_INIT;
    view.payment_status = PAYMENT_VOIDED;
    view.statement_id = &a;
    view.pupil_premium_uplift = true;
    declaration_render(&view, &body);
    assert_non_null(strstr(body.data, "\"state\":\"voided\""));
    assert_non_null(strstr(body.data, "\"statement_id\":null"));
    assert_non_null(strstr(body.data, "\"uplift_paid\":false"));
    buffer_release(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_back),
        cmocka_unit_test(types_are_in_sequence),
        cmocka_unit_test(state_is_the_clawbacks_before_the_payments),
        cmocka_unit_test(input_is_read_and_interpreted),
        cmocka_unit_test(blank_input_is_empty_and_means_nothing),
        cmocka_unit_test(unknown_words_stay_as_sent),
        cmocka_unit_test(other_payloads_are_wire_errors),
        cmocka_unit_test(facts_about_nobody),
        cmocka_unit_test(facts_about_everything),
        cmocka_unit_test(mangled_facts_are_bugs),
        cmocka_unit_test(one_type_twice_is_a_bug),
        cmocka_unit_test(evidence_is_dropped_from_started_without_detailed_types),
        cmocka_unit_test(parameters_stand_in_the_statements_order),
        cmocka_unit_test(body_of_a_submitted_declaration),
        cmocka_unit_test(body_of_a_paid_and_reclaimed_declaration),
        cmocka_unit_test(voided_declaration_hides_its_statement),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
