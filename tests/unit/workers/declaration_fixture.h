/*
 * declaration_fixture: a declaration that every rule accepts, for the tests of all three stages to change one
 * thing of. W04 of declarations.md 11: P1, an ECT of LP-A in 2024 standard-september, eligible since
 * 2024-09-10, retained-1.
 */
#ifndef ECF2_TESTS_DECLARATION_FIXTURE_H
#define ECF2_TESTS_DECLARATION_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/declaration_facts.h"
#include "common/declaration_date.h"

#define PARTICIPANT_TEXT "0b5e7a52-1c0d-4f7e-9d55-3a1f6f6f0001"

enum { LP_A = 7, LP_B = 8 };

struct fixture {
    struct declaration_input input;
    struct declaration_facts facts;
    int64_t now_us;
};

static inline int64_t at(const char *text)
{
    int64_t instant_us = INSTANT_NONE;
    if (!declaration_date_parse(slice_of(text), &instant_us))
        fail_msg("not an instant: %s", text);
    return instant_us;
}

static inline struct date on(const char *text)
{
    struct date date = DATE_NONE;
    if (!date_parse(slice_of(text), &date))
        fail_msg("not a day: %s", text);
    return date;
}

static inline struct uuid uuid_of(uint8_t last)
{
    struct uuid id = {.bytes = {[6] = 0x40, [8] = 0x80, [15] = last}};
    return id;
}

/* Sends another value of one attribute; NULL = null. */
static inline void send_text(struct fixture *f, struct slice *attribute, const char *text)
{
    *attribute = slice_of(text);
    declaration_input_interpret(&f->input);
}

static inline void send_participant(struct fixture *f, const char *text)
{
    send_text(f, &f->input.participant_id, text);
}

static inline void send_course(struct fixture *f, const char *text)
{
    send_text(f, &f->input.course_identifier, text);
}

static inline void send_type(struct fixture *f, const char *text)
{
    send_text(f, &f->input.declaration_type, text);
}

static inline void send_date(struct fixture *f, const char *text)
{
    send_text(f, &f->input.declaration_date, text);
}

static inline void send_evidence(struct fixture *f, const char *text)
{
    send_text(f, &f->input.evidence_held, text);
}

/* A date that no text need spell: for edges of one microsecond. */
static inline void send_instant(struct fixture *f, int64_t instant_us)
{
    send_date(f, "2000-01-01T00:00:00Z");
    f->input.date_us = instant_us;
}

static inline struct fixture accepted_ect(void)
{
    struct fixture f = {.now_us = at("2025-02-01T10:00:00Z")};
    f.facts = (struct declaration_facts){
        .accept_no = 100,
        .lead_provider = {LP_A, uuid_of(7), "LP-A"},
        .teacher = {1, uuid_of(1)},
        .qualifies = {[ROLE_ECT] = true},
        .training_period = {.id = 11,
                            .school_period_id = 12,
                            .school_id = 13,
                            .school_partnership_id = 14,
                            .delivery_partner_id = 15,
                            .delivery_partner_api_id = uuid_of(15),
                            .schedule_id = 16,
                            .schedule_identifier = "ecf-standard-september",
                            .lead_provider_id = LP_A,
                            .contract_period_year = 2024,
                            .started_on = on("2024-09-02"),
                            .finished_on = DATE_NONE,
                            .withdrawn_at_us = INSTANT_NONE,
                            .deferred_at_us = INSTANT_NONE},
        .contract_period = {.year = 2024, .payments_frozen_at_us = INSTANT_NONE, .uplift_fees_enabled = true},
        .milestone = {on("2025-01-01"), on("2025-03-31")},
        .first_became_eligible_for_training_at_us = at("2024-09-10T08:00:00Z"),
        .statement = {21, uuid_of(21), on("2025-03-31"), STATEMENT_OPEN},
        .funding_end = {DATE_NONE, FUNDING_END_NONE},
    };
    for (size_t i = 0; i < DECLARATION_TYPE_COUNT; i++)
        f.facts.existing[i].date_us = INSTANT_NONE;
    send_participant(&f, PARTICIPANT_TEXT);
    send_course(&f, "ecf-induction");
    send_type(&f, "retained-1");
    send_date(&f, "2025-01-15T09:00:00Z");
    send_evidence(&f, "other");
    return f;
}

/* P4: an ECT of 2025 standard-september: evidence by type, no end of windows, sequence. */
static inline struct fixture accepted_ect_2025(void)
{
    struct fixture f = accepted_ect();
    f.now_us = at("2026-02-01T10:00:00Z");
    f.facts.training_period.contract_period_year = 2025;
    f.facts.training_period.started_on = on("2025-09-01");
    f.facts.contract_period = (struct contract_period_facts){.year = 2025,
                                                             .payments_frozen_at_us = INSTANT_NONE,
                                                             .mentor_funding_enabled = true,
                                                             .detailed_evidence_types_enabled = true};
    f.facts.milestone.start_date = on("2025-06-01");
    f.facts.milestone.milestone_date = DATE_NONE;
    f.facts.statement.deadline_date = on("2026-03-31");
    send_date(&f, "2026-01-15T09:00:00Z");
    return f;
}

/* P5: a mentor of 2025 standard-september, school period open; W14, the completed declaration. */
static inline struct fixture accepted_mentor_2025(void)
{
    struct fixture f = accepted_ect_2025();
    f.now_us = at("2026-04-25T10:00:00+01:00");
    f.facts.qualifies[ROLE_ECT] = false;
    f.facts.qualifies[ROLE_MENTOR] = true;
    send_course(&f, "ecf-mentor");
    send_type(&f, "completed");
    send_date(&f, "2026-04-20T09:00:00Z");
    send_evidence(&f, "75-percent-engagement-met");
    return f;
}

/* The lead provider has no training period with the teacher in this role. */
static inline void without_training_period(struct fixture *f)
{
    f->facts.training_period = (struct training_period_facts){.started_on = DATE_NONE,
                                                              .finished_on = DATE_NONE,
                                                              .withdrawn_at_us = INSTANT_NONE,
                                                              .deferred_at_us = INSTANT_NONE};
    f->facts.contract_period = (struct contract_period_facts){.payments_frozen_at_us = INSTANT_NONE};
    f->facts.milestone.start_date = f->facts.milestone.milestone_date = DATE_NONE;
    f->facts.statement.id = 0;
    f->facts.qualifies[f->input.role] = false;
}

static inline void without_teacher(struct fixture *f)
{
    without_training_period(f);
    memset(f->facts.qualifies, 0, sizeof f->facts.qualifies);
    f->facts.teacher.id = 0;
    f->facts.first_became_eligible_for_training_at_us = INSTANT_NONE;
}

/* An active declaration that is there already, by this lead provider on this training period. */
static inline struct existing_declaration *with_existing(struct fixture *f, enum declaration_type type,
                                                         int64_t date_us)
{
    f->facts.existing[type] = (struct existing_declaration){.id = 30 + (int64_t)type,
                                                            .api_id = uuid_of(30),
                                                            .training_period_id = f->facts.training_period.id,
                                                            .lead_provider_id = LP_A,
                                                            .type = type,
                                                            .date_us = date_us,
                                                            .evidence = EVIDENCE_OTHER};
    return &f->facts.existing[type];
}

#endif
