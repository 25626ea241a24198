/*
 * declaration_commit: the row that `declaration.create` gives to common/commit.c: its facts query. The
 * context of each entry is its `const struct declaration_input *`.
 */
#ifndef ECF2_COMMON_DECLARATION_COMMIT_H
#define ECF2_COMMON_DECLARATION_COMMIT_H

#include "common/commit.h"
#include "common/declaration_facts.h"

extern const struct commit_kind declaration_commit;

/* What a record asks the facts query; input is borrowed. */
struct declaration_question declaration_question_of(const struct wire_record *record,
                                                    const struct declaration_input *input);

#endif
