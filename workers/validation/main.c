/*
 * ecf2-validation: may this submission be accepted? It evaluates the whole table of its kind, every error at
 * once, commits rejections, and hands on what passes with the facts that it saw (pipeline.md PL-31).
 */
#include "common/kind_handlers.h"
#include "common/sql.h"
#include "workers/validation/sql.h"
#include "workers/validation/validation.h"

static const struct kind_handler handlers[] = {
    {"declaration.create", validate_declarations},
    {"declaration.void", validate_voids},
    {"partnership.create", validate_partnerships},
    {"partnership.update", validate_partnership_updates},
    {"participant.withdraw", validate_withdrawals},
    {"participant.defer", validate_deferrals},
    {"participant.resume", validate_resumptions},
    {"participant.change_schedule", validate_schedule_changes},
    {NULL, NULL},
};

static bool handle(struct worker *worker, struct work_item *items, size_t count, struct error *err)
{
    return kind_handlers_run(handlers, worker, items, count, err);
}

int main(int argc, char **argv)
{
    static const struct db_statement *const *const statements[] = {common_statements, validation_statements,
                                                                   NULL};
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
