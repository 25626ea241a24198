/* Tests of common/process.c. */
#include "common/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/clock.h"
#include "tests/unit/common/capture.h"

static char directory[] = "/tmp/ecf2-process-XXXXXX";
static char runtime_dir[64], run_dir[80], file_path[160];

static int group_setup(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL)
        return -1;
    (void)snprintf(runtime_dir, sizeof(runtime_dir), "%s/made", directory);
    (void)snprintf(run_dir, sizeof(run_dir), "%s/run", runtime_dir);
    (void)snprintf(file_path, sizeof(file_path), "%s/test-%d.json", run_dir, (int)getpid());
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    (void)rmdir(run_dir);
    (void)rmdir(runtime_dir);
    return rmdir(directory);
}

static int environment_plain(void **state)
{
    (void)state;
    return clearenv() != 0 || setenv("ECF2_RUNTIME_DIR", runtime_dir, 1) != 0;
}

static int files_in_run_dir(void)
{
    DIR *dir = opendir(run_dir);
    int count = 0;
    if (dir == NULL)
        return -1;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
        count += entry->d_name[0] != '.';
    (void)closedir(dir);
    return count;
}

static json_t *record(void)
{
    json_error_t problem;
    json_t *json = json_load_file(file_path, JSON_REJECT_DUPLICATES, &problem);
    if (json == NULL)
        fail_msg("%s", problem.text);
    return json;
}

static const char *text_of(const json_t *json, const char *key)
{
    return json_string_value(json_object_get(json, key));
}

static void a_process_shows_itself_while_it_runs(void **state)
{
    (void)state;
    struct settings settings;
    struct error err = {0};
    (void)signal(SIGPIPE, SIG_DFL);
    assert_int_equal(setenv("ECF2_CLOCK", "2024-10-20T10:00:00Z", 1), 0);
    assert_int_equal(setenv("ECF2_LOG_LEVEL", "warning", 1), 0);
    struct rlimit files;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    if (files.rlim_max > 256) {
        files.rlim_cur = 256;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    }

    if (!process_start("test", &settings, NULL, NULL, &err))
        fail_msg("%s", err.detail);
    assert_string_equal(settings.log_level, "warning");
    assert_true(business_now_us() == INT64_C(1729418400) * US_PER_SECOND);
    assert_true(signal(SIGPIPE, SIG_DFL) == SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    assert_true(files.rlim_cur == files.rlim_max);

    json_t *json = record();
    assert_int_equal(json_object_size(json), 5);
    assert_string_equal(text_of(json, "service"), "test");
    assert_int_equal(json_integer_value(json_object_get(json, "pid")), getpid());
    assert_int_equal(json_integer_value(json_object_get(json, "start_ticks")), process_start_ticks(getpid()));
    assert_string_equal(text_of(json, "metrics"), metrics_address());
    assert_string_not_equal(metrics_address(), "");
    /* Machine time, not the business clock. */
    assert_int_equal(strlen(text_of(json, "started_at")), 20);
    assert_memory_not_equal(text_of(json, "started_at"), "2024-10-20", 10);
    json_decref(json);

    process_publish("http", "127.0.0.1:1");
    process_publish("zmq", "tcp://\"quoted\"");
    process_publish("http", "127.0.0.1:2");
    json = record();
    assert_int_equal(json_object_size(json), 7);
    assert_string_equal(text_of(json, "http"), "127.0.0.1:2");
    assert_string_equal(text_of(json, "zmq"), "tcp://\"quoted\"");
    json_decref(json);
    assert_int_equal(files_in_run_dir(), 1); /* nothing is left aside */

    process_end();
    assert_int_equal(files_in_run_dir(), 0);
    assert_string_equal(metrics_address(), "");
    settings_release(&settings);
}

static void a_process_has_a_start_until_it_ends(void **state)
{
    (void)state;
    assert_true(process_start_ticks(getpid()) > 0);
    assert_true(process_start_ticks(getpid()) >= process_start_ticks(getppid()));
    const pid_t child = fork();
    if (child == 0)
        _exit(0);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(process_start_ticks(child), 0); /* ended, and nobody has waited for it */
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(process_start_ticks(child), 0);
}

static void without_a_directory_nothing_is_written(void **state)
{
    (void)state;
    struct settings settings;
    struct error err = {0};
    assert_int_equal(unsetenv("ECF2_RUNTIME_DIR"), 0);
    assert_int_equal(setenv("ECF2_LOG_LEVEL", "warning", 1), 0);
    assert_true(process_start("test", &settings, NULL, NULL, &err));
    struct capture capture = capture_begin();
    process_publish("http", "127.0.0.1:1");
    process_end();
    char *text = capture_end(&capture);
    assert_string_equal(text, "");
    free(text);
    settings_release(&settings);
}

static void publishing_after_the_end_is_logged(void **state)
{
    (void)state;
    struct capture capture = capture_begin();
    process_publish("http", "127.0.0.1:1");
    char *text = capture_end(&capture);
    assert_non_null(strstr(text, "publish_failed"));
    free(text);
}

static void publishing_where_writing_fails_is_logged(void **state)
{
    (void)state;
    struct settings settings;
    struct error err = {0};
    assert_int_equal(setenv("ECF2_LOG_LEVEL", "warning", 1), 0);
    assert_true(process_start("test", &settings, NULL, NULL, &err));
    /* The directory goes away under it (root may write wherever there is one). */
    assert_int_equal(unlink(file_path), 0);
    assert_int_equal(rmdir(run_dir), 0);
    struct capture capture = capture_begin();
    process_publish("http", "127.0.0.1:1");
    char *text = capture_end(&capture);
    assert_non_null(strstr(text, "publish_failed"));
    assert_non_null(strstr(text, "No such file or directory"));
    free(text);
    process_end();
    settings_release(&settings);
}

static void refused(const char *variable, const char *value, enum error_kind kind, const char *in_detail)
{
    struct settings settings, untouched;
    struct error err = {0};
    memset(&settings, 0xaa, sizeof(settings));
    memset(&untouched, 0xaa, sizeof(untouched));
    assert_int_equal(setenv(variable, value, 1), 0);
    struct capture capture = capture_begin();
    bool started = process_start("test", &settings, NULL, NULL, &err);
    free(capture_end(&capture));
    assert_false(started);
    assert_int_equal(err.kind, kind);
    if (strstr(err.detail, in_detail) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", in_detail, err.detail);
    assert_memory_equal(&settings, &untouched, sizeof(settings));
    assert_string_equal(metrics_address(), "");
    assert_int_equal(unsetenv(variable), 0);
}

static void a_start_that_fails_leaves_nothing(void **state)
{
    (void)state;
    refused("ECF2_LOOPS", "0", ERROR_SETTINGS, "ECF2_LOOPS");
    refused("ECF2_CLOCK", "yesterday", ERROR_SETTINGS, "ECF2_CLOCK");
    refused("ECF2_METRICS_LISTEN", "nowhere", ERROR_SETTINGS, "ECF2_METRICS_LISTEN");
    char path[200];
    (void)snprintf(path, sizeof(path), "%s/none/deeper", directory);
    refused("ECF2_RUNTIME_DIR", path, ERROR_SYSTEM, "cannot make the directory");
    /* Something else has the name of the file. */
    (void)mkdir(runtime_dir, 0700);
    (void)mkdir(run_dir, 0700);
    assert_int_equal(mkdir(file_path, 0700), 0);
    refused("ECF2_RUNTIME_DIR", runtime_dir, ERROR_SYSTEM, "cannot rename");
    assert_int_equal(rmdir(file_path), 0);
    assert_int_equal(files_in_run_dir(), 0);
}

/* Exit status, and what was written to the stream. */
static int arguments(int stream, char *ret_text, size_t size, const char *first, const char *second)
{
    char *const argv[] = {(char *)(uintptr_t) "program", (char *)(uintptr_t)first, (char *)(uintptr_t)second,
                          NULL};
    int argc = first == NULL ? 1 : second == NULL ? 2 : 3;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    (void)fflush(stdout);
    (void)fflush(stderr);
    int saved = dup(stream);
    assert_true(dup2(ends[1], stream) >= 0);
    (void)close(ends[1]);
    int status =
        process_arguments("ecf2-test", "What it does, in a paragraph.", argc, (char **)(uintptr_t)argv);
    (void)fflush(stdout);
    (void)fflush(stderr);
    assert_true(dup2(saved, stream) >= 0);
    (void)close(saved);
    ssize_t got = read(ends[0], ret_text, size - 1);
    assert_true(got >= 0);
    ret_text[got] = '\0';
    (void)close(ends[0]);
    return status;
}

static void command_lines(void **state)
{
    (void)state;
    char text[1000];
    assert_int_equal(arguments(STDERR_FILENO, text, sizeof(text), NULL, NULL), -1);
    assert_string_equal(text, "");
    assert_int_equal(arguments(STDOUT_FILENO, text, sizeof(text), "--help", NULL), 0);
    assert_string_equal(text, "What it does, in a paragraph.\n");
    assert_int_equal(arguments(STDOUT_FILENO, text, sizeof(text), "--version", NULL), 0);
    assert_string_equal(text, "ecf2-test " ECF2_VERSION "\n");
    assert_int_equal(arguments(STDERR_FILENO, text, sizeof(text), "--verbose", NULL), 2);
    assert_non_null(strstr(text, "ecf2-test: unknown argument \"--verbose\""));
    assert_int_equal(arguments(STDERR_FILENO, text, sizeof(text), "", NULL), 2);
    assert_int_equal(arguments(STDERR_FILENO, text, sizeof(text), "x", "--help"), 2);
    assert_non_null(strstr(text, "unknown argument \"x\""));
    assert_int_equal(arguments(STDERR_FILENO, text, sizeof(text), "--help", "me"), 2);
    assert_non_null(strstr(text, "unknown argument \"me\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_process_shows_itself_while_it_runs, environment_plain),
        cmocka_unit_test_setup(without_a_directory_nothing_is_written, environment_plain),
        cmocka_unit_test_setup(publishing_after_the_end_is_logged, environment_plain),
        cmocka_unit_test_setup(publishing_where_writing_fails_is_logged, environment_plain),
        cmocka_unit_test_setup(a_start_that_fails_leaves_nothing, environment_plain),
        cmocka_unit_test(a_process_has_a_start_until_it_ends),
        cmocka_unit_test(command_lines),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
