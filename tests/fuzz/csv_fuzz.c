/* CSV files (workers/ctl/csv.h): records are UTF-8, their lines ascend, and what is written of them reads the
 * same. Their values (workers/ctl/import_value.h): PostgreSQL can read what is made of them, and what is text
 * or a date stays what it is when it is read again. */
#include "tests/fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "workers/ctl/csv.h"
#include "workers/ctl/import_value.h"

static struct csv *open_bytes(struct slice bytes, int *ret_fd)
{
    char path[64];
    struct error err = {0};
    int fd = memfd_create("csv", MFD_CLOEXEC);
    CHECK(fd >= 0 && write(fd, bytes.data, bytes.size) == (ssize_t)bytes.size);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    struct csv *csv = csv_open(path, &err);
    CHECK(csv != NULL);
    *ret_fd = fd;
    return csv;
}

static bool has_zero(struct slice text)
{
    return text.size > 0 && memchr(text.data, '\0', text.size) != NULL;
}

static void check_value(const struct import_type *type, struct slice value, bool keeps)
{
    static const char key[] = "0123456789abcdef0123456789abcdef";
    struct buffer out = BUFFER_INIT, again = BUFFER_INIT;
    char *copy = fuzz_copy(value);
    const char *reason = type->check(type, (struct slice){copy, value.size}, key, &out);
    CHECK(reason == NULL ? fuzz_is_utf8(buffer_slice(&out)) && !has_zero(buffer_slice(&out))
                         : reason[0] != '\0');
    if (reason == NULL && keeps) {
        CHECK(type->check(type, buffer_slice(&out), key, &again) == NULL);
        CHECK(slice_equal(buffer_slice(&out), buffer_slice(&again)));
    }
    free(copy);
    buffer_release(&out);
    buffer_release(&again);
}

static void check_values(struct slice value)
{
    static const struct import_type *const keeping[] = {&type_text, &type_citext, &type_email, &type_date,
                                                        &type_role},
                                           *const others[] = {
                                               &type_trn,          &type_person,          &type_name_or_id,
                                               &type_integer,      &type_positive,        &type_order,
                                               &type_year,         &type_month,           &type_urn,
                                               &type_urns,         &type_money,           &type_ratio,
                                               &type_target_ratio, &type_terms,           &type_instant,
                                               &type_london_day,   &type_statement_month, &type_boolean,
                                               &type_uuid,         &type_districts,       &type_token,
                                               &type_state,        &type_trs_status};
    if (value.size == 0 || !csv_is_utf8(value))
        return; /* null, or refused as no text */
    for (size_t i = 0; i < sizeof keeping / sizeof keeping[0]; i++)
        check_value(keeping[i], value, /* keeps= */ true);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        check_value(others[i], value, /* keeps= */ false);
}

static void check_record(const struct csv_record *record, struct buffer *written)
{
    CHECK(record->count >= 1 && record->count <= CSV_FIELDS_MAX && record->problem == NULL);
    for (size_t i = 0; i < record->count; i++) {
        CHECK(!has_zero(record->fields[i]));
        check_values(record->fields[i]);
        if (i > 0)
            buffer_append_char(written, ',');
        csv_write_field(written, record->fields[i]);
    }
    /* alone on its line, an empty field is told from an empty line by its quotation marks */
    if (record->count == 1 && record->fields[0].size == 0)
        buffer_append_text(written, "\"\"");
    buffer_append_char(written, '\n');
}

/* Reads all; good records are written to out. Says how many there were. */
static size_t read_all(struct slice bytes, struct buffer *out, size_t *ret_bad)
{
    struct error err = {0};
    struct csv_record record;
    size_t good = 0, line = 0;
    int fd;
    struct csv *csv = open_bytes(bytes, &fd);
    *ret_bad = 0;
    for (;;) {
        enum csv_result result = csv_next(csv, &record, &err);
        CHECK(result != CSV_FAILED);
        if (result == CSV_END)
            break;
        CHECK(record.line > line);
        line = record.line;
        if (result == CSV_RECORD) {
            good++;
            check_record(&record, out);
        } else {
            (*ret_bad)++;
            CHECK(strlen(record.problem) > 0);
        }
    }
    csv_free(csv);
    (void)close(fd);
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer once = BUFFER_INIT, twice = BUFFER_INIT;
    size_t bad;
    struct slice input = {(const char *)data, size};
    CHECK(csv_is_utf8(input) == (fuzz_is_utf8(input) && !has_zero(input)));
    buffer_append_text(
        &once, "header\n"); /* so that no field begins the file, where a byte order mark is none of it */
    size_t good = read_all(input, &once, &bad);
    size_t again = read_all(buffer_slice(&once), &twice, &bad);
    CHECK(bad == 0 && again == good + 1);
    CHECK(slice_equal(buffer_slice(&once), buffer_slice(&twice)));
    buffer_release(&once);
    buffer_release(&twice);
    return 0;
}
