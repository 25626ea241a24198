/*
 * participant_commit: the row that the actions of a participant give to common/commit.c: their facts query.
 * The context of each entry is its `const struct participant_input *`.
 */
#ifndef ECF2_COMMON_PARTICIPANT_COMMIT_H
#define ECF2_COMMON_PARTICIPANT_COMMIT_H

#include "common/commit.h"
#include "common/participant_facts.h"

extern const struct commit_kind participant_commit;

#endif
