/* common/webhook.c and webhook_url.c: signatures, secrets at rest, where requests may go. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include <cmocka.h>

#include "common/webhook.h"

static const char key[] = "a key of at least 32 characters, as settings want it";

/* whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw, of the specification's examples */
static const struct webhook_secret secret = {.bytes = {0x31, 0xf2, 0x90, 0xf6, 0xbf, 0x06, 0x29, 0x8a,
                                                       0xab, 0x4f, 0x08, 0xd4, 0x3c, 0x3f, 0x08, 0x2c,
                                                       0xf6, 0x48, 0xa3, 0x62, 0xda, 0x2d, 0xa4, 0xb0},
                                             .size = 24};

/* ---- signatures: the expected ones were computed by another library ---- */

static void a_signature_is_of_id_time_and_body(void **state)
{
    const struct webhook_secret none = {.size = 0};
    const struct slice body = slice_of("{\"test\": 2432232314}");
    struct buffer out = BUFFER_INIT;
    struct uuid id;

    (void)state;
    assert_true(uuid_parse(slice_of("01936f2e-0000-7000-8000-000000000001"), &id));
    webhook_sign(&id, 1614265330, body, &secret, &none, &out);
    assert_string_equal(out.data, "v1,j9azuMpFAe6clYQd7szLm1kpQNjk704O2GOA0t50iy0=");
    buffer_clear(&out);
    webhook_sign(&id, 1614265330, body, &secret, &secret, &out);
    assert_string_equal(out.data, "v1,j9azuMpFAe6clYQd7szLm1kpQNjk704O2GOA0t50iy0= "
                                  "v1,j9azuMpFAe6clYQd7szLm1kpQNjk704O2GOA0t50iy0=");
    for (int changed = 0; changed < 3; changed++) {
        struct uuid other = id;
        struct webhook_secret another = secret;

        other.bytes[15] ^= (uint8_t)(changed == 0);
        another.bytes[0] ^= (uint8_t)(changed == 1);
        buffer_clear(&out);
        webhook_sign(&other, 1614265330 + (changed == 2), body, &another, &none, &out);
        assert_string_not_equal(out.data, "v1,j9azuMpFAe6clYQd7szLm1kpQNjk704O2GOA0t50iy0=");
    }
    buffer_release(&out);
}

/* ---- secrets ---- */

static void a_secret_is_shown_as_its_receivers_library_reads_it(void **state)
{
    char text[WEBHOOK_SECRET_TEXT_SIZE];
    struct webhook_secret longest = {.size = WEBHOOK_SECRET_MAX};

    (void)state;
    webhook_secret_format(&secret, text);
    assert_string_equal(text, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    webhook_secret_format(&longest, text);
    assert_int_equal(strlen(text), WEBHOOK_SECRET_TEXT_SIZE - 1);
    const struct webhook_secret one = webhook_secret_make(), other = webhook_secret_make();
    assert_int_equal(one.size, 32);
    assert_memory_not_equal(one.bytes, other.bytes, 32);
}

static void what_is_stored_is_read_again_with_its_key_alone(void **state)
{
    struct buffer stored = BUFFER_INIT, again = BUFFER_INIT;
    struct webhook_secret read = {.size = 0};
    struct error err = {0};

    (void)state;
    assert_true(webhook_secret_encrypt(key, &secret, &stored, &err));
    assert_true(webhook_secret_encrypt(key, &secret, &again, &err));
    assert_int_equal(stored.size, 1 + 12 + 24 + 16);
    assert_memory_not_equal(stored.data, again.data, stored.size); /* another nonce */
    assert_null(memmem(stored.data, stored.size, secret.bytes, 8));
    assert_true(webhook_secret_decrypt(key, buffer_slice(&stored), &read, &err));
    assert_int_equal(read.size, secret.size);
    assert_memory_equal(read.bytes, secret.bytes, secret.size);

    struct webhook_secret untouched = {.size = 7};
    assert_false(webhook_secret_decrypt("another key of at least 32 characters", buffer_slice(&stored),
                                        &untouched, &err));
    assert_int_equal(err.kind, ERROR_SETTINGS);
    assert_int_equal(untouched.size, 7);
    buffer_release(&stored);
    buffer_release(&again);
}

static void what_somebody_has_changed_is_refused(void **state)
{
    struct buffer stored = BUFFER_INIT;
    struct webhook_secret read = {.size = 7};

    (void)state;
    assert_true(webhook_secret_encrypt(key, &secret, &stored, NULL));
    for (size_t i = 0; i < stored.size; i++) {
        stored.data[i] ^= 1;
        assert_false(webhook_secret_decrypt(key, buffer_slice(&stored), &read, NULL));
        stored.data[i] ^= 1;
    }
    for (size_t size = 0; size < stored.size; size++)
        assert_false(webhook_secret_decrypt(key, (struct slice){stored.data, size}, &read, NULL));
    buffer_append(&stored, key, sizeof key);
    buffer_append(&stored, key, sizeof key);
    assert_false(webhook_secret_decrypt(key, buffer_slice(&stored), &read, NULL));
    assert_int_equal(read.size, 7);
    buffer_release(&stored);
}

static void without_a_key_nothing_is_stored_or_read(void **state)
{
    struct buffer stored = BUFFER_INIT;
    struct webhook_secret read;
    struct error err = {0};

    (void)state;
    assert_false(webhook_secret_encrypt("", &secret, &stored, &err));
    assert_int_equal(err.kind, ERROR_SETTINGS);
    assert_non_null(strstr(err.hint, "ECF2_WEBHOOK_KEY"));
    assert_int_equal(stored.size, 0);
    error_clear(&err);
    assert_false(webhook_secret_decrypt("", slice_of("x"), &read, &err));
    assert_int_equal(err.kind, ERROR_SETTINGS);
}

/* ---- addresses ---- */

static bool is_public(const char *text)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
        return webhook_address_is_public((const struct sockaddr *)&in);
    assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
    return webhook_address_is_public((const struct sockaddr *)&in6);
}

/* First and last of each network that is not public. */
static void what_is_not_public_is_refused(void **state)
{
    static const char *const refused[] = {"0.0.0.0",
                                          "0.255.255.255",
                                          "10.0.0.0",
                                          "10.255.255.255",
                                          "100.64.0.0",
                                          "100.127.255.255",
                                          "127.0.0.1",
                                          "127.255.255.255",
                                          "169.254.0.0",
                                          "169.254.169.254",
                                          "169.254.255.255",
                                          "172.16.0.0",
                                          "172.31.255.255",
                                          "192.0.0.0",
                                          "192.0.0.255",
                                          "192.0.2.0",
                                          "192.0.2.255",
                                          "192.88.99.0",
                                          "192.88.99.255",
                                          "192.168.0.0",
                                          "192.168.255.255",
                                          "198.18.0.0",
                                          "198.19.255.255",
                                          "198.51.100.0",
                                          "198.51.100.255",
                                          "203.0.113.0",
                                          "203.0.113.255",
                                          "224.0.0.0",
                                          "239.255.255.255",
                                          "240.0.0.0",
                                          "255.255.255.255",
                                          "::",
                                          "::1",
                                          "::127.0.0.1",
                                          "::ffff:127.0.0.1",
                                          "::ffff:10.1.2.3",
                                          "::ffff:169.254.169.254",
                                          "64:ff9b::10.0.0.1",
                                          "64:ff9b:1::1",
                                          "100::1",
                                          "2001::1",
                                          "2001:1ff::1",
                                          "2001:db8::1",
                                          "2002:7f00:1::",
                                          "2002:a9fe:a9fe::1",
                                          "3fff::1",
                                          "fc00::1",
                                          "fd00:ec2::254",
                                          "fdff::1",
                                          "fe80::1",
                                          "febf::1",
                                          "fec0::1",
                                          "ff02::1",
                                          "1fff::1",
                                          "4000::1"};

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (is_public(refused[i]))
            fail_msg("%s is not public", refused[i]);
}

/* Their neighbours. */
static void what_is_public_is_allowed(void **state)
{
    static const char *const allowed[] = {
        "1.0.0.0",          "9.255.255.255", "11.0.0.0",        "100.63.255.255",  "100.128.0.0",
        "126.255.255.255",  "128.0.0.0",     "169.253.255.255", "169.255.0.0",     "172.15.255.255",
        "172.32.0.0",       "192.0.1.0",     "192.0.3.0",       "192.88.98.255",   "192.88.100.0",
        "192.167.255.255",  "192.169.0.0",   "198.17.255.255",  "198.20.0.0",      "198.51.99.255",
        "198.51.101.0",     "203.0.112.255", "203.0.114.0",     "223.255.255.255", "::ffff:1.1.1.1",
        "64:ff9b::1.1.1.1", "2000::1",       "2001:200::1",     "2001:db7::1",     "2001:db9::1",
        "2002:101:101::1",  "2606:4700::1",  "3ffe::1"};

    (void)state;
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if (!is_public(allowed[i]))
            fail_msg("%s is public", allowed[i]);
}

static void an_address_of_another_family_is_refused(void **state)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};

    (void)state;
    assert_false(webhook_address_is_public((const struct sockaddr *)&local));
}

/* ---- URLs ---- */

static void urls_are_checked(void **state)
{
    static const struct {
        const char *url;
        bool anywhere, only_public;
    } urls[] = {
        {"https://provider.example/webhooks", true, true},
        {"https://provider.example:8443/a?b=c", true, true},
        {"https://1.1.1.1/", true, true},
        {"https://[2606:4700::1]/", true, true},
        {"https://localhost/", true, true}, /* a name: judged when something is sent */
        {"http://provider.example/", true, false},
        {"https://127.0.0.1/", true, false},
        {"https://127.1/", true, false},
        {"https://0x7f000001/", true, false},
        {"https://2130706433/", true, false},
        {"https://0177.0.0.1/", true, false},
        {"https://[::1]/", true, false},
        {"https://[::ffff:10.0.0.1]/", true, false},
        {"https://[fe80::1%25eth0]/", true, false},
        {"https://169.254.169.254/latest/meta-data", true, false},
        {"", false, false},
        {"provider", false, false},
        {"//provider.example/", false, false},
        {"https://", false, false},
        {"ftp://provider.example/", false, false},
        {"file:///etc/passwd", false, false},
        {"gopher://provider.example/", false, false},
        {"https://user@provider.example/", false, false},
        {"https://user:word@provider.example/", false, false},
        {"https://provider.example/#top", false, false},
        {"https://provider.example:99999/", false, false},
        {"https://provider example/", false, false},
        {"https://provider.example/a b", false, false},
        {"https://provider.example/a\r\nb", false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct error err = {0};

        if (webhook_url_check(urls[i].url, /* only_public= */ false, &err) != urls[i].anywhere)
            fail_msg("%s anywhere: %s", urls[i].url, err.detail);
        assert_int_equal(err.kind, urls[i].anywhere ? ERROR_NONE : ERROR_INPUT);
        if (webhook_url_check(urls[i].url, /* only_public= */ true, NULL) != urls[i].only_public)
            fail_msg("%s where only public ones are allowed", urls[i].url);
    }
}

static void a_url_has_2000_characters_at_most(void **state)
{
    char url[2002] = "https://provider.example/";

    (void)state;
    memset(url + strlen(url), 'a', 2000 - strlen(url));
    assert_int_equal(strlen(url), 2000);
    assert_true(webhook_url_check(url, true, NULL));
    url[2000] = 'a';
    assert_false(webhook_url_check(url, true, NULL));
}

static void only_what_stands_open_to_others_is_strict(void **state)
{
    (void)state;
    assert_true(webhook_only_public("production"));
    assert_true(webhook_only_public("sandbox"));
    assert_false(webhook_only_public("development"));
    assert_false(webhook_only_public("review"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_is_of_id_time_and_body),
        cmocka_unit_test(a_secret_is_shown_as_its_receivers_library_reads_it),
        cmocka_unit_test(what_is_stored_is_read_again_with_its_key_alone),
        cmocka_unit_test(what_somebody_has_changed_is_refused),
        cmocka_unit_test(without_a_key_nothing_is_stored_or_read),
        cmocka_unit_test(what_is_not_public_is_refused),
        cmocka_unit_test(what_is_public_is_allowed),
        cmocka_unit_test(an_address_of_another_family_is_refused),
        cmocka_unit_test(urls_are_checked),
        cmocka_unit_test(a_url_has_2000_characters_at_most),
        cmocka_unit_test(only_what_stands_open_to_others_is_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
