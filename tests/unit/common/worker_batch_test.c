/* worker_batch: what a handler says of an item that has to come back: waiting is no failure, trying in vain
 * is one (pipeline.md PL-33). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/worker.h"

/* As the broker does: the record comes back, counted up. */
static void comes_back(struct work_item *item)
{
    assert_int_equal(item->disposition, WIRE_RETURN);
    assert_string_equal(item->next_service, "validation");
    item->record.returns++;
    item->disposition = 0;
}

static int returns_until_failure(struct work_item *item)
{
    for (int returns = 1;; returns++) {
        work_return(item, "validation", "the facts have changed");
        if (item->failure != NULL)
            return returns;
        comes_back(item);
    }
}

static void the_twentieth_return_is_a_failure(void **state)
{
    struct work_item item = {0};

    (void)state;
    assert_int_equal(returns_until_failure(&item), WIRE_RETURNS_MAX);
    assert_int_equal(item.disposition, WIRE_DONE);
}

static void waiting_never_is(void **state)
{
    struct work_item item = {0};

    (void)state;
    for (int i = 0; i < 1000; i++) {
        work_wait(&item, "validation", "somebody else holds a lock of it");
        assert_null(item.failure);
        comes_back(&item);
        assert_int_equal(item.record.returns, i + 1 < WIRE_RETURNS_WAITING ? i + 1 : WIRE_RETURNS_WAITING);
    }
    /* nor does it leave little room for those that count */
    assert_int_equal(returns_until_failure(&item), WIRE_RETURNS_MAX - WIRE_RETURNS_WAITING);
}

static void waiting_takes_no_return_back(void **state)
{
    struct work_item item = {.record.returns = WIRE_RETURNS_MAX - 1};

    (void)state;
    work_wait(&item, "validation", "somebody else holds a lock of it");
    comes_back(&item);
    assert_int_equal(item.record.returns, WIRE_RETURNS_MAX - 1);
    assert_int_equal(returns_until_failure(&item), 1);
}

static bool is_bulk(const struct work_item *item)
{
    return item->record.class == WIRE_BULK;
}

/* What several brokers handed out stands in one queue: an upload among submissions, at every place. */
static void what_is_alone_is_a_batch_of_its_own(void **state)
{
    struct work_item items[5] = {0};

    (void)state;
    assert_int_equal(work_together(items, 5, NULL), 5);
    assert_int_equal(work_together(items, 5, is_bulk), 5);
    assert_int_equal(work_together(items, 1, is_bulk), 1);
    for (size_t at = 0; at < 5; at++) {
        items[at].record.class = WIRE_BULK;
        assert_int_equal(work_together(items, 5, is_bulk), at == 0 ? 1 : at);
        assert_int_equal(work_together(items, 5, NULL), 5);
        assert_int_equal(work_together(&items[at], 5 - at, is_bulk), 1);
        items[at].record.class = WIRE_WAIT;
    }
    items[0].record.class = items[1].record.class = WIRE_BULK;
    assert_int_equal(work_together(items, 5, is_bulk), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_twentieth_return_is_a_failure),
        cmocka_unit_test(waiting_never_is),
        cmocka_unit_test(waiting_takes_no_return_back),
        cmocka_unit_test(what_is_alone_is_a_batch_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
