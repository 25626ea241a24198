/*
 * The real ecf2-broker: what a core with fake time cannot show: sockets, signals, the loop.
 */
#include "real_broker.h"

#include <sys/socket.h>
#include <sys/un.h>

static void send_result(struct dealer *dealer, enum wire_disposition disposition, const char *service,
                        const struct wire_record *record)
{
    struct buffer bytes = BUFFER_INIT, frame = BUFFER_INIT;
    wire_record_write(&bytes, record);
    wire_result_write(&frame, &(struct wire_result){.disposition = disposition,
                                                    .id = record->id,
                                                    .service = slice_of(service),
                                                    .record = buffer_slice(&bytes)});
    struct slice slice = buffer_slice(&frame);
    send_frames(dealer, WIRE_RESULT, NULL, 0, &slice, 1);
    buffer_release(&bytes);
    buffer_release(&frame);
}

static struct wire_record await_work(struct dealer *dealer)
{
    static char bytes[4096]; /* slices of the record point here until the next call */
    struct wire_head head;
    struct wire_record record;
    assert_true(await(dealer, WIRE_WORK, PATIENCE_MS, &head));
    assert_int_equal(world.message->count, 2);
    struct slice frame = message_frame(world.message, 1);
    assert_true(frame.size <= sizeof bytes);
    memcpy(bytes, frame.data, frame.size);
    message_release(world.message);
    assert_true(wire_record_read((struct slice){bytes, frame.size}, &record, NULL));
    return record;
}

/* A number of STATUS, as status_number. */
static int64_t ask_number(struct dealer *dealer, const char *object, const char *key)
{
    struct wire_head head;
    send_frames(dealer, WIRE_STATUS, NULL, 0, NULL, 0);
    assert_true(await(dealer, WIRE_STATUS, PATIENCE_MS, &head));
    struct slice text = message_frame(world.message, 1);
    json_t *json = json_loadb(text.data, text.size, 0, NULL);
    message_release(world.message);
    assert_non_null(json);
    const json_t *at = object == NULL ? json : json_object_get(json_object_get(json, "totals"), object);
    if (object != NULL && key == NULL) {
        int64_t sum = 0;
        const char *name;
        json_t *value;
        json_object_foreach((json_t *)(uintptr_t)at, name, value) sum += json_integer_value(value);
        json_decref(json);
        return sum;
    }
    int64_t number = json_integer_value(json_object_get(at, key));
    json_decref(json);
    return number;
}

static void broker_exits(int64_t wait_ms)
{
    int status = -1;
    pid_t pid = 0;
    for (int64_t until_us = monotonic_now_us() + wait_ms * MILLISECONDS;
         pid == 0 && monotonic_now_us() < until_us;) {
        pid = waitpid(world.pid, &status, WNOHANG);
        (void)usleep(10000);
    }
    assert_int_equal(pid, world.pid);
    world.pid = 0;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- tests ---- */

static void a_submission_goes_through_its_stages_and_the_front_is_told(void **state)
{
    (void)state;
    struct dealer front = dealer_open("front-1.0"), intake = dealer_open("intake-1"),
                  validation = dealer_open("validation-1");
    struct wire_head head;
    send_frames(&intake, WIRE_READY, "intake", 200, NULL, 0);
    send_frames(&validation, WIRE_READY, "validation", 200, NULL, 0);
    struct wire_record record = record_no(1);
    record.reply_to = slice_of("front-1.0");
    send_record(&front, "intake", &record);

    struct wire_record work = await_work(&intake);
    assert_int_equal(number_of(&work.id), 1);
    work.accept_no = 42;
    work.subject = slice_of("trn:1234567");
    struct buffer reply = BUFFER_INIT;
    wire_reply_write(&reply, &(struct wire_reply){.kind = WIRE_ACCEPTED, .id = work.id, .accept_no = 42});
    const struct slice reply_frames[] = {work.reply_to, buffer_slice(&reply)};
    send_frames(&intake, WIRE_REPLY, NULL, 0, reply_frames, 2);
    send_result(&intake, WIRE_FORWARD, "validation", &work);
    buffer_release(&reply);

    assert_true(await(&front, WIRE_REPLY, PATIENCE_MS, &head));
    struct wire_reply told;
    assert_int_equal(world.message->count, 2);
    assert_true(wire_reply_read(message_frame(world.message, 1), &told, NULL));
    assert_int_equal(told.accept_no, 42);
    message_release(world.message);

    work = await_work(&validation);
    assert_int_equal(work.accept_no, 42);
    assert_int_equal(ask_number(&front, NULL, "records"), 1);
    send_result(&validation, WIRE_DONE, NULL, &work);
    while (ask_number(&front, NULL, "records") != 0)
        ;
}

static void a_worker_that_never_answers_is_dead(void **state)
{
    (void)state;
    struct dealer front = dealer_open("front-1.0"), silent = dealer_open("validation-1"),
                  other = dealer_open("validation-2");
    struct wire_head head;
    silent.mute = true;
    send_frames(&silent, WIRE_READY, "validation", 200, NULL, 0);
    struct wire_record record = record_no(1);
    record.accept_no = 42;
    send_record(&front, "validation", &record);
    assert_int_equal(await_work(&silent).deaths, 0);
    send_frames(&other, WIRE_READY, "validation", 200, NULL, 0);
    assert_int_equal(await_work(&other).deaths, 1);
    assert_true(await(&silent, WIRE_RESTART, PATIENCE_MS, &head));
    message_release(world.message);
}

static void a_worker_that_disconnects_is_dead_before_its_silence(void **state)
{
    (void)state;
    struct dealer front = dealer_open("front-1.0"), worker = dealer_open("validation-1"),
                  other = dealer_open("validation-2");
    send_frames(&worker, WIRE_READY, "validation", 200, NULL, 0);
    struct wire_record record = record_no(1);
    record.accept_no = 42;
    send_record(&front, "validation", &record);
    (void)await_work(&worker);
    int64_t from_us = monotonic_now_us();
    dealer_close(&worker);
    send_frames(&other, WIRE_READY, "validation", 200, NULL, 0);
    assert_int_equal(await_work(&other).deaths, 1);
    assert_true(monotonic_now_us() - from_us < 10000 * MILLISECONDS); /* the next PING finds nobody */
}

static void a_broker_that_was_stopped_kills_nobody(void **state)
{
    (void)state;
    struct dealer front = dealer_open("front-1.0"), worker = dealer_open("validation-1");
    struct wire_head head;
    send_frames(&worker, WIRE_READY, "validation", 200, NULL, 0);
    struct wire_record record = record_no(1);
    record.accept_no = 42;
    send_record(&front, "validation", &record);
    (void)await_work(&worker);
    (void)kill(world.pid, SIGSTOP);
    (void)await(&worker, WIRE_RESTART, 2500, &head);
    (void)kill(world.pid, SIGCONT);
    assert_false(await(&worker, WIRE_RESTART, 500, &head));
    send_result(&worker, WIRE_DONE, NULL, &record);
    while (ask_number(&front, NULL, "records") != 0)
        ;
}

static void random_garbage_is_survived(void **state)
{
    (void)state;
    enum { MESSAGES = 20000 };
    struct dealer dealers[3] = {dealer_open("one"), dealer_open("two"), dealer_open("three")};
    char bytes[300];
    struct slice frames[6];
    srand(11);
    for (int n = 0; n < MESSAGES; n++) {
        struct dealer *dealer = &dealers[n % 3];
        struct buffer head = BUFFER_INIT;
        size_t count = 1 + (size_t)rand() % 6;
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (char)rand();
        for (size_t i = 0; i < count; i++)
            frames[i] = (struct slice){bytes, (size_t)rand() % sizeof bytes};
        if (rand() % 2 == 0) { /* a good head, so that it is looked at further; not STATUS, DRAIN */
            wire_head_write(&head, (enum wire_command)(1 + rand() % (WIRE_STATUS - 1)), "validation",
                            rand() % 10);
            frames[0] = buffer_slice(&head);
        }
        while (!message_send(dealer->socket, (struct slice){NULL, 0}, frames, count))
            (void)usleep(1000);
        buffer_release(&head);
    }
    for (size_t i = 0; i < 3; i++) /* behind all of it */
        assert_int_equal(ask_number(&dealers[i], NULL, "draining"), 0);
    assert_true(ask_number(&dealers[0], "bad_messages", NULL) > MESSAGES / 2);
    assert_int_equal(ask_number(&dealers[0], NULL, "records"), 0);
}

/* How many lines of the broker's log hold this. */
static int log_lines(const char *word)
{
    char path[128], line[4096];
    int count = 0;
    (void)snprintf(path, sizeof path, "%s/log", world.directory);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        count += strstr(line, word) != NULL;
    (void)fclose(file);
    return count;
}

/* Connects as somebody who does not speak ZeroMQ, says this, and hangs up. */
static void say(const char *bytes, size_t size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/b", world.directory);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(send(fd, bytes, size, MSG_NOSIGNAL), size);
    (void)close(fd);
}

static void what_is_no_zeromq_is_counted_and_logged(void **state)
{
    (void)state;
    static const char zeros[64],
        ones[64] = "\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377";
    static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
                      tls[] = "\026\003\001\002\000\001\000";
    static const char greeting[64] = "\377\0\0\0\0\0\0\0\001\177\003\000PLAIN"; /* of another mechanism */
    const struct slice all[] = {
        {zeros, 0},        {zeros, sizeof zeros},         {ones, sizeof ones},
        {tls, sizeof tls}, {request, sizeof request - 1}, {greeting, sizeof greeting}};
    enum { KINDS = sizeof all / sizeof all[0], ROUNDS = 50 };
    struct dealer front = dealer_open("front-1.0"), gone = dealer_open("front-2.0");
    /* Both are answered, so both have greeted: one that still does would be taken for one of these. */
    assert_int_equal(ask_number(&front, "bad_messages", "handshake"), 0);
    assert_int_equal(ask_number(&gone, "bad_messages", "handshake"), 0);
    for (int64_t i = 0; i < KINDS; i++) {
        say(all[i].data, all[i].size);
        while (ask_number(&front, "bad_messages", "handshake") <= i)
            ;
    }
    for (int i = 0; i < ROUNDS * KINDS; i++)
        say(all[i % KINDS].data, all[i % KINDS].size);
    while (ask_number(&front, "bad_messages", "handshake") < (1 + ROUNDS) * KINDS)
        ;
    dealer_close(&gone); /* whoever has greeted may go */
    (void)usleep(1500000);
    assert_int_equal(ask_number(&front, "bad_messages", "handshake"), (1 + ROUNDS) * KINDS);
    int lines = log_lines("\"event\":\"bad_messages\"");
    assert_in_range(lines, 1, 30); /* one a second at most */
    assert_int_equal(log_lines("\"reasons\":\"handshake "), lines);
}

static void sigterm_tells_fronts_finishes_and_leaves(void **state)
{
    (void)state;
    struct dealer front = dealer_open("front-1.0"), worker = dealer_open("validation-1");
    struct wire_head head;
    send_frames(&front, WIRE_HELLO, NULL, 0, NULL, 0);
    send_frames(&worker, WIRE_READY, "validation", 200, NULL, 0);
    struct wire_record record = record_no(1);
    record.accept_no = 42;
    send_record(&front, "validation", &record);
    (void)await_work(&worker);
    (void)kill(world.pid, SIGTERM);
    do {
        assert_true(await(&front, WIRE_COUNTS, PATIENCE_MS, &head));
        message_release(world.message);
    } while (head.number == 0);
    struct wire_record late = record_no(2);
    send_record(&front, "intake", &late);
    assert_true(await(&front, WIRE_REFUSED, PATIENCE_MS, &head));
    assert_int_equal(head.number, WIRE_DRAINING);
    message_release(world.message);
    assert_int_equal(waitpid(world.pid, NULL, WNOHANG), 0); /* it still holds something */
    send_result(&worker, WIRE_DONE, NULL, &record);
    broker_exits(10000);
}

static void sigterm_with_nothing_held_leaves_soon(void **state)
{
    (void)state;
    struct dealer front = dealer_open("front-1.0");
    assert_int_equal(ask_number(&front, NULL, "records"), 0);
    (void)kill(world.pid, SIGTERM);
    broker_exits(5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name)   cmocka_unit_test_setup_teardown(name, start, stop)
#define STRICT(name) cmocka_unit_test_setup_teardown(name, start_strict, stop)
        TEST(a_submission_goes_through_its_stages_and_the_front_is_told),
        STRICT(a_worker_that_never_answers_is_dead),
        TEST(a_worker_that_disconnects_is_dead_before_its_silence),
        STRICT(a_broker_that_was_stopped_kills_nobody),
        TEST(random_garbage_is_survived),
        TEST(what_is_no_zeromq_is_counted_and_logged),
        TEST(sigterm_tells_fronts_finishes_and_leaves),
        TEST(sigterm_with_nothing_held_leaves_soon),
    };
    (void)alarm(240);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
