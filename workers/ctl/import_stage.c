/*
 * import_stage: reads the files, checks every value by itself, and sends the rows by COPY into
 * import_raw_TABLE. A row with a bad value is staged too, marked bad and without that value, so that rows of
 * other files that name it are not told as errors as well.
 */
#include "workers/ctl/import.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "workers/ctl/csv.h"

#define COPY_CHUNK (128 * 1024)

struct stage {
    struct import_run *run;
    size_t number; /* of the table */
    const struct import_table *table;
    struct csv *csv;
    size_t field_of[IMPORT_COLUMNS_MAX]; /* the field of a record that holds a column; SIZE_MAX = none */
    size_t field_count;
    struct buffer rows;  /* for COPY, sent when it is long enough */
    struct buffer value; /* one value */
    int64_t begun_us;
};

/* ------------------------------------------------------------------------------------------------- header */

static void problem(struct stage *stage, size_t line, const char *column, struct slice value,
                    const char *reason)
{
    import_problem(stage->run, stage->number, line, column, value, reason);
}

static const struct slice no_value = {NULL, 0};

static size_t find_column(const struct import_table *table, struct slice name)
{
    for (size_t i = 0; table->columns[i].name != NULL; i++)
        if (slice_equal(name, slice_of(table->columns[i].name)) ||
            (table->columns[i].other_name != NULL &&
             slice_equal(name, slice_of(table->columns[i].other_name))))
            return i;
    return SIZE_MAX;
}

/* Says which field is which column. What is wrong with it is told; the values in the columns that it does
 * name are looked at all the same. */
static void read_header(struct stage *stage, const struct csv_record *record)
{
    const struct import_table *table = stage->table;
    int64_t problems = stage->run->problems.count;
    for (size_t i = 0; i < IMPORT_COLUMNS_MAX; i++)
        stage->field_of[i] = SIZE_MAX;
    for (size_t field = 0; field < record->count; field++) {
        size_t column = find_column(table, record->fields[field]);
        if (column == SIZE_MAX) {
            char reason[80];
            (void)snprintf(reason, sizeof reason, "there is no such column (number %zu)", field + 1);
            problem(stage, record->line, NULL, record->fields[field], reason);
        } else if (stage->field_of[column] != SIZE_MAX) {
            problem(stage, record->line, table->columns[column].name, no_value, "the column is there twice");
        } else {
            stage->field_of[column] = field;
        }
    }
    for (size_t i = 0; table->columns[i].name != NULL; i++) {
        stage->run->parts[stage->number].given[i] = stage->field_of[i] != SIZE_MAX;
        if (stage->field_of[i] == SIZE_MAX && table->columns[i].flags & IMPORT_REQUIRED)
            problem(stage, record->line, table->columns[i].name, no_value, "the column is missing");
    }
    stage->field_count = record->count;
    if (stage->run->problems.count > problems)
        stage->run->unreadable = true;
}

/* --------------------------------------------------------------------------------------------------- rows */

/* One value in COPY's text format. */
static void append_escaped(struct buffer *rows, const struct buffer *value)
{
    char *out = buffer_reserve(rows, 2 * value->size);
    size_t size = 0;
    for (size_t i = 0; i < value->size; i++) {
        char c = value->data[i];
        if (c == '\\') /* the only one that needs it: checks let no control character pass */
            out[size++] = '\\';
        out[size++] = c;
    }
    rows->size += size;
    out[size] = '\0';
}

/* Appends the column's value to the row. False when it is bad. That a column is missing was told once. */
static bool stage_value(struct stage *stage, size_t number, const struct csv_record *record)
{
    const struct import_column *column = &stage->table->columns[number];
    bool given = stage->field_of[number] != SIZE_MAX;
    struct slice field = given ? record->fields[stage->field_of[number]] : no_value;
    if (field.size == 0) {
        buffer_append_text(&stage->rows, "\\N");
        if (!given || (column->flags & IMPORT_REQUIRED) == 0)
            return true;
        problem(stage, record->line, column->name, no_value, "no value");
        return false;
    }
    buffer_clear(&stage->value);
    const char *reason = csv_is_utf8(field)
                             ? column->type->check(column->type, field, stage->run->token_key, &stage->value)
                             : "not UTF-8";
    if (reason == NULL) {
        append_escaped(&stage->rows, &stage->value);
        return true;
    }
    buffer_append_text(&stage->rows, "\\N");
    problem(stage, record->line, column->name, field, reason);
    return false;
}

/* A period that ends before it begins: told in words that a check constraint of the table does not have, and
 * kept out of what looks for overlaps. */
static bool in_order(struct stage *stage, const struct csv_record *record)
{
    struct slice day[2];
    static const char *const names[2] = {"started_on", "finished_on"};
    for (size_t i = 0; i < 2; i++) {
        size_t column = find_column(stage->table, slice_of(names[i]));
        if (column == SIZE_MAX || stage->field_of[column] == SIZE_MAX)
            return true;
        day[i] = record->fields[stage->field_of[column]];
    }
    if (day[0].size != 10 || day[1].size != 10 || memcmp(day[1].data, day[0].data, 10) >= 0)
        return true;
    problem(stage, record->line, "finished_on", day[1], "before started_on");
    return false;
}

static void stage_record(struct stage *stage, const struct csv_record *record)
{
    const struct import_column *columns = stage->table->columns;
    bool good = true;
    if (record->count != stage->field_count) {
        char reason[80];
        (void)snprintf(reason, sizeof reason, "%zu values where the header has %zu columns", record->count,
                       stage->field_count);
        problem(stage, record->line, NULL, no_value, reason);
        stage->run->unreadable = true;
        return;
    }
    buffer_printf(&stage->rows, "%zu\t", record->line);
    for (size_t i = 0; columns[i].name != NULL; i++) {
        if (columns[i].type->staging == NULL)
            continue;
        good &= stage_value(stage, i, record);
        buffer_append_char(&stage->rows, '\t');
    }
    good &= in_order(stage, record);
    buffer_append_text(&stage->rows, good ? "f\n" : "t\n");
    stage->run->parts[stage->number].rows++;
}

static bool send_rows(struct stage *stage, size_t least, struct error *err)
{
    if (stage->rows.size < least || stage->rows.size == 0)
        return true;
    if (PQputCopyData(stage->run->connection, stage->rows.data, (int)stage->rows.size) != 1)
        return error_set(err, ERROR_DB_LOST, "PostgreSQL: %s", PQerrorMessage(stage->run->connection));
    buffer_clear(&stage->rows);
    return true;
}

static void tell_progress(const struct stage *stage)
{
    int64_t rows = stage->run->parts[stage->number].rows;
    int64_t us = monotonic_now_us() - stage->begun_us;
    if (rows % 8192 == 0)
        import_progress(stage->run, "%s.csv: %" PRId64 " rows, %" PRId64 " rows/s", stage->table->name, rows,
                        us == 0 ? 0 : rows * US_PER_SECOND / us);
}

/* All records behind the header, between begin and end of the COPY. */
static bool stage_records(struct stage *stage, struct error *err)
{
    struct csv_record record;
    for (;;) {
        switch (csv_next(stage->csv, &record, err)) {
        case CSV_RECORD:
            stage_record(stage, &record);
            tell_progress(stage);
            if (!send_rows(stage, COPY_CHUNK, err))
                return false;
            break;
        case CSV_BAD:
            problem(stage, record.line, NULL, no_value, record.problem);
            stage->run->unreadable = true;
            break;
        case CSV_END:
            return send_rows(stage, 0, err);
        case CSV_FAILED:
            return false;
        }
    }
}

/* ------------------------------------------------------------------------------------------------- a file */

void import_staged_name(const struct import_column *column, char ret_name[IMPORT_NAME_SIZE])
{
    const char *targets = column->target;
    char target[IMPORT_NAME_SIZE];
    bool given = false;
    while (column->flags & IMPORT_LOOKED_UP && import_next_name(&targets, target))
        given |= strcmp(target, column->name) == 0;
    (void)snprintf(ret_name, IMPORT_NAME_SIZE, "%s%s", given ? "given_" : "", column->name);
}

static bool create_raw(struct import_run *run, const struct import_table *table, struct error *err)
{
    struct buffer sql = BUFFER_INIT;
    buffer_printf(&sql, "create temp table import_raw_%s (line integer not null", table->name);
    for (const struct import_column *column = table->columns; column->name != NULL; column++) {
        char name[IMPORT_NAME_SIZE];
        if (column->type->staging == NULL)
            continue;
        import_staged_name(column, name);
        buffer_printf(&sql, ", %s %s", name, column->type->staging);
    }
    buffer_append_text(&sql, ", bad boolean not null)");
    bool good = import_run_sql(run, sql.data, NULL, err);
    buffer_release(&sql);
    return good;
}

static bool copy_begin(struct stage *stage, struct error *err)
{
    PGresult *result = NULL;
    bool good =
        import_run_format(stage->run, &result, err, "copy import_raw_%s from stdin", stage->table->name);
    PQclear(result);
    return good;
}

/* A disk that is full, a session that was ended, or, which would be our mistake, a row. */
static bool copy_failed(const struct stage *stage, const PGresult *result, struct error *err)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    bool refused = state != NULL && strncmp(state, "22", 2) == 0; /* data exception */
    return error_set(err, refused ? ERROR_BUG : ERROR_DB, "%s.csv: %s%s", stage->table->name,
                     refused ? "PostgreSQL refused a row that was checked: " : "",
                     message != NULL ? message : PQresultErrorMessage(result));
}

static bool copy_end(struct stage *stage, struct error *err)
{
    PGconn *connection = stage->run->connection;
    if (PQputCopyEnd(connection, NULL) != 1)
        return error_set(err, ERROR_DB_LOST, "PostgreSQL: %s", PQerrorMessage(connection));
    bool good = true;
    for (PGresult *result = PQgetResult(connection); result != NULL; result = PQgetResult(connection)) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK && good)
            good = copy_failed(stage, result, err);
        PQclear(result);
    }
    return good;
}

/* The file of a table that has one: header, then rows. */
static bool stage_open_file(struct stage *stage, struct error *err)
{
    struct csv_record record;
    enum csv_result first = csv_next(stage->csv, &record, err);
    if (first == CSV_FAILED)
        return false;
    if (first == CSV_END) {
        problem(stage, 0, NULL, no_value, "the file is empty: not even a header line");
        stage->run->unreadable = true;
        return true;
    }
    if (first == CSV_BAD) {
        problem(stage, record.line, NULL, no_value, record.problem);
        stage->run->unreadable = true;
        return true;
    }
    read_header(stage, &record);
    return copy_begin(stage, err) && stage_records(stage, err) && copy_end(stage, err);
}

static bool stage_file(struct import_run *run, size_t number, const char *path, struct error *err)
{
    struct stage *stage = memory_zero(1, sizeof *stage);
    stage->run = run;
    stage->number = number;
    stage->table = &import_tables[number];
    stage->begun_us = monotonic_now_us();
    stage->csv = csv_open(path, err);
    bool good = stage->csv != NULL && stage_open_file(stage, err);
    csv_free(stage->csv);
    buffer_release(&stage->rows);
    buffer_release(&stage->value);
    free(stage);
    return good;
}

bool import_stage(struct import_run *run, struct error *err)
{
    bool good = true;
    for (size_t i = 0; import_tables[i].name != NULL && good; i++) {
        struct buffer path = BUFFER_INIT;
        buffer_printf(&path, "%s/%s.csv", run->directory, import_tables[i].name);
        good = create_raw(run, &import_tables[i], err) &&
               (!run->parts[i].present || stage_file(run, i, path.data, err));
        buffer_release(&path);
    }
    return good;
}
