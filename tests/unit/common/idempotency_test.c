/* common/idempotency.c: which keys are good, and that what one end writes the other reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "common/idempotency.h"

static void keys_are_visible_ascii(void **state)
{
    char key[IDEMPOTENCY_KEY_MAX + 1];

    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        key[0] = 'a';
        key[1] = (char)byte;
        assert_int_equal(idempotency_key_is_valid((struct slice){key, 2}), byte >= 0x21 && byte <= 0x7e);
    }
    memset(key, '~', sizeof key);
    for (size_t size = 0; size <= sizeof key; size++)
        assert_int_equal(idempotency_key_is_valid((struct slice){key, size}),
                         size >= 1 && size <= IDEMPOTENCY_KEY_MAX);
    assert_false(idempotency_key_is_valid((struct slice){NULL, 0}));
}

static void a_key_goes_beside_the_fields(void **state)
{
    struct buffer payload = BUFFER_INIT;
    char key[0x7e - 0x21 + 1];

    (void)state;
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (char)(0x21 + i);
    idempotency_payload(&payload, slice_of("{\"fields\":{\"x\":1}}"), (struct slice){key, sizeof key});
    json_t *read = json_loadb(payload.data, payload.size, JSON_REJECT_DUPLICATES, NULL);
    const json_t *given = json_object_get(read, IDEMPOTENCY_FIELD);
    assert_int_equal(json_object_size(read), 2);
    assert_int_equal(json_string_length(given), sizeof key);
    assert_memory_equal(json_string_value(given), key, sizeof key);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(read, "fields"), "x")), 1);
    json_decref(read);
    buffer_release(&payload);
}

static void a_holder_comes_back_as_written(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        const struct idempotency_holder written = {
            .submission = uuid_v7(), .is_same_request = (i & 1) != 0, .waits = (i & 2) != 0};
        struct idempotency_holder read;
        struct buffer text = BUFFER_INIT;

        idempotency_holder_write(&text, &written);
        assert_true(idempotency_holder_read(buffer_slice(&text), &read));
        assert_true(uuid_equal(&read.submission, &written.submission));
        assert_int_equal(read.is_same_request, written.is_same_request);
        assert_int_equal(read.waits, written.waits);
        buffer_release(&text);
    }
}

static void nothing_else_is_a_holder(void **state)
{
    static const char id[] = "01936f2e-0000-7000-8000-000000000000";
    static const char *const others[] = {
        "",
        "null",
        "[]",
        "{}",
        "{\"submission\":\"%s\",\"same_request\":true}",
        "{\"submission\":\"%s\",\"waits\":true}",
        "{\"same_request\":true,\"waits\":true}",
        "{\"submission\":\"%s\",\"same_request\":1,\"waits\":true}",
        "{\"submission\":\"%s\",\"same_request\":true,\"waits\":null}",
        "{\"submission\":\"x%s\",\"same_request\":true,\"waits\":true}",
        "{\"submission\":7,\"same_request\":true,\"waits\":true}",
    };
    struct idempotency_holder read = {.waits = true};

    (void)state;
    assert_false(idempotency_holder_read((struct slice){NULL, 0}, &read));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct buffer text = BUFFER_INIT;
        const char *hole = strstr(others[i], "%s");

        buffer_append(&text, others[i], hole == NULL ? strlen(others[i]) : (size_t)(hole - others[i]));
        if (hole != NULL) {
            buffer_append_text(&text, id);
            buffer_append_text(&text, hole + 2);
        }
        assert_false(idempotency_holder_read(buffer_slice(&text), &read));
        buffer_release(&text);
    }
    assert_true(read.waits); /* untouched */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_visible_ascii),
        cmocka_unit_test(a_key_goes_beside_the_fields),
        cmocka_unit_test(a_holder_comes_back_as_written),
        cmocka_unit_test(nothing_else_is_a_holder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
