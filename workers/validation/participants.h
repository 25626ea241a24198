/*
 * participants: what the four actions of a participant share on their way through validation: decode, load
 * facts, run the rules, conclude (participants.c); and what each writes (participant_writes.c).
 */
#ifndef ECF2_WORKERS_VALIDATION_PARTICIPANTS_H
#define ECF2_WORKERS_VALIDATION_PARTICIPANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/db.h"
#include "common/participant_facts.h"
#include "workers/validation/judgement.h"
#include "workers/validation/participant_effects.h"
#include "workers/validation/participant_rules.h"

struct participant_kind;

/* One action on its way. */
struct participant_action {
    const struct participant_kind *kind;
    struct judgement judgement;
    struct participant_input input;
    struct participant_facts facts;
    bool has_input, has_facts;
    /* Of an acceptance: */
    bool moves_school; /* what its school shows may be another */
    struct buffer school_key;
    int64_t updated_at_us; /* api_updated_at */
    union {
        struct stop_effects stop;
        struct resume_effects resume;
        struct schedule_effects schedule;
    } effects;
    struct stop_changes changes; /* withdraw, defer */
};

struct participant_kind {
    const struct participant_table *table;
    bool changes_schedule; /* whose facts 5.5 needs */
    /* Decides its effects, and whether they move its school. */
    void (*decide)(struct participant_action *accepted);
    /* What all of them write, in one statement. */
    const struct db_statement *write;
    void (*params)(struct db_params *params, struct participant_action *const *accepted, size_t count);
};

extern const struct participant_kind withdraw_kind, defer_kind, resume_kind, change_schedule_kind;

#endif
