/*
 * ecf2-intake: makes submissions durable, in groups, and says "accepted" only then (architecture.md section
 * 3).
 */
#include "common/sql.h"
#include "workers/intake/intake.h"
#include "workers/intake/sql.h"

static const struct db_statement *const *const statements[] = {common_statements, intake_statements, NULL};

static bool handle(struct worker *worker, struct work_item *items, size_t count, struct error *err)
{
    struct intake_batch batch;

    if (count == 1 && intake_is_upload(&items[0]))
        return intake_upload(worker, &items[0], err);
    intake_decode(items, count, &batch);
    if (!intake_store(worker_db(worker), &batch, err))
        return false;
    for (size_t i = 0; i < batch.count; i++)
        intake_conclude(&batch.entries[i]);
    intake_store_notes(worker_db(worker), &batch);
    return true;
}

int main(int argc, char **argv)
{
    static const struct worker_definition definition = {
        .service = "intake",
        .paragraph = "Makes submissions durable, in groups, finds their subjects, and hands them to their "
                     "first stage.",
        .role = "ecf2_intake",
        .statements = statements,
        .handle = handle,
        .is_alone = intake_is_upload,
        .failures_are_stages = false, /* before acceptance there is no submission that could have a stage */
    };

    return worker_main(&definition, argc, argv);
}
