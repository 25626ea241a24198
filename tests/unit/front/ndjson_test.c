/* front/ndjson.c: lines of a bulk request, blank ones counted and passed over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "front/ndjson.h"

/* expected: "number:text" of each line, separated by blanks. */
static void expect(const char *body, const char *expected)
{
    struct ndjson lines = {.rest = slice_of(body)};
    struct slice line;
    char seen[200] = "";
    size_t used = 0, count = 0, last;

    while (ndjson_next(&lines, &line)) {
        used += (size_t)snprintf(seen + used, sizeof seen - used, "%s%zu:%.*s", used == 0 ? "" : "|",
                                 lines.line, (int)line.size, line.data);
        count++;
    }
    assert_string_equal(seen, expected);
    assert_int_equal(ndjson_count(slice_of(body), &last), count);
    assert_int_equal(
        last, count == 0 ? 0 : strtoul(strrchr(seen, '|') == NULL ? seen : strrchr(seen, '|') + 1, NULL, 10));
}

static void test_lines(void **state)
{
    (void)state;
    expect("", "");
    expect("\n", "");
    expect(" \t\r\n\r\n\n ", "");
    expect("a", "1:a");
    expect("a\n", "1:a");
    expect("a\nb", "1:a|2:b");
    expect("\n\na\n \nb\n\n", "3:a|5:b");
    expect(" a \r\nb\r", "1: a \r|2:b\r");
    expect("\va", "1:\va");
}

static void test_zeros_are_no_ends(void **state)
{
    static const char body[] = "a\0b\n\0\nc";
    struct ndjson lines = {.rest = {body, sizeof body - 1}};
    struct slice line;

    (void)state;
    assert_true(ndjson_next(&lines, &line));
    assert_int_equal(line.size, 3);
    assert_true(ndjson_next(&lines, &line));
    assert_int_equal(line.size, 1);
    assert_true(ndjson_next(&lines, &line));
    assert_int_equal(lines.line, 3);
    assert_false(ndjson_next(&lines, &line));
    assert_false(ndjson_next(&(struct ndjson){0}, &line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_zeros_are_no_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
