/* workers/broker/records.c and results.c: one record an id, copies, returns, expiry (pipeline.md PL-33,
 * PL-43, PL-44). */
#include "fixture.h"

static struct wire_record waited_for(unsigned n, const char *reply_to, int64_t deadline_us)
{
    struct wire_record record = record_no(n);
    record.reply_to = slice_of(reply_to);
    record.deadline_us = deadline_us;
    return record;
}

/* What of reply_to and deadline the next WORK to this worker carries. */
static void assert_work_replies_to(const char *worker, const char *reply_to, int64_t deadline_us)
{
    struct wire_record record = said_record(said(worker, WIRE_WORK), 0);
    assert_true(slice_equal(record.reply_to, slice_of(reply_to)));
    assert_int_equal(record.deadline_us, deadline_us);
}

static const int64_t later = MACHINE_START + INT64_C(1000000000);

/* ---- copies ---- */

static void a_copy_of_what_is_queued_is_dropped(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    submit_accepted(1, 10, "", "validation");
    submit_accepted(1, 10, "", "payments");
    ready("validation-1", "validation", 200);
    ready("payments-1", "payments", 200);
    turn();
    assert_string_equal(work("validation-1"), "1");
    assert_string_equal(work("payments-1"), "");
    assert_int_equal(status_number("totals.copies_dropped"), 2);
    assert_int_equal(status_number("records"), 1);
}

static void a_copy_of_what_is_handed_out_is_dropped(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    ready("validation-1", "validation", 200);
    turn();
    submit_accepted(1, 10, "", "validation");
    ready("validation-2", "validation", 200);
    turn();
    assert_string_equal(work("validation-2"), "");
    done("validation-1", 1);
    assert_true(broker_is_empty(the->broker));
}

static void a_copy_of_what_is_delayed_is_dropped(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    ready("validation-1", "validation", 200);
    turn();
    forget_said();
    result("validation-1", WIRE_RETURN, "validation", record_no(1));
    submit_accepted(1, 10, "", "validation");
    ready("validation-1", "validation", 200);
    turn();
    assert_string_equal(work("validation-1"), "");
    pass_ms(10);
    assert_string_equal(work("validation-1"), "1");
}

static void a_copy_gives_its_reply_to_to_what_is_queued(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    submit("front-1", "validation", waited_for(1, "front-1.0", later));
    ready("validation-1", "validation", 200);
    turn();
    assert_work_replies_to("validation-1", "front-1.0", later);
}

static void a_copy_with_a_later_deadline_replaces_reply_to(void **state)
{
    (void)state;
    submit("front-1", "validation", waited_for(1, "front-1.0", later));
    submit("front-2", "validation", waited_for(1, "front-2.0", later + 1));
    submit("front-3", "validation", waited_for(1, "front-3.0", later - 1));
    submit("front-4", "validation", waited_for(1, "front-4.0", later + 1));
    submit("scheduler", "validation", waited_for(1, "", later + 2));
    ready("validation-1", "validation", 200);
    turn();
    assert_work_replies_to("validation-1", "front-2.0", later + 1);
}

static void a_copy_gives_its_reply_to_to_what_is_handed_out_when_it_comes_back(void **state)
{
    (void)state;
    const enum wire_disposition dispositions[] = {WIRE_FORWARD, WIRE_RETURN};
    for (unsigned i = 0; i < 2; i++) {
        struct wire_record held = record_no(i);
        held.accept_no = 10;
        submit("scheduler", "validation", held);
        ready("validation-1", "validation", 200);
        turn();
        submit("front-1", "validation", waited_for(i, "front-1.0", later));
        result("validation-1", dispositions[i], "payments", held); /* still without reply_to */
        ready("payments-1", "payments", 200);
        pass_ms(20);
        struct wire_record record = said_record(said("payments-1", WIRE_WORK), 0);
        assert_int_equal(number_of(&record.id), i);
        assert_int_equal(record.accept_no, 10);
        assert_true(slice_equal(record.reply_to, slice_of("front-1.0")));
        assert_int_equal(record.deadline_us, later);
        forget_said();
    }
}

static void a_copy_gives_its_reply_to_to_what_a_dead_worker_had(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    ready("validation-1", "validation", 200);
    turn();
    submit("front-1", "validation", waited_for(1, "front-1.0", later));
    pass_ms(3100);
    forget_said();
    ready("validation-2", "validation", 200);
    turn();
    assert_work_replies_to("validation-2", "front-1.0", later);
}

static void a_copy_keeps_the_deaths_of_what_is_held(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    ready("validation-1", "validation", 200);
    turn();
    pass_ms(3100);
    submit("front-1", "validation", waited_for(1, "front-1.0", later));
    forget_said();
    ready("validation-2", "validation", 200);
    turn();
    assert_int_equal(said_record(said("validation-2", WIRE_WORK), 0).deaths, 1);
}

static void a_copy_to_intake_of_what_is_further_on_is_acknowledged(void **state)
{
    (void)state;
    struct wire_record accepted = waited_for(1, "front-1.0", later);
    accepted.accept_no = 4711;
    submit("intake-1", "validation", accepted);
    struct wire_record again = waited_for(1, "front-1.0", later);
    submit("front-1.0", "intake", again);
    struct said *one = said("front-1.0", WIRE_REPLY);
    struct wire_reply reply;
    assert_non_null(one);
    assert_true(wire_reply_read(buffer_slice(&one->frames[0]), &reply, NULL));
    assert_int_equal(reply.kind, WIRE_ACCEPTED);
    assert_int_equal(reply.accept_no, 4711);
    assert_int_equal(reply.clock_us, 0);
    assert_int_equal(number_of(&reply.id), 1);
    assert_int_equal(status_number("totals.replies"), 1);
}

static void a_copy_to_intake_of_what_is_at_intake_is_not_acknowledged(void **state)
{
    (void)state;
    submit("front-1.0", "intake", waited_for(1, "front-1.0", later));
    submit("front-1.0", "intake", waited_for(1, "front-1.0", later));
    submit_accepted(2, 10, "", "intake"); /* intake itself will say it */
    submit("front-1.0", "intake", waited_for(2, "front-1.0", later));
    assert_null(said("front-1.0", WIRE_REPLY));
    assert_string_equal(refused("front-1.0"), "");
}

/* ---- results ---- */

static void done_forgets_the_record(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    ready("validation-1", "validation", 200);
    turn();
    done("validation-1", 1);
    assert_true(broker_is_empty(the->broker));
    assert_int_equal(status_number("totals.done"), 1);
    assert_int_equal(status_number("bytes"), 0);
    assert_int_equal(status_number("undecided.async"), 0);
}

static void forward_goes_to_the_next_service_with_its_new_fields(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    ready("validation-1", "validation", 200);
    turn();
    struct wire_record record = record_no(1);
    record.accept_no = 10;
    record.facts = slice_of("{\"a\":1}");
    result("validation-1", WIRE_FORWARD, "eligibility", record);
    ready("eligibility-1", "eligibility", 200);
    turn();
    struct wire_record next = said_record(said("eligibility-1", WIRE_WORK), 0);
    assert_true(slice_equal(next.facts, slice_of("{\"a\":1}")));
    assert_int_equal(status_number("totals.forwarded"), 1);
}

static void a_return_is_delayed_by_10_ms_doubling_to_a_second(void **state)
{
    (void)state;
    const int64_t delays_ms[] = {10, 20, 40, 80, 160, 320, 640, 1000, 1000};
    struct wire_record record = record_no(1);
    record.accept_no = 10;
    submit("scheduler", "validation", record);
    for (unsigned i = 0; i < sizeof delays_ms / sizeof delays_ms[0]; i++) {
        ready("validation-1", "validation", 200);
        turn();
        record.returns = said_record(said("validation-1", WIRE_WORK), 0).returns;
        assert_int_equal(record.returns, i);
        result("validation-1", WIRE_RETURN, "validation", record);
        ready("validation-1", "validation", 200);
        pass_ms(delays_ms[i] - 1);
        assert_null(said("validation-1", WIRE_WORK));
        pass_ms(1);
    }
    assert_int_equal(said_record(said("validation-1", WIRE_WORK), 0).returns, 9);
    assert_int_equal(status_number("totals.returned"), 9);
}

static void a_return_may_name_another_service(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "payments");
    ready("payments-1", "payments", 200);
    turn();
    result("payments-1", WIRE_RETURN, "validation", record_no(1));
    assert_int_equal(status_number("services.validation.async.delayed"), 1);
    ready("validation-1", "validation", 200);
    pass_ms(10);
    assert_string_equal(work("validation-1"), "1");
}

static void what_a_worker_does_not_own_is_ignored(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    ready("validation-1", "validation", 200);
    turn();
    ready("validation-2", "validation", 0);
    result("validation-2", WIRE_FORWARD, "payments", record_no(1));
    result("validation-2", WIRE_RETURN, "payments", record_no(1));
    result("validation-2", WIRE_DONE, NULL, record_no(1));
    result("validation-2", WIRE_FORWARD, "payments", record_no(2)); /* nobody knows it */
    assert_int_equal(status_number("records"), 1);
    assert_int_equal(status_number("services.validation.async.handed_out"), 1);
    assert_int_equal(status_number("totals.strays"), 4);
}

static void done_of_what_is_not_owned_removes_a_queued_or_delayed_copy(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    submit_accepted(2, 20, "", "validation");
    ready("validation-1", "validation", 1);
    turn();
    result("validation-1", WIRE_RETURN, "validation", record_no(1));
    done("validation-9", 1);
    done("validation-9", 2);
    assert_true(broker_is_empty(the->broker));
    assert_non_null(said("validation-9", WIRE_RESTART));
}

static void done_of_one_of_a_subject_lets_the_next_go(void **state)
{
    (void)state;
    submit_accepted(1, 10, "trn:1", "validation");
    submit_accepted(2, 20, "trn:1", "validation");
    done("validation-9", 1);
    ready("validation-1", "validation", 200);
    turn();
    assert_string_equal(work("validation-1"), "2");
}

static void a_forward_to_no_service_stays_in_hand(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    ready("validation-1", "validation", 200);
    turn();
    result("validation-1", WIRE_FORWARD, "No Such \"Service", record_no(1));
    assert_int_equal(status_number("services.validation.async.handed_out"), 1);
    assert_int_equal(status_number("totals.bad_messages.service"), 1);
}

static void what_workers_hand_on_is_never_refused(void **state)
{
    (void)state;
    struct broker_limits limits = fixture_limits();
    limits.records = 1;
    broker_with(limits);
    submit_accepted(1, 10, "", "validation");
    ready("validation-1", "validation", 200);
    turn();
    result("validation-1", WIRE_FORWARD, "payments", record_no(1));
    ready("payments-1", "payments", 200);
    turn();
    assert_string_equal(work("payments-1"), "1");
}

/* ---- expiry ---- */

static void a_read_is_dropped_at_its_deadline(void **state)
{
    (void)state;
    int64_t machine_us = MACHINE_START + the->now_us;
    submit("front-1", "query", waited_for(1, "front-1.0", machine_us + 100 * MILLISECONDS));
    submit("front-1", "query", waited_for(2, "front-1.0", machine_us + 900 * MILLISECONDS));
    pass_ms(100);
    assert_int_equal(status_number("records"), 1);
    assert_int_equal(status_number("totals.expired"), 1);
    ready("query-1", "query", 200);
    turn();
    assert_string_equal(work("query-1"), "2");
    pass_ms(2000);
    assert_int_equal(status_number("records"), 1); /* in hand: the worker says what becomes of it */
}

static void a_read_that_comes_too_late_is_not_handed_out(void **state)
{
    (void)state;
    submit("front-1", "query", waited_for(1, "front-1.0", MACHINE_START));
    ready("query-1", "query", 200);
    turn();
    assert_string_equal(work("query-1"), "");
    assert_true(broker_is_empty(the->broker));
}

static void what_is_not_accepted_is_dropped_two_seconds_after_accept_by(void **state)
{
    (void)state;
    struct wire_record record = record_no(1);
    record.accept_by_us = MACHINE_START + the->now_us + 100 * MILLISECONDS;
    submit("front-1", "intake", record);
    pass_ms(2090);
    assert_int_equal(status_number("records"), 1);
    pass_ms(10);
    assert_true(broker_is_empty(the->broker));
    assert_int_equal(status_number("undecided.async"), 0);
}

static void what_is_accepted_never_expires(void **state)
{
    (void)state;
    struct wire_record record = waited_for(1, "front-1.0", MACHINE_START);
    record.accept_no = 10;
    record.accept_by_us = MACHINE_START;
    submit("front-1", "validation", record);
    submit("front-1", "intake", record);
    pass_ms(5000);
    assert_int_equal(status_number("records"), 1);
}

static void absurd_times_do_no_harm(void **state)
{
    (void)state;
    struct wire_record record = waited_for(1, "front-1.0", INT64_MAX);
    record.accept_by_us = INT64_MAX;
    record.as_of_us = INT64_MIN;
    submit("front-1", "intake", record);
    record.id.bytes[15] = 1;
    submit("front-1", "query", record);
    pass_ms(100);
    assert_int_equal(status_number("records"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_copy_of_what_is_queued_is_dropped),
        TEST(a_copy_of_what_is_handed_out_is_dropped),
        TEST(a_copy_of_what_is_delayed_is_dropped),
        TEST(a_copy_gives_its_reply_to_to_what_is_queued),
        TEST(a_copy_with_a_later_deadline_replaces_reply_to),
        TEST(a_copy_gives_its_reply_to_to_what_is_handed_out_when_it_comes_back),
        TEST(a_copy_gives_its_reply_to_to_what_a_dead_worker_had),
        TEST(a_copy_keeps_the_deaths_of_what_is_held),
        TEST(a_copy_to_intake_of_what_is_further_on_is_acknowledged),
        TEST(a_copy_to_intake_of_what_is_at_intake_is_not_acknowledged),
        TEST(done_forgets_the_record),
        TEST(forward_goes_to_the_next_service_with_its_new_fields),
        TEST(a_return_is_delayed_by_10_ms_doubling_to_a_second),
        TEST(a_return_may_name_another_service),
        TEST(what_a_worker_does_not_own_is_ignored),
        TEST(done_of_what_is_not_owned_removes_a_queued_or_delayed_copy),
        TEST(done_of_one_of_a_subject_lets_the_next_go),
        TEST(a_forward_to_no_service_stays_in_hand),
        TEST(what_workers_hand_on_is_never_refused),
        TEST(a_read_is_dropped_at_its_deadline),
        TEST(a_read_that_comes_too_late_is_not_handed_out),
        TEST(what_is_not_accepted_is_dropped_two_seconds_after_accept_by),
        TEST(what_is_accepted_never_expires),
        TEST(absurd_times_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
