/* Tests of common/buffer.c and common/error.c. */
#include "common/buffer.h"

#include <setjmp.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/error.h"
#include "common/log.h"
#include "tests/unit/common/capture.h"

/* Lets an allocation fail under the address sanitizer as it does without. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void appends_grow_and_stay_terminated(void **state)
{
    (void)state;
    struct buffer buffer = BUFFER_INIT;
    for (int i = 0; i < 1000; i++) {
        buffer_append(&buffer, "ab", 2);
        assert_int_equal(buffer.data[buffer.size], '\0');
    }
    buffer_append_char(&buffer, '!');
    buffer_append_text(&buffer, "end");
    buffer_append(&buffer, NULL, 0);
    assert_int_equal(buffer.size, 2004);
    assert_string_equal(buffer.data + 1998, "ab!end");
    assert_true(buffer.capacity > buffer.size);
    buffer_release(&buffer);
    assert_null(buffer.data);
    assert_int_equal(buffer.capacity, 0);
}

static void clear_keeps_memory(void **state)
{
    (void)state;
    struct buffer buffer = BUFFER_INIT;
    buffer_clear(&buffer);
    assert_null(buffer.data);
    buffer_append_text(&buffer, "text");
    const char *data = buffer.data;
    buffer_clear(&buffer);
    assert_int_equal(buffer.size, 0);
    assert_string_equal(buffer.data, "");
    buffer_append_text(&buffer, "more");
    assert_ptr_equal(buffer.data, data);
    buffer_release(&buffer);
}

static void reserve_does_not_change_the_size(void **state)
{
    (void)state;
    struct buffer buffer = BUFFER_INIT;
    buffer_append_text(&buffer, "abc");
    char *end = buffer_reserve(&buffer, 5000);
    assert_int_equal(buffer.size, 3);
    memset(end, 'x', 5000);
    buffer.size += 5000;
    assert_true(buffer.capacity > 5003);
    assert_memory_equal(buffer.data, "abcx", 4);
    buffer_release(&buffer);
}

static void printf_of_any_length(void **state)
{
    (void)state;
    struct buffer buffer = BUFFER_INIT;
    char expected[4097];
    /* Every length about the first capacities, so that the border case is among them. */
    for (int size = 0; size < 300; size++) {
        buffer_release(&buffer);
        buffer_printf(&buffer, "%0*d", size, 0);
        assert_int_equal(buffer.size, size == 0 ? 1 : size);
        assert_int_equal(strlen(buffer.data), buffer.size);
    }
    buffer_clear(&buffer);
    buffer_printf(&buffer, "%s=%d;", "a", 1);
    buffer_printf(&buffer, "%04000d", 7);
    (void)snprintf(expected, sizeof(expected), "a=1;%04000d", 7);
    assert_string_equal(buffer.data, expected);
    buffer_release(&buffer);
}

static void slice_and_take(void **state)
{
    (void)state;
    struct buffer buffer = BUFFER_INIT;
    assert_int_equal(buffer_slice(&buffer).size, 0);
    buffer_append(&buffer, "a\0b", 3);
    struct slice slice = buffer_slice(&buffer);
    assert_int_equal(slice.size, 3);
    assert_memory_equal(slice.data, "a\0b", 3);
    char *taken = buffer_take(&buffer);
    assert_memory_equal(taken, "a\0b", 4);
    assert_null(buffer.data);
    free(taken);
    taken = buffer_take(&buffer);
    assert_string_equal(taken, "");
    free(taken);
}

static void allocations_of_nothing_are_something(void **state)
{
    (void)state;
    void *p = memory_alloc(0);
    assert_non_null(p);
    p = memory_grow(p, 0, 8);
    assert_non_null(p);
    p = memory_grow(p, 10, 8);
    free(p);
    char *zero = memory_zero(0, 8);
    assert_non_null(zero);
    free(zero);
    zero = memory_zero(4, 8);
    for (int i = 0; i < 32; i++)
        assert_int_equal(zero[i], 0);
    free(zero);
    char *copy = memory_dup("copy");
    assert_string_equal(copy, "copy");
    free(copy);
    copy = memory_dup_slice((struct slice){"xyz", 2});
    assert_string_equal(copy, "xy");
    free(copy);
    copy = memory_dup_slice((struct slice){NULL, 0});
    assert_string_equal(copy, "");
    free(copy);
}

static volatile size_t huge = SIZE_MAX / 4;

static void alloc_huge(void)
{
    free(memory_alloc(huge));
}

static void zero_huge(void)
{
    free(memory_zero(huge, 3));
}

static void grow_overflows(void)
{
    free(memory_grow(NULL, huge, 8));
}

static void grow_huge(void)
{
    free(memory_grow(NULL, huge, 1));
}

static void reserve_overflows(void)
{
    struct buffer buffer = BUFFER_INIT;
    buffer_append_text(&buffer, "abc");
    (void)buffer_reserve(&buffer, huge * 4 + 3);
}

static void dup_overflows(void)
{
    free(memory_dup_slice((struct slice){"x", huge * 4 + 3}));
}

static void out_of_memory_ends_the_process_with_a_line(void **state)
{
    (void)state;
    void (*const cases[])(void) = {alloc_huge, zero_huge,         grow_overflows,
                                   grow_huge,  reserve_overflows, dup_overflows};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct capture capture = capture_begin();
        pid_t child = fork();
        if (child == 0) {
            log_open("test", LOG_INFO);
            cases[i]();
            _exit(0);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        char *text = capture_end(&capture);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 70);
        const char *line = strstr(text, "\"event\":\"out_of_memory\"");
        assert_non_null(line);
        assert_null(strstr(line + 1, "\"event\""));
        free(text);
    }
}

static void first_error_wins(void **state)
{
    (void)state;
    struct error err = {0};
    assert_false(error_set(&err, ERROR_WIRE, "first %d", 1));
    assert_false(error_set(&err, ERROR_BUG, "second"));
    assert_int_equal(err.kind, ERROR_WIRE);
    assert_string_equal(err.detail, "first 1");
    assert_string_equal(err.hint, "");
    error_clear(&err);
    assert_int_equal(err.kind, ERROR_NONE);
    assert_string_equal(err.detail, "");
    assert_false(error_set_hint(&err, ERROR_SETTINGS, "do that", "this"));
    assert_string_equal(err.hint, "do that");
    assert_false(error_set(NULL, ERROR_BUG, "nobody listens"));
}

static void long_details_are_cut(void **state)
{
    (void)state;
    struct error err = {0};
    char hint[400];
    memset(hint, 'h', sizeof(hint));
    hint[sizeof(hint) - 1] = '\0';
    (void)error_set_hint(&err, ERROR_DB, hint, "%01000d", 0);
    assert_int_equal(strlen(err.detail), sizeof(err.detail) - 1);
    assert_int_equal(strlen(err.hint), sizeof(err.hint) - 1);
}

static void kinds_have_names(void **state)
{
    (void)state;
    assert_string_equal(error_kind_name(ERROR_NONE), "none");
    assert_string_equal(error_kind_name(ERROR_BUG), "bug");
    assert_string_equal(error_kind_name(ERROR_DB_CONFLICT), "db_conflict");
    assert_true(error_is_retryable(&(struct error){.kind = ERROR_DB_LOST}));
    assert_false(error_is_retryable(&(struct error){.kind = ERROR_DB}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_grow_and_stay_terminated),
        cmocka_unit_test(clear_keeps_memory),
        cmocka_unit_test(reserve_does_not_change_the_size),
        cmocka_unit_test(printf_of_any_length),
        cmocka_unit_test(slice_and_take),
        cmocka_unit_test(allocations_of_nothing_are_something),
        cmocka_unit_test(out_of_memory_ends_the_process_with_a_line),
        cmocka_unit_test(first_error_wins),
        cmocka_unit_test(long_details_are_cut),
        cmocka_unit_test(kinds_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
