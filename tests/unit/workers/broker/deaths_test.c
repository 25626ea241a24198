/* workers/broker/peers.c and deaths.c: when a worker is dead, and what becomes of its records (pipeline.md
 * PL-41). */
#include "fixture.h"

static void pong(const char *worker)
{
    tell(worker, WIRE_PONG, NULL, 0, NULL, 0);
}

/* Time goes by while this worker answers its pings. */
static void pass_ms_answering(int64_t ms, const char *worker)
{
    for (; ms > 0; ms -= 100) {
        pass_ms(ms < 100 ? ms : 100);
        pong(worker);
    }
}

static void workers_are_pinged_every_second(void **state)
{
    (void)state;
    ready("validation-1", "validation", 200);
    pass_ms_answering(5050, "validation-1");
    int pings = 0;
    while (said("validation-1", WIRE_PING) != NULL)
        pings++;
    assert_in_range(pings, 4, 6);
}

static void a_silent_worker_is_dead_after_three_seconds(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    ready("validation-1", "validation", 200);
    turn();
    forget_said();
    pass_ms(2990);
    ready("validation-2", "validation", 200);
    turn();
    assert_string_equal(work("validation-2"), "");
    pass_ms(100);
    assert_string_equal(work("validation-2"), "1");
    assert_int_equal(status_number("totals.deaths"), 1);
    assert_int_equal(status_number("services.validation.workers"), 1);
}

static void any_message_is_a_sign_of_life(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    ready("validation-1", "validation", 200);
    turn();
    for (int i = 0; i < 5; i++) {
        pass_ms(2000);
        submit_accepted(1, 10, "", "validation");
        tell("validation-1", WIRE_STATUS, NULL, 0, NULL, 0);
    }
    assert_int_equal(status_number("totals.deaths"), 0);
}

static void a_worker_that_answers_but_keeps_a_record_beyond_the_lease_is_dead(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    ready("validation-1", "validation", 200);
    turn();
    pass_ms_answering(29900, "validation-1");
    assert_int_equal(status_number("totals.deaths"), 0);
    pass_ms(200);
    assert_int_equal(status_number("totals.deaths"), 1);
    assert_int_equal(status_number("services.validation.async.waiting"), 1);
}

static void a_dead_worker_that_speaks_again_is_told_to_restart(void **state)
{
    (void)state;
    ready("validation-1", "validation", 200);
    pass_ms(3100);
    forget_said(); /* it was told when it was given up, too, in case it was only stopped */
    pong("validation-1");
    assert_non_null(said("validation-1", WIRE_RESTART));
    ready("validation-1", "validation", 200);
    submit_accepted(1, 10, "", "validation");
    turn();
    assert_string_equal(work("validation-1"), "1");
}

static void a_worker_of_whom_nobody_is_connected_is_dead_at_once(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    submit_accepted(2, 10, "", "validation");
    ready("validation-1", "validation", 1);
    turn();
    the->gone = "validation-1";
    ready("validation-1", "validation", 1);
    turn(); /* the second WORK finds nobody */
    assert_int_equal(broker_next_us(the->broker), the->now_us);
    turn();
    assert_int_equal(status_number("totals.deaths"), 1);
    ready("validation-2", "validation", 200);
    turn();
    assert_int_equal(said_record(said("validation-2", WIRE_WORK), 0).deaths, 1);
    ready("validation-2", "validation", 200);
    turn();
    struct wire_record second = said_record(said("validation-2", WIRE_WORK), 0);
    assert_int_equal(number_of(&second.id), 2);
    assert_int_equal(second.deaths, 0); /* it never left */
}

static void what_a_worker_sent_before_it_left_still_counts(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    ready("validation-1", "validation", 200);
    turn();
    the->gone = "validation-1";
    pass_ms(990);
    the->now_us += 20 * MILLISECONDS;
    broker_now(the->broker, the->now_us, MACHINE_START + the->now_us);
    turn(); /* the PING finds nobody */
    done("validation-1", 1);
    pass_ms(50);
    assert_true(broker_is_empty(the->broker));
    assert_int_equal(status_number("totals.deaths"), 0);
    assert_int_equal(status_number("services.validation.workers"), 0);
}

static void a_worker_that_reconnects_keeps_its_credit(void **state)
{
    (void)state;
    ready("validation-1", "validation", 200);
    the->gone = "validation-1";
    submit_accepted(1, 10, "", "validation");
    turn(); /* the WORK finds nobody */
    the->gone = NULL;
    pong("validation-1");
    pass_ms(20);
    assert_string_equal(work("validation-1"), "1");
    assert_int_equal(status_number("totals.deaths"), 0);
}

static void a_sleep_of_the_broker_itself_kills_nobody(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    ready("validation-1", "validation", 200);
    turn();
    the->now_us += 60000 * MILLISECONDS;
    broker_now(the->broker, the->now_us, MACHINE_START + the->now_us);
    turn();
    assert_int_equal(status_number("totals.deaths"), 0);
    pass_ms(3100);
    assert_int_equal(status_number("totals.deaths"), 1);
}

static void a_worker_that_says_bye_gets_nothing_more_and_leaves_in_peace(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    ready("validation-1", "validation", 1);
    turn();
    ready("validation-1", "validation", 1);
    tell("validation-1", WIRE_BYE, NULL, 0, NULL, 0);
    assert_non_null(said("validation-1", WIRE_BYE));
    submit_accepted(2, 20, "", "validation");
    turn();
    assert_string_equal(work("validation-1"), "1");
    assert_string_equal(work("validation-1"), "");
    done("validation-1", 1); /* what is in hand still comes */
    assert_int_equal(status_number("totals.done"), 1);
    the->gone = "validation-1";
    pass_ms(1100);
    assert_int_equal(status_number("totals.deaths"), 0);
    assert_int_equal(status_number("services.validation.workers"), 0);
}

/* ---- records ---- */

/* validation-1 takes what waits and dies of it. */
static const char *die_of_work(const char *service)
{
    static char taken[8 * IDS_MAX];
    char worker[64];
    forget_said();
    (void)snprintf(worker, sizeof worker, "%s-1", service);
    ready(worker, service, 200);
    turn();
    (void)snprintf(taken, sizeof taken, "%s", work(worker));
    pass_ms(3100);
    return taken;
}

static void after_a_death_records_are_handed_out_alone(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 3; i++)
        submit_accepted(i, i, "", "validation");
    assert_string_equal(die_of_work("validation"), "1 2 3");
    for (unsigned i = 1; i <= 3; i++) {
        ready("validation-2", "validation", 200);
        turn();
        struct said *one = said("validation-2", WIRE_WORK);
        assert_int_equal(one->count, 1);
        assert_int_equal(said_record(one, 0).deaths, 1);
        done("validation-2", i);
    }
}

static void records_alone_and_others_take_turns(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 3; i++)
        submit_accepted(i, i, "", "validation");
    (void)die_of_work("validation");
    for (unsigned i = 11; i <= 14; i++)
        submit_accepted(i, i, "", "validation");
    const char *expected[] = {"1", "11 12", "2", "13 14", "3"};
    for (unsigned i = 0; i < 5; i++) {
        ready("validation-2", "validation", 2);
        turn();
        assert_string_equal(work("validation-2"), expected[i]);
    }
}

static void deaths_go_with_the_record_to_the_next_stage(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    (void)die_of_work("validation");
    ready("validation-2", "validation", 200);
    turn();
    struct wire_record record = record_no(1); /* a worker that forgets the deaths */
    record.accept_no = 10;
    result("validation-2", WIRE_FORWARD, "payments", record);
    submit_accepted(2, 20, "", "payments");
    forget_said();
    ready("payments-1", "payments", 200);
    turn();
    assert_string_equal(work("payments-1"), "2");
    ready("payments-1", "payments", 200);
    turn();
    assert_int_equal(said_record(said("payments-1", WIRE_WORK), 0).deaths, 1);
}

static void the_third_death_gives_an_accepted_record_to_the_scheduler(void **state)
{
    (void)state;
    submit_accepted(1, 10, "trn:1", "validation");
    for (int i = 0; i < WIRE_DEATHS_MAX; i++)
        assert_string_equal(die_of_work("validation"), "1");
    assert_string_equal(die_of_work("validation"), "");
    ready("scheduler-1", "scheduler", 200);
    turn();
    assert_int_equal(said_record(said("scheduler-1", WIRE_WORK), 0).deaths, 3);
    assert_int_equal(status_number("totals.buried"), 1);
    assert_int_equal(status_number("undecided.async"), 1);
    done("scheduler-1", 1);
    assert_true(broker_is_empty(the->broker));
}

static void a_record_that_kills_schedulers_too_is_dropped_in_the_end(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    for (int i = 0; i < WIRE_DEATHS_MAX; i++)
        (void)die_of_work("validation");
    for (int i = 0; i < WIRE_DEATHS_MAX; i++)
        assert_string_equal(die_of_work("scheduler"), "1");
    assert_true(broker_is_empty(the->broker));
}

static void the_third_death_at_intake_is_told_to_who_waits(void **state)
{
    (void)state;
    struct wire_record record = record_no(1);
    record.reply_to = slice_of("front-1.0");
    submit("front-1.0", "intake", record);
    for (int i = 0; i < WIRE_DEATHS_MAX; i++) {
        assert_string_equal(refused("front-1.0"), "");
        assert_string_equal(die_of_work("intake"), "1");
    }
    assert_string_equal(refused("front-1.0"), "4: 1");
    assert_true(broker_is_empty(the->broker));
    assert_int_equal(status_number("totals.refused.worker_died"), 1);
    assert_int_equal(status_number("totals.buried"), 0);
}

static void the_third_death_of_a_read_is_told_to_who_waits(void **state)
{
    (void)state;
    struct wire_record record = record_no(1);
    record.reply_to = slice_of("front-1.0");
    submit("front-1.0", "query", record);
    for (int i = 0; i < WIRE_DEATHS_MAX; i++)
        assert_string_equal(die_of_work("query"), "1");
    assert_string_equal(refused("front-1.0"), "4: 1");
    assert_true(broker_is_empty(the->broker));
}

static void a_note_that_kills_is_dropped_without_a_word(void **state)
{
    (void)state;
    struct wire_record record = record_no(1);
    record.flags = WIRE_FLAG_NOTE;
    submit("front-1.0", "intake", record);
    for (int i = 0; i < WIRE_DEATHS_MAX; i++)
        (void)die_of_work("intake");
    assert_null(said(NULL, WIRE_REFUSED));
    assert_true(broker_is_empty(the->broker));
}

static void a_scheduler_that_dies_as_a_worker_still_listens(void **state)
{
    (void)state;
    tell("scheduler-1", WIRE_HELLO, NULL, 0, NULL, 0);
    ready("scheduler-1", "scheduler", 200);
    pass_ms(3100);
    forget_said();
    pass_ms(1100);
    assert_non_null(said("scheduler-1", WIRE_COUNTS));
    pong("scheduler-1");
    assert_non_null(said("scheduler-1", WIRE_RESTART));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(workers_are_pinged_every_second),
        TEST(a_silent_worker_is_dead_after_three_seconds),
        TEST(any_message_is_a_sign_of_life),
        TEST(a_worker_that_answers_but_keeps_a_record_beyond_the_lease_is_dead),
        TEST(a_dead_worker_that_speaks_again_is_told_to_restart),
        TEST(a_worker_of_whom_nobody_is_connected_is_dead_at_once),
        TEST(what_a_worker_sent_before_it_left_still_counts),
        TEST(a_worker_that_reconnects_keeps_its_credit),
        TEST(a_sleep_of_the_broker_itself_kills_nobody),
        TEST(a_worker_that_says_bye_gets_nothing_more_and_leaves_in_peace),
        TEST(after_a_death_records_are_handed_out_alone),
        TEST(records_alone_and_others_take_turns),
        TEST(deaths_go_with_the_record_to_the_next_stage),
        TEST(the_third_death_gives_an_accepted_record_to_the_scheduler),
        TEST(a_record_that_kills_schedulers_too_is_dropped_in_the_end),
        TEST(the_third_death_at_intake_is_told_to_who_waits),
        TEST(the_third_death_of_a_read_is_told_to_who_waits),
        TEST(a_note_that_kills_is_dropped_without_a_word),
        TEST(a_scheduler_that_dies_as_a_worker_still_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
