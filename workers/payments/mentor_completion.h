/*
 * mentor_completion: what becomes of a mentor's training record and training when a `completed` declaration
 * is made, voided or clawed back (declarations.md 6.1): a pure function of the facts and today.
 */
#ifndef ECF2_WORKERS_PAYMENTS_MENTOR_COMPLETION_H
#define ECF2_WORKERS_PAYMENTS_MENTOR_COMPLETION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/declaration.h"
#include "common/london.h"

/* What 6.1 looks at. */
struct mentor_completion_facts {
    struct date today;
    int64_t latest_completed_us; /* D: latest-dated active mentor `completed`, all lead providers, the one
                                    that was made counted, the one that was voided not; INSTANT_NONE: none */
    int64_t declaration_us;      /* the declaration that was made or voided */
    struct date ineligible_on;   /* the training record as it is */
    enum funding_end_reason reason;
    int64_t training_period_id; /* LT: latest-started mentor period with the declaration's lead provider; 0:
                                   none */
    struct date started_on, finished_on;
    /* Where D is none: */
    struct date school_finished_on;       /* of LT's school period */
    struct date other_training_starts_on; /* the first of the teacher's mentor periods, with anybody, that go
                                             on after LT's last day; DATE_NONE: none does */
};

/* A change of the mentor's training record and of training. "Nothing" is all false and 0. */
struct mentor_completion_effects {
    bool record_changes; /* then an event, with the values before and after */
    struct date ineligible_on_before, ineligible_on;
    enum funding_end_reason reason_before, reason;
    int64_t finished_training_period_id; /* 0: LT stays as it is */
    struct date finished_on_before, finished_on;
    bool opens_training;                   /* a period like LT is made behind it */
    struct date opened_from, opened_until; /* its days; until DATE_NONE: open */
};

struct mentor_completion_effects mentor_completion_decide(const struct mentor_completion_facts *facts);
/* Of every other declaration. */
struct mentor_completion_effects mentor_completion_nothing(void);

/* Whether the mentor's record or training is another then: what is kept of the person follows. */
bool mentor_completion_changes_person(const struct mentor_completion_effects *effects);

/* The change lines of the training record (events.md section 3), a JSON array of texts; the caller frees it.
 * NULL: it does not change. */
char *mentor_completion_changes(const struct mentor_completion_effects *effects);

#endif
