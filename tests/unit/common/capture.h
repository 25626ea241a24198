/*
 * capture: what the code under test writes to standard error. A datagram socket stands in for it, so that
 * each write(2) is seen as what it is: one read.
 */
#ifndef ECF2_TESTS_UNIT_COMMON_CAPTURE_H
#define ECF2_TESTS_UNIT_COMMON_CAPTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct capture {
    int saved, read_end;
};

static inline struct capture capture_begin(void)
{
    int ends[2];
    struct capture capture;
    (void)fflush(stderr);
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0)
        abort();
    capture.saved = dup(STDERR_FILENO);
    if (capture.saved < 0 || dup2(ends[1], STDERR_FILENO) < 0)
        abort();
    (void)close(ends[1]);
    capture.read_end = ends[0];
    return capture;
}

/* The next write, terminated by zero; -1 when there was no more. */
static inline ssize_t capture_next(const struct capture *capture, char *ret_text, size_t size)
{
    ssize_t got = recv(capture->read_end, ret_text, size - 1, MSG_DONTWAIT);
    if (got >= 0)
        ret_text[got] = '\0';
    return got;
}

/* Gives standard error back; all that was written is returned, the caller's to free. */
static inline char *capture_end(struct capture *capture)
{
    size_t size = 0;
    char *text = malloc(1 << 20);
    if (text == NULL)
        abort();
    text[0] = '\0';
    (void)fflush(stderr);
    for (ssize_t got; (got = capture_next(capture, text + size, (1 << 20) - size)) >= 0;)
        size += (size_t)got;
    (void)dup2(capture->saved, STDERR_FILENO);
    (void)close(capture->saved);
    (void)close(capture->read_end);
    return text;
}

#endif
