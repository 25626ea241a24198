/* common/teacher_name.c: lead-provider-api.md section 4, full_name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/teacher_name.h"

static void test_names(void **state)
{
    static const struct {
        const char *corrected, *first, *last, *name;
    } cases[] = {
        {"Corrected Name", "Trs", "Name", "Corrected Name"},
        {NULL, "Trs", "Name", "Trs Name"},
        {"", "Trs", "Name", "Trs Name"},
        {" \t\n", "Trs", "Name", "Trs Name"},
        {".", "Trs", "Name", "."}, /* somebody wrote it */
        {NULL, ".", "Name", "Name"},
        {NULL, "Trs", ".", "Trs"},
        {NULL, "", "Name", "Name"},
        {NULL, "Trs", " ", "Trs"},
        {NULL, NULL, "Name", "Name"},
        {NULL, "Trs", NULL, "Trs"},
        {NULL, "..", "Name", ".. Name"},
        {NULL, ".", ".", "Unknown"},
        {NULL, NULL, NULL, "Unknown"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct teacher_name name = {slice_of(cases[i].corrected), slice_of(cases[i].first),
                                          slice_of(cases[i].last)};
        struct buffer out = BUFFER_INIT;

        teacher_name_append(&name, &out);
        if (strcmp(out.data, cases[i].name) != 0)
            fail_msg("case %zu: %s", i, out.data);
        buffer_release(&out);
    }
}

static void test_member(void **state)
{
    struct buffer out = BUFFER_INIT;

    (void)state;
    buffer_append_char(&out, '{');
    teacher_name_render(&(struct teacher_name){.corrected = slice_of("Zo\u00eb \"Z\" O'Neill")}, "full_name",
                        &out);
    assert_string_equal(out.data, "{\"full_name\":\"Zo\u00eb \\\"Z\\\" O'Neill\"");
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_member)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
