/* csv: a window over the file, and one automaton that finds the fields of a record in it; see csv.h. */
#include "workers/ctl/csv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buffer.h"

#define READ_SIZE    (256 * 1024)
#define RETURN_ALONE "a carriage return without a line feed"

struct csv {
    int fd;
    char *path;
    char *window; /* capacity bytes, of which [start, end) are unread */
    size_t start, end, capacity;
    size_t line; /* of the byte at start */
    bool at_end; /* the file has no more */
    bool begun;
};

/* Where the automaton stands inside a record. */
enum csv_place { FIELD_START, IN_PLAIN, IN_QUOTED, AFTER_QUOTE };

/* A record being scanned: offsets from csv->start, because the window may move. */
struct scan {
    size_t at;          /* next byte to look at */
    size_t out;         /* where the next byte of the field goes: quotes undone shift it to the left */
    size_t field_start; /* of the present field */
    size_t starts[CSV_FIELDS_MAX], ends[CSV_FIELDS_MAX];
    size_t count;
    size_t newlines; /* line ends seen */
    enum csv_place place;
    bool after_return;   /* the last byte was a carriage return outside quotes */
    const char *problem; /* the first one */
};

int csv_open_file(const char *path, const char **ret_reason)
{
    struct stat status;
    /* Not blocking, or a FIFO that nobody writes to would hold us for ever. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool known = fd >= 0 && fstat(fd, &status) == 0;
    if (known && S_ISREG(status.st_mode))
        return fd;
    if (known && S_ISDIR(status.st_mode))
        *ret_reason = strerror(EISDIR);
    else if (known || errno == ENXIO) /* which is what opening a socket gives */
        *ret_reason = "neither a file nor a link to one";
    else
        *ret_reason = strerror(errno);
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

struct csv *csv_open(const char *path, struct error *err)
{
    const char *reason;
    int fd = csv_open_file(path, &reason);
    if (fd < 0) {
        error_set(err, ERROR_INPUT, "%s: %s", path, reason);
        return NULL;
    }
    struct csv *csv = memory_zero(1, sizeof *csv);
    csv->fd = fd;
    csv->path = memory_dup(path);
    csv->capacity = 2 * READ_SIZE;
    csv->window = memory_alloc(csv->capacity);
    csv->line = 1;
    return csv;
}

void csv_free(struct csv *csv)
{
    if (csv == NULL)
        return;
    (void)close(csv->fd);
    free(csv->path);
    free(csv->window);
    free(csv);
}

/* Reads more behind end. False when the system refuses; at_end when there is no more. */
static bool fill(struct csv *csv, struct error *err)
{
    if (csv->start > 0 && csv->capacity - csv->end < READ_SIZE) {
        memmove(csv->window, csv->window + csv->start, csv->end - csv->start);
        csv->end -= csv->start;
        csv->start = 0;
    }
    if (csv->capacity - csv->end < READ_SIZE) {
        csv->capacity *= 2;
        csv->window = memory_grow(csv->window, csv->capacity, 1);
    }
    ssize_t got = read(csv->fd, csv->window + csv->end, READ_SIZE);
    while (got < 0 && errno == EINTR)
        got = read(csv->fd, csv->window + csv->end, READ_SIZE);
    if (got < 0)
        return error_set(err, ERROR_INPUT, "%s: %s", csv->path, strerror(errno));
    csv->end += (size_t)got;
    csv->at_end = got == 0;
    return true;
}

/* Makes sure that a byte stands at offset `at`, unless the file ends before it. */
static bool have(struct csv *csv, size_t at, struct error *err)
{
    while (csv->start + at >= csv->end && !csv->at_end)
        if (!fill(csv, err))
            return false;
    return true;
}

/* What a file may begin with: a UTF-8 mark is passed over, a UTF-16 one is not for us. */
static const char *begin(struct csv *csv)
{
    const char *p = csv->window + csv->start;
    size_t size = csv->end - csv->start;
    csv->begun = true;
    if (size >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0)
        csv->start += 3;
    else if (size >= 2 && (memcmp(p, "\xFF\xFE", 2) == 0 || memcmp(p, "\xFE\xFF", 2) == 0))
        return "the file is UTF-16; save it as UTF-8";
    return NULL;
}

static void note(struct scan *scan, const char *problem)
{
    if (scan->problem == NULL)
        scan->problem = problem;
}

static void end_field(struct scan *scan)
{
    if (scan->count == CSV_FIELDS_MAX) {
        note(scan, "more than 128 fields");
    } else {
        scan->starts[scan->count] = scan->field_start;
        scan->ends[scan->count++] = scan->out;
    }
    scan->field_start = scan->out = scan->at;
    scan->place = FIELD_START;
}

/* One byte outside quotes. True when it ends the record. */
static bool step_plain(struct scan *scan, char *record, char c)
{
    if (scan->after_return && c != '\n')
        note(scan, RETURN_ALONE);
    scan->after_return = c == '\r';
    switch (c) {
    case ',':
        end_field(scan);
        return false;
    case '\n':
        scan->newlines++;
        end_field(scan);
        return true;
    case '"':
        if (scan->place == FIELD_START) {
            scan->place = IN_QUOTED;
            return false;
        }
        note(scan, scan->place == AFTER_QUOTE ? "text after the closing quote of a field"
                                              : "a quote inside a field that does not begin with one");
        break;
    case '\0':
        note(scan, "a NUL byte");
        break;
    case '\r':
        return false;
    default:
        if (scan->place == AFTER_QUOTE)
            note(scan, "text after the closing quote of a field");
        break;
    }
    if (scan->place == FIELD_START)
        scan->place = IN_PLAIN;
    record[scan->out++] = c;
    return false;
}

static void step_quoted(struct scan *scan, char *record, char c)
{
    if (c == '"') {
        scan->place = AFTER_QUOTE;
        return;
    }
    scan->newlines += c == '\n';
    if (c == '\0')
        note(scan, "a NUL byte");
    record[scan->out++] = c;
}

static bool step(struct scan *scan, char *record)
{
    char c = record[scan->at++];
    if (scan->place == IN_QUOTED) {
        step_quoted(scan, record, c);
        return false;
    }
    if (scan->place == AFTER_QUOTE && c == '"' &&
        scan->problem == NULL) { /* a doubled quote is one of the text */
        scan->place = IN_QUOTED;
        record[scan->out++] = c;
        return false;
    }
    return step_plain(scan, record, c);
}

/* A record that has outgrown the bound: what follows is dropped until the line ends. Inside quotes nobody can
 * know where the next record begins, so the file ends here for us. */
static bool drop_line(struct csv *csv, struct scan *scan, struct error *err)
{
    bool in_quotes = scan->place == IN_QUOTED;
    note(scan, in_quotes ? "a quoted field without end within 1 MiB; the rest of the file was not read"
                         : "longer than 1 MiB");
    csv->line += scan->newlines;
    scan->newlines = 0;
    csv->start += scan->at;
    scan->at = 0;
    for (;;) {
        if (!have(csv, 0, err))
            return false;
        char *line_end = in_quotes ? NULL : memchr(csv->window + csv->start, '\n', csv->end - csv->start);
        if (line_end != NULL) {
            csv->start = (size_t)(line_end - csv->window) + 1;
            csv->line++;
            return true;
        }
        csv->start = csv->end;
        if (csv->at_end)
            return true;
    }
}

/* Scans one record. False when the file cannot be read. */
static bool scan_record(struct csv *csv, struct scan *scan, struct error *err)
{
    for (;;) {
        if (!have(csv, scan->at, err))
            return false;
        if (csv->start + scan->at >= csv->end)
            break;
        if (scan->at >= CSV_RECORD_MAX)
            return drop_line(csv, scan, err);
        if (step(scan, csv->window + csv->start))
            return true;
    }
    if (scan->after_return)
        note(scan, RETURN_ALONE);
    if (scan->place == IN_QUOTED)
        note(scan, "the file ends inside a quoted field");
    end_field(scan);
    return true;
}

static void give(struct csv *csv, const struct scan *scan, struct csv_record *ret_record)
{
    const char *record = csv->window + csv->start;
    ret_record->count = scan->count;
    for (size_t i = 0; i < scan->count; i++)
        ret_record->fields[i] = (struct slice){record + scan->starts[i], scan->ends[i] - scan->starts[i]};
    csv->start += scan->at;
    csv->line += scan->newlines;
}

enum csv_result csv_next(struct csv *csv, struct csv_record *ret_record, struct error *err)
{
    ret_record->problem = NULL;
    if (!have(csv, 3, err))
        return CSV_FAILED;
    if (!csv->begun)
        ret_record->problem = begin(csv);
    if (ret_record->problem != NULL) {
        csv->start = csv->end;
        csv->at_end = true;
        ret_record->line = 1;
        return CSV_BAD;
    }
    for (;;) {
        struct scan scan;
        scan.at = scan.out = scan.field_start = scan.count = scan.newlines = 0;
        scan.place = FIELD_START;
        scan.after_return = false;
        scan.problem = NULL;
        if (!have(csv, 0, err))
            return CSV_FAILED;
        if (csv->start == csv->end)
            return CSV_END;
        ret_record->line = csv->line;
        if (!scan_record(csv, &scan, err))
            return CSV_FAILED;
        bool quoted = csv->window[csv->start] == '"';
        give(csv, &scan, ret_record);
        ret_record->problem = scan.problem;
        if (scan.problem != NULL)
            return CSV_BAD;
        if (ret_record->count > 1 || ret_record->fields[0].size > 0 || quoted)
            return CSV_RECORD;
    }
}

/* How many bytes the sequence at p takes, 0 when it is none: table 3-7 of the Unicode standard. */
static size_t sequence_size(const unsigned char *p, size_t left)
{
    size_t size = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
    if (size == 0 || size > left)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF0 && p[1] < 0x90) ||
        (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return size;
}

bool csv_is_utf8(struct slice text)
{
    const unsigned char *p = (const unsigned char *)text.data;
    for (size_t at = 0; at < text.size;) {
        size_t size = p[at] == 0 ? 0 : sequence_size(p + at, text.size - at);
        if (size == 0)
            return false;
        at += size;
    }
    return true;
}

void csv_write_field(struct buffer *out, struct slice text)
{
    bool plain = true;
    for (size_t i = 0; i < text.size && plain; i++)
        plain = text.data[i] != ',' && text.data[i] != '"' && text.data[i] != '\n' && text.data[i] != '\r';
    if (plain) {
        buffer_append(out, text.data, text.size);
        return;
    }
    buffer_append_char(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            buffer_append_char(out, '"');
        buffer_append_char(out, text.data[i]);
    }
    buffer_append_char(out, '"');
}
