/*
 * scale: more or fewer processes of one service, on this machine, for the system that `make run` started.
 * Each new one has our environment (with the settings of ECF2_RUNTIME_DIR/env) and a session of its own.
 * Elsewhere the service manager or Kubernetes does this (ops/).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/error.h"
#include "workers/ctl/ctl.h"
#include "workers/ctl/environment.h"
#include "workers/ctl/processes.h"

#define SCALE_MAX     64
#define START_SECONDS 10 /* for a process to say that it runs */
#define STOP_SECONDS  40 /* a worker may take 30 to finish what it has (pipeline.md PL-56) */
#define LOOK_MS       50

static int usage(void)
{
    (void)fprintf(stderr, "ecf2ctl: usage: ecf2ctl scale SERVICE N, N from 0 to %d\n", SCALE_MAX);
    return CTL_USAGE;
}

/* Why this service is not scaled here; NULL = it is. */
static const char *refusal(const char *service, long wanted)
{
    if (strcmp(service, "broker") == 0)
        return "a second broker needs an endpoint of its own in ECF2_BROKERS of all processes: change the "
               "settings, then "
               "start them anew";
    if (strcmp(service, "front") == 0 && wanted == 0)
        return "without a front nobody is answered: `make stop` ends the system";
    return NULL;
}

static size_t processes_of(const struct settings *settings, const char *service,
                           struct process_seen *ret_processes)
{
    static struct process_seen all[PROCESSES_MAX];
    const size_t count = processes_read(settings->runtime_dir, all);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(all[i].service, service) == 0)
            ret_processes[kept++] = all[i];
    return kept;
}

static void look_again_later(void)
{
    (void)poll(NULL, 0, LOOK_MS);
}

/* ------------------------------------------------------------------ starting */

/* In the grandchild: becomes the program, with its output at the end of the service's log. */
static void become(const char *program, const char *log)
{
    const int output = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (output < 0 || input < 0 || dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
        dup2(output, STDERR_FILENO) < 0)
        _exit(126);
    (void)execl(program, program, (char *)NULL);
    _exit(127);
}

/* Starts program detached: in a session of its own, the child of process 1. */
static bool start(const char *program, const char *log, struct error *err)
{
    if (access(program, X_OK) != 0)
        return error_set(err, ERROR_INPUT, "there is no service of that name: %s: %s", program,
                         strerror(errno));
    const pid_t child = fork();
    if (child < 0)
        return error_set(err, ERROR_SYSTEM, "cannot start a process: %s", strerror(errno));
    if (child == 0) {
        (void)setsid();
        if (fork() == 0)
            become(program, log);
        _exit(0);
    }
    return waitpid(child, NULL, 0) == child ||
           error_set(err, ERROR_SYSTEM, "cannot wait for a process: %s", strerror(errno));
}

/* All fronts share the port that the first one has, whoever chose it (SO_REUSEPORT). */
static void share_port(const struct process_seen *first)
{
    if (first->http[0] != '\0')
        (void)setenv("ECF2_LISTEN", first->http, /* overwrite= */ 1);
}

static int grow(const struct settings *settings, const char *service, size_t from, size_t to)
{
    static struct process_seen seen[PROCESSES_MAX];
    struct error err = {0};
    struct buffer program = BUFFER_INIT, log = BUFFER_INIT;
    environment_program_folder(&program);
    buffer_printf(&program, "/ecf2-%s", service);
    buffer_printf(&log, "%s/logs/%s.log", settings->runtime_dir, service);
    bool started = true;
    for (size_t i = from; i < to && started; i++)
        started = start(program.data, log.data, &err);
    const int64_t deadline_us = monotonic_now_us() + START_SECONDS * US_PER_SECOND;
    size_t running = processes_of(settings, service, seen);
    while (started && running < to && monotonic_now_us() < deadline_us) {
        look_again_later();
        running = processes_of(settings, service, seen);
    }
    if (!started)
        (void)fprintf(stderr, "ecf2ctl: %s\n", err.detail);
    else if (running < to)
        (void)fprintf(stderr, "ecf2ctl: %zu of %zu run; see %s\n", running, to, log.data);
    else
        (void)printf("%s: %zu run\n", service, running);
    buffer_release(&program);
    buffer_release(&log);
    return started && running >= to ? CTL_DONE : CTL_FAILED;
}

/* ------------------------------------------------------------------ stopping */

/* Ends the newest, which have least in their caches and pipes; waits until they have finished what is in
 * hand. */
static int shrink(const char *service, const struct process_seen *seen, size_t from, size_t to)
{
    for (size_t i = to; i < from; i++)
        (void)kill(seen[i].pid, SIGTERM);
    const int64_t deadline_us = monotonic_now_us() + STOP_SECONDS * US_PER_SECOND;
    size_t left = from;
    while (left > to && monotonic_now_us() < deadline_us) {
        if (process_lives(&seen[left - 1]))
            look_again_later();
        else
            left--;
    }
    if (left > to) {
        (void)fprintf(stderr, "ecf2ctl: process %ld has not ended after %d s\n", (long)seen[left - 1].pid,
                      STOP_SECONDS);
        return CTL_FAILED;
    }
    (void)printf("%s: %zu run\n", service, to);
    return CTL_DONE;
}

/* A word of small letters, so that it can stand in a path. */
static bool is_service_name(const char *text)
{
    return text[0] != '\0' && strspn(text, "abcdefghijklmnopqrstuvwxyz") == strlen(text);
}

int command_scale(const struct settings *settings, int argc, char **argv)
{
    static struct process_seen seen[PROCESSES_MAX];
    char *end = NULL;
    const long wanted = argc == 3 ? strtol(argv[2], &end, 10) : -1;
    if (argc != 3 || !is_service_name(argv[1]) || end == argv[2] || *end != '\0' || wanted < 0 ||
        wanted > SCALE_MAX)
        return usage();
    const char *service = argv[1], *reason = refusal(service, wanted);
    if (reason != NULL) {
        (void)fprintf(stderr, "ecf2ctl: %s\n", reason);
        return CTL_FAILED;
    }
    if (settings->runtime_dir[0] == '\0') {
        (void)fputs("ecf2ctl: no system of `make run` is here (and ECF2_RUNTIME_DIR names none)\n", stderr);
        return CTL_FAILED;
    }
    const size_t count = processes_of(settings, service, seen), target = (size_t)wanted;
    if (strcmp(service, "front") == 0 && count > 0)
        share_port(&seen[0]);
    if (count < target)
        return grow(settings, service, count, target);
    return shrink(service, seen, count, target);
}
