/*
 * declaration_checks: what each row of declarations.md 3.3 looks at, and how it says what is wrong: pure
 * functions of a case. When a row runs, and under which title it fails, is the table's (declaration_rules.c).
 */
#ifndef ECF2_WORKERS_VALIDATION_DECLARATION_CHECKS_H
#define ECF2_WORKERS_VALIDATION_DECLARATION_CHECKS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/declaration_facts.h"

/* All that a check looks at. */
struct declaration_case {
    const struct declaration_input *input;
    const struct declaration_facts *facts;
    int64_t now_us;
};

/* The active declaration of the submitted type, by whatever lead provider; NULL where there is none. */
const struct existing_declaration *declaration_existing(const struct declaration_case *c);
/* The latest of the active declarations of earlier types, and the earliest of those of later types; NULL
 * where there is none. */
void declaration_neighbours(const struct declaration_case *c,
                            const struct existing_declaration **ret_latest_earlier,
                            const struct existing_declaration **ret_earliest_later);

/* True = fails, and detail, of DETAIL_SIZE bytes, says why. */
typedef bool declaration_check_fn(const struct declaration_case *c, char *detail);
declaration_check_fn check_participant_blank;
declaration_check_fn check_participant_not_found;
declaration_check_fn check_course_not_one_of_two;
declaration_check_fn check_date_blank;
declaration_check_fn check_course_of_other_role;
declaration_check_fn check_type_blank;
declaration_check_fn check_type_unknown;
declaration_check_fn check_already_declared;
declaration_check_fn check_date_in_future;
declaration_check_fn check_date_outside_window;
declaration_check_fn check_date_malformed;
declaration_check_fn check_type_not_for_mentors;
declaration_check_fn check_evidence_missing_or_not_accepted;
declaration_check_fn check_participant_withdrawn;
declaration_check_fn check_ongoing_period_frozen;
declaration_check_fn check_no_open_statement;
declaration_check_fn check_type_not_in_schedule;
declaration_check_fn check_date_out_of_sequence;
declaration_check_fn check_participant_not_with_provider;

#endif
