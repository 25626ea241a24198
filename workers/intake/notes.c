/*
 * notes: writes about nobody's record (pipeline.md PL-17), in groups, after the submissions of the batch are
 * durable.
 */
#include "workers/intake/intake.h"

#include "common/log.h"
#include "workers/intake/sql.h"

void intake_store_notes(struct db *db, const struct intake_batch *batch)
{
    struct db_params params = DB_PARAMS_INIT;
    struct error err = {0};

    if (batch->token_count == 0)
        return;
    db_array_begin(&params);
    for (size_t i = 0; i < batch->token_count; i++)
        db_array_int(&params, batch->token_ids[i]);
    db_array_end(&params);
    if (!db_run(db, &sql_note_tokens_used, &params, NULL, &err))
        log_failure(LOG_WARNING, "notes_lost", &err);
    db_params_release(&params);
}
