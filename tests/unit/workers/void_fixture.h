/*
 * void_fixture: declarations to be voided, for the tests of both stages to change one thing of. W29: the
 * eligible `started` of P1, an ECT of LP-A in 2024; W31: the `completed` of P5, a mentor of 2025.
 */
#ifndef ECF2_TESTS_VOID_FIXTURE_H
#define ECF2_TESTS_VOID_FIXTURE_H

#include "common/void_facts.h"
#include "tests/unit/workers/declaration_fixture.h"

struct void_fixture {
    struct void_facts facts;
    int64_t now_us;
};

static inline struct void_fixture voidable_ect(void)
{
    return (struct void_fixture){
        .now_us = at("2024-10-22T10:00:00+01:00"),
        .facts =
            {
                .lead_provider = {LP_A, "LP-A"},
                .declaration = {.id = 70,
                                .api_id = uuid_of(70),
                                .training_period_id = 11,
                                .teacher_id = 1,
                                .participant_api_id = uuid_of(1),
                                .role = ROLE_ECT,
                                .contract_period_year = 2024,
                                .type = DECLARATION_STARTED,
                                .date_us = at("2024-10-07T09:00:00Z"),
                                .payment_status = PAYMENT_ELIGIBLE,
                                .clawback_status = CLAWBACK_NO_CLAWBACK,
                                .pupil_premium_uplift = true,
                                .delivery_partner_api_id = uuid_of(15),
                                .created_at_us = at("2024-10-20T09:00:00Z")},
                .payment_statement = {21, uuid_of(21), STATEMENT_OPEN},
                .clawback_statement = {.deadline_date = DATE_NONE},
                .completion = {.became_ineligible_for_funding_on = DATE_NONE,
                               .latest_completed_us = INSTANT_NONE,
                               .other_training_starts_on = DATE_NONE},
                .latest_training = {.started_on = DATE_NONE,
                                    .finished_on = DATE_NONE,
                                    .school_finished_on = DATE_NONE},
            },
    };
}

/* W30: paid, and the next statement could take it back. */
static inline struct void_fixture paid_ect(void)
{
    struct void_fixture f = voidable_ect();
    f.now_us = at("2025-02-03T10:00:00Z");
    f.facts.declaration.payment_status = PAYMENT_PAID;
    f.facts.payment_statement.status = STATEMENT_PAID;
    f.facts.clawback_statement.id = 22;
    f.facts.clawback_statement.api_id = uuid_of(22);
    f.facts.clawback_statement.deadline_date = on("2025-03-31");
    f.facts.clawback_statement.status = STATEMENT_OPEN;
    return f;
}

static inline struct void_fixture voidable_mentor(void)
{
    struct void_fixture f = voidable_ect();
    f.now_us = at("2026-05-01T10:00:00+01:00");
    f.facts.declaration.role = ROLE_MENTOR;
    f.facts.declaration.contract_period_year = 2025;
    f.facts.declaration.type = DECLARATION_COMPLETED;
    f.facts.declaration.date_us = at("2026-04-20T09:00:00Z");
    f.facts.declaration.pupil_premium_uplift = false;
    f.facts.completion.became_ineligible_for_funding_on = on("2026-04-20");
    f.facts.completion.reason = FUNDING_END_COMPLETED_DECLARATION;
    f.facts.latest_training.id = 11;
    f.facts.latest_training.school_period_id = 12;
    f.facts.latest_training.started_on = on("2025-09-01");
    f.facts.latest_training.finished_on = on("2026-04-20");
    f.facts.latest_training.schedule_identifier = "ecf-standard-september";
    return f;
}

#endif
