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
    CLEANUP(json)
    json_t *shown =
        json_pack("{s:s, s:s%?}", "database", "connected", "migration", migration.data, migration.size);
    CLEANUP(free) char *text = shown == NULL ? NULL : json_dumps(shown, JSON_COMPACT);
    if (text == NULL)
        return error_set(err, ERROR_BUG, "the migration's name is not text");
    buffer_append_text(&body, text);
    for (size_t i = 0; i < count; i++)
        question_answer(&questions[i], 200, (struct slice){NULL, 0}, buffer_slice(&body));
    buffer_release(&body);
    return true;
}
