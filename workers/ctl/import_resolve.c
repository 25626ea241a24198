/*
 * import_resolve: for each table in turn, looks up what its rows refer to and gives every row its id: that of
 * the row of the database with the same key, else the next one of the sequence. So later tables can refer to
 * rows that are not inserted yet, and nothing is inserted before everything was checked.
 */
#include "workers/ctl/import.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

static bool is_looked_up(const struct import_column *column)
{
    return (column->flags & IMPORT_LOOKED_UP) != 0;
}

/* Walks the columns that make up a table's key: the first target of each. */
static bool next_key(const struct import_column **column, char ret_target[IMPORT_NAME_SIZE])
{
    for (; (*column)->name != NULL; (*column)++) {
        const char *targets = (*column)->target;
        if ((*column)->flags & IMPORT_KEY)
            return import_next_name(&targets, ret_target);
    }
    return false;
}

static void append_key_condition(struct buffer *sql, const struct import_table *table)
{
    const char *between = "";
    char target[IMPORT_NAME_SIZE];
    for (const struct import_column *column = table->columns; next_key(&column, target); column++) {
        buffer_printf(sql, "%sx.%s = l.%s", between, target, is_looked_up(column) ? target : column->name);
        between = " and ";
    }
}

/* create temp table import_TABLE: what resolve says, values under the names of the database's columns, id,
 * existing. */
static void append_resolved(struct buffer *sql, const struct import_table *table, bool empty)
{
    char target[IMPORT_NAME_SIZE];
    const struct import_column *first_key = table->columns;
    (void)next_key(&first_key, target);
    buffer_printf(sql, "create temp table import_%s as select l.*", table->name);
    for (const struct import_column *column = table->columns; column->name != NULL; column++)
        if (column->target != NULL && !is_looked_up(column) && strcmp(column->target, column->name) != 0)
            buffer_printf(sql, ", l.%s as %s", column->name, column->target);
    if (table->has_id)
        buffer_printf(sql,
                      empty ? ", nextval('%s_id_seq') as id" : ", coalesce(x.id, nextval('%s_id_seq')) as id",
                      table->table);
    if (empty)
        buffer_append_text(sql, ", false as existing");
    else
        buffer_printf(sql, ", x.%s is not null as existing", target);
    buffer_append_text(sql, ", false as duplicate from (");
    if (table->resolve != NULL)
        buffer_append_text(sql, table->resolve->text);
    else
        buffer_printf(sql, "select * from import_raw_%s", table->name);
    buffer_append_text(sql, ") as l");
    if (!empty) {
        buffer_printf(sql, " left join %s x on ", table->table);
        append_key_condition(sql, table);
    }
}

/* "a, b": the attributes of the key. */
static void append_keys(struct buffer *sql, const struct import_table *table)
{
    const char *between = "";
    char target[IMPORT_NAME_SIZE];
    for (const struct import_column *column = table->columns; next_key(&column, target); column++) {
        buffer_printf(sql, "%s%s", between, target);
        between = ", ";
    }
}

/* What a column of a line that became several rows means more than once. */
static bool tell_ambiguous(struct import_run *run, size_t number, struct error *err)
{
    const struct import_table *table = &import_tables[number];
    struct buffer keys = BUFFER_INIT, found = BUFFER_INIT;
    bool good = true;
    for (const struct import_column *column = table->columns; column->name != NULL && good; column++) {
        const char *targets = column->target, *between = "";
        char target[IMPORT_NAME_SIZE];
        if (!is_looked_up(column) || column->target == NULL)
            continue;
        buffer_clear(&found);
        buffer_printf(&found, "select line, 'means more than one' from import_%s group by line having ",
                      table->name);
        for (; import_next_name(&targets, target); between = " or ")
            buffer_printf(&found, "%scount(distinct %s) > 1", between, target);
        good = import_collect_found(run, number, found.data, column->target, err);
    }
    append_keys(&keys, table);
    buffer_clear(&found);
    buffer_printf(
        &found,
        "select line, 'more than one row of the database has this key' from import_%s where existing "
        "group by line having count(*) > 1",
        table->name);
    good = good && import_collect_found(run, number, found.data, keys.data, err);
    buffer_release(&keys);
    buffer_release(&found);
    return good;
}

/* Lines that became several rows, because what they say means more than one thing. Told, unless an earlier
 * file has mistakes: then they are why (two periods that overlap). Of each line one row is left. */
static bool settle_ambiguous(struct import_run *run, size_t number, struct error *err)
{
    size_t before = run->problems.kept_count;
    bool blamed = false;
    for (size_t i = 0; i < before; i++)
        blamed |= run->problems.kept[i].file < number;
    return (blamed || tell_ambiguous(run, number, err)) && import_mark_told(run, number, before, err) &&
           import_run_format(
               run, NULL, err,
               "delete from import_%s where ctid not in (select min(ctid) from import_%s group by line)",
               import_tables[number].name, import_tables[number].name);
}

static bool create_resolved(struct import_run *run, size_t number, struct error *err)
{
    const struct import_table *table = &import_tables[number];
    struct buffer sql = BUFFER_INIT;
    CLEANUP(pgresult) PGresult *result = NULL;
    /* Joined as it is written: the rows of the file, then one table after the other. */
    buffer_append_text(&sql, "set join_collapse_limit = 1; ");
    append_resolved(&sql, table, run->parts[number].empty);
    bool good = import_run_sql(run, sql.data, &result, err) &&
                import_run_sql(run, "reset join_collapse_limit", NULL, err);
    buffer_release(&sql);
    if (!good)
        return false;
    if (strtoll(PQcmdTuples(result), NULL, 10) > run->parts[number].rows &&
        !settle_ambiguous(run, number, err))
        return false;
    return run->parts[number].rows == 0 ||
           import_run_format(run, NULL, err, "analyze import_%s", table->name);
}

static bool count_existing(struct import_run *run, size_t number, struct error *err)
{
    CLEANUP(pgresult) PGresult *result = NULL;
    if (run->parts[number].empty)
        return true;
    if (!import_run_format(run, &result, err, "select count(*) from import_%s where existing",
                           import_tables[number].name))
        return false;
    run->parts[number].existing = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    return true;
}

/* Rows that have the key of an earlier line: told, and kept out of everything that follows. */
static bool find_duplicates(struct import_run *run, size_t number, struct error *err)
{
    const struct import_table *table = &import_tables[number];
    CLEANUP(pgresult) PGresult *marked = NULL;
    struct buffer keys = BUFFER_INIT, equal = BUFFER_INIT, several = BUFFER_INIT, found = BUFFER_INIT;
    char target[IMPORT_NAME_SIZE];
    append_keys(&keys, table);
    for (const struct import_column *column = table->columns; next_key(&column, target); column++)
        buffer_printf(&equal, "%sn.%s = s.%s", equal.size == 0 ? "" : " and ", target, target);
    buffer_printf(&several,
                  "(select %s, min(line) as first from import_%s group by %s having count(*) > 1) s",
                  keys.data, table->name, keys.data);
    buffer_printf(&found,
                  "select n.line, 'the same key as line ' || s.first from import_%s n join %s on %s "
                  "where n.duplicate",
                  table->name, several.data, equal.data);
    bool good = import_run_format(run, &marked, err,
                                  "update import_%s n set duplicate = true, bad = true from %s "
                                  "where n.line > s.first and %s",
                                  table->name, several.data, equal.data) &&
                (strcmp(PQcmdTuples(marked), "0") == 0 ||
                 import_collect_found(run, number, found.data, keys.data, err));
    buffer_release(&keys);
    buffer_release(&equal);
    buffer_release(&several);
    buffer_release(&found);
    return good;
}

static bool pass_over_unknown(struct import_run *run, size_t number, struct error *err)
{
    CLEANUP(pgresult) PGresult *result = NULL;
    if (!import_tables[number].skips)
        return true;
    if (!import_run_format(run, &result, err, "delete from import_%s where not known and not bad",
                           import_tables[number].name))
        return false;
    run->parts[number].skipped = strtoll(PQcmdTuples(result), NULL, 10);
    return true;
}

/* ------------------------------------------------------------------------------------------------- views */

/* Whether resolve fills this column of the table beside the targets of the file's columns. */
static bool is_extra(const struct import_table *table, const char *attribute)
{
    const char *extra = table->extra;
    char name[IMPORT_NAME_SIZE];
    while (import_next_name(&extra, name))
        if (strcmp(name, attribute) == 0)
            return true;
    return false;
}

/* The instants that every table has: DM-2, PL-2, PL-23. */
static const char *instant_of(const char *attribute)
{
    if (strcmp(attribute, "created_at") == 0 || strcmp(attribute, "updated_at") == 0)
        return "c.as_of";
    size_t size = strlen(attribute);
    bool api =
        strncmp(attribute, "api_", 4) == 0 && size > 11 && strcmp(attribute + size - 11, "_updated_at") == 0;
    return api ? "c.written_at" : NULL;
}

struct attribute {
    const char *name, *type, *standard; /* standard: default or generation expression; NULL = none */
    bool required, identity, generated;
};

static struct attribute attribute_of(const PGresult *attributes, int row)
{
    return (struct attribute){.name = PQgetvalue(attributes, row, 0),
                              .type = PQgetvalue(attributes, row, 1),
                              .standard =
                                  PQgetisnull(attributes, row, 2) ? NULL : PQgetvalue(attributes, row, 2),
                              .required = PQgetvalue(attributes, row, 3)[0] == 't',
                              .identity = PQgetvalue(attributes, row, 4)[0] == 't',
                              .generated = PQgetvalue(attributes, row, 5)[0] == 't'};
}

/* One column of import_rows_TABLE over the rows n of import_TABLE and the clock c. */
static void append_attribute(struct buffer *sql, const struct import_table *table,
                             const struct attribute *attribute)
{
    const char *name = attribute->name;
    const struct import_column *column = import_column_of_target(table, name);
    const char *missing = column == NULL ? NULL : column->missing;
    bool filled = column != NULL || is_extra(table, name);
    /* A default that is never taken, drawn ids above all, would keep the planner from leaving out what a
     * statement does not ask for. */
    bool given = column != NULL && (column->flags & IMPORT_REQUIRED) != 0;
    if (missing == NULL && attribute->required && !given)
        missing = instant_of(name) != NULL ? instant_of(name) : attribute->standard;
    if (attribute->identity || (filled && missing == NULL))
        buffer_printf(sql, ", n.%s", name);
    else if (filled)
        buffer_printf(sql, ", coalesce(n.%s, %s) as %s", name, missing, name);
    else if (missing != NULL || attribute->standard != NULL)
        buffer_printf(sql, ", %s as %s", missing != NULL ? missing : attribute->standard, name);
    else
        buffer_printf(sql, ", null::%s as %s", attribute->type, name);
}

static bool create_rows_view(struct import_run *run, size_t number, struct error *err)
{
    const struct import_table *table = &import_tables[number];
    CLEANUP(pgresult) PGresult *attributes = NULL;
    struct buffer sql = BUFFER_INIT, inner = BUFFER_INIT;
    if (!import_run_format(
            run, &attributes, err,
            "select a.attname, format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid), "
            "a.attnotnull, a.attidentity <> '', a.attgenerated <> '' from pg_attribute a "
            "left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum "
            "where a.attrelid = '%s'::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum",
            table->table))
        return false;
    buffer_printf(&sql, "create temp view import_rows_%s as select q.*", table->name);
    for (int row = 0; row < PQntuples(attributes); row++) {
        struct attribute attribute = attribute_of(attributes, row);
        if (attribute.generated)
            buffer_printf(&sql, ", %s as %s", attribute.standard, attribute.name);
        else
            append_attribute(&inner, table, &attribute);
    }
    buffer_printf(&sql,
                  " from (select n.line%s from import_%s n cross join import_clock c "
                  "where not n.bad and not n.existing) as q",
                  inner.data, table->name);
    bool good = import_run_sql(run, sql.data, NULL, err);
    buffer_release(&sql);
    buffer_release(&inner);
    return good;
}

/* "a, coalesce(b, 'open'), …": the columns of import_all_TABLE as the file's rows will have them; names: as
 * the database's rows have them. */
static void append_all_columns(struct buffer *names, struct buffer *values, const struct import_table *table)
{
    const char *extra = table->extra;
    char target[IMPORT_NAME_SIZE];
    if (table->has_id) {
        buffer_append_text(names, ", id");
        buffer_append_text(values, ", id");
    }
    for (const struct import_column *column = table->columns; column->name != NULL; column++)
        for (const char *targets = column->target; import_next_name(&targets, target);) {
            bool constant = column->missing != NULL && strpbrk(column->missing, "(.") == NULL;
            buffer_printf(names, ", %s", target);
            if (constant)
                buffer_printf(values, ", coalesce(%s, %s) as %s", target, column->missing, target);
            else
                buffer_printf(values, ", %s", target);
        }
    while (import_next_name(&extra, target)) {
        buffer_printf(names, ", %s", target);
        buffer_printf(values, ", %s", target);
    }
}

/* Where the database has no rows yet, the view is the file's rows alone: of two tables put together the
 * planner knows no statistics. */
static bool create_all_view(struct import_run *run, size_t number, struct error *err)
{
    const struct import_table *table = &import_tables[number];
    struct buffer names = BUFFER_INIT, values = BUFFER_INIT, sql = BUFFER_INIT;
    append_all_columns(&names, &values, table);
    buffer_printf(&sql, "create temp view import_all_%s as ", table->name);
    if (!run->parts[number].empty)
        buffer_printf(&sql, "select %s from %s union all ", names.data + 2, table->table);
    buffer_printf(&sql, "select %s from import_%s where not existing and not duplicate", values.data + 2,
                  table->name);
    bool good = import_run_sql(run, sql.data, NULL, err);
    buffer_release(&sql);
    buffer_release(&names);
    buffer_release(&values);
    return good;
}

/* Staging tables that were just made, and a database that may be empty, leave the planner guessing. What it
 * guesses for a join on several columns is next to nothing, and then it looks rows up one by one: right for
 * few rows, hours for many where a hash join takes a second. The statements of resolve join in the order in
 * which they are written. */
bool import_plan_for(struct import_run *run, int64_t rows, struct error *err)
{
    const char *one_by_one = rows > 2000 ? "off" : "on";
    return import_run_format(run, NULL, err, "set enable_nestloop = %s; set enable_mergejoin = %s",
                             one_by_one, one_by_one);
}

static bool look_for_rows(struct import_run *run, size_t number, struct error *err)
{
    CLEANUP(pgresult) PGresult *result = NULL;
    if (!import_run_format(run, &result, err, "select from %s limit 1", import_tables[number].table))
        return false;
    run->parts[number].empty = PQntuples(result) == 0;
    return true;
}

bool import_resolve(struct import_run *run, struct error *err)
{
    for (size_t i = 0; import_tables[i].name != NULL; i++) {
        if (!import_plan_for(run, run->parts[i].rows, err))
            return false;
        if (run->parts[i].present)
            import_progress(run, "%s.csv: looking up", import_tables[i].name);
        if (!look_for_rows(run, i, err) || !create_resolved(run, i, err) || !count_existing(run, i, err) ||
            !pass_over_unknown(run, i, err) || !create_rows_view(run, i, err) ||
            !find_duplicates(run, i, err) || !create_all_view(run, i, err))
            return false;
        if (import_tables[i].keys != NULL && !import_run_sql(run, import_tables[i].keys->text, NULL, err))
            return false;
        if (run->parts[i].present && !import_check(run, i, err))
            return false;
    }
    return true;
}
