/*
 * common/wire.c: what is written is read again; what is cut, corrupted or too large is refused, and never
 * reads over its end. Frames stand in blocks of exactly their size, so that the sanitizer build sees a byte
 * too many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/wire.h"

/* One kind of frame: how to write an example of it, and how to read it strictly. */
struct frame_type {
    const char *name;
    void (*write)(struct buffer *out);
    bool (*read)(struct slice frame, struct error *err);
};

static struct wire_record example_record(void)
{
    struct wire_record record = {
        .class = WIRE_BULK,
        .deaths = 2,
        .returns = 19,
        .flags = WIRE_FLAG_RESENT | 0x80, /* a flag of the future is kept */
        .caller_type = WIRE_SYSTEM,
        .accept_no = INT64_C(0x0102030405060708),
        .as_of_us = -1,
        .accept_by_us = INT64_MAX,
        .deadline_us = 0,
        .caller_id = INT64_MIN,
        .token_id = 42,
        .kind = slice_of("declaration.create"),
        .trace = slice_of("01936f2e-0000-7000-8000-000000000000"),
        .request_digest = {"\0\1\2\3", 4},
        .reply_to = slice_of("front-1.0"),
        .subject = slice_of("trn:1234567"),
        .payload = slice_of("{\"fields\":{\"a\":\"\303\244\"}}"),
        .facts = {NULL, 0},
        .verdict = slice_of("{}"),
    };
    for (size_t i = 0; i < sizeof record.id.bytes; i++)
        record.id.bytes[i] = (uint8_t)(0xf0 + i);
    return record;
}

static void write_head(struct buffer *out)
{
    wire_head_write(out, WIRE_SUBMIT, "validation", INT64_C(-2));
}

static bool read_head(struct slice frame, struct error *err)
{
    struct wire_head head;
    return wire_head_read(frame, &head, err);
}

static void write_record(struct buffer *out)
{
    const struct wire_record record = example_record();
    wire_record_write(out, &record);
}

static bool read_record(struct slice frame, struct error *err)
{
    struct wire_record record;
    return wire_record_read(frame, &record, err);
}

static void write_reply(struct buffer *out)
{
    const struct wire_reply reply = {.kind = WIRE_DECIDED,
                                     .status = 422,
                                     .accept_no = 7,
                                     .clock_us = 8,
                                     .extra = slice_of("{\"retry_after\":5}"),
                                     .body = slice_of("{\"errors\":[]}")};
    wire_reply_write(out, &reply);
}

static bool read_reply(struct slice frame, struct error *err)
{
    struct wire_reply reply;
    return wire_reply_read(frame, &reply, err);
}

static void write_done(struct buffer *out)
{
    wire_result_write(out, &(struct wire_result){.disposition = WIRE_DONE, .id = example_record().id});
}

static void write_forward(struct buffer *out)
{
    struct buffer record = BUFFER_INIT;
    write_record(&record);
    wire_result_write(out, &(struct wire_result){.disposition = WIRE_FORWARD,
                                                 .service = slice_of("eligibility"),
                                                 .record = buffer_slice(&record)});
    buffer_release(&record);
}

/* As a broker reads it: the record in it, too. */
static bool read_result(struct slice frame, struct error *err)
{
    struct wire_result result;
    struct wire_record record;
    return wire_result_read(frame, &result, err) &&
           (result.disposition == WIRE_DONE || wire_record_read(result.record, &record, err));
}

static const struct frame_type types[] = {
    {"head", write_head, read_head},         {"record", write_record, read_record},
    {"reply", write_reply, read_reply},      {"done", write_done, read_result},
    {"forward", write_forward, read_result},
};
#define TYPE_COUNT (sizeof types / sizeof types[0])

/* Reads a copy in a block of exactly this size. */
static bool read_copy(const struct frame_type *type, const char *bytes, size_t size)
{
    struct error err = {0};
    char *copy = memory_alloc(size);
    memcpy(copy, bytes, size);
    bool good = type->read((struct slice){copy, size}, &err);
    assert_int_equal(err.kind, good ? ERROR_NONE : ERROR_WIRE);
    free(copy);
    return good;
}

static void every_frame_is_read_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        struct buffer frame = BUFFER_INIT;
        types[i].write(&frame);
        assert_true(read_copy(&types[i], frame.data, frame.size));
        buffer_release(&frame);
    }
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        struct buffer frame = BUFFER_INIT;
        types[i].write(&frame);
        for (size_t size = 0; size < frame.size; size++)
            assert_false(read_copy(&types[i], frame.data, size));
        buffer_release(&frame);
    }
}

static void a_byte_too_many_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        struct buffer frame = BUFFER_INIT;
        types[i].write(&frame);
        buffer_append_char(&frame, '\0');
        assert_false(read_copy(&types[i], frame.data, frame.size));
        buffer_release(&frame);
    }
}

static void every_corruption_of_a_byte_is_read_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < TYPE_COUNT; i++) {
        struct buffer frame = BUFFER_INIT;
        types[i].write(&frame);
        for (size_t at = 0; at < frame.size; at++) {
            const char original = frame.data[at];
            for (int value = 0; value < 256; value++) {
                frame.data[at] = (char)value;
                (void)read_copy(&types[i], frame.data, frame.size);
            }
            frame.data[at] = original;
        }
        buffer_release(&frame);
    }
}

static void random_bytes_are_refused(void **state)
{
    (void)state;
    char bytes[400];
    srand(3);
    for (int n = 0; n < 100000; n++) {
        size_t size = (size_t)rand() % sizeof bytes;
        for (size_t at = 0; at < size; at++)
            bytes[at] = (char)rand();
        if (size > 0 && rand() % 2 == 0)
            bytes[0] = WIRE_VERSION;
        for (size_t i = 0; i < TYPE_COUNT; i++)
            (void)read_copy(&types[i], bytes, size);
    }
}

static void a_length_beyond_the_frame_is_refused(void **state)
{
    (void)state;
    struct buffer frame = BUFFER_INIT;
    write_record(&frame);
    const size_t first_length = 6 + 16 + 6 * 8;
    const unsigned char lengths[][4] = {{0xff, 0xff, 0xff, 0xff},
                                        {0x80, 0, 0, 0},
                                        {0x7f, 0xff, 0xff, 0xff},
                                        {0, 0xff, 0xff, 0xff},
                                        {0, 0, 1, 0}};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        memcpy(frame.data + first_length, lengths[i], 4);
        assert_false(read_copy(&types[1], frame.data, frame.size));
    }
    buffer_release(&frame);
}

static void a_record_above_the_limit_is_refused(void **state)
{
    (void)state;
    struct wire_record record = example_record(), back;
    struct buffer frame = BUFFER_INIT;
    struct error err = {0};
    record.payload = (struct slice){NULL, 0};
    wire_record_write(&frame, &record);
    size_t room = WIRE_RECORD_MAX - frame.size;
    char *payload = memory_zero(1, room + 1);
    for (size_t more = 0; more < 2; more++) {
        record.payload = (struct slice){payload, room + more};
        buffer_clear(&frame);
        wire_record_write(&frame, &record);
        assert_int_equal(wire_record_read(buffer_slice(&frame), &back, &err), more == 0);
    }
    /* A RESULT that hands the largest record on is still a frame that sockets let through. */
    assert_true(WIRE_RECORD_MAX + 2 + WIRE_SERVICE_MAX <= WIRE_FRAME_MAX);
    free(payload);
    buffer_release(&frame);
}

/* ---- fields ---- */

static void a_head_keeps_its_fields(void **state)
{
    (void)state;
    struct buffer frame = BUFFER_INIT;
    struct wire_head head;
    for (int command = 1; command < WIRE_COMMAND_COUNT; command++) {
        buffer_clear(&frame);
        wire_head_write(&frame, (enum wire_command)command, command % 2 == 0 ? "query" : NULL,
                        INT64_MIN + command);
        assert_true(wire_head_read(buffer_slice(&frame), &head, NULL));
        assert_int_equal(head.command, command);
        assert_true(slice_equal(head.service, slice_of(command % 2 == 0 ? "query" : "")));
        assert_true(head.number == INT64_MIN + command);
    }
    buffer_release(&frame);
}

static void a_record_keeps_its_fields(void **state)
{
    (void)state;
    struct wire_record in = example_record(), out;
    struct buffer frame = BUFFER_INIT;
    wire_record_write(&frame, &in);
    assert_true(wire_record_read(buffer_slice(&frame), &out, NULL));
    assert_int_equal(out.class, in.class);
    assert_int_equal(out.deaths, in.deaths);
    assert_int_equal(out.returns, in.returns);
    assert_int_equal(out.flags, in.flags);
    assert_int_equal(out.caller_type, in.caller_type);
    assert_true(uuid_equal(&out.id, &in.id));
    assert_true(out.accept_no == in.accept_no && out.as_of_us == in.as_of_us &&
                out.accept_by_us == in.accept_by_us && out.deadline_us == in.deadline_us &&
                out.caller_id == in.caller_id && out.token_id == in.token_id);
    assert_true(slice_equal(out.kind, in.kind) && slice_equal(out.trace, in.trace) &&
                slice_equal(out.request_digest, in.request_digest) &&
                slice_equal(out.reply_to, in.reply_to) && slice_equal(out.subject, in.subject) &&
                slice_equal(out.payload, in.payload) && slice_equal(out.facts, in.facts) &&
                slice_equal(out.verdict, in.verdict));
    buffer_release(&frame);
}

static void a_reply_keeps_its_fields(void **state)
{
    (void)state;
    struct wire_reply in = {.kind = WIRE_READ, .status = 65535, .accept_no = -1, .clock_us = INT64_MAX}, out;
    struct buffer frame = BUFFER_INIT;
    in.id = example_record().id;
    in.body = slice_of("body");
    wire_reply_write(&frame, &in);
    assert_true(wire_reply_read(buffer_slice(&frame), &out, NULL));
    assert_int_equal(out.kind, in.kind);
    assert_int_equal(out.status, in.status);
    assert_true(uuid_equal(&out.id, &in.id) && out.accept_no == in.accept_no && out.clock_us == in.clock_us);
    assert_true(slice_equal(out.extra, in.extra) && slice_equal(out.body, in.body));
    buffer_release(&frame);
}

static void replies_are_of_known_kinds(void **state)
{
    (void)state;
    for (int kind = 0; kind <= WIRE_HELD + 1; kind++) {
        struct wire_reply out;
        struct buffer frame = BUFFER_INIT;
        wire_reply_write(&frame, &(struct wire_reply){.kind = (enum wire_reply_kind)kind});
        assert_int_equal(wire_reply_read(buffer_slice(&frame), &out, NULL),
                         kind >= WIRE_ACCEPTED && kind <= WIRE_HELD);
        buffer_release(&frame);
    }
}

static void a_result_keeps_its_fields(void **state)
{
    (void)state;
    struct buffer frame = BUFFER_INIT, record = BUFFER_INIT;
    struct wire_result out;
    write_done(&frame);
    assert_true(wire_result_read(buffer_slice(&frame), &out, NULL));
    assert_int_equal(out.disposition, WIRE_DONE);
    const struct uuid id = example_record().id;
    assert_true(uuid_equal(&out.id, &id));
    buffer_clear(&frame);
    write_forward(&frame);
    write_record(&record);
    assert_true(wire_result_read(buffer_slice(&frame), &out, NULL));
    assert_int_equal(out.disposition, WIRE_FORWARD);
    assert_true(slice_equal(out.service, slice_of("eligibility")));
    assert_true(slice_equal(out.record, buffer_slice(&record)));
    buffer_release(&frame);
    buffer_release(&record);
}

/* The layout itself, byte by byte: a change of it is another version of the protocol. */
static void the_layout_is_that_of_version_1(void **state)
{
    (void)state;
    static const char head[] = "E2\001\004\005query\000\000\000\000\000\000\001\002";
    static const char done[] = "\001\360\361\362\363\364\365\366\367\370\371\372\373\374\375\376\377";
    static const char record[] = "\001\002\002\023\004\202"
                                 "\360\361\362\363\364\365\366\367\370\371\372\373\374\375\376\377"
                                 "\001\002\003\004\005\006\007\010";
    struct buffer frame = BUFFER_INIT;
    wire_head_write(&frame, WIRE_SUBMIT, "query", 258);
    assert_int_equal(frame.size, sizeof head - 1);
    assert_memory_equal(frame.data, head, sizeof head - 1);
    buffer_clear(&frame);
    write_done(&frame);
    assert_int_equal(frame.size, sizeof done - 1);
    assert_memory_equal(frame.data, done, sizeof done - 1);
    buffer_clear(&frame);
    write_record(&frame);
    assert_memory_equal(frame.data, record, sizeof record - 1);
    buffer_release(&frame);
}

static void what_is_unknown_is_refused(void **state)
{
    (void)state;
    struct wire_record record = example_record(), good, back = {.accept_no = 99};
    struct buffer frame = BUFFER_INIT;
    struct error err = {0};
    const size_t offsets[] = {0 /* version */, 1 /* class */, 4 /* caller type */};
    write_record(&frame);
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        char original = frame.data[offsets[i]];
        frame.data[offsets[i]] = 77;
        error_clear(&err);
        assert_false(wire_record_read(buffer_slice(&frame), &back, &err));
        assert_int_equal(err.kind, ERROR_WIRE);
        frame.data[offsets[i]] = original;
    }
    int64_t *const never_negative[] = {&record.accept_no, &record.accept_by_us, &record.deadline_us};
    for (size_t i = 0; i < 3; i++) {
        int64_t original = *never_negative[i];
        *never_negative[i] = -1;
        buffer_clear(&frame);
        wire_record_write(&frame, &record);
        assert_false(wire_record_read(buffer_slice(&frame), &back, NULL));
        *never_negative[i] = original;
    }
    char long_id[WIRE_ROUTING_ID_MAX + 1] = {0};
    for (size_t more = 0; more < 2; more++) {
        record.reply_to = (struct slice){long_id, WIRE_ROUTING_ID_MAX + more};
        buffer_clear(&frame);
        wire_record_write(&frame, &record);
        assert_int_equal(wire_record_read(buffer_slice(&frame), more == 0 ? &good : &back, NULL), more == 0);
    }
    assert_int_equal(back.accept_no, 99); /* untouched on failure */
    buffer_release(&frame);
}

static void deaths_and_returns_are_changed_in_place(void **state)
{
    (void)state;
    struct buffer frame = BUFFER_INIT;
    struct wire_record record = example_record(), back;
    wire_record_write(&frame, &record);
    wire_record_set_deaths(frame.data, 200);
    wire_record_set_returns(frame.data, 201);
    assert_true(wire_record_read(buffer_slice(&frame), &back, NULL));
    assert_int_equal(back.deaths, 200);
    assert_int_equal(back.returns, 201);
    assert_int_equal(back.class, record.class);
    assert_int_equal(back.caller_type, record.caller_type);
    buffer_release(&frame);
}

static void reply_to_and_deadline_are_replaced_and_nothing_else(void **state)
{
    (void)state;
    struct buffer frame = BUFFER_INIT, expected = BUFFER_INIT;
    struct wire_record record = example_record();
    wire_record_with_reply_to(&frame, &record, slice_of("another front"), 77);
    record.reply_to = slice_of("another front");
    record.deadline_us = 77;
    wire_record_write(&expected, &record);
    assert_true(slice_equal(buffer_slice(&frame), buffer_slice(&expected)));
    buffer_release(&frame);
    buffer_release(&expected);
}

static void names_are_read_again(void **state)
{
    (void)state;
    for (int i = 0; i < WIRE_CLASS_COUNT; i++) {
        enum wire_class class;
        assert_true(wire_class_parse(slice_of(wire_class_name((enum wire_class)i)), &class));
        assert_int_equal(class, i);
    }
    for (int i = 0; i < WIRE_CALLER_COUNT; i++) {
        enum wire_caller caller;
        assert_true(wire_caller_parse(slice_of(wire_caller_name((enum wire_caller)i)), &caller));
        assert_int_equal(caller, i);
    }
    enum wire_class class = WIRE_BULK;
    enum wire_caller caller = WIRE_SYSTEM;
    assert_false(wire_class_parse(slice_of("waiting"), &class));
    assert_false(wire_class_parse(slice_of(""), &class));
    assert_false(wire_caller_parse(slice_of("School"), &caller));
    assert_int_equal(class, WIRE_BULK);
    assert_int_equal(caller, WIRE_SYSTEM);
    assert_string_equal(wire_command_name(WIRE_DRAIN), "drain");
    assert_string_equal(wire_command_name((enum wire_command)200), "unknown");
    assert_string_equal(wire_class_name((enum wire_class)200), "unknown");
    assert_string_equal(wire_caller_name((enum wire_caller)200), "unknown");
}

static void service_names_are_plain(void **state)
{
    (void)state;
    assert_true(wire_service_is_valid(slice_of("validation")));
    assert_true(wire_service_is_valid(slice_of("a-b_9")));
    assert_true(wire_service_is_valid(slice_of("12345678901234567890123456789012")));
    const char *const bad[] = {
        "", "123456789012345678901234567890123", "Validation", "a b", "a\"b", "a\nb", "\303\244"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(wire_service_is_valid(slice_of(bad[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_frame_is_read_again),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(a_byte_too_many_is_refused),
        cmocka_unit_test(every_corruption_of_a_byte_is_read_or_refused),
        cmocka_unit_test(random_bytes_are_refused),
        cmocka_unit_test(a_length_beyond_the_frame_is_refused),
        cmocka_unit_test(a_record_above_the_limit_is_refused),
        cmocka_unit_test(a_head_keeps_its_fields),
        cmocka_unit_test(a_record_keeps_its_fields),
        cmocka_unit_test(a_reply_keeps_its_fields),
        cmocka_unit_test(replies_are_of_known_kinds),
        cmocka_unit_test(a_result_keeps_its_fields),
        cmocka_unit_test(the_layout_is_that_of_version_1),
        cmocka_unit_test(what_is_unknown_is_refused),
        cmocka_unit_test(deaths_and_returns_are_changed_in_place),
        cmocka_unit_test(reply_to_and_deadline_are_replaced_and_nothing_else),
        cmocka_unit_test(names_are_read_again),
        cmocka_unit_test(service_names_are_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
