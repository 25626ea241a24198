/*
 * partnership_commit: the rows that `partnership.create` and `partnership.update` give to common/commit.c:
 * their facts queries. The context of each entry is its `const struct partnership_input *`, or its `const
 * struct partnership_update_input *`.
 */
#ifndef ECF2_COMMON_PARTNERSHIP_COMMIT_H
#define ECF2_COMMON_PARTNERSHIP_COMMIT_H

#include "common/commit.h"
#include "common/partnership_facts.h"
#include "common/partnership_update_facts.h"

extern const struct commit_kind partnership_commit;
extern const struct commit_kind partnership_update_commit;

#endif
