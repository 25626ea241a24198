/* Tests of common/declaration_date.c: declarations.md 3.4. */
#include "common/declaration_date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/clock.h"

static void accepted_texts(void **state)
{
    (void)state;
    static const struct {
        const char *text, *utc;
    } cases[] = {
        {"2025-05-06T07:00:00Z", "2025-05-06T07:00:00.000000Z"},
        {"2025-05-06t07:00:00z", "2025-05-06T07:00:00.000000Z"},
        {"2025-05-06T07:00:00.5Z", "2025-05-06T07:00:00.500000Z"},
        {"2025-05-06T07:00:00,5Z", "2025-05-06T07:00:00.500000Z"},
        {"2025-05-06T07:00:00.123456Z", "2025-05-06T07:00:00.123456Z"},
        {"2025-05-06T07:00:00.1234569999999999999999999999Z",
         "2025-05-06T07:00:00.123456Z"}, /* cut, not rounded */
        {"2025-05-06T07:00:00.0000009Z", "2025-05-06T07:00:00.000000Z"},
        {"2025-05-06T07:00:00+01:00", "2025-05-06T06:00:00.000000Z"},
        {"2025-05-06T07:00:00+0130", "2025-05-06T05:30:00.000000Z"},
        {"2025-05-06T07:00:00-05", "2025-05-06T12:00:00.000000Z"},
        {"2025-05-06T07:00:00.25-00:00", "2025-05-06T07:00:00.250000Z"},
        {"2025-05-06T07:00:00+23:59", "2025-05-05T07:01:00.000000Z"},
        {"2025-05-06T07:00:00-23:59", "2025-05-07T06:59:00.000000Z"},
        {"2024-02-29T23:59:59.999999Z", "2024-02-29T23:59:59.999999Z"},
        {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"},
        {"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
        /* no zone: London */
        {"2025-05-06T07:00:00", "2025-05-06T06:00:00.000000Z"},
        {"2025-01-06T07:00:00", "2025-01-06T07:00:00.000000Z"},
        {"2025-05-06T00:30:00,000001", "2025-05-05T23:30:00.000001Z"},
        {"2025-03-30T00:59:59.999999", "2025-03-30T00:59:59.999999Z"},
        {"2025-03-30T02:00:00", "2025-03-30T01:00:00.000000Z"},
        {"2025-10-26T01:30:00", "2025-10-26T00:30:00.000000Z"}, /* the first of the two */
        {"2025-10-26T02:00:00", "2025-10-26T02:00:00.000000Z"},
        /* the skipped hour exists with a zone */
        {"2025-03-30T01:30:00Z", "2025-03-30T01:30:00.000000Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t instant_us;
        char text[RFC3339_SIZE];
        if (!declaration_date_parse(slice_of(cases[i].text), &instant_us))
            fail_msg("refused: %s", cases[i].text);
        rfc3339_format_us(instant_us, text);
        if (strcmp(text, cases[i].utc) != 0)
            fail_msg("%s is %s, expected %s", cases[i].text, text, cases[i].utc);
    }
}

static void malformed_texts(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "2025-05-06",
        "2025-05-06T07:00Z",    /* seconds are mandatory */
        "2025-05-06 07:00:00Z", /* a space */
        "2025-05-06T07:00:00 Z",
        " 2025-05-06T07:00:00Z",
        "2025-05-06T07:00:00Z ",
        "2025-05-06T07:00:00Z\n",
        "2025-05-06T07:00:60Z", /* a leap second */
        "2025-05-06T07:60:00Z",
        "2025-05-06T24:00:00Z",
        "2025-02-29T07:00:00Z",
        "2025-13-06T07:00:00Z",
        "2025-00-06T07:00:00Z",
        "2025-05-00T07:00:00Z",
        "2025-04-31T07:00:00Z",
        "0000-05-06T07:00:00Z",
        "25-05-06T07:00:00Z",
        "12025-05-06T07:00:00Z",
        "2025-5-6T07:00:00Z",
        "20250506T070000Z",
        "2025-05-06T7:00:00Z",
        "2025-05-06T07:00:00.Z",
        "2025-05-06T07:00:00,",
        "2025-05-06T07:00:00.x",
        "2025-05-06T07:00:00;5Z",
        "2025-05-06T07:00:00+1",
        "2025-05-06T07:00:00+",
        "2025-05-06T07:00:00+01:",
        "2025-05-06T07:00:00+01:0",
        "2025-05-06T07:00:00+010",
        "2025-05-06T07:00:00+24:00",
        "2025-05-06T07:00:00+01:60",
        "2025-05-06T07:00:00+01:00:00",
        "2025-05-06T07:00:00ZZ",
        "2025-05-06T07:00:00Z+01:00",
        "2025-05-06T07:00:00 01:00",
        "2025-05-06T07:00:00BST",
        "2025-05-06T07:00:00Y",
        "+2025-05-06T07:00:00Z",
        "2025-05-06X07:00:00Z",
        "06/05/2025",
        "1746514800",
        "２025-05-06T07:00:00Z",
        /* no zone, in the hour that London skips */
        "2025-03-30T01:00:00",
        "2025-03-30T01:30:00",
        "2025-03-30T01:59:59.999999",
        /* outside what can be shown, once in UTC */
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "9999-12-31T23:00:00-01:00",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t instant_us = 77;
        if (declaration_date_parse(slice_of(texts[i]), &instant_us))
            fail_msg("accepted: %s", texts[i]);
        assert_int_equal(instant_us, 77);
    }
    int64_t instant_us;
    assert_false(declaration_date_parse((struct slice){"2025-05-06T07:00:00Z\0", 21}, &instant_us));
}

/* No byte behind the end is looked at: every prefix, in memory of its own size. */
static void prefixes_stay_inside_their_memory(void **state)
{
    (void)state;
    static const char full[] = "2025-05-06T07:00:00.123456+01:00";
    for (size_t size = 0; size < sizeof full; size++) {
        char *copy = malloc(size == 0 ? 1 : size);
        int64_t instant_us;
        assert_non_null(copy);
        memcpy(copy, full, size);
        (void)declaration_date_parse((struct slice){copy, size}, &instant_us);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted_texts),
        cmocka_unit_test(malformed_texts),
        cmocka_unit_test(prefixes_stay_inside_their_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
