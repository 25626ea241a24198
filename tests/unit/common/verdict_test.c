/* verdict: what one stage writes the next one reads, and nothing else is taken for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/kinds.h"
#include "common/verdict.h"

static void comes_back_as_written(void **state)
{
    struct verdict read, written = {.digest = slice_of("ab\"cd"),
                                    .person_key = slice_of("trn:1234567"),
                                    .rules_version = slice_of("7"),
                                    .is_same_as = true,
                                    .is_fundable = true,
                                    .reason = slice_of("marker set")};
    char *text;

    (void)state;
    written.same_as.bytes[15] = 9;
    text = verdict_write(&written);
    assert_true(verdict_read(slice_of(text), &read, NULL));
    free(text);
    assert_true(slice_equal(read.digest, written.digest));
    assert_true(slice_equal(read.person_key, written.person_key));
    assert_true(slice_equal(read.rules_version, written.rules_version));
    assert_true(read.is_same_as && uuid_equal(&read.same_as, &written.same_as));
    assert_true(read.is_fundable);
    assert_true(slice_equal(read.reason, written.reason));
    verdict_release(&read);
}

static void no_same_record_is_null(void **state)
{
    struct verdict read, written = {.digest = slice_of("d"), .rules_version = slice_of("1")};
    char *text = verdict_write(&written);

    (void)state;
    assert_true(verdict_read(slice_of(text), &read, NULL));
    free(text);
    assert_false(read.is_same_as);
    assert_false(read.is_fundable);
    assert_int_equal(read.reason.size, 0);
    assert_int_equal(read.person_key.size, 0);
    assert_null(read.rules);
    verdict_release(&read);
}

static void rules_of_a_dry_run_travel_with_it(void **state)
{
    struct verdict read, written = {.digest = slice_of("d"), .rules_version = slice_of("1")};
    char *text;

    (void)state;
    written.rules = json_pack("[{s:s}]", "rule", "x");
    text = verdict_write(&written);
    assert_true(verdict_read(slice_of(text), &read, NULL));
    assert_true(json_equal(read.rules, written.rules));
    free(text);
    text = verdict_write(&read); /* as a stage in between does */
    verdict_release(&read);
    assert_true(verdict_read(slice_of(text), &read, NULL));
    assert_true(json_equal(read.rules, written.rules));
    verdict_release(&read);
    free(text);
    json_decref(written.rules);
}

static void other_texts_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "{",
        "null",
        "[]",
        "{}",
        "{\"digest\":\"d\"}",
        "{\"digest\":1,\"person_key\":\"\",\"rules_version\":\"1\",\"same_as\":null,\"fundable\":true,"
        "\"reason\":\"\"}",
        "{\"digest\":\"d\",\"person_key\":\"\",\"rules_version\":\"1\",\"same_as\":\"no "
        "id\",\"fundable\":true,\"reason\":\"\"}",
        "{\"digest\":\"d\",\"person_key\":\"\",\"rules_version\":\"1\",\"same_as\":7,\"fundable\":true,"
        "\"reason\":\"\"}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct verdict read;
        struct error err = {0};

        assert_false(verdict_read(slice_of(texts[i]), &read, &err));
        assert_int_equal(err.kind, ERROR_WIRE);
    }
}

static void stages_follow_the_row_of_the_kind(void **state)
{
    const struct kind *kind = kind_find(slice_of("declaration.create"));

    (void)state;
    assert_non_null(kind);
    assert_string_equal(kind_next_stage(kind, "validation"), "eligibility");
    assert_string_equal(kind_next_stage(kind, "eligibility"), "payments");
    assert_null(kind_next_stage(kind, "payments"));
    assert_null(kind_next_stage(kind, "nowhere"));
    kind = kind_find(slice_of("declaration.void")); /* eligibility has nothing to say of it */
    assert_string_equal(kind_next_stage(kind, "validation"), "payments");
    assert_null(kind_next_stage(kind, "payments"));
    assert_null(kind_find(slice_of("declaration.creat")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_written),
        cmocka_unit_test(no_same_record_is_null),
        cmocka_unit_test(rules_of_a_dry_run_travel_with_it),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(stages_follow_the_row_of_the_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
