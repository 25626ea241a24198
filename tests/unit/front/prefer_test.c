/* Prefer, as RFC 7240 and submissions.md section 2 have it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "front/prefer.h"

#define LIMIT_MS 25000

struct example {
    const char *values[3]; /* fields of one request */
    int64_t wait_ms;
    const char *applied;
    bool dry_run;
};

static const struct example examples[] = {
    {{NULL}, LIMIT_MS, "", false},
    {{""}, LIMIT_MS, "", false},
    {{"respond-async"}, 0, "respond-async", false},
    {{"Respond-ASYNC"}, 0, "respond-async", false},
    {{"respond-async; x=\"a,b\""}, 0, "respond-async", false},
    {{"wait=10"}, 10000, "wait=10", false},
    {{"WAIT = 10"}, 10000, "wait=10", false},
    {{"wait=\"10\""}, 10000, "wait=10", false},
    {{"wait=10;foo=bar"}, 10000, "wait=10", false},
    {{"wait=0"}, 0, "wait=0", false},
    {{"wait=25"}, LIMIT_MS, "wait=25", false},
    {{"wait=26"}, LIMIT_MS, "wait=25", false},
    {{"wait=99999999999999999999999999"}, LIMIT_MS, "wait=25", false},
    {{"wait=-1"}, LIMIT_MS, "", false},
    {{"wait=ten"}, LIMIT_MS, "", false},
    {{"wait=1.5"}, LIMIT_MS, "", false},
    {{"wait"}, LIMIT_MS, "", false},
    {{"respond-async, wait=10"}, 10000, "respond-async, wait=10", false},
    {{"respond-async", "wait=10"}, 10000, "respond-async, wait=10", false},
    {{"wait=3, wait=9"}, 3000, "wait=3", false},
    {{"foo, bar=\"wait=1\", wait=2"}, 2000, "wait=2", false},
    {{"foo=\"a\\\", wait=1\""}, LIMIT_MS, "", false},
    {{"foo; wait=1"}, LIMIT_MS, "", false},
    {{",, ,respond-async,"}, 0, "respond-async", false},
    {{"=5, wait=4"}, 4000, "wait=4", false},
    {{"wait=0000000000000000003"}, 3000, "wait=3", false},
    {{"wait=1000000000"}, LIMIT_MS, "wait=25", false},
    {{"wait=18446744073709551617"}, LIMIT_MS, "wait=25", false}, /* 2^64 + 1 */
    {{"wait=+1"}, LIMIT_MS, "", false},
    {{"wait="}, LIMIT_MS, "", false},
    {{"wait=\"\""}, LIMIT_MS, "", false},
    {{"wait=\"1\\0\""}, 10000, "wait=10", false}, /* an escaped 0 is a 0 */
    {{"wait=\"1 \""}, LIMIT_MS, "", false},
    {{"wait=0x10"}, LIMIT_MS, "", false},
    {{"wait=ten, wait=3"}, LIMIT_MS, "", false}, /* the first counts, though it says nothing */
    {{"wait=ten", "wait=3", "respond-async"}, 0, "respond-async", false},
    {{"wait=0, respond-async"}, 0, "respond-async, wait=0", false},
    {{"respond-async, respond-async"}, 0, "respond-async", false},
    {{"respond-async=\"\""}, 0, "respond-async", false}, /* no value (RFC 7240 section 2) */
    {{"return=minimal; foo=\"wait=1\", respond-async"}, 0, "respond-async", false},
    {{"handling=dry-run"}, LIMIT_MS, "handling=dry-run", true},
    {{"HANDLING = \"Dry-Run\"; x"}, LIMIT_MS, "handling=dry-run", true},
    {{"handling=\"dry\\-run\""}, LIMIT_MS, "handling=dry-run", true}, /* stored it would be a bad surprise */
    {{"respond-async", "wait=3", "handling=dry-run"}, 3000, "handling=dry-run", true},
    {{"handling=dry-run, handling=lenient"}, LIMIT_MS, "handling=dry-run", true},
    {{"handling=lenient, handling=dry-run"}, LIMIT_MS, "", false},
    {{"handling=lenient"}, LIMIT_MS, "", false},
    {{"handling=dry-runs"}, LIMIT_MS, "", false},
    {{"handling=dry"}, LIMIT_MS, "", false},
    {{"handling"}, LIMIT_MS, "", false},
    {{"foo; handling=dry-run"}, LIMIT_MS, "", false},
    {{"foo=\"handling=dry-run\""}, LIMIT_MS, "", false},
    {{"respond-async=1"}, LIMIT_MS, "", false},
    {{"wait=\"10"}, 10000, "wait=10", false}, /* the quotation mark at the end is missing: nobody is harmed */
    {{"\"wait=1\", wait=2"}, 2000, "wait=2", false},
};

static void test_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct prefer prefer = {0};
        char applied[PREFER_APPLIED_SIZE];
        for (size_t k = 0; k < 3 && examples[i].values[k] != NULL; k++)
            prefer_parse(&prefer, slice_of(examples[i].values[k]));
        prefer_applied(&prefer, LIMIT_MS, applied);
        if (prefer_wait_ms(&prefer, LIMIT_MS) != examples[i].wait_ms ||
            strcmp(applied, examples[i].applied) != 0 || prefer.dry_run != examples[i].dry_run)
            fail_msg("Prefer: %s", examples[i].values[0]);
    }
}

/* Whatever bytes come, it ends, and reads nothing outside. */
static void test_any_bytes(void **state)
{
    (void)state;
    static const char alphabet[] = "wait=1,\";\\ \t=r";
    unsigned random = 1;
    for (int round = 0; round < 20000; round++) {
        char text[12];
        struct prefer prefer = {0};
        for (size_t i = 0; i < sizeof(text); i++) {
            random = random * 1103515245u + 12345u;
            text[i] = alphabet[(random >> 16) % (sizeof(alphabet) - 1)];
        }
        prefer_parse(&prefer, (struct slice){text, sizeof(text)});
        assert_in_range(prefer_wait_ms(&prefer, LIMIT_MS), 0, LIMIT_MS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
