/*
 * import_load: writes what was found good: INSERT … SELECT of import_rows_TABLE in order of dependency,
 * updatable columns of rows that were there, what follows from the rows (history of eligibility, read
 * models), the row in import_runs.
 */
#include "workers/ctl/import.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/token.h"
#include "workers/ctl/sql.h"

/* Statistics of what was just filled; only a table's owner may analyze it, so his function does it. Not left
 * for later: without them the plans of the foreign keys that refer to the table, made now and kept for the
 * session, go by indexes that match thousands of rows. */
static bool analyze(struct import_run *run, const char *names, struct error *err)
{
    return import_run_format(run, NULL, err, "select analyze_tables('{%s}'::text[])", names);
}

static bool insert_rows(struct import_run *run, size_t number, struct error *err)
{
    const struct import_table *table = &import_tables[number];
    CLEANUP(pgresult) PGresult *names = NULL;
    CLEANUP(pgresult) PGresult *inserted = NULL;
    if (!import_run_format(
            run, &names, err,
            "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute "
            "where attrelid = '%s'::regclass and attnum > 0 and not attisdropped and attgenerated = ''",
            table->table))
        return false;
    const char *list = PQgetvalue(names, 0, 0);
    if (!import_run_format(run, &inserted, err,
                           "insert into %s (%s) overriding system value select %s from import_rows_%s",
                           table->table, list, list, table->name))
        return false;
    run->parts[number].inserted = strtoll(PQcmdTuples(inserted), NULL, 10);
    return run->parts[number].inserted == 0 || analyze(run, table->table, err);
}

/* "enabled = coalesce(n.enabled, false)" for the updatable columns that the file has; returns whether there
 * are any. */
static bool append_updates(struct import_run *run, size_t number, struct buffer *set, struct buffer *differs)
{
    const struct import_table *table = &import_tables[number];
    for (size_t i = 0; table->columns[i].name != NULL; i++) {
        const struct import_column *column = &table->columns[i];
        const char *missing = column->missing == NULL ? "null" : column->missing;
        if ((column->flags & IMPORT_UPDATABLE) == 0 || !run->parts[number].given[i])
            continue;
        buffer_printf(set, "%s = coalesce(n.%s, %s), ", column->target, column->target, missing);
        buffer_printf(differs, "%sx.%s is distinct from coalesce(n.%s, %s)", differs->size == 0 ? "" : " or ",
                      column->target, column->target, missing);
    }
    return set->size > 0;
}

static bool update_rows(struct import_run *run, size_t number, struct error *err)
{
    const struct import_table *table = &import_tables[number];
    CLEANUP(pgresult) PGresult *updated = NULL;
    struct buffer set = BUFFER_INIT, differs = BUFFER_INIT, same = BUFFER_INIT;
    bool good = true;
    if (append_updates(run, number, &set, &differs)) {
        import_append_same_row(&same, table);
        good = import_run_format(
            run, &updated, err,
            "update %s x set %supdated_at = c.as_of from import_%s n cross join import_clock c "
            "where n.existing and not n.bad and %s and (%s)",
            table->table, set.data, table->name, same.data, differs.data);
        if (good)
            run->parts[number].updated = strtoll(PQcmdTuples(updated), NULL, 10);
    }
    buffer_release(&set);
    buffer_release(&differs);
    buffer_release(&same);
    return good;
}

/* What the follow-ups are made of. */
static bool has_new(const struct import_run *run, const struct import_column *columns)
{
    for (size_t i = 0; import_tables[i].name != NULL; i++)
        if (import_tables[i].columns == columns)
            return run->parts[i].inserted > 0;
    return false;
}

/* Whether single rows are looked up by indexes alone: so the statements of foreign keys are to be planned.
 * Reading a small table as a whole looks cheaper to the planner, but each time asks the system for its size.
 */
static bool plan_lookups_by_index(struct import_run *run, bool by_index, struct error *err)
{
    return import_run_format(run, NULL, err, "set enable_seqscan = %s", by_index ? "off" : "on");
}

static bool fill_read_models(struct import_run *run, struct error *err)
{
    static const char *const models[] = {"teacher_provider_status", "school_year_status",
                                         "school_provider_year_status"};
    import_progress(run, "filling read models");
    bool good = plan_lookups_by_index(run, false, err) &&
                import_run_sql(run, sql_import_touch.text, NULL, err) &&
                import_run_sql(run, sql_import_fill_teacher_provider_status.text, NULL, err) &&
                import_run_sql(run, sql_import_fill_school_year_status.text, NULL, err) &&
                import_run_sql(run, sql_import_fill_school_provider_year_status.text, NULL, err) &&
                plan_lookups_by_index(run, true, err);
    for (size_t i = 0; i < sizeof models / sizeof models[0] && good; i++)
        good = import_run_format(run, NULL, err, "insert into %s select * from import_new_%s", models[i],
                                 models[i]) &&
               analyze(run, models[i], err);
    return good;
}

bool import_load(struct import_run *run, struct error *err)
{
    int64_t rows = 0;
    for (size_t i = 0; import_tables[i].name != NULL; i++)
        rows += run->parts[i].rows;
    /* Foreign keys and triggers look single rows up by statements of their own. PostgreSQL would plan those
     * anew for every row, which is two thirds of the time of an insert. */
    if (!import_plan_for(run, rows, err) ||
        !import_run_sql(run, "set plan_cache_mode = force_generic_plan", NULL, err) ||
        !plan_lookups_by_index(run, true, err))
        return false;
    for (size_t i = 0; import_tables[i].name != NULL; i++) {
        struct import_part *part = &run->parts[i];
        if (part->rows == 0)
            continue;
        import_progress(run, "%s.csv: writing %" PRId64 " rows", import_tables[i].name, part->rows);
        if (!insert_rows(run, i, err) || !update_rows(run, i, err)) {
            fprintf(stderr, "ecf2ctl: %s.csv: the database refused a row that was found good\n",
                    import_tables[i].name);
            return false;
        }
        part->unchanged = part->rows - part->skipped - part->inserted - part->updated;
    }
    if (has_new(run, import_training_records) &&
        (!import_run_sql(run, sql_import_insert_eligibility_changes.text, NULL, err) ||
         !analyze(run, "eligibility_changes", err)))
        return false;
    if (!fill_read_models(run, err))
        return false;
    /* Deferred constraints and triggers now, where a failure can still be told with its words. Their
     * statements are about one row each. */
    import_progress(run, "checking what the database checks at commit");
    return import_plan_for(run, /* rows= */ 1, err) &&
           import_run_sql(run, "set constraints all immediate", NULL, err);
}

/* --------------------------------------------------------------------------------------------- the record */

#define RULES_VERSION "1"

bool import_record(struct import_run *run, const char *status, struct error *err)
{
    static const char sql[] = "insert into import_runs (source, source_digest, mode, status, as_of, "
                              "rules_version, totals, started_at, finished_at) "
                              "values ($1, $2::bytea, $3, $4, $5::timestamptz, $6::integer, $7::jsonb, "
                              "$8::timestamptz, clock_timestamp())";
    char digest[2 * sizeof run->digest + 3] = "\\x", as_of[RFC3339_SIZE], started_at[RFC3339_SIZE];
    struct buffer totals = BUFFER_INIT;
    hex_format(run->digest, sizeof run->digest, digest + 2);
    rfc3339_format_us(run->as_of_us, as_of);
    rfc3339_format_us(run->started_us, started_at);
    buffer_printf(&totals, "{\"problems\": %" PRId64 ", \"files\": {", run->problems.count);
    bool first = true;
    for (size_t i = 0; import_tables[i].name != NULL; i++) {
        const struct import_part *part = &run->parts[i];
        if (!part->present)
            continue;
        buffer_printf(&totals,
                      "%s\"%s\": {\"rows\": %" PRId64 ", \"inserted\": %" PRId64 ", \"updated\": %" PRId64
                      ", \"unchanged\": %" PRId64 ", \"skipped\": %" PRId64 "}",
                      first ? "" : ", ", import_tables[i].name, part->rows, part->inserted, part->updated,
                      part->unchanged, part->skipped);
        first = false;
    }
    buffer_append_text(&totals, "}}");
    const char *values[] = {"csv",       digest,    run->check_only ? "check" : "load",
                            status,      as_of,     RULES_VERSION,
                            totals.data, started_at};
    CLEANUP(pgresult) PGresult *result = PQexecParams(run->connection, sql, 8, NULL, values, NULL, NULL, 0);
    buffer_release(&totals);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        return error_set(err, ERROR_DB, "import_runs: %s", PQresultErrorMessage(result));
    return true;
}
