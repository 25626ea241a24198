/*
 * marker: whether somebody first becomes eligible for training in a role, and what that makes of the
 * declarations that waited for it (declarations.md 5, 9.1, 9.2): a pure function of the facts that
 * common/sql/marker_facts.sql gathers. Reading and writing them is marker_step.h's.
 *
 * ids are 0, instants INSTANT_NONE, days DATE_NONE, words none where the fact is null.
 */
#ifndef ECF2_COMMON_MARKER_H
#define ECF2_COMMON_MARKER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/declaration.h"
#include "common/error.h"
#include "common/london.h"
#include "common/slice.h"
#include "common/uuid.h"

/* A declaration at `no_payment`. */
struct marker_declaration {
    int64_t id;
    struct uuid api_id;
    int64_t statement_id; /* where it would go; 0: its provider and contract period have no such statement */
};

struct marker_facts {
    int64_t teacher_id;
    enum participant_role role;
    int64_t training_record_id; /* 0: the person never had the role */
    int64_t first_became_eligible_for_training_at_us;
    struct date became_ineligible_for_funding_on;
    enum funding_end_reason became_ineligible_for_funding_reason;
    bool has_induction_today; /* an induction period that contains today */
    bool has_school_period;   /* any of the role, past, current or future, whatever the programme */
    bool has_training_period; /* the same */
    struct marker_declaration *declarations;
    size_t declaration_count;
    /* Lead providers that train the person in any role, ascending: whose lists show what moves (locks of
     * class 3). */
    int64_t *lead_provider_ids;
    size_t lead_provider_count;
    json_t *document;
};

/* Reads the column `facts`. False with ERROR_BUG when it is not what marker_facts.sql makes. Release after
 * success. */
bool marker_facts_decode(struct slice text, struct marker_facts *ret_facts, struct error *err)
    __attribute__((warn_unused_result));
void marker_facts_release(struct marker_facts *facts);

enum marker_verdict {
    MARKER_IS_TO_BE_SET, /* the marker, and every waiting declaration onto its statement */
    MARKER_NO_RECORD,
    MARKER_SET_BEFORE,
    MARKER_NO_INDUCTION_TODAY,
    MARKER_NO_SCHOOL_PERIOD,
    MARKER_NO_TRAINING_PERIOD,
    MARKER_FUNDING_HAS_ENDED,
    MARKER_NO_STATEMENT, /* would be set, but a declaration has nowhere to go: nothing moves, and support sees
                            it */
    MARKER_VERDICT_COUNT
};

enum marker_verdict marker_decide(const struct marker_facts *facts);
/* Why, in a sentence without a full stop; static. */
const char *marker_verdict_text(enum marker_verdict verdict);
/* The clause of declarations.md that it stands on; static. */
const char *marker_verdict_source(enum marker_verdict verdict);

#endif
