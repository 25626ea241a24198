/* workers/scheduler/bury.c: at which stage a record died, by what it carries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "workers/scheduler/scheduler.h"

static const char *stage_of(const char *kind, const char *facts, const char *verdict)
{
    const struct wire_record record = {
        .kind = slice_of(kind), .facts = slice_of(facts), .verdict = slice_of(verdict)};

    return bury_stage_of(&record);
}

static void test_stage_by_what_the_record_carries(void **state)
{
    static const char judged[] =
        "{\"digest\":\"d\",\"person_key\":\"\",\"rules_version\":\"1\",\"same_as\":null,\"fundable\":false,"
        "\"reason\":\"\"}";
    static const char funded[] =
        "{\"digest\":\"d\",\"person_key\":\"\",\"rules_version\":\"1\",\"same_as\":null,\"fundable\":true,"
        "\"reason\":\"marker\"}";

    (void)state;
    assert_string_equal(stage_of("declaration.create", "", ""), "validation");
    assert_string_equal(stage_of("declaration.create", "{}", judged), "eligibility");
    assert_string_equal(stage_of("declaration.create", "{}", funded), "payments");
    assert_string_equal(stage_of("declaration.create", "{}", "not a verdict"), "eligibility");
    assert_string_equal(stage_of("declaration.void", "", ""), "validation");
    assert_string_equal(stage_of("declaration.void", "{}", judged), "payments");
    assert_string_equal(stage_of("declaration.invent", "{}", funded), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stage_by_what_the_record_carries)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
