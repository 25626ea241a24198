/* Tests of common/log.c: standard error is a datagram socket, so that one read is one write(2). */
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/common/capture.h"

static char line[1 << 16];

/* The next line as JSON; the caller's. It must be one write of one line. */
static json_t *next_json(const struct capture *capture)
{
    ssize_t size = capture_next(capture, line, sizeof(line));
    assert_true(size > 0 && size <= PIPE_BUF);
    assert_int_equal(line[size - 1], '\n');
    assert_ptr_equal(strchr(line, '\n'), line + size - 1);
    json_error_t problem;
    json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, &problem);
    if (json == NULL)
        fail_msg("%s: %s", problem.text, line);
    return json;
}

static const char *text_of(const json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

static void an_event_is_one_json_line(void **state)
{
    (void)state;
    struct capture capture = capture_begin();
    log_open("validation", LOG_INFO);
    struct uuid id;
    assert_true(uuid_parse(slice_of("0190163d-8694-739b-aea5-966c26f8ad91"), &id));
    log_event(LOG_WARNING, "batch_done", LOG_INT("items", INT64_MIN), LOG_BOOL("yes", true),
              LOG_BOOL("no", false), LOG_UUID("trace", &id), LOG_SLICE("part", ((struct slice){"abcdef", 3})),
              LOG_TEXT("gone", NULL), LOG_UUID("also_gone", NULL),
              LOG_SLICE("empty", ((struct slice){NULL, 0})), LOG_END);
    json_t *json = next_json(&capture);
    free(capture_end(&capture));
    assert_string_equal(text_of(json, "level"), "warning");
    assert_string_equal(text_of(json, "proc"), "validation");
    assert_int_equal(json_integer_value(json_object_get(json, "pid")), getpid());
    assert_string_equal(text_of(json, "event"), "batch_done");
    assert_true(json_integer_value(json_object_get(json, "items")) == INT64_MIN);
    assert_true(json_is_true(json_object_get(json, "yes")));
    assert_true(json_is_false(json_object_get(json, "no")));
    assert_string_equal(text_of(json, "trace"), "0190163d-8694-739b-aea5-966c26f8ad91");
    assert_string_equal(text_of(json, "part"), "abc");
    assert_string_equal(text_of(json, "empty"), "");
    assert_null(json_object_get(json, "gone"));
    assert_null(json_object_get(json, "also_gone"));
    const char *ts = text_of(json, "ts");
    assert_int_equal(strlen(ts), strlen("2025-05-06T07:00:00.123Z"));
    assert_int_equal(ts[19], '.');
    assert_int_equal(ts[23], 'Z');
    json_decref(json);
}

static void text_is_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out; /* out: as JSON reads it back */
    } cases[] = {
        {"plain", "plain"},
        {"quote\" back\\slash /", "quote\" back\\slash /"},
        {"tab\t line\n return\r escape\x1b", "tab\t line\n return\r escape\x1b"},
        {"delete\x7f next line\xc2\x85", "delete\x7f next line\xc2\x85"},
        {"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
        {"\xef\xbf\xbf\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf",
         "\xef\xbf\xbf\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf"},
        {"alone \x80 \xff", "alone \xef\xbf\xbd \xef\xbf\xbd"},
        {"overlong \xc0\xaf", "overlong \xef\xbf\xbd\xef\xbf\xbd"},
        {"overlong \xe0\x80\xaf", "overlong \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"surrogate \xed\xa0\x80", "surrogate \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"beyond \xf4\x90\x80\x80", "beyond \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"beyond \xf5", "beyond \xef\xbf\xbd"},
        {"cut \xe2\x82", "cut \xef\xbf\xbd\xef\xbf\xbd"},
        {"cut \xe2\x82z", "cut \xef\xbf\xbd\xef\xbf\xbdz"},
        {"\xf0\x8f\xbf\xbf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    };
    struct capture capture = capture_begin();
    log_open("test", LOG_INFO);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        log_event(LOG_INFO, "text", LOG_TEXT("text", cases[i].in), LOG_END);
        json_t *json = next_json(&capture);
        assert_string_equal(text_of(json, "text"), cases[i].out);
        for (const char *p = line; *p != '\n'; p++)
            assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
        json_decref(json);
    }
    log_event(LOG_INFO, "zero", LOG_SLICE("text", ((struct slice){"a\0b", 3})), LOG_END);
    assert_true(capture_next(&capture, line, sizeof(line)) > 0);
    assert_non_null(strstr(line, "\"text\":\"a\\u0000b\""));
    free(capture_end(&capture));
}

static void long_lines_are_cut_and_stay_json(void **state)
{
    (void)state;
    struct capture capture = capture_begin();
    log_open("test", LOG_INFO);
    static char text[3 * PIPE_BUF];
    static const char *const units[] = {"x", "\x01", "\xe2\x82\xac", "\"", "\xff"};
    for (size_t unit = 0; unit < sizeof(units) / sizeof(units[0]); unit++) {
        size_t unit_size = strlen(units[unit]);
        for (size_t i = 0; i + unit_size < sizeof(text); i += unit_size)
            memcpy(text + i, units[unit], unit_size);
        /* Every place of the cut relative to the unit. */
        for (size_t padding = 0; padding < 8; padding++) {
            log_event(LOG_INFO, "long", LOG_TEXT("pad", &"12345678"[padding]), LOG_TEXT("text", text),
                      LOG_TEXT("left_out", "x"), LOG_INT("number", 1), LOG_END);
            json_t *json = next_json(&capture);
            const char *cut = text_of(json, "text");
            assert_string_equal(cut + strlen(cut) - 3, "…");
            assert_null(json_object_get(json, "left_out"));
            json_decref(json);
        }
    }
    /* Texts that just fit and just do not. */
    for (size_t size = PIPE_BUF - 300; size < PIPE_BUF; size++) {
        memset(text, 'y', size);
        log_event(LOG_INFO, "long", LOG_SLICE("text", ((struct slice){text, size})),
                  LOG_INT("number", INT64_MIN), LOG_END);
        json_t *json = next_json(&capture);
        assert_non_null(json_object_get(json, "text"));
        json_decref(json);
    }
    struct log_field fields[600];
    for (size_t i = 0; i < 599; i++)
        fields[i] = LOG_INT("number", i);
    fields[599] = LOG_END;
    log_event_fields(LOG_INFO, "many", fields);
    assert_true(capture_next(&capture, line, sizeof(line)) <= PIPE_BUF);
    assert_string_equal(line + strlen(line) - 2, "}\n");
    free(capture_end(&capture));
}

static void levels_below_are_silent(void **state)
{
    (void)state;
    struct capture capture = capture_begin();
    log_open("test", LOG_WARNING);
    log_event(LOG_DEBUG, "a", LOG_END);
    log_event(LOG_INFO, "b", LOG_END);
    log_event(LOG_WARNING, "c", LOG_END);
    log_event(LOG_ERROR, "d", LOG_END);
    json_t *json = next_json(&capture);
    assert_string_equal(text_of(json, "event"), "c");
    json_decref(json);
    json = next_json(&capture);
    assert_string_equal(text_of(json, "event"), "d");
    json_decref(json);
    assert_int_equal(capture_next(&capture, line, sizeof(line)), -1);
    free(capture_end(&capture));
}

static void levels_have_names(void **state)
{
    (void)state;
    enum log_level level = LOG_ERROR;
    assert_true(log_level_parse("debug", &level));
    assert_int_equal(level, LOG_DEBUG);
    assert_true(log_level_parse("info", &level));
    assert_int_equal(level, LOG_INFO);
    assert_true(log_level_parse("error", &level));
    assert_true(log_level_parse("warning", &level));
    assert_false(log_level_parse("Warning", &level));
    assert_false(log_level_parse("", &level));
    assert_false(log_level_parse("warn", &level));
    assert_int_equal(level, LOG_WARNING);
}

static void an_error_as_fields(void **state)
{
    (void)state;
    struct capture capture = capture_begin();
    log_open("test", LOG_INFO);
    struct error err = {0};
    (void)error_set_hint(&err, ERROR_DB_CONFLICT, "wait", "deadlock of %d", 2);
    memcpy(err.sqlstate, "40P01", 6);
    log_failure(LOG_ERROR, "commit_failed", &err);
    json_t *json = next_json(&capture);
    assert_string_equal(text_of(json, "event"), "commit_failed");
    assert_string_equal(text_of(json, "kind"), "db_conflict");
    assert_string_equal(text_of(json, "sqlstate"), "40P01");
    assert_string_equal(text_of(json, "detail"), "deadlock of 2");
    assert_string_equal(text_of(json, "hint"), "wait");
    json_decref(json);
    error_clear(&err);
    (void)error_set(&err, ERROR_CACHE, "away");
    log_failure(LOG_ERROR, "cache", &err);
    json = next_json(&capture);
    assert_null(json_object_get(json, "sqlstate"));
    assert_null(json_object_get(json, "hint"));
    json_decref(json);
    free(capture_end(&capture));
}

static void a_terminal_gets_key_and_value(void **state)
{
    (void)state;
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(master >= 0);
    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    assert_true(slave >= 0);
    int saved = dup(STDERR_FILENO);
    assert_true(dup2(slave, STDERR_FILENO) >= 0);
    log_open("query", LOG_INFO);
    log_event(LOG_INFO, "read", LOG_TEXT("word", "a/b:c"), LOG_TEXT("text", "two \"words\""),
              LOG_TEXT("none", ""), LOG_TEXT("sum", "a=b"), LOG_INT("n", 7), LOG_BOOL("ok", true),
              LOG_TEXT("steer", "\x1b[2J"), LOG_END);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    (void)close(saved);
    size_t size = 0;
    while (size == 0 || line[size - 1] != '\n') {
        ssize_t got = read(master, line + size, sizeof(line) - 1 - size);
        assert_true(got > 0);
        size += (size_t)got;
    }
    line[size] = '\0';
    (void)close(slave);
    (void)close(master);
    assert_memory_equal(line, "ts=2", 4);
    assert_non_null(strstr(line, " level=info proc=query pid="));
    assert_non_null(
        strstr(line, " event=read word=a/b:c text=\"two \\\"words\\\"\" none=\"\" sum=\"a=b\" n=7 ok=true "
                     "steer=\"\\u001b[2J\"\r\n"));
}

static void nobody_reads_and_errno_stays(void **state)
{
    (void)state;
    int saved = dup(STDERR_FILENO);
    (void)close(STDERR_FILENO);
    log_open("test", LOG_INFO);
    errno = ENOENT;
    log_event(LOG_INFO, "unheard", LOG_END);
    int after = errno;
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    (void)close(saved);
    assert_int_equal(after, ENOENT);
}

#define THREADS 4
#define LINES   50

static void *write_lines(void *name)
{
    for (int i = 0; i < LINES; i++)
        log_event(LOG_INFO, name, LOG_INT("i", i), LOG_TEXT("text", "some text to make the line longer"),
                  LOG_END);
    return NULL;
}

static void *read_lines(void *context)
{
    const struct capture *capture = context;
    static size_t whole;
    whole = 0;
    for (int i = 0; i < THREADS * LINES; i++) {
        char text[PIPE_BUF + 1];
        ssize_t got = recv(capture->read_end, text, PIPE_BUF, 0);
        whole += got > 2 && text[0] == '{' && text[got - 1] == '\n' &&
                 memchr(text, '\n', (size_t)got) == text + got - 1;
    }
    return &whole;
}

static void threads_do_not_mix_lines(void **state)
{
    (void)state;
    static char name[] = "thread";
    struct capture capture = capture_begin();
    log_open("test", LOG_INFO);
    pthread_t writers[THREADS], reader;
    assert_int_equal(pthread_create(&reader, NULL, read_lines, &capture), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&writers[i], NULL, write_lines, name), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(writers[i], NULL), 0);
    void *whole;
    assert_int_equal(pthread_join(reader, &whole), 0);
    free(capture_end(&capture));
    assert_int_equal(*(size_t *)whole, THREADS * LINES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_one_json_line),
        cmocka_unit_test(text_is_escaped),
        cmocka_unit_test(long_lines_are_cut_and_stay_json),
        cmocka_unit_test(levels_below_are_silent),
        cmocka_unit_test(levels_have_names),
        cmocka_unit_test(an_error_as_fields),
        cmocka_unit_test(a_terminal_gets_key_and_value),
        cmocka_unit_test(nobody_reads_and_errno_stays),
        cmocka_unit_test(threads_do_not_mix_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
