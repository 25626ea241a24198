/*
 * fixture: a broker core with a clock that the test moves and a mouth that the test reads. Messages that the
 * broker sends are kept in order; said() takes the next one to a peer.
 */
#ifndef ECF2_TESTS_UNIT_WORKERS_BROKER_FIXTURE_H
#define ECF2_TESTS_UNIT_WORKERS_BROKER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/wire.h"
#include "workers/broker/broker.h"

#define UNUSED        __attribute__((unused))
#define MILLISECONDS  INT64_C(1000)
#define MACHINE_START (INT64_C(1700000000) * 1000000)
#define SAID_MAX      8192
#define IDS_MAX       1024

struct said {
    char to[WIRE_ROUTING_ID_MAX + 1];
    enum wire_command command;
    char service[WIRE_SERVICE_MAX + 1];
    int64_t number;
    struct buffer *frames;
    size_t count;
    bool taken;
};

struct fixture {
    struct broker *broker;
    int64_t now_us;
    struct said said[SAID_MAX];
    size_t said_count;
    const char *full, *gone; /* a peer to whom nothing can be sent */
};

static struct fixture *the;

static enum broker_sent fixture_send(void *context, struct slice to, const struct slice *frames, size_t count)
{
    struct fixture *fixture = context;
    struct wire_head head;
    if (fixture->full != NULL && slice_equal(to, slice_of(fixture->full)))
        return BROKER_PEER_FULL;
    if (fixture->gone != NULL && slice_equal(to, slice_of(fixture->gone)))
        return BROKER_PEER_GONE;
    assert_true(fixture->said_count < SAID_MAX);
    assert_true(wire_head_read(frames[0], &head, NULL));
    struct said *said = &fixture->said[fixture->said_count++];
    *said = (struct said){.command = head.command, .number = head.number, .count = count - 1};
    memcpy(said->to, to.data, to.size);
    memcpy(said->service, head.service.data, head.service.size);
    said->frames = memory_zero(count, sizeof *said->frames);
    for (size_t i = 1; i < count; i++)
        buffer_append(&said->frames[i - 1], frames[i].data, frames[i].size);
    return BROKER_SENT;
}

static struct broker_limits fixture_limits(void)
{
    return (struct broker_limits){.undecided = {1000, 1000, 1000},
                                  .records = 10000,
                                  .bytes = INT64_C(1) << 30,
                                  .lease_us = 30000 * MILLISECONDS,
                                  .silence_us = 3000 * MILLISECONDS};
}

static void forget_said(void)
{
    for (size_t i = 0; i < the->said_count; i++) {
        for (size_t j = 0; j < the->said[i].count; j++)
            buffer_release(&the->said[i].frames[j]);
        free(the->said[i].frames);
    }
    the->said_count = 0;
}

static void broker_with(struct broker_limits limits)
{
    if (the != NULL && the->broker != NULL)
        broker_free(the->broker);
    the->broker = broker_new(&limits, fixture_send, the, the->now_us, MACHINE_START + the->now_us);
}

UNUSED static int setup(void **state)
{
    (void)state;
    the = memory_zero(1, sizeof *the);
    the->now_us = 1000 * MILLISECONDS;
    broker_with(fixture_limits());
    return 0;
}

UNUSED static int teardown(void **state)
{
    (void)state;
    broker_free(the->broker);
    forget_said();
    free(the);
    the = NULL;
    return 0;
}

/* ---- time ---- */

UNUSED static void turn(void)
{
    broker_turn(the->broker);
}

/* Time goes by in the steps in which the loop wakes up. */
UNUSED static void pass_ms(int64_t ms)
{
    for (int64_t until_us = the->now_us + ms * MILLISECONDS; the->now_us < until_us;) {
        int64_t next_us = the->now_us + 10 * MILLISECONDS;
        the->now_us = next_us < until_us ? next_us : until_us;
        broker_now(the->broker, the->now_us, MACHINE_START + the->now_us);
        broker_turn(the->broker);
    }
}

/* ---- what peers send ---- */

UNUSED static void tell(const char *from, enum wire_command command, const char *service, int64_t number,
                        const struct slice *frames, size_t count)
{
    struct buffer head = BUFFER_INIT;
    struct slice all[WIRE_MESSAGE_RECORDS_MAX + 8];
    wire_head_write(&head, command, service, number);
    all[0] = buffer_slice(&head);
    for (size_t i = 0; i < count; i++)
        all[1 + i] = frames[i];
    broker_receive(the->broker, slice_of(from), all, count + 1);
    buffer_release(&head);
}

UNUSED static void ready(const char *worker, const char *service, int64_t credit)
{
    tell(worker, WIRE_READY, service, credit, NULL, 0);
}

/* A record whose id is made of a number. */
UNUSED static struct wire_record record_no(unsigned n)
{
    struct wire_record record = {.class = WIRE_ASYNC,
                                 .caller_type = WIRE_LEAD_PROVIDER,
                                 .caller_id = 7,
                                 .kind = slice_of("declaration.create"),
                                 .payload = slice_of("{\"fields\":{}}")};
    memcpy(record.id.bytes, &n, sizeof n);
    return record;
}

UNUSED static unsigned number_of(const struct uuid *id)
{
    unsigned n;
    memcpy(&n, id->bytes, sizeof n);
    return n;
}

UNUSED static void submit(const char *from, const char *service, struct wire_record record)
{
    struct buffer frame = BUFFER_INIT;
    wire_record_write(&frame, &record);
    struct slice slice = buffer_slice(&frame);
    tell(from, WIRE_SUBMIT, service, 0, &slice, 1);
    buffer_release(&frame);
}

UNUSED static void submit_accepted(unsigned n, int64_t accept_no, const char *subject, const char *service)
{
    struct wire_record record = record_no(n);
    record.accept_no = accept_no;
    record.subject = slice_of(subject);
    submit("scheduler-1", service, record);
}

UNUSED static void result(const char *worker, enum wire_disposition disposition, const char *service,
                          struct wire_record record)
{
    struct buffer bytes = BUFFER_INIT, frame = BUFFER_INIT;
    wire_record_write(&bytes, &record);
    wire_result_write(&frame, &(struct wire_result){.disposition = disposition,
                                                    .id = record.id,
                                                    .service = slice_of(service),
                                                    .record = buffer_slice(&bytes)});
    struct slice slice = buffer_slice(&frame);
    tell(worker, WIRE_RESULT, "validation", 0, &slice, 1);
    buffer_release(&bytes);
    buffer_release(&frame);
}

UNUSED static void done(const char *worker, unsigned n)
{
    result(worker, WIRE_DONE, NULL, record_no(n));
}

/* ---- what the broker says ---- */

/* The next message of this command to this peer that was not taken yet; NULL = none. Any peer: NULL. */
UNUSED static struct said *said(const char *to, enum wire_command command)
{
    for (size_t i = 0; i < the->said_count; i++) {
        struct said *one = &the->said[i];
        if (!one->taken && one->command == command && (to == NULL || strcmp(one->to, to) == 0)) {
            one->taken = true;
            return one;
        }
    }
    return NULL;
}

UNUSED static struct wire_record said_record(const struct said *one, size_t i)
{
    struct wire_record record;
    assert_non_null(one);
    assert_true(i < one->count);
    assert_true(wire_record_read(buffer_slice(&one->frames[i]), &record, NULL));
    return record;
}

/* The numbers of the records of the next WORK to this worker, as text: "1 2 3"; "" = no WORK. */
UNUSED static const char *work(const char *worker)
{
    static char text[8 * IDS_MAX];
    size_t used = 0;
    struct said *one = said(worker, WIRE_WORK);
    text[0] = '\0';
    for (size_t i = 0; one != NULL && i < one->count; i++) {
        struct wire_record record = said_record(one, i);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%u", i == 0 ? "" : " ",
                                 number_of(&record.id));
    }
    return text;
}

/* The numbers of the ids that were refused to this peer, with the reason in front: "1: 5 6"; "" = nothing. */
UNUSED static const char *refused(const char *to)
{
    static char text[8 * IDS_MAX];
    struct said *one = said(to, WIRE_REFUSED);
    text[0] = '\0';
    if (one == NULL)
        return text;
    size_t used = (size_t)snprintf(text, sizeof text, "%d:", (int)one->number);
    for (size_t i = 0; i < one->count; i++) {
        struct uuid id;
        assert_int_equal(one->frames[i].size, sizeof id.bytes);
        memcpy(id.bytes, one->frames[i].data, sizeof id.bytes);
        used += (size_t)snprintf(text + used, sizeof text - used, " %u", number_of(&id));
    }
    return text;
}

/* A number in the JSON of STATUS, by a path such as "totals.refused.queue_full". */
UNUSED static int64_t status_number(const char *path)
{
    struct buffer text = BUFFER_INIT;
    char key[64];
    broker_status(the->broker, &text);
    json_t *root = json_loads(text.data, 0, NULL), *at = root;
    assert_non_null(root);
    while (*path != '\0') {
        size_t size = strcspn(path, ".");
        (void)snprintf(key, sizeof key, "%.*s", (int)size, path);
        at = json_object_get(at, key);
        assert_non_null(at);
        path += size + (path[size] == '.');
    }
    int64_t number = json_is_array(at) ? (int64_t)json_array_size(at) : (int64_t)json_integer_value(at);
    json_decref(root);
    buffer_release(&text);
    return number;
}

#endif
