/*
 * declaration_evidence: which declaration needs which evidence (declarations.md 3.5): the table that row 13
 * asks, and the test that holds it against evidence_rules.csv.
 */
#ifndef ECF2_WORKERS_VALIDATION_DECLARATION_EVIDENCE_H
#define ECF2_WORKERS_VALIDATION_DECLARATION_EVIDENCE_H

#include <stdbool.h>

#include "common/declaration.h"

/* detailed: contract_periods.detailed_evidence_types_enabled. */
bool evidence_is_required(bool detailed, enum participant_role role, enum declaration_type type);
bool evidence_is_accepted(bool detailed, enum participant_role role, enum declaration_type type,
                          enum evidence_type evidence);
/* What is accepted, for details: "`training-event-attended` or `other`"; empty where nothing is, or anything.
 */
#define EVIDENCE_LIST_SIZE 256
void evidence_list(bool detailed, enum participant_role role, enum declaration_type type,
                   char ret_text[EVIDENCE_LIST_SIZE]);

#endif
