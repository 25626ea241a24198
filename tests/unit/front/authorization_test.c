/* The forms of Authorization (lead-provider-api.md 3.1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "front/authorization.h"

static const struct {
    const char *value, *token; /* token NULL: 401 */
} examples[] = {
    {"Bearer abc", "abc"},
    {"Bearer   abc  ", "abc"},
    {"Bearer a b", "a b"}, /* no token of ours has a blank: it is unknown */
    {"Token abc", "abc"},
    {"Token token=\"abc\"", "abc"},
    {"Token token=abc", "abc"},
    {"Token token=\"abc\", nonce=\"x\"", "abc"},
    {"Token token=abc; nonce=x", "abc"},
    {"Token token=\"\"", NULL},
    {"Token token=\"abc", NULL},
    {"Token token=", NULL},
    {"bearer abc", NULL},
    {"BEARER abc", NULL},
    {"token abc", NULL},
    {"Basic abc", NULL},
    {"Bearer", NULL},
    {"Bearer ", NULL},
    {"Bearerabc", NULL},
    {"", NULL},
    {"   ", NULL},
    {"abc", NULL},
};

static void test_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        struct slice token = {"untouched", 9};
        bool found = authorization_token(slice_of(examples[i].value), &token);
        if (found != (examples[i].token != NULL) ||
            !slice_equal(token, slice_of(found ? examples[i].token : "untouched")))
            fail_msg("Authorization: %s", examples[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_examples)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
