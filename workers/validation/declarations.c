/*
 * declarations: a batch of `declaration.create` through the decision table: decode, load facts, run the
 * rules, settle. The rules themselves are declaration_rules.c.
 */
#include <stdlib.h>

#include "common/declaration_commit.h"
#include "common/dry_run.h"
#include "workers/validation/declaration_rules.h"
#include "workers/validation/declaration_trace.h"
#include "workers/validation/judgement.h"
#include "workers/validation/validation.h"

struct declaration_case {
    struct judgement judgement;
    struct declaration_input input;
    bool has_input;
};

static bool decode(struct work_item *items, struct declaration_case *cases, struct judgement **judgements,
                   size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!declaration_input_decode(items[i].record.payload, &cases[i].input, err))
            return false;
        cases[i].has_input = true;
        cases[i].judgement.item = &items[i];
        cases[i].judgement.context = &cases[i].input;
        judgements[i] = &cases[i].judgement;
    }
    return true;
}

static void take_verdict(const struct declaration_verdict *verdict, struct judgement *judgement)
{
    if (verdict->same_as != NULL) {
        judgement->is_same_as = true;
        judgement->same_as = verdict->same_as->api_id;
    }
    if (verdict->error_count == 0)
        return;
    judgement->status = 422;
    declaration_verdict_render(verdict, &judgement->body);
    for (int rule = 1; rule <= DECLARATION_RULE_COUNT; rule++)
        if (verdict->results[rule - 1] == RULE_FAILED)
            judgement_add_fired(judgement, declaration_rule_source(rule));
}

static bool judge(struct declaration_case *cases, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct judgement *judgement = &cases[i].judgement;
        struct declaration_facts facts;
        struct declaration_verdict verdict;

        if (!declaration_facts_decode(judgement->facts, &facts, err))
            return false;
        declaration_validate(&cases[i].input, &facts, judgement->item->record.as_of_us, &verdict);
        take_verdict(&verdict, judgement);
        if (work_is_dry_run(judgement->item))
            judgement->rules = declaration_trace(&cases[i].input, &facts, judgement->item->record.as_of_us,
                                                 &verdict, TRACE_FOR_CALLER);
        declaration_facts_release(&facts);
    }
    return true;
}

bool validate_declarations(struct worker *worker, struct work_item *items, size_t count, struct error *err)
{
    struct declaration_case *cases = memory_zero(count, sizeof *cases);
    struct judgement **judgements = memory_zero(count, sizeof *judgements);
    PGresult *result = NULL;
    const bool good =
        decode(items, cases, judgements, count, err) &&
        judgements_load_facts(worker, &declaration_commit, judgements, count, &result, err) &&
        judge(cases, count, err) &&
        judgements_settle(worker, &declaration_commit, judgements, count, DECLARATION_RULES_VERSION, err);

    for (size_t i = 0; i < count; i++) {
        if (cases[i].has_input)
            declaration_input_release(&cases[i].input);
        judgement_release(&cases[i].judgement);
    }
    free(cases);
    free(judgements);
    PQclear(result);
    return good;
}
