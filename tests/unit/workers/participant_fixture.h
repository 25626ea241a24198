/*
 * participant_fixture: participants to be withdrawn, deferred, resumed and put on other schedules, for tests
 * to change one thing of: an ECT and a mentor of LP-A, of 2025, active since 1 September; today is
 * 3 February 2026.
 */
#ifndef ECF2_TESTS_PARTICIPANT_FIXTURE_H
#define ECF2_TESTS_PARTICIPANT_FIXTURE_H

#include "common/participant_facts.h"
#include "tests/unit/workers/declaration_fixture.h"

#define TODAY     "2026-02-03"
#define YESTERDAY "2026-02-02"
#define TOMORROW  "2026-02-04"

enum { SCHOOL = 6, SCHEDULE_HERE = 51, SCHEDULE_THERE = 52, PARTNERSHIP_HERE = 31, PARTNERSHIP_THERE = 32 };

struct participant_fixture {
    struct participant_input input;
    struct participant_facts facts;
    int64_t now_us;
};

/* A text as it was sent. */
#define SENT(text) ((struct slice){text, sizeof(text) - 1})

static inline struct participant_fixture training_ect(void)
{
    struct participant_fixture f = {.now_us = at("2026-02-03T10:00:00Z")};

    f.input = (struct participant_input){.is_uuid = true,
                                         .id = uuid_of(1),
                                         .course_identifier = SENT("ecf-induction"),
                                         .reason = SENT("other"),
                                         .schedule_identifier = SENT("ecf-extended-september")};
    participant_facts_init(&f.facts);
    f.facts.lead_provider.id = LP_A;
    f.facts.teacher.id = 1;
    f.facts.teacher.api_id = uuid_of(1);
    f.facts.trains[ROLE_ECT] = true;
    f.facts.training.id = 11;
    f.facts.training.school_period_id = 5;
    f.facts.training.school_id = SCHOOL;
    f.facts.training.started_on = on("2025-09-01");
    f.facts.training.contract_period_year = 2025;
    f.facts.training.school_partnership_id = PARTNERSHIP_HERE;
    f.facts.training.schedule_id = SCHEDULE_HERE;
    f.facts.training.schedule_identifier = "ecf-standard-september";
    f.facts.target.year = 2025;
    f.facts.target.schedule_id = SCHEDULE_THERE;
    f.facts.target.school_partnership_id = PARTNERSHIP_HERE;
    f.facts.target.provider_contract_period_id = 41;
    return f;
}

static inline struct participant_fixture training_mentor(void)
{
    struct participant_fixture f = training_ect();

    f.input.course_identifier = SENT("ecf-mentor");
    f.facts.trains[ROLE_ECT] = false;
    f.facts.trains[ROLE_MENTOR] = true;
    return f;
}

/* Since 1 February, when the training ended. */
static inline void withdraw(struct participant_fixture *f)
{
    f->facts.training.withdrawn_at_us = at("2026-02-01T12:00:00Z");
    f->facts.training.withdrawal_reason = "other";
    f->facts.training.finished_on = on("2026-02-01");
}

static inline void defer(struct participant_fixture *f)
{
    f->facts.training.deferred_at_us = at("2026-02-01T12:00:00Z");
    f->facts.training.deferral_reason = "career_break";
    f->facts.training.finished_on = on("2026-02-01");
}

/* Nobody whom this lead provider sees. */
static inline void hide(struct participant_fixture *f)
{
    const int64_t provider = f->facts.lead_provider.id;

    participant_facts_init(&f->facts);
    f->facts.lead_provider.id = provider;
}

/* Seen, but not in this role. */
static inline void train_otherwise(struct participant_fixture *f, enum participant_role role)
{
    const struct participant_facts before = f->facts;

    participant_facts_init(&f->facts);
    f->facts.lead_provider = before.lead_provider;
    f->facts.teacher = before.teacher;
    f->facts.trains[role] = true;
    f->facts.target.year = before.target.year;
    f->facts.target.schedule_id = before.target.schedule_id;
}

#endif
