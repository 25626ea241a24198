/*
 * ecf2-payments: chooses the statement, decides what an accepted declaration writes, and commits it.
 * Statements and payment runs come with their kinds.
 */
#include "common/kind_handlers.h"
#include "common/sql.h"
#include "workers/payments/payments.h"
#include "workers/payments/sql.h"

static const struct kind_handler handlers[] = {
    {"declaration.create", accept_declarations},
    {"declaration.void", accept_voids},
    {NULL, NULL},
};

static bool handle(struct worker *worker, struct work_item *items, size_t count, struct error *err)
{
    return kind_handlers_run(handlers, worker, items, count, err);
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
