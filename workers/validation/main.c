/*
 * ecf2-validation: may this submission be accepted? It evaluates the whole table of its kind, every error at
 * once, commits rejections, and hands on what passes with the facts that it saw (pipeline.md PL-31).
 */
#include "common/kinds.h"
#include "common/sql.h"
#include "workers/validation/validation.h"

/* One kind so far, so a batch is of one kind: what is of no kind fails alone. */
static bool handle(struct worker *worker, struct work_item *items, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (kind_find(items[i].record.kind) == NULL)
            return error_set(err, ERROR_WIRE, "a kind of submission that this version does not know");
    return validate_declarations(worker, items, count, err);
}

int main(int argc, char **argv)
{
    static const struct db_statement *const *const statements[] = {common_statements, NULL};
    static const struct worker_definition definition = {
        .service = "validation",
        .paragraph = "Decides whether submissions may be accepted: every rule, every error at once.",
        .role = "ecf2_validation",
        .statements = statements,
        .handle = handle,
        .failures_are_stages = true,
    };

    return worker_main(&definition, argc, argv);
}
