/* common/moved_lists.c: locks and cache scopes name the same lead providers, each once. */
#include "common/moved_lists.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const int64_t declaration_ids[] = {3, 7, 9}, participant_ids[] = {3, 12};

static void expect(const struct moved_lists *lists, const char *scopes, const int64_t *locks, size_t count)
{
    struct commit commit = {0};
    struct buffer text = BUFFER_INIT;

    lists_scopes(lists, &text);
    assert_string_equal(text.data, scopes);
    lists_lock(&commit, /* entry= */ 4, lists);
    assert_int_equal(commit.lock_count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(commit.locks[i].class, LOCK_LIST);
        assert_int_equal(commit.locks[i].number, locks[i]);
        assert_int_equal(commit.locks[i].entry, 4);
        assert_true(commit.locks[i].shared);
    }
    buffer_release(&text);
    commit_release(&commit);
}

static void everybody_who_sees_it(void **state)
{
    (void)state;
    expect(&(struct moved_lists){.lead_provider_id = 7,
                                 .declaration_ids = declaration_ids,
                                 .declaration_count = 3,
                                 .participant_ids = participant_ids,
                                 .participant_count = 2},
           "{lp:7}:declarations,{lp:3}:declarations,{lp:9}:declarations,{lp:3}:participants,{lp:12}:"
           "participants",
           (const int64_t[]){7, 3, 9, 3, 12}, 5);
}

static void where_a_school_changes_everybody(void **state)
{
    (void)state;
    expect(&(struct moved_lists){.lead_provider_id = 7, .schools = true},
           "{lp:7}:declarations,{lp:0}:schools", (const int64_t[]){7, 0}, 2);
}

static void where_who_is_trained_changes_its_partnerships(void **state)
{
    (void)state;
    expect(&(struct moved_lists){.lead_provider_id = 7, .partnerships = true},
           "{lp:7}:declarations,{lp:7}:partnerships", (const int64_t[]){7, 7}, 2);
}

static void who_made_it_alone(void **state)
{
    (void)state;
    expect(&(struct moved_lists){.lead_provider_id = 7}, "{lp:7}:declarations", (const int64_t[]){7}, 1);
    expect(&(struct moved_lists){.lead_provider_id = 7,
                                 .declaration_ids = declaration_ids + 1,
                                 .declaration_count = 1},
           "{lp:7}:declarations", (const int64_t[]){7}, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_who_sees_it),
        cmocka_unit_test(where_a_school_changes_everybody),
        cmocka_unit_test(where_who_is_trained_changes_its_partnerships),
        cmocka_unit_test(who_made_it_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
