/* import: the command: which files there are, the order of the steps, one transaction, what is told; see
 * import.h. */
#include "workers/ctl/import.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/token.h"
#include "workers/ctl/csv.h"
#include "workers/ctl/ctl.h"
#include "workers/ctl/sql.h"

/* ---------------------------------------------------------------------------------- shared by the steps */

static bool fail_result(struct import_run *run, const PGresult *result, struct error *err)
{
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (message == NULL)
        message = PQerrorMessage(run->connection);
    return error_set(err, constraint == NULL ? ERROR_DB : ERROR_DB_CONSTRAINT, "%s%s%s%s%s%s", message,
                     constraint == NULL ? "" : " [", constraint == NULL ? "" : constraint,
                     constraint == NULL ? "" : "]", detail == NULL ? "" : ": ", detail == NULL ? "" : detail);
}

bool import_run_sql(struct import_run *run, const char *sql, PGresult **ret_result, struct error *err)
{
    PGresult *result = PQexec(run->connection, sql);
    ExecStatusType status = PQresultStatus(result);
    bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN;
    if (!good)
        (void)fail_result(run, result, err);
    if (good && ret_result != NULL)
        *ret_result = result;
    else
        PQclear(result);
    return good;
}

bool import_run_format(struct import_run *run, PGresult **ret_result, struct error *err, const char *format,
                       ...)
{
    char *sql = NULL;
    va_list arguments;
    va_start(arguments, format);
    int size = vasprintf(&sql, format, arguments);
    va_end(arguments);
    if (size < 0)
        abort();
    bool good = import_run_sql(run, sql, ret_result, err);
    free(sql);
    return good;
}

void import_problem(struct import_run *run, size_t number, size_t line, const char *column,
                    struct slice value, const char *reason)
{
    const struct import_table *table = &import_tables[number];
    if (table->secret)
        value.data = NULL;
    import_problem_add(&run->problems, number, table->name, line, column, value, reason);
}

bool import_collect(struct import_run *run, size_t number, const char *sql, struct error *err)
{
    CLEANUP(pgresult) PGresult *rows = NULL;
    if (!import_run_sql(run, sql, &rows, err))
        return false;
    for (int i = 0; i < PQntuples(rows); i++) {
        struct slice value = {PQgetisnull(rows, i, 2) ? NULL : PQgetvalue(rows, i, 2),
                              (size_t)PQgetlength(rows, i, 2)};
        const char *column =
            PQgetisnull(rows, i, 1) || PQgetlength(rows, i, 1) == 0 ? NULL : PQgetvalue(rows, i, 1);
        import_problem(run, number, strtoull(PQgetvalue(rows, i, 0), NULL, 10), column, value,
                       PQgetvalue(rows, i, 3));
    }
    return true;
}

bool import_next_name(const char **list, char ret_name[IMPORT_NAME_SIZE])
{
    size_t size = *list == NULL ? 0 : strcspn(*list, ",");
    if (size == 0 || size >= IMPORT_NAME_SIZE)
        return false;
    memcpy(ret_name, *list, size);
    ret_name[size] = '\0';
    *list += size;
    *list += strspn(*list, ", ");
    return true;
}

const struct import_column *import_column_of_target(const struct import_table *table, const char *target)
{
    char name[IMPORT_NAME_SIZE];
    for (const struct import_column *column = table->columns; column->name != NULL; column++)
        for (const char *targets = column->target; import_next_name(&targets, name);)
            if (strcmp(name, target) == 0)
                return column;
    return NULL;
}

void import_progress(const struct import_run *run, const char *format, ...)
{
    va_list arguments;
    if (!run->progress)
        return;
    va_start(arguments, format);
    fputs("\r\033[K", stderr); /* the line's beginning, and nothing behind it */
    (void)vfprintf(stderr, format, arguments);
    (void)fflush(stderr);
    va_end(arguments);
}

/* ------------------------------------------------------------------------------------------------- files */

/* Adds a file's bytes to the digest of the source. Returns NULL, or why it cannot be read. */
static const char *digest_file(EVP_MD_CTX *digest, const char *path)
{
    enum { SIZE = 1 << 18 };
    const char *reason = NULL;
    int fd = csv_open_file(path, &reason);
    if (fd < 0)
        return reason;
    char *bytes = memory_alloc(SIZE);
    ssize_t got;
    while ((got = read(fd, bytes, SIZE)) > 0 || (got < 0 && errno == EINTR))
        EVP_DigestUpdate(digest, bytes, got < 0 ? 0 : (size_t)got);
    if (got < 0)
        reason = strerror(errno);
    free(bytes);
    (void)close(fd);
    return reason;
}

/* A file that cannot be read is told like a bad row, so that all others are looked at as well. */
static void digest_files(struct import_run *run)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    if (digest == NULL || EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1)
        abort();
    for (size_t i = 0; import_tables[i].name != NULL; i++) {
        const char *name = import_tables[i].name;
        struct buffer path = BUFFER_INIT;
        if (!run->parts[i].present)
            continue;
        buffer_printf(&path, "%s/%s.csv", run->directory, name);
        EVP_DigestUpdate(digest, name, strlen(name) + 1);
        const char *reason = digest_file(digest, path.data);
        if (reason != NULL) {
            import_problem(run, i, 0, NULL, (struct slice){NULL, 0}, reason);
            run->parts[i].present = false;
            run->unreadable = true;
        }
        buffer_release(&path);
    }
    EVP_DigestFinal_ex(digest, run->digest, NULL);
    EVP_MD_CTX_free(digest);
}

static bool is_not_loaded(const char *name)
{
    for (size_t i = 0; import_not_loaded[i] != NULL; i++)
        if (strcmp(import_not_loaded[i], name) == 0)
            return true;
    return false;
}

/* One entry of the directory. Files that are no CSV are nobody's business here; a name that no table has is
 * a mistake, and whoever made it finds out about each of them. */
static void take_entry(struct import_run *run, const char *entry, size_t *count)
{
    size_t size = strlen(entry);
    char name[NAME_MAX + 1];
    if (size < 5 || size > NAME_MAX || strcasecmp(entry + size - 4, ".csv") != 0)
        return;
    (void)snprintf(name, sizeof name, "%.*s", (int)size - 4, entry);
    const struct import_table *table = import_table_find(name);
    bool small_letters = strcmp(entry + size - 4, ".csv") == 0;
    if (table != NULL && small_letters) {
        run->parts[table - import_tables].present = true;
        ++*count;
    } else if (!is_not_loaded(name)) {
        import_problem_add(&run->problems, IMPORT_TABLES_MAX, name, 0, NULL, (struct slice){NULL, 0},
                           table != NULL ? "its name ends in other letters than .csv"
                                         : "no table goes by this name (`ecf2ctl help import`)");
        run->unreadable = true;
    }
}

static bool find_files(struct import_run *run, struct error *err)
{
    size_t count = 0;
    DIR *directory = opendir(run->directory);
    if (directory == NULL)
        return error_set(err, ERROR_INPUT, "%s: %s", run->directory, strerror(errno));
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory))
        take_entry(run, entry->d_name, &count);
    closedir(directory);
    if (count == 0 && run->problems.count == 0)
        return error_set(err, ERROR_INPUT, "%s: no file that could be loaded", run->directory);
    digest_files(run);
    return true;
}

/* ---------------------------------------------------------------------------------------------- database */

static void quiet(void *argument, const char *message)
{
    (void)argument, (void)message;
}

/* The closed sets of this program are those of the schema. */
static bool check_schema(struct import_run *run, struct error *err)
{
    for (const struct import_type *const *type = type_enums; *type != NULL; type++) {
        CLEANUP(pgresult) PGresult *labels = NULL;
        if (!import_run_format(run, &labels, err, "select unnest(enum_range(null::%s))::text", (*type)->name))
            return false;
        int count = 0;
        while (count < PQntuples(labels) && (*type)->values[count] != NULL &&
               strcmp((*type)->values[count], PQgetvalue(labels, count, 0)) == 0)
            count++;
        if ((*type)->values[count] != NULL || count != PQntuples(labels))
            return error_set(err, ERROR_BUG, "the schema's %s is not that of this program", (*type)->name);
    }
    return true;
}

static bool begin(struct import_run *run, struct error *err)
{
    PQsetNoticeProcessor(run->connection, quiet, NULL);
    /* Memory for the staging tables and for joining and sorting them: one import runs at a time. A client
     * that is killed must not leave its locks with a statement that goes on. */
    return import_run_sql(run,
                          "set temp_buffers = '128MB'; set work_mem = '128MB'; set jit = off; "
                          "set client_connection_check_interval = '1s'; set default_statistics_target = 10; "
                          "set join_collapse_limit = 1; "
                          "set search_path = public; set timezone = 'UTC'; set datestyle = 'ISO, YMD'",
                          NULL, err) &&
           check_schema(run, err) && import_run_sql(run, "begin", NULL, err);
}

static bool take_locks(struct import_run *run, struct error *err)
{
    char as_of[RFC3339_SIZE], ahead[32];
    rfc3339_format_us(run->as_of_us, as_of);
    (void)snprintf(ahead, sizeof ahead, "%" PRId64, run->as_of_us - machine_now_us());
    const char *values[] = {as_of, ahead};
    import_progress(run, "waiting for writers to finish");
    /* In a statement of its own: the next one, with a later snapshot, sees every provider that the writers
     * that were waited for have made. */
    if (!import_run_sql(run, "select pg_advisory_xact_lock(0, 0)", NULL, err))
        return false;
    CLEANUP(pgresult)
    PGresult *result =
        PQexecParams(run->connection, sql_import_take_locks.text, 2, NULL, values, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        return fail_result(run, result, err);
    return import_run_sql(run, sql_import_clock.text, NULL, err);
}

/* Two worlds made by other numbers have the same schools with other values, and other people with the same
 * TRNs: told in one sentence, not by each of them. */
static bool takes_world(struct import_run *run, struct error *err)
{
    char digest[2 * sizeof run->digest + 1];
    CLEANUP(pgresult) PGresult *result = NULL;
    hex_format(run->digest, sizeof run->digest, digest);
    if (!import_run_format(
            run, &result, err,
            "select (not exists (select from gias_schools) and not exists (select from teachers)) or "
            "exists (select from import_runs where source_digest = '\\x%s' and mode = 'load' "
            "and status = 'completed')",
            digest))
        return false;
    return PQgetvalue(result, 0, 0)[0] == 't' ||
           error_set(
               err, ERROR_INPUT,
               "the database holds schools or people that are not of this sandbox; it goes into an empty "
               "one, or again, with the same numbers and day, into its own");
}

/* ------------------------------------------------------------------------------------------------- a run */

/* What is told is in no cached read older than this (pipeline.md PL-52): they are over by then. Only query
 * workers fill the cache: where none is connected, nobody reads. */
static void wait_for_cached_reads(struct import_run *run)
{
    CLEANUP(pgresult) PGresult *result = NULL;

    const bool known = import_run_sql(run,
                                      "select exists (select from pg_stat_activity "
                                      "where datname = current_database() and usename = 'ecf2_query')",
                                      &result, NULL);
    if (!known || PQgetvalue(result, 0, 0)[0] == 't')
        ctl_speak_later();
}

/* All steps up to and with the commit. False: err, or problems. */
static bool run_steps(struct import_run *run, struct error *err)
{
    if (!begin(run, err) || (run->whole_world && !takes_world(run, err)) || !import_stage(run, err))
        return false;
    if (run->unreadable)
        return false;
    if (!take_locks(run, err) || !import_resolve(run, err))
        return false;
    if (run->problems.count > 0 || !import_load(run, err))
        return false;
    if (run->check_only)
        return import_run_sql(run, "rollback", NULL, err);
    if (!import_record(run, "completed", err) || !import_run_sql(run, "commit", NULL, err))
        return false;
    wait_for_cached_reads(run);
    return true;
}

static void tell_counts(const struct import_run *run)
{
    printf("%-32s %10s %10s %10s %10s %10s\n", run->check_only ? "checked, nothing kept" : "loaded", "rows",
           "inserted", "updated", "unchanged", "skipped");
    for (size_t i = 0; import_tables[i].name != NULL; i++) {
        const struct import_part *part = &run->parts[i];
        if (part->present)
            printf("%-32s %10" PRId64 " %10" PRId64 " %10" PRId64 " %10" PRId64 " %10" PRId64 "\n",
                   import_tables[i].name, part->rows, part->inserted, part->updated, part->unchanged,
                   part->skipped);
    }
    printf("%.1f s\n", (double)(machine_now_us() - run->started_us) / (double)US_PER_SECOND);
}

/* What is told, and the exit status; the transaction is over or rolled back here. */
static int finish(struct import_run *run, bool good, const struct error *failure)
{
    struct error ignored = {0};
    import_progress(run, "%s", "");
    if (PQtransactionStatus(run->connection) != PQTRANS_IDLE)
        PQclear(PQexec(run->connection, "rollback"));
    if (!good)
        for (size_t i = 0; i < IMPORT_TABLES_MAX; i++)
            run->parts[i].inserted = run->parts[i].updated = run->parts[i].unchanged = 0;
    if (!good || run->check_only)
        if (!import_record(run, good ? "completed" : "failed", &ignored))
            log_failure(LOG_WARNING, "import_not_recorded", &ignored);
    import_problems_tell(&run->problems, stderr);
    if (failure->kind != ERROR_NONE)
        fprintf(stderr, "ecf2ctl: %s%s%s\n", failure->detail, failure->hint[0] == '\0' ? "" : "\n  ",
                failure->hint);
    if (run->problems.count > 0)
        fprintf(stderr, "ecf2ctl: %" PRId64 " problem%s; nothing was loaded%s\n", run->problems.count,
                run->problems.count == 1 ? "" : "s",
                run->unreadable ? "; references were not looked at, because not every row could be read"
                                : "");
    if (!good)
        return failure->kind != ERROR_NONE && failure->kind != ERROR_INPUT ? CTL_FAILED : CTL_USAGE;
    import_progress(run, "%s", "");
    tell_counts(run);
    return CTL_DONE;
}

int import_directory(const struct settings *settings, const char *directory, enum import_mode mode,
                     int64_t as_of_us)
{
    struct error err = {0};
    struct import_run *run = memory_zero(1, sizeof *run);
    struct db *db = db_new(settings->database, CTL_ROLE, "ecf2ctl import", NULL, NULL, NULL);
    int status = CTL_FAILED;
    run->directory = directory;
    run->token_key = settings->token_key;
    run->as_of_us = as_of_us;
    run->started_us = machine_now_us();
    run->check_only = mode == IMPORT_CHECK;
    run->whole_world = mode == IMPORT_WORLD;
    run->progress = isatty(STDERR_FILENO) == 1;
    if (!find_files(run, &err)) {
        fprintf(stderr, "ecf2ctl: %s\n", err.detail);
        status = CTL_USAGE;
    } else if (!db_connect(db, &err) || PQsetnonblocking(db_raw(db), 0) != 0) {
        fprintf(stderr, "ecf2ctl: %s\n", err.detail);
    } else {
        run->connection = db_raw(db);
        bool good = run_steps(run, &err);
        status = finish(run, good, &err);
    }
    import_problems_release(&run->problems);
    free(run);
    db_free(db);
    return status;
}

/* ------------------------------------------------------------------------------------------- the command */

void command_import_help(FILE *out)
{
    import_describe(out);
}

int command_import(const struct settings *settings, int argc, char **argv)
{
    const char *directory = NULL;
    bool check_only = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--check") == 0)
            check_only = true;
        else if (argv[i][0] == '-' || directory != NULL) {
            fprintf(stderr, "ecf2ctl: import: what is `%s`? `ecf2ctl help import`\n", argv[i]);
            return CTL_USAGE;
        } else
            directory = argv[i];
    }
    if (directory == NULL) {
        fputs("ecf2ctl: import: which directory? `ecf2ctl help import`\n", stderr);
        return CTL_USAGE;
    }
    return import_directory(settings, directory, check_only ? IMPORT_CHECK : IMPORT_LOAD, business_now_us());
}
