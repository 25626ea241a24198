/*
 * ecf2-payments: chooses the statement, decides what an accepted declaration writes, and commits it.
 * Statements and payment runs come with their kinds.
 */
#include "common/kinds.h"
#include "common/sql.h"
#include "workers/payments/payments.h"
#include "workers/payments/sql.h"

/* One kind so far, so a batch is of one kind: what is of no kind fails alone. */
static bool handle(struct worker *worker, struct work_item *items, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (kind_find(items[i].record.kind) == NULL)
            return error_set(err, ERROR_WIRE, "a kind of submission that this version does not know");
    return accept_declarations(worker, items, count, err);
}

int main(int argc, char **argv)
{
    static const struct db_statement *const *const statements[] = {common_statements, payments_statements,
                                                                   NULL};
    static const struct worker_definition definition = {
        .service = "payments",
        .paragraph = "Chooses the statement of accepted declarations and commits them.",
        .role = "ecf2_payments",
        .statements = statements,
        .handle = handle,
        .failures_are_stages = true,
    };

    return worker_main(&definition, argc, argv);
}
