/* Tests of common/uuid.c. */
#include "common/uuid.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/clock.h"

static const char sample[] = "0190163d-8694-739b-aea5-966c26f8ad91";

static void text_and_back(void **state)
{
    (void)state;
    struct uuid id;
    char text[UUID_TEXT_SIZE], upper[UUID_TEXT_SIZE];
    assert_true(uuid_parse(slice_of(sample), &id));
    assert_int_equal(id.bytes[0], 0x01);
    assert_int_equal(id.bytes[15], 0x91);
    uuid_format(&id, text);
    assert_string_equal(text, sample);

    for (size_t i = 0; i < sizeof(upper); i++)
        upper[i] = (char)toupper((unsigned char)sample[i]);
    struct uuid same;
    assert_true(uuid_parse(slice_of(upper), &same));
    assert_true(uuid_equal(&id, &same));
    same.bytes[15] ^= 1;
    assert_false(uuid_equal(&id, &same));
}

static void other_texts_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "0190163d-8694-739b-aea5-966c26f8ad9",
        "0190163d-8694-739b-aea5-966c26f8ad911",
        "0190163d8694739baea5966c26f8ad91",
        "0190163d8694-739b-aea5-966c26f8ad91-",
        "{190163d-8694-739b-aea5-966c26f8ad9}",
        "0190163g-8694-739b-aea5-966c26f8ad91",
        "0190163d-8694-739b-aea5-966c26f8ad9 ",
        "0190163d_8694-739b-aea5-966c26f8ad91",
        "+190163d-8694-739b-aea5-966c26f8ad91",
        "0190163d-8694-739b-aea5--66c26f8ad91",
    };
    struct uuid id, untouched;
    memset(&id, 0xaa, sizeof(id));
    memset(&untouched, 0xaa, sizeof(untouched));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_false(uuid_parse(slice_of(texts[i]), &id));
    assert_false(uuid_parse((struct slice){NULL, 0}, &id));
    assert_true(uuid_equal(&id, &untouched));
}

static void version_7_carries_its_time(void **state)
{
    (void)state;
    int64_t before_us = machine_now_us();
    struct uuid id = uuid_v7();
    int64_t after_us = machine_now_us();
    assert_true(uuid_is_v7(&id));
    assert_true(uuid_v7_time_us(&id) >= before_us - 1000);
    assert_true(uuid_v7_time_us(&id) <= after_us);
    assert_true(uuid_parse(slice_of(sample), &id));
    assert_true(uuid_v7_time_us(&id) == INT64_C(0x0190163d8694) * 1000);
    assert_true(uuid_is_v7(&id));
    id.bytes[6] = 0x4f;
    assert_false(uuid_is_v7(&id));
    id.bytes[6] = 0x7f;
    id.bytes[8] = 0x1f;
    assert_false(uuid_is_v7(&id));
}

/* More than a millisecond's counter holds, so that borrowing from the next one is among them. */
static void version_7_ascends(void **state)
{
    (void)state;
    struct uuid last = uuid_v7();
    for (int i = 0; i < 200000; i++) {
        struct uuid id = uuid_v7();
        assert_true(memcmp(last.bytes, id.bytes, sizeof(id.bytes)) < 0);
        last = id;
    }
    assert_true(uuid_is_v7(&last));
}

static void processes_after_a_fork_differ(void **state)
{
    (void)state;
    (void)uuid_v7();
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    struct uuid ids[2] = {uuid_v7(), uuid_v4()};
    if (child == 0) {
        ssize_t written = write(ends[1], ids, sizeof(ids));
        _exit(written == (ssize_t)sizeof(ids) ? 0 : 1);
    }
    struct uuid others[2];
    assert_int_equal(read(ends[0], others, sizeof(others)), sizeof(others));
    assert_false(uuid_equal(&ids[0], &others[0]));
    assert_false(uuid_equal(&ids[1], &others[1]));
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void version_4_is_random(void **state)
{
    (void)state;
    uint8_t ones[16] = {0}, zeros[16] = {0};
    struct uuid last = uuid_v4();
    for (int i = 0; i < 1000; i++) {
        struct uuid id = uuid_v4();
        assert_int_equal(id.bytes[6] >> 4, 4);
        assert_int_equal(id.bytes[8] >> 6, 2);
        assert_false(uuid_equal(&id, &last));
        for (int j = 0; j < 16; j++) {
            ones[j] = (uint8_t)(ones[j] | id.bytes[j]);
            zeros[j] = (uint8_t)(zeros[j] | ~id.bytes[j]);
        }
        last = id;
    }
    for (int j = 0; j < 16; j++) {
        assert_int_equal(ones[j], j == 6 ? 0x4f : j == 8 ? 0xbf : 0xff);
        assert_int_equal(zeros[j], j == 6 ? 0xbf : j == 8 ? 0x7f : 0xff);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_back),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(version_7_carries_its_time),
        cmocka_unit_test(version_7_ascends),
        cmocka_unit_test(processes_after_a_fork_differ),
        cmocka_unit_test(version_4_is_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
