/* workers/broker/subjects.c: one of a subject at a time, in the order of acceptance (architecture.md section
 * 4). */
#include "fixture.h"

static struct wire_record of_subject(unsigned n, int64_t accept_no, const char *subject)
{
    struct wire_record record = record_no(n);
    record.accept_no = accept_no;
    record.subject = slice_of(subject);
    return record;
}

static void one_of_a_subject_is_handed_out_in_order_of_acceptance(void **state)
{
    (void)state;
    submit_accepted(2, 20, "trn:1", "validation");
    submit_accepted(1, 10, "trn:1", "validation");
    submit_accepted(3, 30, "trn:1", "validation");
    submit_accepted(9, 40, "trn:9", "validation");
    const char *expected[] = {"1 9", "2", "3"};
    for (unsigned i = 0; i < 3; i++) {
        ready("validation-1", "validation", 200);
        turn();
        assert_string_equal(work("validation-1"), expected[i]);
        done("validation-1", i + 1);
    }
}

static void a_subject_counts_over_all_services(void **state)
{
    (void)state;
    submit_accepted(1, 10, "trn:1", "validation");
    submit_accepted(2, 20, "trn:1", "payments");
    ready("payments-1", "payments", 200);
    ready("validation-1", "validation", 200);
    turn();
    assert_string_equal(work("payments-1"), "");
    assert_string_equal(work("validation-1"), "1");
    done("validation-1", 1);
    turn();
    assert_string_equal(work("payments-1"), "2");
}

static void a_subject_stays_with_its_record_from_stage_to_stage(void **state)
{
    (void)state;
    submit_accepted(1, 10, "trn:1", "validation");
    submit_accepted(2, 20, "trn:1", "validation");
    ready("validation-1", "validation", 200);
    turn();
    assert_string_equal(work("validation-1"), "1");
    result("validation-1", WIRE_FORWARD, "eligibility", of_subject(1, 10, "trn:1"));
    ready("validation-1", "validation", 200);
    turn();
    assert_string_equal(work("validation-1"), "");
    ready("eligibility-1", "eligibility", 200);
    turn();
    assert_string_equal(work("eligibility-1"), "1");
    done("eligibility-1", 1);
    turn();
    assert_string_equal(work("validation-1"), "2");
}

static void an_earlier_one_overtakes_what_is_only_queued(void **state)
{
    (void)state;
    submit_accepted(2, 20, "trn:1", "validation");
    submit_accepted(1, 10, "trn:1", "payments");
    ready("validation-1", "validation", 200);
    ready("payments-1", "payments", 200);
    turn();
    assert_string_equal(work("validation-1"), "");
    assert_string_equal(work("payments-1"), "1");
}

static void an_earlier_one_waits_while_a_later_one_is_in_hand_and_goes_then(void **state)
{
    (void)state;
    submit_accepted(2, 20, "trn:1", "validation");
    ready("validation-1", "validation", 200);
    turn();
    assert_string_equal(work("validation-1"), "2");
    submit_accepted(1, 10, "trn:1", "validation");
    ready("validation-2", "validation", 200);
    turn();
    assert_string_equal(work("validation-2"), "");
    result("validation-1", WIRE_FORWARD, "eligibility", of_subject(2, 20, "trn:1"));
    ready("eligibility-1", "eligibility", 200);
    turn();
    assert_string_equal(work("validation-2"), "1");
    assert_string_equal(work("eligibility-1"), "");
}

static void a_returned_one_frees_its_subject_for_an_earlier_one_only(void **state)
{
    (void)state;
    submit_accepted(2, 20, "trn:1", "validation");
    submit_accepted(3, 30, "trn:1", "validation");
    ready("validation-1", "validation", 200);
    turn();
    result("validation-1", WIRE_RETURN, "validation", of_subject(2, 20, "trn:1"));
    forget_said();
    ready("validation-1", "validation", 200);
    turn();
    assert_string_equal(work("validation-1"), ""); /* 3 would only be given back at its commit */
    submit_accepted(1, 10, "trn:1", "validation");
    turn();
    assert_string_equal(work("validation-1"), "1");
    pass_ms(20);
    ready("validation-2", "validation", 200);
    turn();
    assert_string_equal(work("validation-2"), "");
    done("validation-1", 1);
    turn();
    assert_string_equal(work("validation-2"), "2");
}

static void equal_accept_nos_go_by_arrival(void **state)
{
    (void)state;
    submit_accepted(5, 10, "trn:1", "validation");
    submit_accepted(4, 10, "trn:1", "validation");
    ready("validation-1", "validation", 200);
    turn();
    assert_string_equal(work("validation-1"), "5");
}

static void intake_gives_a_record_its_subject(void **state)
{
    (void)state;
    submit_accepted(1, 10, "trn:1", "validation");
    ready("validation-1", "validation", 1);
    turn();
    assert_string_equal(work("validation-1"), "1");
    submit("front-1", "intake", record_no(2));
    ready("intake-1", "intake", 200);
    turn();
    assert_string_equal(work("intake-1"), "2");
    result("intake-1", WIRE_FORWARD, "validation", of_subject(2, 20, "trn:1"));
    ready("validation-2", "validation", 200);
    turn();
    assert_string_equal(work("validation-2"), "");
    done("validation-1", 1);
    turn();
    assert_string_equal(work("validation-2"), "2");
}

static void a_subject_that_changes_frees_the_old_one(void **state)
{
    (void)state;
    submit_accepted(1, 10, "teacher:1", "validation");
    submit_accepted(2, 20, "teacher:1", "validation");
    ready("validation-1", "validation", 200);
    turn();
    assert_string_equal(work("validation-1"), "1");
    result("validation-1", WIRE_FORWARD, "payments", of_subject(1, 10, "trn:1"));
    ready("validation-1", "validation", 200);
    turn();
    assert_string_equal(work("validation-1"), "2");
}

static void records_without_subject_never_wait_for_each_other(void **state)
{
    (void)state;
    submit_accepted(1, 10, "", "validation");
    submit_accepted(2, 20, "", "validation");
    ready("validation-1", "validation", 200);
    turn();
    assert_string_equal(work("validation-1"), "1 2");
}

static void a_dead_worker_gives_its_subject_back(void **state)
{
    (void)state;
    submit_accepted(1, 10, "trn:1", "validation");
    submit_accepted(2, 20, "trn:1", "validation");
    ready("validation-1", "validation", 200);
    turn();
    assert_string_equal(work("validation-1"), "1");
    pass_ms(3100);
    ready("validation-2", "validation", 200);
    turn();
    assert_string_equal(work("validation-2"), "1");
}

static void a_full_pipe_keeps_the_order_of_a_subject(void **state)
{
    (void)state;
    submit_accepted(1, 10, "trn:1", "validation");
    submit_accepted(2, 20, "trn:1", "validation");
    ready("validation-1", "validation", 200);
    the->full = "validation-1";
    turn();
    the->full = NULL;
    pass_ms(10);
    assert_string_equal(work("validation-1"), "1");
}

/* Random traffic: whatever happens, two of one subject are never in hand together, and nothing gets stuck. */
static void random_traffic_keeps_the_rule_and_finishes(void **state)
{
    (void)state;
    enum { RECORDS = 300, SUBJECTS = 7 };
    static const char *const services[] = {"validation", "eligibility", "payments"};
    int subject_in_hand[SUBJECTS] = {0};
    int in_hand[RECORDS], worker_of[RECORDS];
    bool finished[RECORDS] = {false};
    char subject[16], worker[32];
    int left = RECORDS;
    memset(in_hand, 0, sizeof in_hand);
    srand(7);
    for (int n = 0; n < RECORDS; n++) {
        (void)snprintf(subject, sizeof subject, "trn:%d", n % SUBJECTS);
        submit_accepted((unsigned)n, rand() % 1000 + 1, subject, services[rand() % 3]);
    }
    for (int step = 0; left > 0; step++) {
        assert_true(step < 200000);
        int w = rand() % 3;
        (void)snprintf(worker, sizeof worker, "%s-1", services[w]);
        ready(worker, services[w], 1 + rand() % 3);
        pass_ms(10);
        for (struct said *one; (one = said(NULL, WIRE_WORK)) != NULL;) {
            for (size_t i = 0; i < one->count; i++) {
                struct wire_record record = said_record(one, i);
                unsigned n = number_of(&record.id);
                assert_false(finished[n]);
                assert_int_equal(subject_in_hand[n % SUBJECTS]++, 0);
                in_hand[n] = (int)record.accept_no;
                worker_of[n] = one->service[0] == 'v' ? 0 : one->service[0] == 'e' ? 1 : 2;
            }
        }
        for (unsigned n = 0; n < RECORDS; n++) {
            if (in_hand[n] == 0 || rand() % 2 == 0)
                continue;
            int choice = rand() % 4;
            (void)snprintf(worker, sizeof worker, "%s-1", services[worker_of[n]]);
            (void)snprintf(subject, sizeof subject, "trn:%u", n % SUBJECTS);
            subject_in_hand[n % SUBJECTS]--;
            result(worker,
                   choice == 0   ? WIRE_RETURN
                   : choice == 1 ? WIRE_FORWARD
                                 : WIRE_DONE,
                   services[rand() % 3], of_subject(n, in_hand[n], subject));
            in_hand[n] = 0;
            if (choice > 1) {
                finished[n] = true;
                left--;
            }
        }
        for (int i = 0; i < 3; i++) {
            (void)snprintf(worker, sizeof worker, "%s-1", services[i]);
            tell(worker, WIRE_PONG, NULL, 0, NULL, 0);
        }
        if (the->said_count > SAID_MAX / 2)
            forget_said();
    }
    assert_true(broker_is_empty(the->broker));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(one_of_a_subject_is_handed_out_in_order_of_acceptance),
        TEST(a_subject_counts_over_all_services),
        TEST(a_subject_stays_with_its_record_from_stage_to_stage),
        TEST(an_earlier_one_overtakes_what_is_only_queued),
        TEST(an_earlier_one_waits_while_a_later_one_is_in_hand_and_goes_then),
        TEST(a_returned_one_frees_its_subject_for_an_earlier_one_only),
        TEST(equal_accept_nos_go_by_arrival),
        TEST(intake_gives_a_record_its_subject),
        TEST(a_subject_that_changes_frees_the_old_one),
        TEST(records_without_subject_never_wait_for_each_other),
        TEST(a_dead_worker_gives_its_subject_back),
        TEST(a_full_pipe_keeps_the_order_of_a_subject),
        TEST(random_traffic_keeps_the_rule_and_finishes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
