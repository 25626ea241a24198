/*
 * participant_effects: what an accepted action does to a participant's training (lead-provider-api.md 5.2 to
 * 5.5, "Effect"), as pure functions of what was sent, the facts, and today.
 */
#ifndef ECF2_WORKERS_VALIDATION_PARTICIPANT_EFFECTS_H
#define ECF2_WORKERS_VALIDATION_PARTICIPANT_EFFECTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/participant_facts.h"

/* 5.5/C10: an ECT with an induction period that has an outcome; a mentor who is no longer fundable. */
bool training_is_complete(const struct participant_facts *facts, enum participant_role role);
/* 5.5, effect 2; else 3 */
bool schedule_is_changed_in_place(const struct participant_input *input,
                                  const struct participant_facts *facts, struct date today);

/* Withdraw and defer. */
struct stop_effects {
    struct date finished_on;
    bool moves_finish; /* it was later, or open */
};
struct stop_effects stop_effects(const struct participant_facts *facts, struct date today);
/* The change list of its event, and the values as they are, as JSON texts; the caller's. */
struct stop_changes {
    char *lines, *values;
};
struct stop_changes stop_changes(const struct participant_input *input, const struct participant_facts *facts,
                                 int64_t as_of_us, bool is_withdrawal);

/* The training that begins. */
struct resume_effects {
    struct date started_on, finished_on; /* finished_on DATE_NONE: open */
    bool moves_school; /* what the school shows may be another: it was trained by one, and had asked for
                          another */
};
struct resume_effects resume_effects(const struct participant_facts *facts, struct date today);

struct schedule_effects {
    bool is_in_place;
    bool moves_cohort;
    bool moves_frozen_year;
    int64_t frozen_year; /* 0: none any more */
    bool moves_school;
    /* Unless it is in place: the last day of the training that ends, the days of the one that begins. */
    struct date ends_on, started_on, finished_on;
};
struct schedule_effects schedule_effects(const struct participant_input *input,
                                         const struct participant_facts *facts, struct date today);

/* For who explains. kind: "participant.withdraw", …; the object is the caller's. */
json_t *participant_effects_shown(struct slice kind, const struct participant_input *input,
                                  const struct participant_facts *facts, int64_t as_of_us);

#endif
