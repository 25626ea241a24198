/* Tests of common/token.c. */
#include "common/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check_digest(const char *key, const char *token, const char *expected)
{
    uint8_t digest[TOKEN_DIGEST_SIZE];
    char text[2 * TOKEN_DIGEST_SIZE + 1];
    struct error err = {0};
    assert_true(token_digest(key, slice_of(token), digest, &err));
    hex_format(digest, sizeof(digest), text);
    assert_string_equal(text, expected);
}

/* RFC 4231 sections 4.2, 4.3, 4.7, 4.8 */
static void digests_are_hmac_sha_256(void **state)
{
    (void)state;
    char key[132];
    memset(key, 0x0b, 20);
    key[20] = '\0';
    check_digest(key, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    check_digest("Jefe", "what do ya want for nothing?",
                 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, 131);
    key[131] = '\0';
    check_digest(key, "Test Using Larger Than Block-Size Key - Hash Key First",
                 "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    check_digest(
        key,
        "This is a test using a larger than block-size key and a larger than block-size data. The key needs "
        "to be hashed before being used by the HMAC algorithm.",
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

static void empty_tokens_have_digests_and_empty_keys_are_refused(void **state)
{
    (void)state;
    uint8_t digest[TOKEN_DIGEST_SIZE], untouched[TOKEN_DIGEST_SIZE];
    struct error err = {0};
    memset(digest, 0xaa, sizeof(digest));
    memset(untouched, 0xaa, sizeof(untouched));
    assert_false(token_digest("", slice_of("token"), digest, &err));
    assert_int_equal(err.kind, ERROR_SETTINGS);
    assert_non_null(strstr(err.hint, "ECF2_TOKEN_KEY"));
    assert_true(token_digest_equal(digest, untouched));
    error_clear(&err);
    assert_true(token_digest("key", (struct slice){NULL, 0}, digest, &err));
    assert_false(token_digest_equal(digest, untouched));
}

static void tokens_are_random_base_58(void **state)
{
    (void)state;
    static unsigned counts[256];
    static char tokens[2000][TOKEN_TEXT_SIZE];
    const size_t count = sizeof(tokens) / sizeof(tokens[0]);
    for (size_t i = 0; i < count; i++) {
        token_make(tokens[i]);
        assert_int_equal(strlen(tokens[i]), 32);
        for (const char *p = tokens[i]; *p != '\0'; p++)
            counts[(unsigned char)*p]++;
    }
    /* 64 000 characters, 1 103 of each expected, standard deviation 33; eight of them never happen by chance.
     */
    for (int c = 0; c < 256; c++) {
        bool allowed =
            c != '\0' && strchr("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", c) != NULL;
        if (!allowed)
            assert_int_equal(counts[c], 0);
        else
            assert_in_range(counts[c], 840, 1370);
    }
    unsigned first = 0, last = 0;
    /* Random bytes modulo 58 would favour the first 24 characters: 30 000 of them. Fair: 26 483, standard
     * deviation 125. */
    for (const char *p = "123456789ABCDEFGHJKLMNPQ"; *p != '\0'; p++)
        first += counts[(unsigned char)*p];
    for (const char *p = "RSTUVWXYZabcdefghijkmnopqrstuvwxyz"; *p != '\0'; p++)
        last += counts[(unsigned char)*p];
    assert_int_equal(first + last, 64000);
    assert_in_range(first, 25483, 27483);
    for (size_t i = 1; i < count; i++)
        assert_string_not_equal(tokens[i], tokens[i - 1]);
}

static void digests_compare_whole(void **state)
{
    (void)state;
    uint8_t a[TOKEN_DIGEST_SIZE] = {0}, b[TOKEN_DIGEST_SIZE] = {0};
    assert_true(token_digest_equal(a, b));
    for (size_t i = 0; i < TOKEN_DIGEST_SIZE; i++) {
        b[i] = 0x80;
        assert_false(token_digest_equal(a, b));
        b[i] = 0;
    }
}

static void hex_and_back(void **state)
{
    (void)state;
    uint8_t bytes[4] = {0x00, 0x9f, 0xab, 0xff}, back[4] = {1, 2, 3, 4};
    char text[9];
    hex_format(bytes, sizeof(bytes), text);
    assert_string_equal(text, "009fabff");
    hex_format(bytes, 0, text);
    assert_string_equal(text, "");
    static const char *const wrong[] = {"",         "009fabf",  "009fabff0", "009fabfg",
                                        "009fab-1", " 09fabff", "0x9fabff"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(hex_parse(slice_of(wrong[i]), back, sizeof(back)));
    assert_memory_equal(back, "\1\2\3\4", 4);
    assert_true(hex_parse(slice_of("009FaBff"), back, sizeof(back)));
    assert_memory_equal(back, bytes, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_hmac_sha_256),
        cmocka_unit_test(empty_tokens_have_digests_and_empty_keys_are_refused),
        cmocka_unit_test(tokens_are_random_base_58),
        cmocka_unit_test(digests_compare_whole),
        cmocka_unit_test(hex_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
