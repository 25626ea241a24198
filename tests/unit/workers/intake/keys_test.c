/* workers/intake/keys.c: who of a group is the first with a key, and what the others are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "workers/intake/intake.h"

enum { COUNT = 6 };

static struct work_item items[COUNT];
static struct intake_batch batch;

/* Entries of one caller without key, with ascending ids. */
static int begin(void **state)
{
    (void)state;
    memset(items, 0, sizeof items);
    memset(&batch, 0, sizeof batch);
    batch.count = COUNT;
    for (size_t i = 0; i < COUNT; i++) {
        items[i].record = (struct wire_record){.id = uuid_v7(), .caller_id = 7, .class = WIRE_WAIT};
        batch.entries[i].item = &items[i];
    }
    return 0;
}

static void swap_ids(size_t a, size_t b)
{
    const struct uuid id = items[a].record.id;

    items[a].record.id = items[b].record.id;
    items[b].record.id = id;
}

static void expect_behind(size_t entry, size_t first)
{
    assert_int_equal(batch.entries[entry].state, INTAKE_BEHIND);
    assert_ptr_equal(batch.entries[entry].first, &batch.entries[first]);
}

static void without_keys_nothing_happens(void **state)
{
    (void)state;
    assert_false(intake_has_keys(&batch));
    intake_keys_choose(&batch);
    intake_keys_conclude(&batch);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(batch.entries[i].state, INTAKE_OPEN);
}

static void of_equal_keys_the_smallest_id_is_first(void **state)
{
    (void)state;
    swap_ids(1, 4); /* the smaller one comes later */
    swap_ids(4, 5);
    batch.entries[1].key = batch.entries[2].key = batch.entries[5].key = slice_of("k");
    batch.entries[3].key = slice_of("K");
    batch.entries[0].key = slice_of("k2");
    assert_true(intake_has_keys(&batch));
    intake_keys_choose(&batch);
    expect_behind(1, 5);
    expect_behind(2, 5);
    for (size_t i = 0; i < COUNT; i++)
        if (i != 1 && i != 2)
            assert_int_equal(batch.entries[i].state, INTAKE_OPEN);
}

static void a_key_is_its_callers(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++)
        batch.entries[i].key = slice_of("k");
    items[1].record.caller_id = 8;
    items[2].record.caller_type = WIRE_SCHOOL;
    intake_keys_choose(&batch);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(batch.entries[i].state, INTAKE_OPEN);
}

static void a_copy_is_not_another_one(void **state)
{
    (void)state;
    items[1].record.id = items[0].record.id;
    batch.entries[0].key = batch.entries[1].key = batch.entries[2].key = slice_of("k");
    intake_keys_choose(&batch);
    assert_int_equal(batch.entries[0].state, INTAKE_OPEN);
    assert_int_equal(batch.entries[1].state, INTAKE_OPEN);
    assert_int_equal(batch.entries[2].state, INTAKE_BEHIND);
}

static void who_is_out_already_is_nobodys_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++)
        batch.entries[i].key = slice_of("k");
    batch.entries[0].state = INTAKE_HELD;
    batch.entries[1].state = INTAKE_BUSY;
    intake_keys_choose(&batch);
    assert_int_equal(batch.entries[0].state, INTAKE_HELD);
    assert_int_equal(batch.entries[1].state, INTAKE_BUSY);
    assert_int_equal(batch.entries[2].state, INTAKE_OPEN);
}

static void who_is_behind_is_told_of_the_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++)
        batch.entries[i].key = slice_of("k");
    batch.entries[2].digest[31] = 1;
    items[2].record.class = WIRE_ASYNC; /* its own does not matter */
    intake_keys_choose(&batch);
    intake_keys_conclude(&batch);
    assert_int_equal(batch.entries[1].state, INTAKE_BEHIND); /* the first was refused: nobody has the key */

    batch.entries[0].is_stored = true;
    batch.entries[0].clock_us = 12;
    intake_keys_conclude(&batch);
    assert_int_equal(batch.entries[0].state, INTAKE_OPEN);
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(batch.entries[i].state, INTAKE_HELD);
        assert_true(uuid_equal(&batch.entries[i].holder.submission, &items[0].record.id));
        assert_int_equal(batch.entries[i].holder.is_same_request, i == 1);
        assert_true(batch.entries[i].holder.waits);
        assert_int_equal(batch.entries[i].clock_us, 12);
    }
}

static void what_the_first_did_counts(void **state)
{
    (void)state;
    batch.entries[0].key = batch.entries[1].key = slice_of("k");
    items[0].record.class = WIRE_ASYNC;
    batch.entries[0].is_stored = true;
    intake_keys_choose(&batch);
    intake_keys_conclude(&batch);
    assert_int_equal(batch.entries[1].state, INTAKE_HELD);
    assert_false(batch.entries[1].holder.waits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(without_keys_nothing_happens, begin),
        cmocka_unit_test_setup(of_equal_keys_the_smallest_id_is_first, begin),
        cmocka_unit_test_setup(a_key_is_its_callers, begin),
        cmocka_unit_test_setup(a_copy_is_not_another_one, begin),
        cmocka_unit_test_setup(who_is_out_already_is_nobodys_first, begin),
        cmocka_unit_test_setup(who_is_behind_is_told_of_the_first, begin),
        cmocka_unit_test_setup(what_the_first_did_counts, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
