/*
 * voids: a batch of `declaration.void`: decode, load facts, run the rules, settle. The rules themselves are
 * void_rules.c.
 */
#include <stdlib.h>

#include "common/dry_run.h"
#include "common/void_commit.h"
#include "workers/validation/judgement.h"
#include "workers/validation/validation.h"
#include "workers/validation/void_rules.h"

struct void_case {
    struct judgement judgement;
    struct void_input input;
};

static bool decode(struct work_item *items, struct void_case *cases, struct judgement **judgements,
                   size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!void_input_decode(items[i].record.payload, &cases[i].input, err))
            return false;
        cases[i].judgement.item = &items[i];
        cases[i].judgement.context = &cases[i].input;
        judgements[i] = &cases[i].judgement;
    }
    return true;
}

static bool judge(struct void_case *cases, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct judgement *judgement = &cases[i].judgement;
        struct void_facts facts;
        struct void_verdict verdict;

        if (!void_facts_decode(judgement->facts, &facts, err))
            return false;
        void_validate(&facts, &verdict);
        if (work_is_dry_run(judgement->item))
            judgement->rules = void_trace(&cases[i].input, &facts, &verdict);
        void_facts_release(&facts);
        judgement->status = verdict.status;
        if (verdict.status == 0)
            continue;
        void_verdict_render(&verdict, &judgement->body);
        for (size_t row = 0; row < VOID_RULE_COUNT; row++)
            if (verdict.results[row] == RULE_FAILED)
                judgement_add_fired(judgement, void_rule_source(row));
    }
    return true;
}

bool validate_voids(struct worker *worker, struct work_item *items, size_t count, struct error *err)
{
    struct void_case *cases = memory_zero(count, sizeof *cases);
    struct judgement **judgements = memory_zero(count, sizeof *judgements);
    PGresult *result = NULL;
    const bool good = decode(items, cases, judgements, count, err) &&
                      judgements_load_facts(worker, &void_commit, judgements, count, &result, err) &&
                      judge(cases, count, err) &&
                      judgements_settle(worker, &void_commit, judgements, count, VOID_RULES_VERSION, err);

    for (size_t i = 0; i < count; i++)
        judgement_release(&cases[i].judgement);
    free(cases);
    free(judgements);
    PQclear(result);
    return good;
}
