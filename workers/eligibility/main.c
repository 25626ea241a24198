/*
 * ecf2-eligibility: is the person, and so the declaration, fundable, and why? It decides on the facts that
 * travel with the submission and writes nothing for a declaration (pipeline.md PL-31); its commits come with
 * the registrations.
 */
#include <stdlib.h>
#include <string.h>

#include "common/declaration_facts.h"
#include "common/kinds.h"
#include "common/sql.h"
#include "common/verdict.h"
#include "common/worker.h"
#include "workers/eligibility/declaration_rules.h"

/* Eligibility's part of the verdict of one record. */
static bool judge(const struct wire_record *record, struct verdict *verdict, struct error *err)
{
    struct declaration_facts facts;

    if (!declaration_facts_decode(record->facts, &facts, err))
        return false;
    const struct declaration_eligibility eligibility = declaration_eligibility(&facts);

    verdict->is_fundable = eligibility.is_fundable;
    verdict->reason = slice_of(eligibility.reason);
    declaration_facts_release(&facts);
    return true;
}

/* Adds it and hands the record on. */
static bool decide(struct work_item *item, struct error *err)
{
    const struct kind *kind = kind_find(item->record.kind);
    struct verdict verdict;
    bool good;

    if (kind == NULL)
        return error_set(err, ERROR_WIRE, "a kind of submission that this version does not know");
    if (!verdict_read(item->record.verdict, &verdict, err))
        return false;
    good = judge(&item->record, &verdict, err);
    if (good) {
        char *text = verdict_write(&verdict);

        item->record.verdict = work_keep(item, slice_of(text));
        free(text);
        work_forward(item, kind_next_stage(kind, "eligibility"));
    }
    verdict_release(&verdict);
    return good;
}

static bool handle(struct worker *worker, struct work_item *items, size_t count, struct error *err)
{
    (void)worker;
    for (size_t i = 0; i < count; i++)
        if (!decide(&items[i], err))
            return false;
    return true;
}

int main(int argc, char **argv)
{
    static const struct db_statement *const *const statements[] = {common_statements, NULL};
    static const struct worker_definition definition = {
        .service = "eligibility",
        .paragraph =
            "Decides whether the person of a submission, and so a declaration, is fundable, and why.",
        .role = "ecf2_eligibility",
        .statements = statements,
        .handle = handle,
        .failures_are_stages = true,
    };

    return worker_main(&definition, argc, argv);
}
