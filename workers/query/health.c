/*
 * health: `read.health`: the database answers, and which migration it has. That it does not answer is the
 * runtime's to say.
 */
#include "common/cleanup.h"
#include "workers/query/query.h"
#include "workers/query/sql.h"

bool health_answer(struct db *db, struct question *questions, size_t count, struct error *err)
{
    CLEANUP(pgresult) PGresult *result = NULL;
    struct buffer body = BUFFER_INIT;

    if (!db_run(db, &sql_show_health, NULL, &result, err))
        return false;
    if (PQntuples(result) != 1)
        return error_set(err, ERROR_BUG, "show_health gave %d rows", PQntuples(result));
    const struct slice migration = db_text(result, 0, 0);
    CLEANUP(json) json_t *shown = json_pack("{s:s}", "database", "connected");
    json_t *version = migration.size == 0 ? json_null() : json_stringn(migration.data, migration.size);
    if (json_object_set_new(shown, "migration", version) != 0)
        return error_set(err, ERROR_BUG, "the name of the migration is not text");
    CLEANUP(free) char *text = json_dumps(shown, JSON_COMPACT);
    buffer_append_text(&body, text);
    for (size_t i = 0; i < count; i++)
        question_answer(&questions[i], 200, (struct slice){NULL, 0}, buffer_slice(&body));
    buffer_release(&body);
    return true;
}
