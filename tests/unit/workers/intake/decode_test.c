/* workers/intake/decode.c: what is a submission, what a note, what is dropped, the subject of who is not
 * found, and idempotency keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/log.h"
#include "common/uuid.h"
#include "common/worker_private.h"
#include "workers/intake/intake.h"

#define PERSON    "0192d3e4-5a6b-4c7d-8e9f-0a1b2c3d4e5f"
#define DIGITS_64 "0123456789012345678901234567890123456789012345678901234567890123"
#define DIGITS_67 DIGITS_64 "456"

static struct work_item item_of(const char *kind, const char *payload)
{
    return (struct work_item){.record = {.class = WIRE_ASYNC,
                                         .caller_type = WIRE_LEAD_PROVIDER,
                                         .caller_id = 7,
                                         .id = uuid_v7(),
                                         .kind = slice_of(kind),
                                         .payload = slice_of(payload)}};
}

static void expect_text(struct slice text, const char *expected)
{
    assert_int_equal(text.size, strlen(expected));
    assert_memory_equal(text.data, expected, text.size);
}

static void expect_dropped(struct work_item item)
{
    static struct intake_batch batch;

    intake_decode(&item, 1, &batch);
    assert_int_equal(batch.count, 0);
    assert_int_equal(batch.token_count, 0);
    assert_int_equal(batch.usage_count, 0);
    assert_int_equal(item.disposition, WIRE_DONE);
    work_item_release(&item);
}

static void test_submission_that_names_a_person(void **state)
{
    struct work_item items[] = {item_of(
        "declaration.create", "{\"fields\":{\"participant_id\":\"0192D3E4-5A6B-4C7D-8E9F-0A1B2C3D4E5F\"}}")};
    static struct intake_batch batch;
    struct uuid person;

    (void)state;
    assert_true(uuid_parse(slice_of(PERSON), &person));
    intake_decode(items, 1, &batch);
    assert_int_equal(batch.count, 1);
    assert_ptr_equal(batch.entries[0].item, &items[0]);
    assert_string_equal(batch.entries[0].kind->name, "declaration.create");
    assert_true(batch.entries[0].has_given);
    assert_true(uuid_equal(&batch.entries[0].given, &person));
    assert_int_equal(batch.entries[0].accepted_at_us, uuid_v7_time_us(&items[0].record.id));
    assert_int_equal(items[0].disposition, 0);
    work_item_release(&items[0]);
}

static void test_subject_of_who_is_not_found(void **state)
{
    static const char *const payloads[] = {"{\"fields\":{\"participant_id\":\"nobody\"}}",
                                           "{\"fields\":{\"participant_id\":\"" DIGITS_67 "\"}}",
                                           "{\"fields\":{\"participant_id\":\"\"}}",
                                           "{\"fields\":{\"participant_id\":null}}",
                                           "{\"fields\":{}}",
                                           "{\"fields\":{\"participant_id\":12}}"};
    struct work_item items[6];
    static struct intake_batch batch;
    char id[UUID_TEXT_SIZE], own[64];

    (void)state;
    for (size_t i = 0; i < 6; i++)
        items[i] = item_of("declaration.create", payloads[i]);
    intake_decode(items, 6, &batch);
    assert_int_equal(batch.count, 6);
    expect_text(batch.entries[0].otherwise, "declaration.create:nobody");
    expect_text(batch.entries[1].otherwise, "declaration.create:" DIGITS_64);
    for (size_t i = 2; i < 6; i++) {
        assert_false(batch.entries[i].has_given);
        uuid_format(&items[i].record.id, id);
        (void)snprintf(own, sizeof own, "declaration.create:%.36s", id);
        expect_text(batch.entries[i].otherwise, own);
    }
    for (size_t i = 0; i < 6; i++)
        work_item_release(&items[i]);
}

static void test_submission_that_names_a_declaration(void **state)
{
    struct work_item items[] = {item_of("declaration.void", "{\"fields\":{\"id\":\"" PERSON "\"}}"),
                                item_of("declaration.void", "{\"fields\":{\"id\":\"nothing\"}}"),
                                item_of("declaration.void", "{\"fields\":{\"id\":null}}")};
    static struct intake_batch batch;

    (void)state;
    intake_decode(items, 3, &batch);
    assert_int_equal(batch.count, 3);
    assert_true(batch.entries[0].has_given);
    assert_int_equal(batch.entries[0].kind->subject, SUBJECT_DECLARATION);
    expect_text(batch.entries[0].otherwise, "declaration.void:" PERSON);
    assert_false(batch.entries[1].has_given);
    expect_text(batch.entries[1].otherwise, "declaration.void:nothing");
    assert_false(batch.entries[2].has_given);
    for (size_t i = 0; i < 3; i++)
        work_item_release(&items[i]);
}

static void test_cut_keeps_characters_whole(void **state)
{
    (void)state;
    expect_text(intake_cut(slice_of("abc"), 2), "ab");
    expect_text(intake_cut(slice_of("abc"), 3), "abc");
    expect_text(intake_cut(slice_of("abc"), 9), "abc");
    expect_text(intake_cut(slice_of("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z"), 3),
                "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
    expect_text(intake_cut(slice_of("\xC3\xA9\xE2\x82\xAC"), 1), "\xC3\xA9");
    assert_int_equal(intake_cut(slice_of(""), 5).size, 0);
}

static void test_equal_payloads_have_equal_digests(void **state)
{
    struct work_item items[] = {item_of("declaration.create", "{\"fields\":{}}"),
                                item_of("declaration.create", "{\"fields\":{}}"),
                                item_of("declaration.create", "{\"fields\":{\"x\":null}}")};
    static struct intake_batch batch;

    (void)state;
    intake_decode(items, 3, &batch);
    assert_memory_equal(batch.entries[0].digest, batch.entries[1].digest, 32);
    assert_memory_not_equal(batch.entries[0].digest, batch.entries[2].digest, 32);
    for (size_t i = 0; i < 3; i++)
        work_item_release(&items[i]);
}

static void test_idempotency_keys(void **state)
{
    struct work_item items[] = {
        item_of("declaration.create", "{\"fields\":{}}"),
        item_of("declaration.create", "{\"idempotency_key\":\"a\\\"b\",\"fields\":{}}"),
        item_of("declaration.create", "{\"fields\":{\"idempotency_key\":\"a\"}}")};
    struct work_item nobodys = item_of("declaration.create", "{\"idempotency_key\":\"a\",\"fields\":{}}");
    static struct intake_batch batch;

    (void)state;
    intake_decode(items, 3, &batch);
    assert_int_equal(batch.count, 3);
    assert_int_equal(batch.entries[0].key.size, 0);
    expect_text(batch.entries[1].key, "a\"b");
    assert_int_equal(batch.entries[2].key.size, 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(batch.entries[i].state, INTAKE_OPEN);
        work_item_release(&items[i]);
    }
    expect_dropped(item_of("declaration.create", "{\"idempotency_key\":\"\",\"fields\":{}}"));
    expect_dropped(item_of("declaration.create", "{\"idempotency_key\":\"a b\",\"fields\":{}}"));
    expect_dropped(item_of("declaration.create", "{\"idempotency_key\":7,\"fields\":{}}"));
    nobodys.record.caller_id = 0;
    expect_dropped(nobodys);
}

static void test_what_a_sibling_should_not_have_sent(void **state)
{
    struct work_item item = item_of("declaration.create", "{\"fields\":{}}");

    (void)state;
    expect_dropped(item_of("declaration.invent", "{\"fields\":{}}"));
    expect_dropped(item_of("declaration.create", ""));
    expect_dropped(item_of("declaration.create", "[]"));
    expect_dropped(item_of("declaration.create", "{\"fields\":[]}"));
    expect_dropped(item_of("declaration.create", "{\"fields\":{}"));
    item.record.id = uuid_v4();
    expect_dropped(item);
    item = item_of("declaration.create", "{\"fields\":{}}");
    item.record.flags = WIRE_FLAG_DRY_RUN;
    expect_dropped(item);
    item = item_of("declaration.create", "{\"fields\":{}}");
    item.record.class = WIRE_BULK;
    expect_dropped(item);
}

static void test_notes(void **state)
{
    struct work_item items[] = {item_of("note.token_used", "{\"fields\":{\"token_id\":12}}"),
                                item_of("declaration.create", "{\"fields\":{}}"),
                                item_of("note.token_used", "{\"fields\":{\"token_id\":12}}")};
    struct work_item bad = item_of("note.token_used", "{\"fields\":{\"token_id\":\"12\"}}");
    static struct intake_batch batch;

    (void)state;
    items[0].record.flags = items[2].record.flags = bad.record.flags = WIRE_FLAG_NOTE;
    intake_decode(items, 3, &batch);
    assert_int_equal(batch.token_count, 2);
    assert_int_equal(batch.token_ids[0], 12);
    assert_int_equal(batch.token_ids[1], 12);
    assert_int_equal(batch.count, 1);
    assert_int_equal(items[0].disposition, WIRE_DONE);
    expect_dropped(bad);
    for (size_t i = 0; i < 3; i++)
        work_item_release(&items[i]);
}

/* lead-provider-api.md 3.14/2 */
static void test_notes_of_requests(void **state)
{
    static const char two[] = "{\"fields\":{\"events\":[{},{}]}}";
    static const char *const bad[] = {"{\"fields\":{\"events\":[]}}", "{\"fields\":{\"events\":{\"a\":1}}}",
                                      "{\"fields\":{\"token_id\":12}}", "{\"fields\":{}}", "{"};
    struct work_item items[] = {item_of("note.requests", two),
                                item_of("note.token_used", "{\"fields\":{\"token_id\":12}}")};
    static struct intake_batch batch;

    (void)state;
    items[0].record.flags = items[1].record.flags = WIRE_FLAG_NOTE;
    intake_decode(items, 2, &batch);
    assert_int_equal(batch.count, 0);
    assert_int_equal(batch.token_count, 1);
    assert_int_equal(batch.usage_count, 1);
    expect_text(batch.usage[0].payload, two);
    assert_int_equal(batch.usage[0].events, 2);
    assert_int_equal(items[0].disposition, WIRE_DONE);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct work_item item = item_of("note.requests", bad[i]);
        item.record.flags = WIRE_FLAG_NOTE;
        expect_dropped(item);
    }
    expect_dropped(item_of("note.requests", two)); /* no note */
    for (size_t i = 0; i < 2; i++)
        work_item_release(&items[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_submission_that_names_a_person),
        cmocka_unit_test(test_subject_of_who_is_not_found),
        cmocka_unit_test(test_submission_that_names_a_declaration),
        cmocka_unit_test(test_cut_keeps_characters_whole),
        cmocka_unit_test(test_equal_payloads_have_equal_digests),
        cmocka_unit_test(test_idempotency_keys),
        cmocka_unit_test(test_what_a_sibling_should_not_have_sent),
        cmocka_unit_test(test_notes),
        cmocka_unit_test(test_notes_of_requests),
    };

    log_open("test", LOG_ERROR + 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
