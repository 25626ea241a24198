/* process: start and end of every process, and the file by which others find it. */
#include "common/process.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/cleanup.h"
#include "common/clock.h"
#include "common/log.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static json_t *record; /* contents of the file; NULL before the start and after the end */
static char *path;     /* NULL where ECF2_RUNTIME_DIR is empty */
static char *path_aside;

int process_arguments(const char *program, const char *paragraph, int argc, char **argv)
{
    if (argc < 2)
        return -1;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        (void)printf("%s\n", paragraph);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        (void)printf("%s %s\n", program, ECF2_VERSION);
        return 0;
    }
    bool known = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "--version") == 0;
    (void)fprintf(
        stderr,
        "%s: unknown argument \"%s\"; it takes --help or --version alone and is configured by ECF2_ "
        "variables of the environment\n",
        program, argv[known ? 2 : 1]);
    return 2;
}

void process_keep_memory(void)
{
    enum { KEPT_MAX = 64 << 20, OWN_MAPPING = 32 << 20 }; /* the largest that glibc takes for the latter */
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_MAX);
    (void)mallopt(M_MMAP_THRESHOLD, OWN_MAPPING);
}

/* Writes text to a new file beside the real one. */
static bool write_aside(const char *text, struct error *err)
{
    FILE *file = fopen(path_aside, "we");
    if (file == NULL)
        return error_set(err, ERROR_SYSTEM, "cannot write %.300s: %s", path_aside, strerror(errno));
    bool written = fputs(text, file) >= 0 && fputc('\n', file) != EOF;
    written = fclose(file) == 0 && written;
    return written || error_set(err, ERROR_SYSTEM, "cannot write %.300s: %s", path_aside, strerror(errno));
}

static bool record_write(struct error *err)
{
    if (path == NULL)
        return true;
    char *text = json_dumps(record, JSON_COMPACT);
    if (text == NULL)
        return error_set(err, ERROR_BUG, "the record of the process cannot be written as JSON");
    bool written = write_aside(text, err);
    free(text);
    if (!written)
        return false;
    if (rename(path_aside, path) != 0)
        return error_set(err, ERROR_SYSTEM, "cannot rename %.200s to %.200s: %s", path_aside, path,
                         strerror(errno));
    return true;
}

static bool directory_make(const char *directory, struct error *err)
{
    if (mkdir(directory, 0755) != 0 && errno != EEXIST)
        return error_set(err, ERROR_SYSTEM, "cannot make the directory %.300s: %s", directory,
                         strerror(errno));
    return true;
}

static bool paths_make(const char *name, const char *runtime_dir, struct error *err)
{
    if (runtime_dir[0] == '\0')
        return true;
    struct buffer text = BUFFER_INIT;
    buffer_printf(&text, "%s/run", runtime_dir);
    if (!directory_make(runtime_dir, err) || !directory_make(text.data, err)) {
        buffer_release(&text);
        return false;
    }
    buffer_printf(&text, "/%s-%d.json", name, (int)getpid());
    path = memory_dup(text.data);
    buffer_append_text(&text, ".tmp");
    path_aside = buffer_take(&text);
    return true;
}

static void record_end(void)
{
    (void)pthread_mutex_lock(&lock);
    if (path != NULL) {
        (void)unlink(path);
        (void)unlink(path_aside);
    }
    free(path);
    free(path_aside);
    path = path_aside = NULL;
    json_decref(record);
    record = NULL;
    (void)pthread_mutex_unlock(&lock);
}

/* The name of the program, the second field, may hold anything; so fields count from the last ")". */
int64_t process_start_ticks(pid_t pid)
{
    char stat_path[64], line[1024];
    (void)snprintf(stat_path, sizeof stat_path, "/proc/%ld/stat", (long)pid);
    CLEANUP(file) FILE *file = fopen(stat_path, "re");
    if (file == NULL || fgets(line, sizeof line, file) == NULL)
        return 0;
    const char *at = strrchr(line, ')');
    if (at == NULL || at[1] != ' ' || at[2] == 'Z' || at[2] == 'X')
        return 0;
    for (int field = 2; at != NULL && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at == NULL ? 0 : strtoll(at, NULL, 10);
}

static bool record_start(const char *name, const char *runtime_dir, struct error *err)
{
    char started_at[RFC3339_SIZE];
    rfc3339_format(machine_now_us(), started_at);
    record = json_pack("{s:s, s:i, s:I, s:s, s:s}", "service", name, "pid", (int)getpid(), "start_ticks",
                       (json_int_t)process_start_ticks(getpid()), "metrics", metrics_address(), "started_at",
                       started_at);
    if (record == NULL)
        return error_set(err, ERROR_BUG, "the record of the process cannot be made");
    return paths_make(name, runtime_dir, err) && record_write(err);
}

/* 10 000 connections need more files than the usual soft limit. */
static void open_files_raise(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_event(LOG_WARNING, "open_files_not_raised", LOG_TEXT("detail", strerror(errno)), LOG_END);
}

static bool start(const char *name, const struct settings *settings, metrics_refresh_fn *refresh,
                  void *context, struct error *err)
{
    enum log_level level;
    if (!log_level_parse(settings->log_level, &level)) /* settings_read has seen to it */
        return error_set(err, ERROR_BUG, "the log level is unknown");
    log_open(name, level);
    settings_log(settings);
    open_files_raise();
    if (!business_clock_set(settings->clock, err) ||
        !metrics_start(settings->metrics_listen, refresh, context, err))
        return false;
    if (!record_start(name, settings->runtime_dir, err)) {
        record_end();
        metrics_stop();
        return false;
    }
    return true;
}

bool process_start(const char *name, struct settings *ret_settings, metrics_refresh_fn *refresh,
                   void *context, struct error *err)
{
    /* A peer that has gone is an error of write(), not the end of the process. */
    (void)signal(SIGPIPE, SIG_IGN);
    log_open(name, LOG_INFO);
    struct settings settings;
    if (!settings_read(&settings, err))
        return false;
    if (!start(name, &settings, refresh, context, err)) {
        settings_release(&settings);
        return false;
    }
    *ret_settings = settings;
    log_event(LOG_INFO, "started", LOG_TEXT("version", ECF2_VERSION), LOG_TEXT("metrics", metrics_address()),
              LOG_END);
    return true;
}

void process_publish(const char *key, const char *value)
{
    struct error err = {0};
    (void)pthread_mutex_lock(&lock);
    bool written =
        record != NULL && json_object_set_new(record, key, json_string(value)) == 0 && record_write(&err);
    (void)pthread_mutex_unlock(&lock);
    if (!written) {
        (void)error_set(&err, ERROR_BUG, "process_publish of %s outside process_start and process_end", key);
        log_failure(LOG_WARNING, "publish_failed", &err);
    }
}

void process_end(void)
{
    record_end();
    metrics_stop();
    log_event(LOG_INFO, "ended", LOG_END);
}
