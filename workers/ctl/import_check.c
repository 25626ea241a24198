/*
 * import_check: finds what the database would refuse, before it is asked, for every row and with its line:
 * references to nothing, values other than the database's, and whatever check constraints, unique indexes and
 * exclusion constraints say. Those are read from the catalog, so that a new constraint of the schema is
 * checked here without a change; what only triggers and the application know stands in
 * sql/import_check_TABLE.sql. What slips through is still refused by the database itself, then for the file
 * as a whole.
 */
#include "workers/ctl/import.h"

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

/* ---------------------------------------------------------------------------------- what a problem shows */

/* The SQL of a column's value as a file has it, of the row `row` of import_TABLE. */
static void append_given(struct buffer *sql, const struct import_column *column, const char *row)
{
    const struct import_type *type = column->type;
    char staged[IMPORT_NAME_SIZE];
    import_staged_name(column, staged);
    if (type == &type_token)
        buffer_append_text(sql, "null::text"); /* what is staged is its hash */
    else if (type == &type_statement_month)
        buffer_printf(sql, "overlay(%s.%s::text placing '-' from 5 for 0)", row, staged);
    else if (type == &type_london_day)
        buffer_printf(sql, "(%s.%s at time zone 'Europe/London')::date::text", row, staged);
    else if (type == &type_instant)
        buffer_printf(sql, "(to_json(%s.%s) #>> '{}')", row, staged);
    else if (type == &type_districts || type == &type_urns)
        buffer_printf(sql, "array_to_string(%s.%s, '%s')", row, staged, type == &type_urns ? " " : "; ");
    else
        buffer_printf(sql, "%s.%s::text", row, staged);
}

/* "'a, b', coalesce(n.a::text, '') || ', ' || …": names and values of the columns that fill the attributes of
 * a constraint, of the row n of import_TABLE. */
static void append_told(struct buffer *sql, const struct import_table *table, const char *attributes)
{
    struct buffer names = BUFFER_INIT, values = BUFFER_INIT;
    bool told[IMPORT_COLUMNS_MAX] = {false};
    char attribute[IMPORT_NAME_SIZE];
    while (import_next_name(&attributes, attribute)) {
        const struct import_column *column = import_column_of_target(table, attribute);
        if (column == NULL || told[column - table->columns])
            continue;
        told[column - table->columns] = true;
        buffer_printf(&names, "%s%s", names.size == 0 ? "" : ", ", column->name);
        buffer_append_text(&values, values.size == 0 ? "coalesce(" : " || ', ' || coalesce(");
        append_given(&values, column, "n");
        buffer_append_text(&values, ", '')");
    }
    buffer_printf(sql, "'%s', %s", names.size == 0 ? "" : names.data, names.size == 0 ? "null" : values.data);
    buffer_release(&names);
    buffer_release(&values);
}

/* The row of the file is looked up for what was found only: mostly that is nothing. */
bool import_collect_found(struct import_run *run, size_t number, const char *found, const char *attributes,
                          struct error *err)
{
    const struct import_table *table = &import_tables[number];
    struct buffer sql = BUFFER_INIT;
    buffer_append_text(&sql, "select distinct n.line, ");
    append_told(&sql, table, attributes);
    buffer_printf(&sql, ", f.reason from (%s) f (line, reason) join import_%s n on n.line = f.line", found,
                  table->name);
    bool good = import_collect(run, number, sql.data, err);
    buffer_release(&sql);
    return good;
}

/* ------------------------------------------------------------------------------ references, existing rows */

/* Which rows have a value that found nothing, for all references of the table in one pass. */
static bool check_references(struct import_run *run, size_t number, struct error *err)
{
    const struct import_table *table = &import_tables[number];
    struct buffer cases = BUFFER_INIT, any = BUFFER_INIT, sql = BUFFER_INIT;
    bool good = true;
    for (const struct import_column *column = table->columns; column->name != NULL; column++) {
        const char *targets = column->target;
        char staged[IMPORT_NAME_SIZE], target[IMPORT_NAME_SIZE];
        if (column->unresolved == NULL || !import_next_name(&targets, target))
            continue;
        import_staged_name(column, staged);
        buffer_printf(&any, "%s(n.%s is not null and n.%s is null)", any.size == 0 ? "" : " or ", staged,
                      target);
        buffer_printf(&cases, "%s('%s', ", cases.size == 0 ? "" : ", ", column->name);
        append_given(&cases, column, "n");
        buffer_printf(&cases, ", n.%s is null, '%s')", target, column->unresolved);
    }
    if (any.size > 0) {
        buffer_printf(
            &sql,
            "select n.line, v.column_name, v.value, v.reason from import_%s n cross join lateral (values %s) "
            "as v (column_name, value, absent, reason) where not n.bad and (%s) and v.absent and v.value is "
            "not null",
            table->name, cases.data, any.data);
        good = import_collect(run, number, sql.data, err);
    }
    buffer_release(&cases);
    buffer_release(&any);
    buffer_release(&sql);
    return good;
}

/* The condition under which a row says something else than the database about this column. */
static void append_difference(struct buffer *sql, const struct import_column *column)
{
    char staged[IMPORT_NAME_SIZE], target[IMPORT_NAME_SIZE];
    const char *between = "";
    import_staged_name(column, staged);
    buffer_append_char(sql, '(');
    if (column->missing != NULL)
        buffer_printf(sql, "n.%s is not null and (", staged);
    for (const char *targets = column->target; import_next_name(&targets, target);) {
        buffer_printf(sql, "%sn.%s is distinct from x.%s", between, target, target);
        between = " or ";
    }
    buffer_append_text(sql, column->missing != NULL ? "))" : ")");
}

static bool is_compared(const struct import_run *run, size_t number, size_t column)
{
    const struct import_column *c = &import_tables[number].columns[column];
    return run->parts[number].given[column] && c->target != NULL &&
           (c->flags & (IMPORT_KEY | IMPORT_UPDATABLE | IMPORT_NOT_COMPARED)) == 0;
}

/* "x.key = n.key and …" or the id */
void import_append_same_row(struct buffer *sql, const struct import_table *table)
{
    const char *between = "";
    if (table->has_id) {
        buffer_append_text(sql, "x.id = n.id");
        return;
    }
    for (const struct import_column *column = table->columns; column->name != NULL; column++) {
        const char *targets = column->target;
        char target[IMPORT_NAME_SIZE];
        if ((column->flags & IMPORT_KEY) == 0 || !import_next_name(&targets, target))
            continue;
        buffer_printf(sql, "%sx.%s = n.%s", between, target, target);
        between = " and ";
    }
}

static bool check_existing(struct import_run *run, size_t number, struct error *err)
{
    const struct import_table *table = &import_tables[number];
    struct buffer sql = BUFFER_INIT;
    bool good = true;
    for (size_t i = 0; run->parts[number].existing > 0 && table->columns[i].name != NULL && good; i++) {
        const struct import_column *column = &table->columns[i];
        if (!is_compared(run, number, i))
            continue;
        bool shown = (column->flags & IMPORT_LOOKED_UP) == 0;
        buffer_clear(&sql);
        buffer_printf(&sql, "select n.line, '%s', coalesce(", column->name);
        append_given(&sql, column, "n");
        buffer_printf(&sql, ", ''), 'the database has %s' || %s%s%s from import_%s n join %s x on ",
                      shown ? "" : "another value", shown ? "coalesce(x." : "''", shown ? column->target : "",
                      shown ? "::text, 'none')" : "", table->name, table->table);
        import_append_same_row(&sql, table);
        buffer_append_text(&sql, " where n.existing and not n.bad and ");
        append_difference(&sql, column);
        good = import_collect(run, number, sql.data, err);
    }
    buffer_release(&sql);
    return good;
}

/* ------------------------------------------------------------------------------------ the catalog's rules */

/* All check constraints of the table in one pass; rows that keep them all cost one evaluation. */
static bool check_constraints(struct import_run *run, size_t number, struct error *err)
{
    const struct import_table *table = &import_tables[number];
    CLEANUP(pgresult) PGresult *rules = NULL;
    struct buffer cases = BUFFER_INIT, all = BUFFER_INIT, broken = BUFFER_INIT, sql = BUFFER_INIT;
    if (!import_run_format(
            run, &rules, err,
            "select c.conname, pg_get_expr(c.conbin, c.conrelid), "
            "(select string_agg(a.attname, ', ' order by a.attnum) from pg_attribute a "
            "where a.attrelid = c.conrelid and a.attnum = any (c.conkey)), "
            "coalesce(obj_description(c.oid, 'pg_constraint'), "
            "replace(replace(c.conname, '%s_', ''), '_', ' ')) "
            "from pg_constraint c where c.conrelid = '%s'::regclass and c.contype = 'c' order by c.conname",
            table->table, table->table))
        return false;
    for (int i = 0; i < PQntuples(rules); i++) {
        const char *rule = PQgetvalue(rules, i, 1);
        char *reason =
            PQescapeLiteral(run->connection, PQgetvalue(rules, i, 3), strlen(PQgetvalue(rules, i, 3)));
        buffer_printf(&all, "%s(%s)", i == 0 ? "" : " and ", rule);
        buffer_printf(&broken, "%s(%s) is false", i == 0 ? "" : ", ", rule);
        buffer_printf(&cases, "%s(broken[%d], ", i == 0 ? "" : ", ", i + 1);
        append_told(&cases, table, PQgetvalue(rules, i, 2));
        buffer_printf(&cases, ", 'against the rule: ' || %s)", reason);
        PQfreemem(reason);
    }
    bool good = true;
    if (PQntuples(rules) > 0) {
        buffer_printf(
            &sql,
            "select n.line, v.column_name, v.value, v.reason from (select line, array[%s] as broken "
            "from import_rows_%s where (%s) is false) as f join import_%s n on n.line = f.line "
            "cross join lateral (values %s) as v (broken, column_name, value, reason) where v.broken",
            broken.data, table->name, all.data, table->name, cases.data);
        good = import_collect(run, number, sql.data, err);
    }
    buffer_release(&cases);
    buffer_release(&all);
    buffer_release(&broken);
    buffer_release(&sql);
    return good;
}

/* "a.x = b.x and a.y = b.y"; IS NOT DISTINCT FROM where nulls count as equal. */
static void append_equal(struct buffer *sql, const char *attributes, const char *operator)
{
    char attribute[IMPORT_NAME_SIZE];
    const char *between = "";
    while (import_next_name(&attributes, attribute)) {
        buffer_printf(sql, "%sa.%s %s b.%s", between, attribute, operator, attribute);
        between = " and ";
    }
}

static bool check_unique(struct import_run *run, size_t number, const char *attributes, const char *predicate,
                         bool nulls_equal, struct error *err)
{
    const struct import_table *table = &import_tables[number];
    const char *operator= nulls_equal ? "is not distinct from" : "=";
    struct buffer sql = BUFFER_INIT;
    buffer_printf(&sql,
                  "with rows as not materialized (select line, %s from import_rows_%s where %s), "
                  "several as (select %s, min(line) as first from rows group by %s having count(*) > 1) "
                  "select a.line, 'the same as in line ' || b.first from rows a join several b on ",
                  attributes, table->name, predicate, attributes, attributes);
    append_equal(&sql, attributes, operator);
    buffer_append_text(&sql, " where a.line > b.first");
    if (!run->parts[number].empty) {
        buffer_printf(&sql,
                      " union all select a.line, 'another row of the database has it' "
                      "from rows a join (select %s from %s where %s) b on ",
                      attributes, table->table, predicate);
        append_equal(&sql, attributes, operator);
    }
    bool good = import_collect_found(run, number, sql.data, attributes, err);
    buffer_release(&sql);
    return good;
}

/* Whether these attributes are the key by which rows are found: then nothing new can be told about them. */
static bool is_key(const struct import_table *table, const char *attributes)
{
    size_t keys = 0, found = 0;
    char name[IMPORT_NAME_SIZE], target[IMPORT_NAME_SIZE];
    for (const struct import_column *column = table->columns; column->name != NULL; column++)
        keys += (column->flags & IMPORT_KEY) != 0;
    while (import_next_name(&attributes, name)) {
        const struct import_column *column = import_column_of_target(table, name);
        const char *targets = column == NULL ? NULL : column->target;
        if (column == NULL || (column->flags & IMPORT_KEY) == 0 || !import_next_name(&targets, target) ||
            strcmp(target, name) != 0)
            return false;
        found++;
    }
    return found == keys;
}

/* Whether the attributes are one column that this file does not have and whose values the product draws. */
static bool is_drawn(const struct import_run *run, size_t number, const char *attributes)
{
    const struct import_table *table = &import_tables[number];
    const struct import_column *column = import_column_of_target(table, attributes);
    return column != NULL && column->missing != NULL && strchr(column->missing, '(') != NULL &&
           !run->parts[number].given[column - table->columns];
}

/* Unique indexes, but the key (find_duplicates has told) and those that hold the id (new ids are new), other
 * ids that are drawn, or an expression. */
static bool check_unique_indexes(struct import_run *run, size_t number, struct error *err)
{
    CLEANUP(pgresult) PGresult *rules = NULL;
    if (!import_run_format(
            run, &rules, err,
            "select (select string_agg(a.attname, ', ' order by array_position(i.indkey, a.attnum)) "
            "from pg_attribute a where a.attrelid = i.indrelid and a.attnum = any (i.indkey)), "
            "coalesce(pg_get_expr(i.indpred, i.indrelid), 'true'), i.indnullsnotdistinct "
            "from pg_index i where i.indrelid = '%s'::regclass and i.indisunique and i.indexprs is null "
            "and not exists (select from pg_attribute a where a.attrelid = i.indrelid "
            "and a.attnum = any (i.indkey) and a.attname = 'id') order by i.indexrelid",
            import_tables[number].table))
        return false;
    for (int i = 0; i < PQntuples(rules); i++)
        if (!is_key(&import_tables[number], PQgetvalue(rules, i, 0)) &&
            !is_drawn(run, number, PQgetvalue(rules, i, 0)) &&
            !check_unique(run, number, PQgetvalue(rules, i, 0), PQgetvalue(rules, i, 1),
                          PQgetvalue(rules, i, 2)[0] == 't', err))
            return false;
    return true;
}

/* One exclusion constraint "no two rows of the same `equal` whose `range` overlaps". In the order of
 * beginnings, a row overlaps an earlier one exactly when it begins before the latest end so far; max over
 * (end, line) remembers whose. */
static bool check_overlap(struct import_run *run, size_t number, const char *equal, const char *range,
                          const char *predicate, struct error *err)
{
    const struct import_table *table = &import_tables[number];
    bool alone = equal[0] == '\0';
    struct buffer sql = BUFFER_INIT;
    buffer_printf(&sql,
                  "with rows as (select line, %s%s%s from import_rows_%s where %s), ordered as (select line, "
                  "lower(%s) as low, "
                  "max(array[coalesce(upper(%s), date '9999-12-31') - date '1900-01-01', line]) "
                  "over (%s%s order by lower(%s), line rows between unbounded preceding and 1 preceding) as "
                  "before from rows) "
                  "select line, 'started_on', low::text, 'overlaps line ' || before[2] from ordered "
                  "where low - date '1900-01-01' < before[1] ",
                  equal, alone ? "" : ", ", range, table->name, predicate, range, range,
                  alone ? "" : "partition by ", equal, range);
    if (!run->parts[number].empty)
        buffer_printf(&sql,
                      "union all select a.line, 'started_on', lower(a.%s)::text, 'overlaps the database''s "
                      "period ' || b.%s "
                      "from rows a join (select %s%s%s from %s where %s) b on a.%s && b.%s%s",
                      range, range, equal, alone ? "" : ", ", range, table->table, predicate, range, range,
                      alone ? "" : " and ");
    if (!run->parts[number].empty && !alone)
        append_equal(&sql, equal, "=");
    bool good = import_collect(run, number, sql.data, err);
    buffer_release(&sql);
    return good;
}

static bool check_overlaps(struct import_run *run, size_t number, struct error *err)
{
    CLEANUP(pgresult) PGresult *rules = NULL;
    if (!import_run_format(
            run, &rules, err,
            "select coalesce(string_agg(a.attname, ', ' order by k.n) filter (where o.oprname = '='), ''), "
            "string_agg(a.attname, ', ' order by k.n) filter (where o.oprname = '&&'), "
            "coalesce((select pg_get_expr(i.indpred, i.indrelid) from pg_index i "
            "where i.indexrelid = c.conindid), 'true') "
            "from pg_constraint c cross join unnest(c.conkey, c.conexclop) with ordinality as k (attnum, op, "
            "n) "
            "join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.attnum "
            "join pg_operator o on o.oid = k.op "
            "where c.conrelid = '%s'::regclass and c.contype = 'x' group by c.oid, c.conindid order by c.oid",
            import_tables[number].table))
        return false;
    for (int i = 0; i < PQntuples(rules); i++)
        if (!PQgetisnull(rules, i, 1) &&
            !check_overlap(run, number, PQgetvalue(rules, i, 0), PQgetvalue(rules, i, 1),
                           PQgetvalue(rules, i, 2), err))
            return false;
    return true;
}

bool import_mark_told(struct import_run *run, size_t number, size_t before, struct error *err)
{
    const struct import_problems *problems = &run->problems;
    struct buffer sql = BUFFER_INIT;
    if (problems->kept_count == before)
        return true;
    buffer_printf(&sql, "update import_%s set bad = true where line = any ('{", import_tables[number].name);
    for (size_t i = before; i < problems->kept_count; i++)
        buffer_printf(&sql, "%s%zu", i == before ? "" : ",", problems->kept[i].line);
    buffer_append_text(&sql, "}'::integer[])");
    bool good = import_run_sql(run, sql.data, NULL, err);
    buffer_release(&sql);
    return good;
}

bool import_check(struct import_run *run, size_t number, struct error *err)
{
    const struct import_table *table = &import_tables[number];
    size_t before = run->problems.kept_count;
    import_progress(run, "%s.csv: checking", table->name);
    return check_references(run, number, err) &&
           (table->check == NULL || import_collect(run, number, table->check->text, err)) &&
           import_mark_told(run, number, before, err) && check_existing(run, number, err) &&
           check_constraints(run, number, err) && check_unique_indexes(run, number, err) &&
           check_overlaps(run, number, err);
}
