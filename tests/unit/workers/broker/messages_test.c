/* workers/broker/broker.c, counts.c, status.c, gauges.c: the other commands, and messages that are none. */
#include "fixture.h"

#include "common/log.h"
#include "common/metrics.h"

/* The JSON of the next COUNTS to this peer, to be freed with json_decref; NULL = none. */
static json_t *counts(const char *to, int64_t *ret_number)
{
    struct said *one = said(to, WIRE_COUNTS);
    if (one == NULL)
        return NULL;
    assert_int_equal(one->count, 1);
    *ret_number = one->number;
    json_t *json = json_loads(one->frames[0].data, 0, NULL);
    assert_non_null(json);
    return json;
}

static void hello_is_answered_with_counts_at_once(void **state)
{
    (void)state;
    int64_t number;
    ready("validation-1", "validation", 200);
    submit_accepted(1, 10, "", "validation");
    tell("front-1", WIRE_HELLO, NULL, 0, NULL, 0);
    json_t *json = counts("front-1", &number), *undecided, *services, *leader;
    assert_int_equal(json_unpack(json, "{s:o, s:o, s:o !}", "undecided", &undecided, "services", &services,
                                 "leader", &leader),
                     0);
    assert_int_equal(number, 0);
    assert_int_equal(json_integer_value(json_object_get(undecided, "wait")), 0);
    assert_int_equal(json_integer_value(json_object_get(undecided, "async")), 1);
    assert_int_equal(json_integer_value(json_object_get(undecided, "bulk")), 0);
    assert_int_equal(json_integer_value(json_object_get(services, "validation")), 1);
    assert_int_equal(json_integer_value(json_object_get(services, "intake")), 0);
    assert_true(json_is_null(leader));
    json_decref(json);
}

static void counts_come_every_second_until_bye(void **state)
{
    (void)state;
    tell("front-1", WIRE_HELLO, NULL, 0, NULL, 0);
    pass_ms(5100);
    int count = 0;
    while (said("front-1", WIRE_COUNTS) != NULL)
        count++;
    assert_in_range(count, 5, 7);
    tell("front-1", WIRE_BYE, NULL, 0, NULL, 0);
    pass_ms(2000);
    assert_null(said("front-1", WIRE_COUNTS));
    assert_int_equal(status_number("peers"), 0);
}

static void counts_come_soon_when_draining_changes(void **state)
{
    (void)state;
    int64_t number = 0;
    tell("front-1", WIRE_HELLO, NULL, 0, NULL, 0);
    pass_ms(100);
    forget_said();
    tell("ctl", WIRE_DRAIN, NULL, 1, NULL, 0);
    pass_ms(30);
    json_decref(counts("front-1", &number));
    assert_int_equal(number, 1);
}

static void counts_show_the_leaders_numbers(void **state)
{
    (void)state;
    int64_t number;
    struct slice frame = slice_of("{\"wait\":1,\"async\":2,\"bulk\":3,\"unfed\":4,\"later\":\"ignored\"}");
    tell("scheduler-1", WIRE_LEADER, NULL, 0, &frame, 1);
    tell("front-1", WIRE_HELLO, NULL, 0, NULL, 0);
    json_t *json = counts("front-1", &number), *leader = json_object_get(json, "leader");
    assert_int_equal(json_integer_value(json_object_get(leader, "bulk")), 3);
    assert_int_equal(json_integer_value(json_object_get(leader, "unfed")), 4);
    json_decref(json);
}

static void a_listener_that_is_gone_is_forgotten(void **state)
{
    (void)state;
    tell("front-1", WIRE_HELLO, NULL, 0, NULL, 0);
    the->gone = "front-1";
    pass_ms(1200);
    assert_int_equal(status_number("peers"), 0);
}

static void peers_are_bounded(void **state)
{
    (void)state;
    char name[32];
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(name, sizeof name, "worker-%d", i);
        ready(name, "validation", 1);
    }
    assert_int_equal(status_number("peers"), 4096);
    assert_int_equal(status_number("totals.bad_messages.peer"), 5000 - 4096);
}

static void pong_and_result_of_a_stranger_are_answered_restart(void **state)
{
    (void)state;
    tell("validation-1", WIRE_PONG, NULL, 0, NULL, 0);
    assert_non_null(said("validation-1", WIRE_RESTART));
    done("validation-1", 1);
    assert_non_null(said("validation-1", WIRE_RESTART));
    assert_int_equal(status_number("peers"), 0);
}

static void a_reply_goes_to_its_front_without_the_routing_id(void **state)
{
    (void)state;
    const struct slice frames[] = {slice_of("front-1.0"), slice_of("one"), slice_of("two")};
    tell("payments-1", WIRE_REPLY, NULL, 0, frames, 3);
    struct said *one = said("front-1.0", WIRE_REPLY);
    assert_non_null(one);
    assert_int_equal(one->count, 2);
    assert_string_equal(one->frames[0].data, "one");
    assert_string_equal(one->frames[1].data, "two");
    assert_int_equal(status_number("totals.replies"), 2);
}

static void a_reply_to_a_front_that_is_gone_is_dropped_and_counted(void **state)
{
    (void)state;
    const struct slice frames[] = {slice_of("front-1.0"), slice_of("one"), slice_of("two")};
    the->gone = "front-1.0";
    tell("payments-1", WIRE_REPLY, NULL, 0, frames, 3);
    the->gone = NULL;
    the->full = "front-1.0";
    tell("payments-1", WIRE_REPLY, NULL, 0, frames, 2);
    assert_int_equal(status_number("totals.replies_dropped"), 3);
}

static void status_answers_who_asks(void **state)
{
    (void)state;
    tell("ctl-1", WIRE_STATUS, NULL, 0, NULL, 0);
    struct said *one = said("ctl-1", WIRE_STATUS);
    assert_non_null(one);
    json_t *json = json_loads(one->frames[0].data, 0, NULL);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "version")), ECF2_VERSION);
    json_decref(json);
    assert_int_equal(status_number("peers"), 0);
}

static void status_shows_states_age_and_workers(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    ready("validation-1", "validation", 1);
    turn();
    submit_accepted(2, 20, "", "validation");
    submit_accepted(3, 30, "", "validation");
    pass_ms(500);
    assert_int_equal(status_number("services.validation.async.waiting"), 2);
    assert_int_equal(status_number("services.validation.async.handed_out"), 1);
    assert_int_equal(status_number("services.validation.async.oldest_ms"), 500);
    assert_int_equal(status_number("services.validation.workers"), 1);
    result("validation-1", WIRE_RETURN, "validation", record_no(1));
    assert_int_equal(status_number("services.validation.async.delayed"), 1);
    assert_int_equal(status_number("uptime_ms"), 500);
    done("x", 1);
    done("x", 2);
    done("x", 3);
    assert_int_equal(status_number("services.validation.async.oldest_ms"), 0);
}

static void rates_are_over_the_last_ten_seconds(void **state)
{
    (void)state;
    assert_int_equal(status_number("rates.received"), 0);
    for (unsigned i = 0; i < 20; i++) {
        for (unsigned j = 0; j < 50; j++)
            submit_accepted(i * 50 + j, 1, "", "validation");
        pass_ms(1000);
    }
    assert_in_range(status_number("rates.received"), 45, 55);
    pass_ms(11000);
    assert_int_equal(status_number("rates.received"), 0);
}

static void names_that_are_no_words_are_shown_in_hexadecimal(void **state)
{
    (void)state;
    struct buffer text = BUFFER_INIT;
    ready("a\"\x80\nb", "validation", 1);
    broker_status(the->broker, &text);
    assert_non_null(strstr(text.data, "\"0x6122800a62\""));
    buffer_release(&text);
}

static void gauges_are_set_every_second(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    pass_ms(2100);
    struct buffer text = BUFFER_INIT;
    metrics_render(&text);
    assert_non_null(strstr(text.data, "ecf2_queue_depth{service=\"validation\",class=\"async\"} 1\n"));
    assert_non_null(strstr(text.data, "ecf2_undecided_submissions{class=\"async\"} 1\n"));
    assert_non_null(strstr(text.data, "ecf2_queue_oldest_seconds{service=\"validation\",class=\"async\"} 2"));
    assert_non_null(strstr(text.data, "ecf2_broker_workers{service=\"validation\"} 0\n"));
    buffer_release(&text);
}

/* ---- what is no message ---- */

static void bad_messages_are_counted_by_reason(void **state)
{
    (void)state;
    const struct slice garbage = slice_of("garbage"), two[] = {garbage, garbage};
    broker_receive(the->broker, slice_of("x"), NULL, 0);
    broker_receive(the->broker, slice_of("x"), &garbage, 1);
    tell("x", WIRE_WORK, "validation", 0, &garbage, 1);
    tell("x", WIRE_SUBMIT, "validation", 0, NULL, 0);
    tell("x", WIRE_PONG, "validation", 0, &garbage, 1);
    tell("x", WIRE_RESULT, "validation", 0, &garbage, 1);
    tell("x", WIRE_SUBMIT, "validation", 0, &garbage, 1);
    tell("x", WIRE_READY, "No Service", 1, NULL, 0);
    tell("x", WIRE_LEADER, NULL, 0, &garbage, 1);
    const struct slice nobody[] = {{NULL, 0}, garbage};
    tell("x", WIRE_REPLY, NULL, 0, nobody, 2);
    tell("x", WIRE_LEADER, NULL, 0, two, 2);
    const struct slice later[] = {slice_of("E2\002anything that version 2 may say"),
                                  {"E2\001\377\000\000\000\000\000\000\000\000", 13},
                                  {"E2\001\004\005quer", 9}};
    for (size_t i = 0; i < 3; i++)
        broker_receive(the->broker, slice_of("x"), &later[i], 1);
    broker_receive_bad(the->broker, BROKER_BAD_HANDSHAKE);
    assert_int_equal(status_number("totals.bad_messages.frames"), 4);
    assert_int_equal(status_number("totals.bad_messages.head"), 2);
    assert_int_equal(status_number("totals.bad_messages.version"), 1);
    assert_int_equal(status_number("totals.bad_messages.command"), 2);
    assert_int_equal(status_number("totals.bad_messages.handshake"), 1);
    assert_int_equal(status_number("totals.bad_messages.result"), 1);
    assert_int_equal(status_number("totals.bad_messages.record"), 1);
    assert_int_equal(status_number("totals.bad_messages.service"), 1);
    assert_int_equal(status_number("totals.bad_messages.content"), 2);
    pass_ms(1100); /* and logged, and in the metrics */
    struct buffer text = BUFFER_INIT;
    metrics_render(&text);
    assert_non_null(strstr(text.data, "ecf2_broker_bad_messages_total{reason=\"frames\"} 4\n"));
    assert_non_null(strstr(text.data, "ecf2_broker_bad_messages_total{reason=\"version\"} 1\n"));
    assert_non_null(strstr(text.data, "ecf2_broker_bad_messages_total{reason=\"peer\"} 0\n"));
    buffer_release(&text);
}

/* Random bytes, and good messages with bytes changed: nothing crashes (the sanitizer build looks on), nothing
 * grows. */
static void any_bytes_are_survived(void **state)
{
    (void)state;
    srand(1);
    char bytes[5][300];
    struct slice frames[5];
    struct wire_record record = record_no(1);
    record.accept_no = 3;
    record.subject = slice_of("trn:1");
    record.reply_to = slice_of("front-1");
    for (int n = 0; n < 200000; n++) {
        size_t count = 1 + (size_t)rand() % 5;
        struct buffer head = BUFFER_INIT, frame = BUFFER_INIT, out = BUFFER_INIT;
        wire_head_write(&head, (enum wire_command)(1 + rand() % (WIRE_COMMAND_COUNT - 1)),
                        rand() % 2 == 0 ? "validation" : "intake", rand() % 100 - 5);
        record.id.bytes[0] = (uint8_t)(rand() % 50);
        wire_record_write(&frame, &record);
        if (rand() % 2 == 0)
            wire_result_write(&out,
                              &(struct wire_result){.disposition = (enum wire_disposition)(1 + rand() % 3),
                                                    .id = record.id,
                                                    .service = slice_of("payments"),
                                                    .record = buffer_slice(&frame)});
        for (size_t i = 0; i < count; i++) {
            const struct buffer *source = i == 0 ? &head : out.size > 0 ? &out : &frame;
            size_t size = source->size;
            memcpy(bytes[i], source->data, size);
            if (rand() % 3 == 0)
                bytes[i][(size_t)rand() % size] = (char)rand();
            if (rand() % 10 == 0)
                size = (size_t)rand() % size;
            frames[i] = (struct slice){bytes[i], size};
        }
        char from[3] = {'p', (char)('a' + rand() % 20), 0};
        broker_receive(the->broker, slice_of(from), frames, count);
        buffer_release(&head);
        buffer_release(&frame);
        buffer_release(&out);
        if (n % 10 == 0)
            pass_ms(10);
        forget_said();
    }
    assert_true(status_number("records") <= 10000);
    assert_true(status_number("peers") <= 20);
}

int main(void)
{
    log_open("broker_test", LOG_ERROR);
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(hello_is_answered_with_counts_at_once),
        TEST(counts_come_every_second_until_bye),
        TEST(counts_come_soon_when_draining_changes),
        TEST(counts_show_the_leaders_numbers),
        TEST(a_listener_that_is_gone_is_forgotten),
        TEST(peers_are_bounded),
        TEST(pong_and_result_of_a_stranger_are_answered_restart),
        TEST(a_reply_goes_to_its_front_without_the_routing_id),
        TEST(a_reply_to_a_front_that_is_gone_is_dropped_and_counted),
        TEST(status_answers_who_asks),
        TEST(status_shows_states_age_and_workers),
        TEST(rates_are_over_the_last_ten_seconds),
        TEST(names_that_are_no_words_are_shown_in_hexadecimal),
        TEST(gauges_are_set_every_second),
        TEST(bad_messages_are_counted_by_reason),
        TEST(any_bytes_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
