/*
 * void_commit: the row that `declaration.void` gives to common/commit.c: its facts query. The context of each
 * entry is its `const struct void_input *`.
 */
#ifndef ECF2_COMMON_VOID_COMMIT_H
#define ECF2_COMMON_VOID_COMMIT_H

#include "common/commit.h"
#include "common/void_facts.h"

extern const struct commit_kind void_commit;

#endif
