/* Tests of common/redis.c: against a real redis-server on a socket in a directory of its own, and against
 * sockets that misbehave as no real one does on demand. */
#include "common/redis.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/address.h"
#include "common/clock.h"
#include "common/log.h"
#include "tests/unit/common/redis_server.h"

static struct redis *client(const char *address)
{
    struct error err = {0};
    struct redis *redis = redis_new(address, &err);
    if (redis == NULL)
        fail_msg("%s", err.detail);
    return redis;
}

static struct redis *connected_client(void)
{
    struct error err = {0};
    struct redis *redis = client(redis_server_path());
    if (!redis_connect(redis, &err))
        fail_msg("%s", err.detail);
    return redis;
}

static void wait_until_due(const struct redis *redis)
{
    int64_t left_us = redis_retry_at_us(redis) - monotonic_now_us();
    if (left_us > 0)
        (void)poll(NULL, 0, (int)(left_us / 1000 + 1));
}

static void a_pipeline_of_commands(void **state)
{
    (void)state;
    struct redis *redis = connected_client();
    struct error err = {0};
    redisReply *replies[5];
    redis_append_list(redis, slice_of("SET"), slice_of("a"), slice_of("1"), slice_of("PX"),
                      slice_of("60000"));
    redis_append_list(redis, slice_of("INCR"), slice_of("a"));
    redis_append_list(redis, slice_of("MGET"), slice_of("a"), slice_of("none"));
    redis_append_list(redis, slice_of("GET"), slice_of("none"));
    redis_append_list(redis, slice_of("PING"));
    assert_true(redis_exchange(redis, 5, replies, &err));
    assert_int_equal(replies[0]->type, REDIS_REPLY_STATUS);
    assert_int_equal(replies[1]->type, REDIS_REPLY_INTEGER);
    assert_true(replies[1]->integer == 2);
    assert_int_equal(replies[2]->type, REDIS_REPLY_ARRAY);
    assert_int_equal(replies[2]->elements, 2);
    assert_string_equal(replies[2]->element[0]->str, "2");
    assert_int_equal(replies[2]->element[1]->type, REDIS_REPLY_NIL);
    assert_int_equal(replies[3]->type, REDIS_REPLY_NIL);
    assert_string_equal(replies[4]->str, "PONG");
    for (size_t i = 0; i < 5; i++)
        assert_true(redis_reply_check(replies[i], &err));
    redis_replies_free(replies, 5);
    assert_null(replies[0]);
    assert_true(redis_exchange(redis, 0, NULL, &err));
    redis_free(redis);
}

static void any_bytes_go_through(void **state)
{
    (void)state;
    struct redis *redis = connected_client();
    struct error err = {0};
    redisReply *replies[3];
    static const char key[] = "k\0\r\n\xff", value[] = "\0v\r\n$5\r\n\xfe";
    redis_append_list(redis, slice_of("SET"), (struct slice){key, 5}, (struct slice){value, sizeof(value)});
    redis_append_list(redis, slice_of("GET"), (struct slice){key, 5});
    redis_append_list(redis, slice_of("SET"), slice_of("empty"), (struct slice){NULL, 0});
    assert_true(redis_exchange(redis, 3, replies, &err));
    assert_int_equal(replies[1]->len, sizeof(value));
    assert_memory_equal(replies[1]->str, value, sizeof(value));
    assert_int_equal(replies[2]->type, REDIS_REPLY_STATUS);
    redis_replies_free(replies, 3);
    redis_free(redis);
}

#define MANY 2000

static void large_pipelines(void **state)
{
    (void)state;
    struct redis *redis = connected_client();
    struct error err = {0};
    static redisReply *replies[MANY];
    static char value[1000];
    memset(value, 'v', sizeof(value));
    for (int i = 0; i < MANY; i++)
        redis_append_list(redis, slice_of("ECHO"), (struct slice){value, sizeof(value)});
    if (!redis_exchange(redis, MANY, replies, &err))
        fail_msg("%s", err.detail);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(replies[i]->len, sizeof(value));
    redis_replies_free(replies, MANY);
    redis_free(redis);
}

static void an_error_of_one_command_is_its_reply(void **state)
{
    (void)state;
    struct redis *redis = connected_client();
    struct error err = {0};
    redisReply *replies[3];
    redis_append_list(redis, slice_of("SET"), slice_of("text"), slice_of("x"));
    redis_append_list(redis, slice_of("INCR"), slice_of("text"));
    redis_append_list(redis, slice_of("GET"), slice_of("text"));
    assert_true(redis_exchange(redis, 3, replies, &err));
    assert_true(redis_reply_check(replies[0], &err));
    assert_false(redis_reply_check(replies[1], &err));
    assert_int_equal(err.kind, ERROR_CACHE);
    assert_non_null(strstr(err.detail, "Redis answers: ERR value is not an integer"));
    assert_string_equal(replies[2]->str, "x");
    redis_replies_free(replies, 3);
    assert_true(redis_ready(redis));
    redis_free(redis);
}

static void a_wrong_count_is_a_bug(void **state)
{
    (void)state;
    struct redis *redis = connected_client();
    struct error err = {0};
    redisReply *replies[2];
    redis_append_list(redis, slice_of("PING"));
    assert_false(redis_exchange(redis, 2, replies, &err));
    assert_int_equal(err.kind, ERROR_BUG);
    assert_false(redis_ready(redis));
    redis_free(redis);
}

static void a_restart_costs_one_exchange(void **state)
{
    (void)state;
    struct redis *redis = connected_client();
    struct error err = {0};
    redisReply *reply;
    redis_server_kill();
    redis_append_list(redis, slice_of("PING"));
    assert_false(redis_exchange(redis, 1, &reply, &err));
    assert_int_equal(err.kind, ERROR_CACHE);
    assert_true(error_is_retryable(&err));
    assert_false(redis_ready(redis)); /* not due yet */

    /* While it is away: the same, without waiting. */
    error_clear(&err);
    redis_append_list(redis, slice_of("PING"));
    assert_false(redis_exchange(redis, 1, &reply, &err));
    assert_int_equal(err.kind, ERROR_CACHE);

    (void)unlink(redis_server_path());
    redis_server_start();
    wait_until_due(redis);
    assert_true(redis_ready(redis));
    error_clear(&err);
    redis_append_list(redis, slice_of("PING"));
    assert_true(redis_exchange(redis, 1, &reply, &err));
    assert_string_equal(reply->str, "PONG");
    redis_replies_free(&reply, 1);
    redis_free(redis);
}

static void commands_appended_while_away_fail_later(void **state)
{
    (void)state;
    struct error err = {0};
    redisReply *reply;
    struct redis *redis = client(redis_server_path());
    redis_append_list(redis, slice_of("PING"));
    assert_true(redis_connect(redis, &err));
    assert_false(redis_exchange(redis, 1, &reply, &err));
    assert_int_equal(err.kind, ERROR_CACHE);
    redis_free(redis);
}

static void delays_grow_up_to_a_second(void **state)
{
    (void)state;
    struct redis *redis = client(redis_server_path()); /* where nobody listens */
    static const int64_t delays_ms[] = {50, 100, 200, 400, 800, 1000, 1000};
    for (size_t i = 0; i < sizeof(delays_ms) / sizeof(delays_ms[0]); i++) {
        struct error err = {0};
        int64_t before_us = monotonic_now_us();
        assert_false(redis_ready(redis)); /* this one tries */
        int64_t after_us = monotonic_now_us();
        int64_t retry_at_us = redis_retry_at_us(redis);
        assert_true(retry_at_us >= before_us + delays_ms[i] * 1000);
        assert_true(retry_at_us <= after_us + delays_ms[i] * 1000);
        assert_false(redis_ready(redis)); /* these do not */
        assert_false(redis_connect(redis, &err));
        assert_int_equal(err.kind, ERROR_CACHE);
        assert_true(redis_retry_at_us(redis) == retry_at_us);
        wait_until_due(redis);
    }
    redis_free(redis);
}

static void addresses(void **state)
{
    (void)state;
    struct error err = {0};
    char long_path[200];
    memset(long_path, '/', sizeof(long_path));
    long_path[108] = '\0';
    static const char *const malformed[] = {
        "", "localhost", "localhost:", ":6379", "127.0.0.1:x", "::1:6379"};
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        error_clear(&err);
        assert_null(redis_new(malformed[i], &err));
        assert_int_equal(err.kind, ERROR_SETTINGS);
    }
    error_clear(&err);
    assert_null(redis_new(long_path, &err));
    assert_int_equal(err.kind, ERROR_SETTINGS);
    assert_non_null(strstr(err.detail, "a socket's has at most 107"));
    redis_free(NULL);

    /* A host that is not known now may be later. The label is too long for any resolver to be asked. */
    error_clear(&err);
    struct redis *redis = client("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:6379");
    assert_false(redis_ready(redis));
    assert_true(redis_retry_at_us(redis) > monotonic_now_us());
    redis_free(redis);
}

static void a_refused_port(void **state)
{
    (void)state;
    struct error err = {0};
    char address[ADDRESS_TEXT_SIZE];
    int fd = address_listen("test", "127.0.0.1:0", /* reuse_port= */ false, address, &err);
    assert_true(fd >= 0);
    (void)close(fd);
    struct redis *redis = client(address);
    assert_false(redis_connect(redis, &err));
    assert_int_equal(err.kind, ERROR_CACHE);
    redis_free(redis);
}

/* A peer that we play ourselves, over TCP: connects a client to it. */
static struct redis *client_of_peer(int *ret_listener, int *ret_peer)
{
    struct error err = {0};
    char address[ADDRESS_TEXT_SIZE];
    *ret_listener = address_listen("test", "127.0.0.1:0", /* reuse_port= */ false, address, &err);
    assert_true(*ret_listener >= 0);
    struct redis *redis = client(address);
    if (!redis_connect(redis, &err))
        fail_msg("%s", err.detail);
    struct pollfd poll_fd = {.fd = *ret_listener, .events = POLLIN};
    assert_int_equal(poll(&poll_fd, 1, 20000), 1);
    *ret_peer = accept(*ret_listener, NULL, NULL);
    assert_true(*ret_peer >= 0);
    return redis;
}

static void check_peer_failure(const char *says, bool closes, const char *in_detail, int64_t at_least_us)
{
    int listener, peer;
    struct error err = {0};
    redisReply *replies[2];
    struct redis *redis = client_of_peer(&listener, &peer);
    assert_int_equal(write(peer, says, strlen(says)), (ssize_t)strlen(says));
    if (closes)
        assert_int_equal(shutdown(peer, SHUT_WR), 0);
    redis_append_list(redis, slice_of("PING"));
    redis_append_list(redis, slice_of("PING"));
    int64_t before_us = monotonic_now_us();
    assert_false(redis_exchange(redis, 2, replies, &err));
    assert_true(monotonic_now_us() - before_us >= at_least_us);
    assert_int_equal(err.kind, ERROR_CACHE);
    if (strstr(err.detail, in_detail) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", in_detail, err.detail);
    assert_false(redis_ready(redis));
    assert_true(redis_retry_at_us(redis) > monotonic_now_us());
    redis_free(redis);
    (void)close(peer);
    (void)close(listener);
}

static void peers_that_misbehave(void **state)
{
    (void)state;
    check_peer_failure("", false, "no answer in time", 190000);
    check_peer_failure("+PONG\r\n", false, "no answer in time", 190000);
    check_peer_failure("+PONG\r\n", true, "Server closed the connection", 0);
    check_peer_failure("+PONG\r\n+PO", true, "Server closed the connection", 0);
    check_peer_failure("HTTP/1.1 400 Bad Request\r\n\r\n", false, "Protocol error", 0);
}

#define TRICKLES   30
#define TRICKLE_MS 120 /* less than a read's time-out */

static void *trickle(void *peer)
{
    for (int i = 0; i < TRICKLES; i++) {
        (void)poll(NULL, 0, TRICKLE_MS);
        if (write(*(const int *)peer, "+PONG\r\n", 7) != 7)
            break; /* the client has had enough */
    }
    return NULL;
}

static void answers_that_trickle_in_do_not_add_up(void **state)
{
    (void)state;
    int listener, peer;
    struct error err = {0};
    redisReply *replies[TRICKLES];
    struct redis *redis = client_of_peer(&listener, &peer);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, trickle, &peer), 0);
    for (int i = 0; i < TRICKLES; i++)
        redis_append_list(redis, slice_of("PING"));
    int64_t before_us = monotonic_now_us();
    assert_false(redis_exchange(redis, TRICKLES, replies, &err));
    assert_true(monotonic_now_us() - before_us < INT64_C(1000) * TRICKLES * TRICKLE_MS * 2 / 3);
    assert_int_equal(err.kind, ERROR_CACHE);
    redis_free(redis);
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)close(peer);
    (void)close(listener);
}

/* A listener whose queue is full answers no further connect: over TCP the attempt stays under way. */
static void an_attempt_that_hangs_is_given_up(void **state)
{
    (void)state;
    struct error err = {0};
    char address[ADDRESS_TEXT_SIZE];
    int listener = address_listen("test", "127.0.0.1:0", /* reuse_port= */ false, address, &err);
    assert_true(listener >= 0);
    assert_int_equal(listen(listener, 0), 0);
    struct redis *clients[8];
    int64_t before_us = 0;
    size_t count = 0;
    bool hangs = false;
    while (!hangs && count < sizeof(clients) / sizeof(clients[0])) {
        struct redis *redis = clients[count++] = client(address);
        before_us = monotonic_now_us();
        hangs = !redis_connect(redis, &err);
    }
    assert_true(hangs);
    assert_int_equal(err.kind, ERROR_CACHE);
    assert_true(monotonic_now_us() - before_us >= REDIS_CONNECT_TIMEOUT_MS * 1000);
    assert_true(redis_retry_at_us(clients[count - 1]) > before_us);

    /* redis_ready() does not wait for it, and leaves it under way. */
    wait_until_due(clients[count - 1]);
    int64_t failed_until_us = redis_retry_at_us(clients[count - 1]);
    assert_false(redis_ready(clients[count - 1]));
    assert_false(redis_ready(clients[count - 1]));
    assert_true(redis_retry_at_us(clients[count - 1]) == failed_until_us);
    for (size_t i = 0; i < count; i++)
        redis_free(clients[i]);
    (void)close(listener);
}

int main(void)
{
    const struct CMUnitTest with_server[] = {
        cmocka_unit_test_setup_teardown(a_pipeline_of_commands, redis_server_setup, redis_server_teardown),
        cmocka_unit_test_setup_teardown(any_bytes_go_through, redis_server_setup, redis_server_teardown),
        cmocka_unit_test_setup_teardown(large_pipelines, redis_server_setup, redis_server_teardown),
        cmocka_unit_test_setup_teardown(an_error_of_one_command_is_its_reply, redis_server_setup,
                                        redis_server_teardown),
        cmocka_unit_test_setup_teardown(a_wrong_count_is_a_bug, redis_server_setup, redis_server_teardown),
        cmocka_unit_test_setup_teardown(a_restart_costs_one_exchange, redis_server_setup,
                                        redis_server_teardown),
        cmocka_unit_test_setup_teardown(commands_appended_while_away_fail_later, redis_server_setup,
                                        redis_server_teardown),
    };
    const struct CMUnitTest alone[] = {
        cmocka_unit_test(delays_grow_up_to_a_second),
        cmocka_unit_test(addresses),
        cmocka_unit_test(a_refused_port),
        cmocka_unit_test(peers_that_misbehave),
        cmocka_unit_test(answers_that_trickle_in_do_not_add_up),
        cmocka_unit_test(an_attempt_that_hangs_is_given_up),
    };
    if (redis_server_group_setup() != 0)
        return 1;
    int failed = cmocka_run_group_tests(alone, NULL, NULL);
    if (redis_server_exists())
        failed += cmocka_run_group_tests(with_server, NULL, NULL);
    else
        (void)fprintf(stderr, "skipped: the tests with a server, since there is no redis-server\n");
    return redis_server_group_teardown() != 0 || failed != 0;
}
