/* workers/broker/dispatch.c and queue.c: who gets what, in which order (pipeline.md PL-14, PL-16, PL-35). */
#include "fixture.h"

static void put(unsigned n, enum wire_class class, int64_t caller)
{
    struct wire_record record = record_no(n);
    record.class = class;
    record.caller_id = caller;
    record.accept_no = n;
    submit("front-1", "validation", record);
}

static void put_many(unsigned first, unsigned count, enum wire_class class, int64_t caller)
{
    for (unsigned i = 0; i < count; i++)
        put(first + i, class, caller);
}

static void nothing_is_handed_out_without_credit(void **state)
{
    (void)state;
    put(1, WIRE_WAIT, 1);
    ready("validation-1", "validation", 0);
    turn();
    assert_string_equal(work("validation-1"), "");
    ready("validation-1", "validation", 5);
    turn();
    assert_string_equal(work("validation-1"), "1");
}

static void a_batch_is_at_most_the_credit_and_uses_it_up(void **state)
{
    (void)state;
    put_many(1, 5, WIRE_WAIT, 1);
    ready("validation-1", "validation", 3);
    turn();
    assert_string_equal(work("validation-1"), "1 2 3");
    turn();
    assert_string_equal(work("validation-1"), "");
    ready("validation-1", "validation", 3);
    turn();
    assert_string_equal(work("validation-1"), "4 5");
}

static void a_batch_is_at_most_200(void **state)
{
    (void)state;
    put_many(1, 300, WIRE_WAIT, 1);
    ready("validation-1", "validation", 100000);
    turn();
    struct said *one = said("validation-1", WIRE_WORK);
    assert_int_equal(one->count, 200);
    assert_int_equal(one->number, 200);
    assert_string_equal(one->service, "validation");
}

static void a_batch_is_at_most_its_bytes_but_always_one_record(void **state)
{
    (void)state;
    static const size_t sizes[] = {400u << 10, 400u << 10, 600u << 10, 1u << 20, 100};
    char *big = memory_zero(1, 1u << 20);
    memset(big, 'x', 1u << 20);
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct wire_record record = record_no(i + 1);
        record.payload = (struct slice){big, sizes[i]};
        submit("front-1", "validation", record);
    }
    const char *expected[] = {"1 2", "3", "4", "5"};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        ready("validation-1", "validation", 200);
        turn();
        assert_string_equal(work("validation-1"), expected[i]);
    }
    free(big);
}

static void callers_of_a_class_take_turns(void **state)
{
    (void)state;
    put_many(1, 5, WIRE_ASYNC, 1);
    put_many(11, 2, WIRE_ASYNC, 2);
    put_many(21, 1, WIRE_ASYNC, 3);
    ready("validation-1", "validation", 200);
    turn();
    assert_string_equal(work("validation-1"), "1 11 21 2 12 3 4 5");
}

static void a_flood_delays_another_caller_by_no_more_than_a_batch(void **state)
{
    (void)state;
    put_many(1, 1000, WIRE_WAIT, 1);
    ready("validation-1", "validation", 200);
    turn();
    (void)work("validation-1");
    put(5000, WIRE_WAIT, 2);
    ready("validation-1", "validation", 200);
    turn();
    assert_non_null(strstr(work("validation-1"), "5000"));
}

static void callers_of_equal_id_but_another_type_are_others(void **state)
{
    (void)state;
    put_many(1, 3, WIRE_ASYNC, 1);
    struct wire_record record = record_no(11);
    record.caller_type = WIRE_SCHOOL;
    record.caller_id = 1;
    submit("front-1", "validation", record);
    ready("validation-1", "validation", 200);
    turn();
    assert_string_equal(work("validation-1"), "1 11 2 3");
}

static void waiting_comes_before_async_and_is_not_made_longer_by_bulk(void **state)
{
    (void)state;
    put(1, WIRE_BULK, 1);
    put(2, WIRE_ASYNC, 1);
    put(3, WIRE_WAIT, 1);
    ready("validation-1", "validation", 200);
    turn();
    assert_string_equal(work("validation-1"), "3 2");
    put(4, WIRE_ASYNC, 1);
    ready("validation-1", "validation", 200);
    turn();
    assert_string_equal(work("validation-1"), "4 1");
}

static void bulk_makes_no_long_batches(void **state)
{
    (void)state;
    put_many(1000, 250, WIRE_BULK, 1);
    put_many(1, 3, WIRE_ASYNC, 1);
    ready("validation-1", "validation", 200);
    turn();
    (void)work("validation-1");
    assert_int_equal(status_number("services.validation.async.handed_out"), 3);
    assert_int_equal(status_number("services.validation.bulk.handed_out"), 97);
    ready("validation-2", "validation", 200);
    turn();
    assert_int_equal(status_number("services.validation.bulk.handed_out"), 197);
}

/* The class of the first record of each of ten batches: by hundreds of its number. */
static void starts_of_ten_batches(char ret_starts[11])
{
    for (int i = 0; i < 10; i++) {
        ready("validation-1", "validation", 2);
        turn();
        int first = atoi(work("validation-1"));
        ret_starts[i] = first < 1000 ? 'w' : first < 2000 ? 'a' : 'b';
    }
    ret_starts[10] = '\0';
}

static void of_ten_batches_seven_start_with_wait_two_with_async_one_with_bulk(void **state)
{
    (void)state;
    char starts[11];
    put_many(0, 100, WIRE_WAIT, 1);
    put_many(1000, 100, WIRE_ASYNC, 1);
    put_many(2000, 100, WIRE_BULK, 1);
    for (int round = 0; round < 3; round++) {
        starts_of_ten_batches(starts);
        assert_string_equal(starts, "wwwawwawwb");
    }
}

static void a_class_that_has_nothing_passes_its_turn(void **state)
{
    (void)state;
    char starts[11];
    put_many(1000, 100, WIRE_ASYNC, 1);
    put_many(2000, 100, WIRE_BULK, 1);
    starts_of_ten_batches(starts);
    assert_string_equal(starts, "aaaaaaaaab");
}

static void the_longest_idle_worker_is_first(void **state)
{
    (void)state;
    ready("validation-1", "validation", 1);
    ready("validation-2", "validation", 1);
    put_many(1, 3, WIRE_WAIT, 1);
    turn();
    assert_string_equal(work("validation-1"), "1");
    assert_string_equal(work("validation-2"), "2");
}

static void services_do_not_share_workers(void **state)
{
    (void)state;
    put(1, WIRE_WAIT, 1);
    ready("payments-1", "payments", 200);
    turn();
    assert_string_equal(work("payments-1"), "");
}

static void a_full_pipe_keeps_the_records_in_their_order(void **state)
{
    (void)state;
    put_many(1, 3, WIRE_WAIT, 1);
    put(4, WIRE_WAIT, 2);
    ready("validation-1", "validation", 200);
    the->full = "validation-1";
    turn();
    assert_int_equal(status_number("services.validation.wait.waiting"), 4);
    assert_int_equal(status_number("services.validation.wait.handed_out"), 0);
    assert_int_equal(status_number("totals.handed_out"), 0);
    assert_true(broker_next_us(the->broker) <= the->now_us + 10 * MILLISECONDS);
    the->full = NULL;
    pass_ms(10);
    assert_string_equal(work("validation-1"), "1 4 2 3");
}

static void a_full_pipe_keeps_the_turns_of_callers(void **state)
{
    (void)state;
    put_many(1, 2, WIRE_WAIT, 1);
    put(4, WIRE_WAIT, 2);
    put(5, WIRE_WAIT, 3);
    ready("validation-1", "validation", 2);
    the->full = "validation-1";
    turn();
    the->full = NULL;
    pass_ms(10);
    assert_string_equal(work("validation-1"), "1 4");
    ready("validation-1", "validation", 2);
    turn();
    assert_string_equal(work("validation-1"), "5 2");
}

static void a_full_pipe_of_one_worker_does_not_hold_up_another(void **state)
{
    (void)state;
    put_many(1, 2, WIRE_WAIT, 1);
    ready("validation-1", "validation", 200);
    ready("validation-2", "validation", 200);
    the->full = "validation-1";
    turn();
    assert_string_equal(work("validation-2"), "1 2");
}

/* ---- uploads (PL-16) ---- */

static void upload(unsigned n)
{
    struct wire_record record = record_no(n);
    record.class = WIRE_BULK;
    submit("front-1", "intake", record);
}

static void an_upload_is_handed_out_alone_and_one_at_a_time(void **state)
{
    (void)state;
    upload(1);
    upload(2);
    ready("intake-1", "intake", 200);
    ready("intake-2", "intake", 200);
    ready("intake-3", "intake", 200);
    turn();
    assert_string_equal(work("intake-1"), "1");
    turn();
    assert_string_equal(work("intake-2"), "");
    result("intake-1", WIRE_DONE, NULL, record_no(1));
    turn();
    assert_string_equal(work("intake-2"), "2");
}

static void an_upload_goes_to_the_only_intake(void **state)
{
    (void)state;
    upload(1);
    ready("intake-1", "intake", 200);
    turn();
    assert_string_equal(work("intake-1"), "1");
}

static void an_upload_leaves_the_last_free_intake_alone_but_not_for_ever(void **state)
{
    (void)state;
    ready("intake-1", "intake", 200);
    ready("intake-2", "intake", 0); /* busy */
    upload(1);
    turn();
    assert_string_equal(work("intake-1"), "");
    submit("front-1", "intake", record_no(2));
    turn();
    assert_string_equal(work("intake-1"), "2");
    ready("intake-1", "intake", 200);
    turn();
    assert_string_equal(work("intake-1"), "");
    assert_true(broker_next_us(the->broker) <= the->now_us + 500 * MILLISECONDS);
    pass_ms(500);
    assert_string_equal(work("intake-1"), "1");
}

static void a_note_in_the_bulk_class_is_no_upload(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 3; i++) {
        struct wire_record record = record_no(i);
        record.class = WIRE_BULK;
        record.flags = WIRE_FLAG_NOTE;
        submit("front-1", "intake", record);
    }
    ready("intake-1", "intake", 200);
    turn();
    assert_string_equal(work("intake-1"), "1 2 3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(nothing_is_handed_out_without_credit),
        TEST(a_batch_is_at_most_the_credit_and_uses_it_up),
        TEST(a_batch_is_at_most_200),
        TEST(a_batch_is_at_most_its_bytes_but_always_one_record),
        TEST(callers_of_a_class_take_turns),
        TEST(a_flood_delays_another_caller_by_no_more_than_a_batch),
        TEST(callers_of_equal_id_but_another_type_are_others),
        TEST(waiting_comes_before_async_and_is_not_made_longer_by_bulk),
        TEST(bulk_makes_no_long_batches),
        TEST(of_ten_batches_seven_start_with_wait_two_with_async_one_with_bulk),
        TEST(a_class_that_has_nothing_passes_its_turn),
        TEST(the_longest_idle_worker_is_first),
        TEST(services_do_not_share_workers),
        TEST(a_full_pipe_keeps_the_records_in_their_order),
        TEST(a_full_pipe_keeps_the_turns_of_callers),
        TEST(a_full_pipe_of_one_worker_does_not_hold_up_another),
        TEST(an_upload_is_handed_out_alone_and_one_at_a_time),
        TEST(an_upload_goes_to_the_only_intake),
        TEST(an_upload_leaves_the_last_free_intake_alone_but_not_for_ever),
        TEST(a_note_in_the_bulk_class_is_no_upload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
