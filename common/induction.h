/*
 * induction: whether an induction period may be recorded (appropriate-bodies.md 3.1, 3.2): pure functions of
 * what was entered and of what is known of the teacher. All that is wrong is told at once.
 */
#ifndef ECF2_COMMON_INDUCTION_H
#define ECF2_COMMON_INDUCTION_H

#include <stdbool.h>
#include <stddef.h>

#include "common/london.h"

/* Number of terms as it was entered, in tenths. */
#define TERMS_NONE          (-1000000)
#define TERMS_NOT_NUMERIC   (-1000001)
#define TERMS_MORE_DECIMALS (-1000002)
int induction_terms_parse(const char *text); /* NULL or "": TERMS_NONE */

struct induction_period {
    struct date started_on, finished_on; /* DATE_NONE: open */
};

struct induction_facts {
    struct induction_period entered; /* started_on DATE_NONE: left empty */
    int terms_tenths;
    bool has_programme; /* provider-led or school-led */
    struct date today, qts_awarded_on;
    const struct induction_period *others; /* of the teacher */
    size_t other_count;
};

struct induction_rule {
    const char *code, *field, *text; /* text: a sentence without a full stop */
    bool (*fails)(const struct induction_facts *facts);
};

/* Writes the rules that fail, in the order of their table; returns how many. ret_failed has room for
 * INDUCTION_RULES_MAX. */
#define INDUCTION_RULES_MAX 32
size_t induction_check(const struct induction_facts *facts,
                       const struct induction_rule *ret_failed[INDUCTION_RULES_MAX]);

#endif
