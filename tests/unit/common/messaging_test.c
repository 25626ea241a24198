/* common/messaging.c: sockets as our processes need them, over ipc in a directory of the test's own. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/buffer.h"
#include "common/messaging.h"
#include "common/wire.h"

#define WAIT_MS 10000

struct pair {
    char directory[64], endpoint[128];
    void *context, *router, *dealer;
    struct message *message;
};

static int setup(void **state)
{
    struct pair *pair = memory_zero(1, sizeof *pair);
    struct error err = {0};
    (void)snprintf(pair->directory, sizeof pair->directory, "/tmp/ecf2-messaging-XXXXXX");
    assert_non_null(mkdtemp(pair->directory));
    (void)snprintf(pair->endpoint, sizeof pair->endpoint, "ipc://%s/b", pair->directory);
    pair->context = zmq_ctx_new();
    pair->router = messaging_router(pair->context, pair->endpoint, &err);
    pair->dealer = messaging_dealer(pair->context, "worker-1", pair->endpoint, &err);
    assert_non_null(pair->router);
    assert_non_null(pair->dealer);
    pair->message = memory_alloc(sizeof *pair->message);
    *state = pair;
    return 0;
}

static int teardown(void **state)
{
    struct pair *pair = *state;
    char path[128];
    messaging_close(pair->dealer);
    messaging_close(pair->router);
    messaging_close(NULL);
    (void)zmq_ctx_term(pair->context);
    (void)snprintf(path, sizeof path, "%s/b", pair->directory);
    (void)unlink(path);
    (void)rmdir(pair->directory);
    free(pair->message);
    free(pair);
    return 0;
}

static void wait_for(void *socket, short events)
{
    zmq_pollitem_t item = {.socket = socket, .events = events};
    assert_int_equal(zmq_poll(&item, 1, WAIT_MS), 1);
}

/* Receives the next message, waiting for it; a DEALER that has one is connected. */
static enum receive_result receive(struct pair *pair, void *socket)
{
    wait_for(socket, ZMQ_POLLIN);
    return message_receive(socket, pair->message);
}

static void assert_frame(const struct pair *pair, size_t i, struct slice expected)
{
    assert_true(slice_equal(message_frame(pair->message, i), expected));
}

/* The dealer says hello, so that the router knows it. */
static void connect_pair(struct pair *pair)
{
    struct slice frame = slice_of("hello");
    wait_for(pair->dealer, ZMQ_POLLOUT);
    assert_true(message_send(pair->dealer, (struct slice){NULL, 0}, &frame, 1));
    assert_int_equal(receive(pair, pair->router), RECEIVE_MESSAGE);
    message_release(pair->message);
}

static void a_message_keeps_its_frames_both_ways(void **state)
{
    struct pair *pair = *state;
    char large[100000];
    memset(large, 'x', sizeof large);
    const struct slice frames[] = {slice_of("head"), {NULL, 0}, {"a\0b", 3}, {large, sizeof large}};
    wait_for(pair->dealer, ZMQ_POLLOUT);
    assert_true(message_send(pair->dealer, (struct slice){NULL, 0}, frames, 4));
    assert_int_equal(receive(pair, pair->router), RECEIVE_MESSAGE);
    assert_int_equal(pair->message->count, 5);
    assert_frame(pair, 0, slice_of("worker-1"));
    for (size_t i = 0; i < 4; i++)
        assert_frame(pair, i + 1, frames[i]);
    message_release(pair->message);
    assert_true(message_send(pair->router, slice_of("worker-1"), frames, 4));
    assert_int_equal(receive(pair, pair->dealer), RECEIVE_MESSAGE);
    assert_int_equal(pair->message->count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_frame(pair, i, frames[i]);
    message_release(pair->message);
    assert_int_equal(message_receive(pair->router, pair->message), RECEIVE_NOTHING);
    assert_int_equal(message_receive(pair->dealer, pair->message), RECEIVE_NOTHING);
}

static void an_unknown_peer_is_told_and_nothing_is_left_behind(void **state)
{
    struct pair *pair = *state;
    const struct slice frames[] = {slice_of("one"), slice_of("two")};
    connect_pair(pair);
    assert_false(message_send(pair->router, slice_of("nobody"), frames, 2));
    assert_int_equal(errno, EHOSTUNREACH);
    assert_true(message_send(pair->router, slice_of("worker-1"), frames, 2));
    assert_int_equal(receive(pair, pair->dealer), RECEIVE_MESSAGE);
    assert_int_equal(pair->message->count, 2);
    assert_frame(pair, 0, slice_of("one"));
    message_release(pair->message);
}

static void a_peer_that_left_is_told(void **state)
{
    struct pair *pair = *state;
    struct slice frame = slice_of("x");
    connect_pair(pair);
    messaging_close(pair->dealer);
    pair->dealer = NULL;
    int error = 0;
    for (int i = 0; i < 1000 && error == 0; i++) {
        (void)poll(NULL, 0, 10);
        if (!message_send(pair->router, slice_of("worker-1"), &frame, 1))
            error = errno;
    }
    assert_int_equal(error, EHOSTUNREACH);
}

static void a_full_pipe_says_eagain_and_keeps_messages_whole(void **state)
{
    struct pair *pair = *state;
    char bytes[20000];
    memset(bytes, 'x', sizeof bytes);
    const struct slice frames[] = {{bytes, sizeof bytes}, slice_of("end")};
    connect_pair(pair);
    size_t sent = 0, received = 0;
    while (sent < 100000 && message_send(pair->router, slice_of("worker-1"), frames, 2))
        sent++;
    assert_int_equal(errno, EAGAIN);
    assert_true(sent >= 10000);
    while (received < sent) {
        assert_int_equal(receive(pair, pair->dealer), RECEIVE_MESSAGE);
        assert_int_equal(pair->message->count, 2);
        message_release(pair->message);
        received++;
    }
    assert_true(message_send(pair->router, slice_of("worker-1"), frames, 2));
}

static void nothing_is_queued_for_a_broker_that_is_away(void **state)
{
    struct pair *pair = *state;
    struct slice frame = slice_of("x");
    struct error err = {0};
    void *lonely = messaging_dealer(pair->context, "worker-2", "ipc:///tmp/ecf2-nobody-is-here", &err);
    assert_non_null(lonely);
    assert_false(message_send(lonely, (struct slice){NULL, 0}, &frame, 1));
    assert_int_equal(errno, EAGAIN);
    messaging_close(lonely);
}

static void too_many_frames_are_dropped_and_the_next_message_is_read(void **state)
{
    struct pair *pair = *state;
    struct slice frames[MESSAGE_FRAMES_MAX + 500];
    const size_t most = MESSAGE_FRAMES_MAX - 1; /* the routing id is one */
    const size_t counts[] = {most, most + 1, MESSAGE_FRAMES_MAX + 500, 1};
    const enum receive_result expected[] = {RECEIVE_MESSAGE, RECEIVE_TOO_MANY_FRAMES, RECEIVE_TOO_MANY_FRAMES,
                                            RECEIVE_MESSAGE};
    for (size_t i = 0; i < MESSAGE_FRAMES_MAX + 500; i++)
        frames[i] = slice_of("frame");
    wait_for(pair->dealer, ZMQ_POLLOUT);
    for (size_t i = 0; i < 4; i++)
        assert_true(message_send(pair->dealer, (struct slice){NULL, 0}, frames, counts[i]));
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(receive(pair, pair->router), expected[i]);
        assert_int_equal(pair->message->count, expected[i] == RECEIVE_MESSAGE ? counts[i] + 1 : 0);
        message_release(pair->message);
    }
}

static void a_frame_above_the_limit_costs_the_connection_and_nothing_else(void **state)
{
    struct pair *pair = *state;
    char *bytes = memory_zero(1, WIRE_FRAME_MAX + 1u);
    struct slice frame = {bytes, WIRE_FRAME_MAX};
    connect_pair(pair);
    assert_true(message_send(pair->dealer, (struct slice){NULL, 0}, &frame, 1));
    assert_int_equal(receive(pair, pair->router), RECEIVE_MESSAGE);
    assert_int_equal(message_frame(pair->message, 1).size, WIRE_FRAME_MAX);
    message_release(pair->message);
    frame.size++;
    assert_true(message_send(pair->dealer, (struct slice){NULL, 0}, &frame, 1));
    zmq_pollitem_t item = {.socket = pair->router, .events = ZMQ_POLLIN};
    assert_int_equal(zmq_poll(&item, 1, 300), 0);
    connect_pair(pair); /* it reconnects */
    free(bytes);
}

static void a_reconnecting_peer_takes_its_name_over(void **state)
{
    struct pair *pair = *state;
    struct slice frame = slice_of("again");
    struct error err = {0};
    connect_pair(pair);
    void *second = messaging_dealer(pair->context, "worker-1", pair->endpoint, &err);
    assert_non_null(second);
    wait_for(second, ZMQ_POLLOUT);
    assert_true(message_send(second, (struct slice){NULL, 0}, &frame, 1));
    assert_int_equal(receive(pair, pair->router), RECEIVE_MESSAGE);
    message_release(pair->message);
    assert_true(message_send(pair->router, slice_of("worker-1"), &frame, 1));
    assert_int_equal(receive(pair, second), RECEIVE_MESSAGE);
    message_release(pair->message);
    messaging_close(second);
}

static void what_was_sent_last_still_leaves(void **state)
{
    struct pair *pair = *state;
    struct slice frame = slice_of("last words");
    struct error err = {0};
    void *context = zmq_ctx_new();
    void *dealer = messaging_dealer(context, "worker-3", pair->endpoint, &err);
    wait_for(dealer, ZMQ_POLLOUT);
    for (int i = 0; i < 1000; i++)
        assert_true(message_send(dealer, (struct slice){NULL, 0}, &frame, 1));
    messaging_close(dealer);
    (void)zmq_ctx_term(context);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(receive(pair, pair->router), RECEIVE_MESSAGE);
        message_release(pair->message);
    }
}

static void what_cannot_be_bound_or_connected_is_said(void **state)
{
    struct pair *pair = *state;
    struct error err = {0};
    char endpoint[ENDPOINT_SIZE];
    assert_null(messaging_router(pair->context, "tcp://no such host:1", &err));
    assert_int_equal(err.kind, ERROR_MESSAGING);
    assert_true(err.hint[0] != '\0');
    error_clear(&err);
    assert_null(messaging_dealer(pair->context, "worker-1", "nonsense", &err));
    assert_int_equal(err.kind, ERROR_MESSAGING);
    error_clear(&err);
    char long_id[300];
    memset(long_id, 'x', sizeof long_id - 1);
    long_id[sizeof long_id - 1] = '\0';
    assert_null(messaging_dealer(pair->context, long_id, pair->endpoint, &err));
    assert_int_equal(err.kind, ERROR_MESSAGING);
    messaging_endpoint(pair->router, endpoint);
    assert_string_equal(endpoint, pair->endpoint);
}

static void the_kernel_chooses_a_port(void **state)
{
    struct pair *pair = *state;
    struct error err = {0};
    char endpoint[ENDPOINT_SIZE];
    void *router = messaging_router(pair->context, "tcp://127.0.0.1:*", &err);
    assert_non_null(router);
    messaging_endpoint(router, endpoint);
    assert_memory_equal(endpoint, "tcp://127.0.0.1:", 16);
    assert_true(atoi(endpoint + 16) > 0);
    messaging_close(router);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_message_keeps_its_frames_both_ways),
        TEST(an_unknown_peer_is_told_and_nothing_is_left_behind),
        TEST(a_peer_that_left_is_told),
        TEST(a_full_pipe_says_eagain_and_keeps_messages_whole),
        TEST(nothing_is_queued_for_a_broker_that_is_away),
        TEST(too_many_frames_are_dropped_and_the_next_message_is_read),
        TEST(a_frame_above_the_limit_costs_the_connection_and_nothing_else),
        TEST(a_reconnecting_peer_takes_its_name_over),
        TEST(what_was_sent_last_still_leaves),
        TEST(what_cannot_be_bound_or_connected_is_said),
        TEST(the_kernel_chooses_a_port),
    };
    (void)alarm(180); /* a failed test leaves a socket open, and zmq_ctx_term then waits for ever */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
