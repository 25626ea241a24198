/* CSV files (workers/ctl/csv.h): records are UTF-8, their lines ascend, and what is written of them reads the
 * same. */
#include "tests/fuzz/fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "workers/ctl/csv.h"

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

static void check_record(const struct csv_record *record, struct buffer *written)
{
    CHECK(record->count >= 1 && record->count <= CSV_FIELDS_MAX && record->problem == NULL);
    for (size_t i = 0; i < record->count; i++) {
        CHECK(!has_zero(record->fields[i]));
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
