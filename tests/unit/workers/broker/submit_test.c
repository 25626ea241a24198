/* workers/broker/submit.c and counts.c: what is refused, and what is counted (pipeline.md PL-13, PL-16,
 * PL-17). */
#include "fixture.h"

static void submit_class(unsigned n, enum wire_class class, const char *service)
{
    struct wire_record record = record_no(n);
    record.class = class;
    submit("front-1", service, record);
}

static void with_limits(int64_t undecided, int64_t records, int64_t bytes)
{
    struct broker_limits limits = fixture_limits();
    for (int i = 0; i < WIRE_CLASS_COUNT; i++)
        limits.undecided[i] = undecided;
    limits.records = records;
    limits.bytes = bytes;
    broker_with(limits);
}

static void leader_says(const char *json)
{
    struct slice frame = slice_of(json);
    tell("scheduler-1", WIRE_LEADER, NULL, 0, &frame, 1);
}

/* ---- undecided (PL-13) ---- */

static void intake_is_refused_above_the_limit_of_its_class(void **state)
{
    (void)state;
    with_limits(2, 1000, 1 << 30);
    submit_class(1, WIRE_WAIT, "intake");
    submit_class(2, WIRE_WAIT, "intake");
    submit_class(3, WIRE_WAIT, "intake");
    assert_string_equal(refused("front-1"), "1: 3");
    submit_class(4, WIRE_ASYNC, "intake");
    submit_class(5, WIRE_BULK, "intake");
    assert_string_equal(refused("front-1"), "");
    assert_int_equal(status_number("undecided.wait"), 2);
    assert_int_equal(status_number("totals.refused.queue_full"), 1);
}

static void records_of_all_stages_count_as_undecided(void **state)
{
    (void)state;
    with_limits(2, 1000, 1 << 30);
    submit_accepted(1, 10, "", "validation");
    submit_accepted(2, 20, "", "payments");
    submit_class(3, WIRE_ASYNC, "intake");
    assert_string_equal(refused("front-1"), "1: 3");
    submit_accepted(4, 30, "", "validation"); /* what was accepted is not refused for it */
    assert_string_equal(refused("scheduler-1"), "");
    assert_int_equal(status_number("undecided.async"), 3);
}

static void reads_notes_and_dry_runs_do_not_count(void **state)
{
    (void)state;
    submit_class(1, WIRE_WAIT, "query");
    struct wire_record record = record_no(2);
    record.flags = WIRE_FLAG_NOTE;
    submit("front-1", "intake", record);
    record = record_no(3);
    record.flags = WIRE_FLAG_DRY_RUN;
    submit("front-1", "validation", record);
    record = record_no(4);
    submit("validation-1", "notifications", record); /* a wake-up */
    assert_int_equal(status_number("records"), 4);
    assert_int_equal(status_number("undecided.wait"), 0);
    assert_int_equal(status_number("undecided.async"), 0);
}

static void a_submission_is_counted_once_whatever_it_passes(void **state)
{
    (void)state;
    submit_class(1, WIRE_ASYNC, "intake");
    ready("intake-1", "intake", 200);
    turn();
    assert_int_equal(status_number("undecided.async"), 1);
    struct wire_record record = record_no(1);
    record.accept_no = 10;
    result("intake-1", WIRE_FORWARD, "validation", record);
    assert_int_equal(status_number("undecided.async"), 1);
    ready("validation-1", "validation", 200);
    turn();
    result("validation-1", WIRE_RETURN, "validation", record);
    assert_int_equal(status_number("undecided.async"), 1);
    pass_ms(10);
    ready("validation-1", "validation", 200);
    turn();
    done("validation-1", 1);
    assert_int_equal(status_number("undecided.async"), 0);
}

static void the_larger_of_own_count_and_the_leaders_number_decides(void **state)
{
    (void)state;
    with_limits(100, 1000, 1 << 30);
    leader_says("{\"wait\":100,\"async\":99,\"bulk\":0,\"unfed\":12}");
    submit_class(1, WIRE_WAIT, "intake");
    submit_class(2, WIRE_ASYNC, "intake");
    assert_string_equal(refused("front-1"), "1: 1");
    assert_int_equal(status_number("leader.unfed"), 12);
}

static void the_leaders_number_is_forgotten_after_30_seconds(void **state)
{
    (void)state;
    with_limits(100, 1000, 1 << 30);
    leader_says("{\"wait\":100,\"async\":0,\"bulk\":0,\"unfed\":0}");
    pass_ms(29900);
    submit_class(1, WIRE_WAIT, "intake");
    assert_string_equal(refused("front-1"), "1: 1");
    pass_ms(200);
    submit_class(1, WIRE_WAIT, "intake");
    assert_string_equal(refused("front-1"), "");
}

static void a_leader_that_says_nonsense_is_not_believed(void **state)
{
    (void)state;
    const char *const nonsense[] = {"",
                                    "{",
                                    "[]",
                                    "null",
                                    "{\"wait\":1,\"async\":1,\"bulk\":1}",
                                    "{\"wait\":-1,\"async\":1,\"bulk\":1,\"unfed\":1}",
                                    "{\"wait\":1.5,\"async\":1,\"bulk\":1,\"unfed\":1}",
                                    "{\"wait\":\"1\",\"async\":1,\"bulk\":1,\"unfed\":1}",
                                    "{\"wait\":1,\"wait\":1,\"async\":1,\"bulk\":1,\"unfed\":1}"};
    const int count = sizeof nonsense / sizeof nonsense[0];
    for (int i = 0; i < count; i++)
        leader_says(nonsense[i]);
    assert_int_equal(status_number("totals.bad_messages.content"), count);
    assert_int_equal(status_number("leader"), 0); /* null */
}

/* ---- what the broker holds at most ---- */

static void records_beyond_the_limit_are_refused(void **state)
{
    (void)state;
    with_limits(1000, 10, 1 << 30);
    for (unsigned i = 0; i < 12; i++)
        submit_accepted(i, i + 1, "", "validation");
    assert_string_equal(refused("scheduler-1"), "1: 10");
    assert_string_equal(refused("scheduler-1"), "1: 11");
    assert_int_equal(status_number("records"), 10);
}

static void bytes_beyond_the_limit_are_refused(void **state)
{
    (void)state;
    with_limits(1000, 1000, 100000);
    char payload[50000];
    memset(payload, 'x', sizeof payload);
    for (unsigned i = 0; i < 4; i++) {
        struct wire_record record = record_no(i);
        record.accept_no = 10;
        record.payload = (struct slice){payload, sizeof payload};
        submit("front-1", "validation", record);
    }
    assert_string_equal(refused("front-1"), "1: 2");
    assert_string_equal(refused("front-1"), "1: 3");
}

static void what_is_no_submission_fills_half_of_it(void **state)
{
    (void)state;
    with_limits(1000, 10, 1 << 30);
    for (unsigned i = 0; i < 6; i++)
        submit_class(i, WIRE_WAIT, "query");
    assert_string_equal(refused("front-1"), "1: 5");
    submit_class(10, WIRE_WAIT, "intake");
    assert_string_equal(refused("front-1"), "");
}

static void a_copy_is_never_refused(void **state)
{
    (void)state;
    with_limits(1, 1, 1 << 30);
    submit_class(1, WIRE_WAIT, "intake");
    broker_drain(the->broker, true);
    submit_class(1, WIRE_WAIT, "intake");
    assert_null(said("front-1", WIRE_REFUSED));
}

static void refusals_of_a_message_are_one_message_a_reason(void **state)
{
    (void)state;
    with_limits(2, 1000, 1 << 30);
    struct buffer bytes[5];
    struct slice frames[5];
    for (unsigned i = 0; i < 5; i++) {
        struct wire_record record = record_no(i);
        bytes[i] = (struct buffer)BUFFER_INIT;
        wire_record_write(&bytes[i], &record);
        frames[i] = buffer_slice(&bytes[i]);
    }
    tell("front-1", WIRE_SUBMIT, "intake", 0, frames, 5);
    assert_string_equal(refused("front-1"), "1: 2 3 4");
    assert_null(said("front-1", WIRE_REFUSED));
    for (unsigned i = 0; i < 5; i++)
        buffer_release(&bytes[i]);
}

static void a_bad_record_drops_only_itself(void **state)
{
    (void)state;
    struct buffer good = BUFFER_INIT;
    struct wire_record record = record_no(1);
    wire_record_write(&good, &record);
    const struct slice frames[] = {slice_of("garbage"), buffer_slice(&good), {NULL, 0}};
    tell("front-1", WIRE_SUBMIT, "validation", 0, frames, 3);
    assert_int_equal(status_number("records"), 1);
    assert_int_equal(status_number("totals.bad_messages.record"), 2);
    buffer_release(&good);
}

/* ---- services ---- */

static void an_unknown_service_simply_queues(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "some_service-7");
    assert_int_equal(status_number("services.some_service-7.async.waiting"), 1);
}

static void what_cannot_be_a_service_is_refused(void **state)
{
    (void)state;
    submit_class(1, WIRE_WAIT, "a-name-of-more-than-thirty-two-bytes");
    submit_class(2, WIRE_WAIT, "quoted\"");
    submit_class(3, WIRE_WAIT, "");
    assert_string_equal(refused("front-1"), "3: 1");
    assert_string_equal(refused("front-1"), "3: 2");
    assert_string_equal(refused("front-1"), "3: 3");
}

static void services_are_bounded(void **state)
{
    (void)state;
    char name[16];
    for (unsigned i = 0; i < 200; i++) {
        (void)snprintf(name, sizeof name, "service-%u", i);
        submit_class(i, WIRE_WAIT, name);
    }
    assert_int_equal(status_number("totals.refused.no_service"),
                     200 - 62); /* intake and scheduler are there */
}

/* ---- draining ---- */

static void draining_refuses_what_is_not_accepted_and_nothing_else(void **state)
{
    (void)state;
    broker_drain(the->broker, true);
    submit_class(1, WIRE_WAIT, "intake");
    assert_string_equal(refused("front-1"), "2: 1");
    submit_class(2, WIRE_WAIT, "query");
    submit_accepted(3, 10, "", "validation");
    assert_int_equal(status_number("records"), 2);
    broker_drain(the->broker, false);
    submit_class(1, WIRE_WAIT, "intake");
    assert_int_equal(status_number("records"), 3);
}

static void a_tool_drains_and_takes_it_back(void **state)
{
    (void)state;
    tell("ctl", WIRE_DRAIN, NULL, 1, NULL, 0);
    submit_class(1, WIRE_WAIT, "intake");
    assert_string_equal(refused("front-1"), "2: 1");
    tell("ctl", WIRE_DRAIN, NULL, 0, NULL, 0);
    submit_class(1, WIRE_WAIT, "intake");
    assert_string_equal(refused("front-1"), "");
    tell("ctl", WIRE_DRAIN, NULL, 7, NULL, 0);
    assert_int_equal(status_number("totals.bad_messages.content"), 1);
}

static void a_tool_cannot_take_back_a_leave(void **state)
{
    (void)state;
    broker_leave(the->broker);
    tell("ctl", WIRE_DRAIN, NULL, 0, NULL, 0);
    submit_class(1, WIRE_WAIT, "intake");
    assert_string_equal(refused("front-1"), "2: 1");
}

static void what_is_held_is_worked_off_while_draining(void **state)
{
    (void)state;
    submit_class(1, WIRE_WAIT, "intake");
    broker_leave(the->broker);
    ready("intake-1", "intake", 200);
    turn();
    struct wire_record record = record_no(1);
    record.accept_no = 10;
    result("intake-1", WIRE_FORWARD, "validation", record);
    ready("validation-1", "validation", 200);
    turn();
    assert_false(broker_is_empty(the->broker));
    done("validation-1", 1);
    assert_true(broker_is_empty(the->broker));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(intake_is_refused_above_the_limit_of_its_class),
        TEST(records_of_all_stages_count_as_undecided),
        TEST(reads_notes_and_dry_runs_do_not_count),
        TEST(a_submission_is_counted_once_whatever_it_passes),
        TEST(the_larger_of_own_count_and_the_leaders_number_decides),
        TEST(the_leaders_number_is_forgotten_after_30_seconds),
        TEST(a_leader_that_says_nonsense_is_not_believed),
        TEST(records_beyond_the_limit_are_refused),
        TEST(bytes_beyond_the_limit_are_refused),
        TEST(what_is_no_submission_fills_half_of_it),
        TEST(a_copy_is_never_refused),
        TEST(refusals_of_a_message_are_one_message_a_reason),
        TEST(a_bad_record_drops_only_itself),
        TEST(an_unknown_service_simply_queues),
        TEST(what_cannot_be_a_service_is_refused),
        TEST(services_are_bounded),
        TEST(draining_refuses_what_is_not_accepted_and_nothing_else),
        TEST(a_tool_drains_and_takes_it_back),
        TEST(a_tool_cannot_take_back_a_leave),
        TEST(what_is_held_is_worked_off_while_draining),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
