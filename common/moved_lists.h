/*
 * moved_lists: the lead providers whose lists show what a write about a declaration or a participant moves.
 * Both follow from these here: the locks of class 3 that the write takes (pipeline.md section 3), and the
 * cache scopes that it touches (PL-52).
 */
#ifndef ECF2_COMMON_MOVED_LISTS_H
#define ECF2_COMMON_MOVED_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/commit.h"

struct moved_lists {
    int64_t lead_provider_id; /* whose declaration, whose training it is */
    /* Of lead providers with a confirmed training period in its role: they may see it (declarations.md 7.2).
     */
    const int64_t *declaration_ids;
    size_t declaration_count;
    /* Of those who see the participant, where the write changes that. */
    const int64_t *participant_ids;
    size_t participant_count;
    bool partnerships; /* lead_provider_id's, which tell how many are trained (lead-provider-api.md 9) */
    bool schools;      /* everybody's list of schools */
};

void lists_lock(struct commit *commit, size_t entry, const struct moved_lists *lists);
/* Appends "{lp:7}:declarations,{lp:8}:declarations,{lp:7}:participants". */
void lists_scopes(const struct moved_lists *lists, struct buffer *out);

#endif
