/* redis_server: a real redis-server on a socket in a directory of its own, for tests of what talks to one. */
#ifndef ECF2_TESTS_UNIT_COMMON_REDIS_SERVER_H
#define ECF2_TESTS_UNIT_COMMON_REDIS_SERVER_H

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/log.h"

static char redis_server_directory[] = "/tmp/ecf2-redis-XXXXXX";
static char redis_server_socket[64];
static pid_t redis_server_pid;

static inline const char *redis_server_path(void)
{
    return redis_server_socket;
}

static inline bool redis_server_exists(void)
{
    char path[4096], file[4200];
    const char *search = getenv("PATH");
    (void)snprintf(path, sizeof(path), "%s", search == NULL ? "/usr/bin" : search);
    for (char *part = strtok(path, ":"); part != NULL; part = strtok(NULL, ":")) {
        (void)snprintf(file, sizeof(file), "%s/redis-server", part);
        if (access(file, X_OK) == 0)
            return true;
    }
    return false;
}

/* Starts the server and reads its output until it says that it is ready. */
static inline void redis_server_start(void)
{
    int output[2];
    assert_int_equal(pipe2(output, O_CLOEXEC), 0);
    redis_server_pid = fork();
    assert_true(redis_server_pid >= 0);
    if (redis_server_pid == 0) {
        (void)dup2(output[1], STDOUT_FILENO);
        (void)execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", redis_server_socket,
                     "--dir", redis_server_directory, "--save", "", "--appendonly", "no", "--daemonize", "no",
                     (char *)NULL);
        _exit(127);
    }
    (void)close(output[1]);
    static char text[65536];
    size_t size = 0;
    while (strstr(text, "ready to accept connections at") == NULL) {
        struct pollfd poll_fd = {.fd = output[0], .events = POLLIN};
        assert_int_equal(poll(&poll_fd, 1, 20000), 1);
        ssize_t got = read(output[0], text + size, sizeof(text) - 1 - size);
        if (got <= 0)
            fail_msg("redis-server did not start: %s", text);
        size += (size_t)got;
        text[size] = '\0';
    }
    memset(text, 0, sizeof(text));
    /* It goes on writing; a closed pipe would end it. The descriptor is given to /dev/null's reader: kept
     * open. */
    static int kept = -1;
    if (kept >= 0)
        (void)close(kept);
    kept = output[0];
}

static inline void redis_server_kill(void)
{
    int status;
    if (redis_server_pid <= 0)
        return;
    (void)kill(redis_server_pid, SIGKILL);
    (void)waitpid(redis_server_pid, &status, 0);
    redis_server_pid = 0;
}

static inline int redis_server_group_setup(void)
{
    (void)signal(SIGPIPE, SIG_IGN); /* as process_start does */
    log_open("test", LOG_ERROR);
    if (mkdtemp(redis_server_directory) == NULL)
        return -1;
    (void)snprintf(redis_server_socket, sizeof(redis_server_socket), "%s/redis.sock", redis_server_directory);
    return 0;
}

static inline int redis_server_group_teardown(void)
{
    redis_server_kill();
    (void)unlink(redis_server_socket);
    return rmdir(redis_server_directory);
}

static inline int redis_server_setup(void **state)
{
    (void)state;
    redis_server_start();
    return 0;
}

static inline int redis_server_teardown(void **state)
{
    (void)state;
    redis_server_kill();
    (void)unlink(redis_server_socket);
    return 0;
}

#endif
