/*
 * How many records a second the broker alone passes, SUBMIT → WORK → RESULT, with one fake front and one fake
 * worker that does nothing; and that each comes through once. Few records as a test; to measure:
 *
 *   ECF2_TEST_RECORDS=1000000 .build/gcc/unit/workers/broker/throughput_test
 *
 * Records are of the size of a declaration (about 700 bytes), 200 a message, of ten callers and as many
 * subjects as records. The front keeps WINDOW records at the broker, as fronts do with their credit.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "real_broker.h"

#define JOINED 200
#define WINDOW 20000

struct fake_worker {
    const char *endpoint;
    unsigned records;
    atomic_uint done;    /* how many it was handed */
    atomic_uint strange; /* messages that should not be */
    unsigned char *seen; /* by number: how often */
};

static void worker_send(void *socket, enum wire_command command, int64_t number, const struct slice *frames,
                        size_t count)
{
    struct buffer head = BUFFER_INIT;
    struct slice all[JOINED + 1];
    wire_head_write(&head, command, "validation", number);
    all[0] = buffer_slice(&head);
    if (count > 0)
        memcpy(all + 1, frames, count * sizeof *frames);
    while (!message_send(socket, (struct slice){NULL, 0}, all, 1 + count))
        (void)usleep(1000);
    buffer_release(&head);
}

static void worker_take(struct fake_worker *worker, void *socket, const struct message *message)
{
    static char results[JOINED][1 + 16];
    struct slice frames[JOINED];
    size_t count = message->count - 1;
    for (size_t i = 0; i < count; i++) {
        struct wire_record record;
        if (!wire_record_read(message_frame(message, i + 1), &record, NULL)) {
            atomic_fetch_add(&worker->strange, 1);
            continue;
        }
        worker->seen[number_of(&record.id)]++;
        results[i][0] = WIRE_DONE;
        memcpy(results[i] + 1, record.id.bytes, 16);
        frames[i] = (struct slice){results[i], sizeof results[i]};
    }
    worker_send(socket, WIRE_RESULT, 0, frames, count);
    worker_send(socket, WIRE_READY, JOINED, NULL, 0);
    atomic_fetch_add(&worker->done, (unsigned)count);
}

static void *work_for_ever(void *argument)
{
    struct fake_worker *worker = argument;
    void *context = zmq_ctx_new();
    void *socket = messaging_dealer(context, "validation-1", worker->endpoint, NULL);
    struct message *message = memory_alloc(sizeof *message);
    worker_send(socket, WIRE_READY, JOINED, NULL, 0);
    while (atomic_load(&worker->done) < worker->records) {
        zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
        struct wire_head head;
        (void)zmq_poll(&item, 1, 100);
        if (message_receive(socket, message) != RECEIVE_MESSAGE)
            continue;
        if (!wire_head_read(message_frame(message, 0), &head, NULL))
            atomic_fetch_add(&worker->strange, 1);
        else if (head.command == WIRE_WORK)
            worker_take(worker, socket, message);
        else if (head.command == WIRE_PING)
            worker_send(socket, WIRE_PONG, head.number, NULL, 0);
        else
            atomic_fetch_add(&worker->strange, 1);
        message_release(message);
    }
    free(message);
    messaging_close(socket);
    (void)zmq_ctx_term(context);
    return NULL;
}

/* One SUBMIT of records first to first + count. */
static void submit_joined(struct dealer *front, struct buffer *bytes, unsigned first, unsigned count)
{
    static char payload[500];
    struct slice frames[JOINED];
    memset(payload, 'x', sizeof payload);
    for (unsigned i = 0; i < count; i++) {
        char subject[32];
        struct wire_record record = record_no(first + i);
        (void)snprintf(subject, sizeof subject, "trn:%u", first + i);
        record.accept_no = first + i + 1;
        record.caller_id = i % 10;
        record.trace = slice_of("01936f2e-0000-7000-8000-000000000000");
        record.subject = slice_of(subject);
        record.payload = (struct slice){payload, sizeof payload};
        buffer_clear(&bytes[i]);
        wire_record_write(&bytes[i], &record);
        frames[i] = buffer_slice(&bytes[i]);
    }
    send_frames(front, WIRE_SUBMIT, "validation", 0, frames, count);
}

static double cpu_seconds(pid_t pid)
{
    clockid_t id;
    struct timespec used = {0};
    if (clock_getcpuclockid(pid, &id) == 0)
        (void)clock_gettime(id, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void every_record_passes_once(void **state)
{
    (void)state;
    const char *setting = getenv("ECF2_TEST_RECORDS");
    struct fake_worker worker = {.endpoint = world.endpoint,
                                 .records = setting == NULL ? 20000 : (unsigned)atoi(setting)};
    static struct buffer bytes[JOINED];
    struct dealer front = dealer_open("front-1.0");
    pthread_t thread;
    worker.seen = memory_zero(worker.records, 1);
    assert_int_equal(pthread_create(&thread, NULL, work_for_ever, &worker), 0);
    int64_t from_us = monotonic_now_us();
    for (unsigned sent = 0; sent < worker.records;) {
        unsigned count = worker.records - sent < JOINED ? worker.records - sent : JOINED;
        if (sent - atomic_load(&worker.done) > WINDOW) {
            (void)usleep(100);
            continue;
        }
        submit_joined(&front, bytes, sent, count);
        sent += count;
    }
    (void)pthread_join(thread, NULL);
    double seconds = (double)(monotonic_now_us() - from_us) / 1e6;
    print_message("%u records in %.2f s: %.0f thousand a second; the broker used %.2f s of processor time\n",
                  worker.records, seconds, worker.records / seconds / 1000, cpu_seconds(world.pid));
    for (unsigned i = 0; i < worker.records; i++)
        assert_int_equal(worker.seen[i], 1);
    assert_int_equal(atomic_load(&worker.strange), 0);
    for (size_t i = 0; i < JOINED; i++)
        buffer_release(&bytes[i]);
    free(worker.seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_record_passes_once, start, stop),
    };
    (void)alarm(240);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
