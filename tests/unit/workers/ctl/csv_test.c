/* csv: what is accepted, and what every attack on the format is answered with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buffer.h"
#include "workers/ctl/csv.h"

static char path[] = "/tmp/ecf2-csv-XXXXXX";

static struct csv *open_bytes(const void *bytes, size_t size)
{
    struct error err = {0};
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    struct csv *csv = csv_open(path, &err);
    assert_non_null(csv);
    return csv;
}

static struct csv *open_text(const char *text)
{
    return open_bytes(text, strlen(text));
}

static void expect_record(struct csv *csv, size_t line, size_t count, const char *const *fields)
{
    struct csv_record record;
    assert_int_equal(csv_next(csv, &record, NULL), CSV_RECORD);
    assert_int_equal(record.line, line);
    assert_int_equal(record.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(record.fields[i].size, strlen(fields[i]));
        assert_memory_equal(record.fields[i].data, fields[i], record.fields[i].size);
    }
}

#define EXPECT(csv, line, ...)                                                                               \
    expect_record(csv, line, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *),                         \
                  (const char *[]){__VA_ARGS__})

static void expect_bad(struct csv *csv, size_t line, const char *problem)
{
    struct csv_record record;
    assert_int_equal(csv_next(csv, &record, NULL), CSV_BAD);
    assert_int_equal(record.line, line);
    assert_string_equal(record.problem, problem);
}

static void expect_end(struct csv *csv)
{
    struct csv_record record;
    assert_int_equal(csv_next(csv, &record, NULL), CSV_END);
    assert_int_equal(csv_next(csv, &record, NULL), CSV_END);
    csv_free(csv);
}

static void test_plain_records(void **state)
{
    (void)state;
    struct csv *csv = open_text("urn,name\n1,A\n2,\n,\n");
    EXPECT(csv, 1, "urn", "name");
    EXPECT(csv, 2, "1", "A");
    EXPECT(csv, 3, "2", "");
    EXPECT(csv, 4, "", "");
    expect_end(csv);
}

static void test_quotes_and_physical_lines(void **state)
{
    (void)state;
    struct csv *csv = open_text("a,b\n\"one\ntwo\",\"say \"\"x\"\"\"\n\"\",\"a,b\"\n");
    EXPECT(csv, 1, "a", "b");
    EXPECT(csv, 2, "one\ntwo", "say \"x\"");
    EXPECT(csv, 4, "", "a,b");
    expect_end(csv);
}

static void test_line_ends(void **state)
{
    (void)state;
    struct csv *csv = open_text("a,b\r\n1,\"2\"\r\n\r\n\n3,\"x\r\ny\"\r\n4,5");
    EXPECT(csv, 1, "a", "b");
    EXPECT(csv, 2, "1", "2");
    EXPECT(csv, 5, "3", "x\r\ny");
    EXPECT(csv, 7, "4", "5"); /* no final line end */
    expect_end(csv);
}

static void test_marks(void **state)
{
    (void)state;
    struct csv *csv = open_text("\xEF\xBB\xBF"
                                "a\n1\n");
    EXPECT(csv, 1, "a");
    EXPECT(csv, 2, "1");
    expect_end(csv);
    csv = open_bytes("\xFF\xFE"
                     "a\0",
                     4);
    expect_bad(csv, 1, "the file is UTF-16; save it as UTF-8");
    expect_end(csv);
}

static void test_nothing(void **state)
{
    (void)state;
    expect_end(open_text(""));
    expect_end(open_text("\n\r\n"));
    expect_end(open_text("\xEF\xBB\xBF"));
}

/* In a file of one column a row without a value is written as an empty pair of quotes. */
static void test_empty_quotes_are_a_record(void **state)
{
    (void)state;
    struct csv *csv = open_text("a\n\"\"\n\n\"\"\r\n\r\n\"\"");
    EXPECT(csv, 1, "a");
    EXPECT(csv, 2, "");
    EXPECT(csv, 4, "");
    EXPECT(csv, 6, "");
    expect_end(csv);
}

static void test_bad_records_do_not_hide_the_next(void **state)
{
    (void)state;
    static const char bytes[] = "a,b\nx\"y,1\n\"q\"z,2\nn\0l,3\nr\rs,4\n5,\"6\"\n\"7\"\r8\n9,9\n";
    struct csv *csv = open_bytes(bytes, sizeof bytes - 1);
    EXPECT(csv, 1, "a", "b");
    expect_bad(csv, 2, "a quote inside a field that does not begin with one");
    expect_bad(csv, 3, "text after the closing quote of a field");
    expect_bad(csv, 4, "a NUL byte");
    expect_bad(csv, 5, "a carriage return without a line feed");
    EXPECT(csv, 6, "5", "6");
    expect_bad(csv, 7, "a carriage return without a line feed");
    EXPECT(csv, 8, "9", "9");
    expect_end(csv);
}

static void test_open_quote_at_the_end(void **state)
{
    (void)state;
    struct csv *csv = open_text("a\n1\n\"2\n3\n");
    EXPECT(csv, 1, "a");
    EXPECT(csv, 2, "1");
    expect_bad(csv, 3, "the file ends inside a quoted field");
    expect_end(csv);
    csv = open_text("a\r");
    expect_bad(csv, 1, "a carriage return without a line feed");
    expect_end(csv);
}

static char *long_text(const char *before, char filling, size_t count, const char *after)
{
    struct buffer text = BUFFER_INIT;
    buffer_append_text(&text, before);
    memset(buffer_reserve(&text, count), filling, count);
    text.size += count;
    buffer_append_text(&text, after);
    return buffer_take(&text);
}

static void test_long_records(void **state)
{
    (void)state;
    char *text = long_text("a\n", 'x', (size_t)10 * 1024 * 1024, "\n1\n");
    struct csv *csv = open_text(text);
    EXPECT(csv, 1, "a");
    expect_bad(csv, 2, "longer than 1 MiB");
    EXPECT(csv, 3, "1");
    expect_end(csv);
    free(text);
    text = long_text("a\n\"", '\n', (size_t)10 * 1024 * 1024, "\"\n1\n");
    csv = open_text(text);
    EXPECT(csv, 1, "a");
    expect_bad(csv, 2, "a quoted field without end within 1 MiB; the rest of the file was not read");
    expect_end(csv);
    free(text);
    text = long_text("", ',', CSV_FIELDS_MAX - 1, "\n");
    csv = open_text(text);
    struct csv_record record;
    assert_int_equal(csv_next(csv, &record, NULL), CSV_RECORD);
    assert_int_equal(record.count, CSV_FIELDS_MAX);
    expect_end(csv);
    free(text);
    text = long_text("", ',', CSV_FIELDS_MAX, "\n1\n");
    csv = open_text(text);
    expect_bad(csv, 1, "more than 128 fields");
    EXPECT(csv, 2, "1");
    expect_end(csv);
    free(text);
}

/* Records that lie across every border of the window. */
static void test_window_borders(void **state)
{
    (void)state;
    struct buffer text = BUFFER_INIT;
    for (int i = 0; i < 60000; i++)
        buffer_printf(&text, "%d,\"name \"\"%d\"\"\nx\"\r\n", i, i);
    struct csv *csv = open_text(text.data);
    for (size_t i = 0; i < 60000; i++) {
        char number[16], name[40];
        (void)snprintf(number, sizeof number, "%zu", i);
        (void)snprintf(name, sizeof name, "name \"%zu\"\nx", i);
        EXPECT(csv, 2 * i + 1, number, name);
    }
    expect_end(csv);
    buffer_release(&text);
}

static void test_files_that_cannot_be_read(void **state)
{
    (void)state;
    struct error err = {0};
    assert_null(csv_open("/tmp/ecf2-no-such-file.csv", &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_string_equal(err.detail, "/tmp/ecf2-no-such-file.csv: No such file or directory");
    error_clear(&err);
    assert_null(csv_open("/tmp", &err));
    assert_string_equal(err.detail, "/tmp: Is a directory");
    error_clear(&err);
    assert_null(csv_open("/dev/zero", &err));
    assert_string_equal(err.detail, "/dev/zero: neither a file nor a link to one");
}

static void test_utf8(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "plain",
                                       "caf\xC3\xA9",
                                       "\xE2\x82\xAC",
                                       "\xF0\x9F\x98\x80",
                                       "\xEF\xBF\xBF",
                                       "\xF4\x8F\xBF\xBF",
                                       "\xED\x9F\xBF"};
    static const char *const bad[] = {
        "caf\xE9",          "\xC0\x80", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
        "\xF0\x80\x80\x80", "\x80",     "\xC3",         "\xE2\x82",     "\xFF"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(csv_is_utf8(slice_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(csv_is_utf8(slice_of(bad[i])));
    assert_false(csv_is_utf8((struct slice){"a\0b", 3}));
}

static void test_written_fields_are_read_again(void **state)
{
    (void)state;
    static const char *const texts[] = {"plain", "a,b", "say \"x\"", "two\nlines", "cr\r\n", " spaces "};
    struct buffer out = BUFFER_INIT;
    for (size_t i = 0; i < 6; i++) {
        csv_write_field(&out, slice_of(texts[i]));
        buffer_append_char(&out, i < 5 ? ',' : '\n');
    }
    struct csv *csv = open_text(out.data);
    expect_record(csv, 1, 6, texts);
    expect_end(csv);
    buffer_release(&out);
}

static int make_path(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_records),
        cmocka_unit_test(test_quotes_and_physical_lines),
        cmocka_unit_test(test_line_ends),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_empty_quotes_are_a_record),
        cmocka_unit_test(test_bad_records_do_not_hide_the_next),
        cmocka_unit_test(test_open_quote_at_the_end),
        cmocka_unit_test(test_long_records),
        cmocka_unit_test(test_window_borders),
        cmocka_unit_test(test_files_that_cannot_be_read),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_written_fields_are_read_again),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
