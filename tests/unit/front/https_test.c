/* Where plain HTTP is redirected to, and who says what was spoken (lead-provider-api.md 3.10). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "front/https.h"

static void test_bases(void **state)
{
    (void)state;
    static const struct {
        const char *service_url, *base; /* NULL: refused */
    } bases[] = {
        {"", ""},
        {"https://ecf2.example", "https://ecf2.example"},
        {"https://ecf2.example/", "https://ecf2.example"},
        {"HTTPS://ecf2.example:8443", "https://ecf2.example:8443"},
        {"ecf2.example", "https://ecf2.example"},
        {"localhost.example", "https://localhost.example"},
        {"https://[2001:db8::1]:443", "https://[2001:db8::1]:443"},
        {"https://localhost:8443", "https://localhost:8443"},
        /* not wanted */
        {"http://ecf2.example", ""},
        {"localhost", ""},
        {"localhost:8080", ""},
        /* no address */
        {"https://", NULL},
        {"https://ecf2.example/path", NULL},
        {"https://https://ecf2.example", NULL},
        {"ftp://ecf2.example", NULL},
        {"https://ecf2.example\r\nX: y", NULL},
        {"https://a b", NULL},
        {"/", NULL},
    };
    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        char base[HTTPS_BASE_SIZE];
        struct error err = {0};
        bool good = https_base_parse("ECF2_SERVICE_URL", bases[i].service_url, base, &err);
        if (good != (bases[i].base != NULL) || (good && strcmp(base, bases[i].base) != 0))
            fail_msg("base of %s: %s", bases[i].service_url, good ? base : err.detail);
    }
    char base[HTTPS_BASE_SIZE], longest[HTTPS_BASE_SIZE + 1];
    struct error err = {0};
    memset(longest, 'a', sizeof(longest));
    longest[HTTPS_BASE_SIZE - 9] = '\0'; /* with https:// and the zero */
    assert_true(https_base_parse("ECF2_SERVICE_URL", longest, base, &err));
    assert_int_equal(strlen(base), HTTPS_BASE_SIZE - 1);
    longest[HTTPS_BASE_SIZE - 9] = 'a';
    longest[HTTPS_BASE_SIZE - 8] = '\0';
    assert_false(https_base_parse("ECF2_SERVICE_URL", longest, base, &err));
}

static void test_protocols(void **state)
{
    (void)state;
    static const char *const https[] = {"https", "HTTPS", " https ", "http, https", "http,https\t"},
                             *const other[] = {"",       ",",           "http",    "https, http", "https,",
                                               "httpss", "wss, ahttps", "https;x", "\"https\""};
    for (size_t i = 0; i < sizeof(https) / sizeof(https[0]); i++)
        assert_true(https_is_said(slice_of(https[i])));
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
        assert_false(https_is_said(slice_of(other[i])));
    assert_false(https_is_said((struct slice){NULL, 0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bases), cmocka_unit_test(test_protocols)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
