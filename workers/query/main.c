/*
 * ecf2-query: reads PostgreSQL for the front, and fills the cache with what it read (architecture.md
 * section 2). It writes nothing else: its role cannot.
 */
#include <stddef.h>

#include "common/process.h"
#include "common/sql.h"
#include "workers/query/query.h"
#include "workers/query/sql.h"

static const struct db_statement *const shared[] = {&sql_show_submissions,  &sql_show_batches,
                                                    &sql_show_participants, &sql_show_partnerships,
                                                    &sql_show_declarations, NULL};
static const struct db_statement *const *const statements[] = {query_statements, shared, NULL};

static bool handle(struct worker *worker, struct work_item *items, size_t count, struct error *err)
{
    return reads_answer(worker_db(worker), worker_redis(worker), items, count, err);
}

int main(int argc, char **argv)
{
    static const struct worker_definition definition = {
        .service = "query",
        .paragraph =
            "Reads PostgreSQL for the front: tokens, submissions, batches, declarations, people, health.",
        .role = "ecf2_query",
        .statements = statements,
        .handle = handle,
        .failures_are_stages = false, /* a read is no submission: who waits is told to come again */
    };

    process_keep_memory();
    return worker_main(&definition, argc, argv);
}
