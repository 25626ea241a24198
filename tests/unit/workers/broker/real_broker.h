/*
 * real_broker: the ecf2-broker of the same build, on an ipc endpoint in a directory of the test's own, and
 * raw DEALERs for peers.
 */
#ifndef ECF2_TESTS_UNIT_WORKERS_BROKER_REAL_BROKER_H
#define ECF2_TESTS_UNIT_WORKERS_BROKER_REAL_BROKER_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

#include "common/clock.h"
#include "common/messaging.h"

#define PATIENCE_MS 20000
#define PATIENT_MS  "15000" /* silence that a test on a busy machine does not reach by itself */
#define STRICT_MS   "1000"

struct world {
    char directory[64], endpoint[128];
    pid_t pid;
    void *context;
    struct message *message;
    void *sockets[8]; /* closed at the end, also of a test that failed */
    size_t socket_count;
};

struct dealer {
    void *socket;
    bool mute; /* does not answer PING */
};

static struct world world;

/* BUILD/unit/workers/broker/NAME_test → BUILD/bin/ecf2-broker */
static void broker_path(char *ret_path, size_t size)
{
    char self[512];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(length > 0);
    self[length] = '\0';
    for (int i = 0; i < 4; i++)
        *strrchr(self, '/') = '\0';
    (void)snprintf(ret_path, size, "%s/bin/ecf2-broker", self);
    if (access(ret_path, X_OK) != 0)
        fail_msg("%s is missing: make build first", ret_path);
}

static void exec_broker(const char *path, const char *silence_ms)
{
    char log[128];
    (void)snprintf(log, sizeof log, "%s/log", world.directory);
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    (void)dup2(fd, STDERR_FILENO);
    (void)setenv("ECF2_BROKER_BIND", world.endpoint, 1);
    (void)setenv("ECF2_SILENCE_MS", silence_ms, 1);
    (void)setenv("ECF2_METRICS_LISTEN", "127.0.0.1:0", 1);
    (void)setenv("ECF2_RUNTIME_DIR", "", 1);
    (void)execl(path, path, (char *)NULL);
    _exit(127);
}

static int start_with(const char *silence_ms)
{
    char path[600];
    broker_path(path, sizeof path);
    (void)snprintf(world.directory, sizeof world.directory, "/tmp/ecf2-broker-XXXXXX");
    assert_non_null(mkdtemp(world.directory));
    (void)snprintf(world.endpoint, sizeof world.endpoint, "ipc://%s/b", world.directory);
    world.context = zmq_ctx_new();
    world.message = memory_alloc(sizeof *world.message);
    world.pid = fork();
    assert_true(world.pid >= 0);
    if (world.pid == 0)
        exec_broker(path, silence_ms);
    return 0;
}

UNUSED static int start(void **state)
{
    (void)state;
    return start_with(PATIENT_MS);
}

UNUSED static int start_strict(void **state)
{
    (void)state;
    return start_with(STRICT_MS);
}

static void remove_file(const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", world.directory, name);
    (void)unlink(path);
}

UNUSED static int stop(void **state)
{
    (void)state;
    if (world.pid > 0) {
        (void)kill(world.pid, SIGKILL);
        (void)waitpid(world.pid, NULL, 0);
    }
    while (world.socket_count > 0)
        messaging_close(world.sockets[--world.socket_count]);
    (void)zmq_ctx_term(world.context);
    free(world.message);
    remove_file("b");
    remove_file("log");
    (void)rmdir(world.directory);
    return 0;
}

/* ---- peers ---- */

UNUSED static struct dealer dealer_open(const char *name)
{
    struct error err = {0};
    struct dealer dealer = {.socket = messaging_dealer(world.context, name, world.endpoint, &err)};
    assert_non_null(dealer.socket);
    world.sockets[world.socket_count++] = dealer.socket;
    zmq_pollitem_t item = {.socket = dealer.socket, .events = ZMQ_POLLOUT};
    assert_int_equal(zmq_poll(&item, 1, PATIENCE_MS), 1);
    return dealer;
}

UNUSED static void dealer_close(struct dealer *dealer)
{
    for (size_t i = 0; i < world.socket_count; i++)
        if (world.sockets[i] == dealer->socket)
            world.sockets[i] = NULL;
    messaging_close(dealer->socket);
}

UNUSED static void send_frames(struct dealer *dealer, enum wire_command command, const char *service,
                               int64_t number, const struct slice *frames, size_t count)
{
    struct buffer head = BUFFER_INIT;
    struct slice all[WIRE_MESSAGE_RECORDS_MAX + 1];
    wire_head_write(&head, command, service, number);
    all[0] = buffer_slice(&head);
    for (size_t i = 0; i < count; i++)
        all[1 + i] = frames[i];
    assert_true(message_send(dealer->socket, (struct slice){NULL, 0}, all, 1 + count));
    buffer_release(&head);
}

UNUSED static void send_record(struct dealer *dealer, const char *service, const struct wire_record *record)
{
    struct buffer frame = BUFFER_INIT;
    wire_record_write(&frame, record);
    struct slice slice = buffer_slice(&frame);
    send_frames(dealer, WIRE_SUBMIT, service, 0, &slice, 1);
    buffer_release(&frame);
}

/* Takes messages, answering PING unless mute, until one of this command has come: it is in world.message
 * then, to be released. False = none in time. */
UNUSED static bool await(struct dealer *dealer, enum wire_command command, int64_t wait_ms,
                         struct wire_head *ret_head)
{
    for (int64_t until_us = monotonic_now_us() + wait_ms * MILLISECONDS; monotonic_now_us() < until_us;) {
        zmq_pollitem_t item = {.socket = dealer->socket, .events = ZMQ_POLLIN};
        (void)zmq_poll(&item, 1, 10);
        if (message_receive(dealer->socket, world.message) != RECEIVE_MESSAGE)
            continue;
        assert_true(wire_head_read(message_frame(world.message, 0), ret_head, NULL));
        if (ret_head->command == command)
            return true;
        if (ret_head->command == WIRE_PING && !dealer->mute)
            send_frames(dealer, WIRE_PONG, NULL, ret_head->number, NULL, 0);
        message_release(world.message);
    }
    return false;
}

#endif
