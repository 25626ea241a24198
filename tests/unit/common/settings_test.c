/* Tests of common/settings.c. */
#include "common/settings.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/log.h"
#include "tests/unit/common/capture.h"

#define KEY "0123456789abcdef0123456789abcdef"

static char secret_path[] = "/tmp/ecf2-settings-XXXXXX";

static int group_setup(void **state)
{
    (void)state;
    int fd = mkstemp(secret_path);
    return fd < 0 ? -1 : close(fd);
}

static int group_teardown(void **state)
{
    (void)state;
    return unlink(secret_path);
}

static int environment_empty(void **state)
{
    (void)state;
    return clearenv();
}

static void secret_write(const char *text, size_t size)
{
    int fd = open(secret_path, O_WRONLY | O_TRUNC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, size), (ssize_t)size);
    (void)close(fd);
}

static void set(const char *variable, const char *value)
{
    assert_int_equal(setenv(variable, value, 1), 0);
}

static void refused(const char *in_detail)
{
    struct settings settings;
    struct error err = {0};
    memset(&settings, 0xaa, sizeof(settings));
    assert_false(settings_read(&settings, &err));
    assert_int_equal(err.kind, ERROR_SETTINGS);
    if (strstr(err.detail, in_detail) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", in_detail, err.detail);
    for (size_t i = 0; i < sizeof(settings); i++)
        assert_int_equal(((const unsigned char *)&settings)[i], 0xaa);
}

static struct settings accepted(void)
{
    struct settings settings;
    struct error err = {0};
    if (!settings_read(&settings, &err))
        fail_msg("%s", err.detail);
    return settings;
}

static void defaults_where_nothing_is_set(void **state)
{
    (void)state;
    struct settings settings = accepted();
    assert_string_equal(settings.database, "dbname=ecf2");
    assert_string_equal(settings.environment, "development");
    assert_string_equal(settings.token_key, "");
    assert_false(settings.request_clock);
    assert_true(settings.loops == 2);
    settings_release(&settings);
    assert_null(settings.database);
    settings_release(&settings);
}

static void empty_counts_as_not_set(void **state)
{
    (void)state;
    set("ECF2_DATABASE", "");
    set("ECF2_LOOPS", "");
    set("ECF2_REQUEST_CLOCK", "");
    set("ECF2_TOKEN_KEY_FILE", "");
    struct settings settings = accepted();
    assert_string_equal(settings.database, "dbname=ecf2");
    assert_true(settings.loops == 2);
    settings_release(&settings);
}

static void values_are_taken(void **state)
{
    (void)state;
    set("ECF2_DATABASE", "dbname=other");
    set("ECF2_LOOPS", "64");
    set("ECF2_WAIT_LIMIT_MS", "0");
    set("ECF2_BROKER_BYTES", "1099511627776");
    set("ECF2_REQUEST_CLOCK", "on");
    set("ECF2_TOKEN_KEY", KEY);
    struct settings settings = accepted();
    set("ECF2_DATABASE", "changed later");
    assert_string_equal(settings.database, "dbname=other");
    assert_true(settings.loops == 64);
    assert_true(settings.wait_limit_ms == 0);
    assert_true(settings.broker_bytes == INT64_C(1099511627776));
    assert_true(settings.request_clock);
    assert_string_equal(settings.token_key, KEY);
    settings_release(&settings);
}

static void numbers_have_bounds(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0", "65", "-1", "x", "2x", " 2", "+2", "2 ", "2.0", "0x2", "99999999999999999999"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char expected[100];
        set("ECF2_LOOPS", texts[i]);
        (void)snprintf(expected, sizeof(expected),
                       "ECF2_LOOPS is \"%s\"; it must be a whole number from 1 to 64", texts[i]);
        refused(expected);
    }
    set("ECF2_LOOPS", "1");
    struct settings settings = accepted();
    assert_true(settings.loops == 1);
    settings_release(&settings);
}

static void truth_has_words(void **state)
{
    (void)state;
    static const char *const words[] = {"true", "on", "yes", "1", "false", "off", "no", "0"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        set("ECF2_REQUEST_CLOCK", words[i]);
        struct settings settings = accepted();
        assert_int_equal(settings.request_clock, i < 4);
        settings_release(&settings);
    }
    set("ECF2_REQUEST_CLOCK", "maybe");
    refused("ECF2_REQUEST_CLOCK is \"maybe\"; it must be true or false");
}

static void words_must_be_known(void **state)
{
    (void)state;
    set("ECF2_LOG_LEVEL", "loud");
    refused("ECF2_LOG_LEVEL is \"loud\"");
    set("ECF2_LOG_LEVEL", "debug");
    set("ECF2_ENVIRONMENT", "prod");
    refused("ECF2_ENVIRONMENT is \"prod\"");
    static const char *const words[] = {"production", "sandbox",   "staging",
                                        "review",     "migration", "development"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        set("ECF2_ENVIRONMENT", words[i]);
        struct settings settings = accepted();
        settings_release(&settings);
    }
}

static void no_clock_of_clients_in_production(void **state)
{
    (void)state;
    set("ECF2_ENVIRONMENT", "production");
    set("ECF2_REQUEST_CLOCK", "true");
    refused("ECF2_REQUEST_CLOCK");
    set("ECF2_ENVIRONMENT", "sandbox");
    struct settings settings = accepted();
    settings_release(&settings);
}

static void token_keys_are_long_and_never_shown(void **state)
{
    (void)state;
    struct settings settings;
    struct error err = {0};
    set("ECF2_TOKEN_KEY", "hush-hush-hush-hush-hush-hush-h");
    assert_false(settings_read(&settings, &err));
    assert_non_null(strstr(err.detail, "ECF2_TOKEN_KEY has 31 characters; it must have at least 32"));
    assert_null(strstr(err.detail, "hush"));
    assert_null(strstr(err.hint, "hush"));
}

static void secrets_from_files(void **state)
{
    (void)state;
    static const char *const texts[] = {KEY, KEY "\n", KEY "\r\n"};
    set("ECF2_TOKEN_KEY_FILE", secret_path);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        secret_write(texts[i], strlen(texts[i]));
        struct settings settings = accepted();
        assert_string_equal(settings.token_key, KEY);
        settings_release(&settings);
    }
    secret_write("", 0);
    struct settings settings = accepted();
    assert_string_equal(settings.token_key, "");
    settings_release(&settings);

    secret_write(KEY "\0" KEY, 65);
    refused("ECF2_TOKEN_KEY_FILE names the file");
    static char big[5000];
    memset(big, 'k', sizeof(big));
    secret_write(big, 4097);
    refused("at most 4096 bytes");
    secret_write(big, 4096);
    settings = accepted();
    assert_int_equal(strlen(settings.token_key), 4096);
    settings_release(&settings);
    secret_write("short", 5);
    refused("ECF2_TOKEN_KEY has 5 characters");

    set("ECF2_TOKEN_KEY", KEY);
    refused("ECF2_TOKEN_KEY and ECF2_TOKEN_KEY_FILE are both set");
    assert_int_equal(unsetenv("ECF2_TOKEN_KEY"), 0);
    set("ECF2_TOKEN_KEY_FILE", "/nowhere/at/all");
    refused("ECF2_TOKEN_KEY_FILE names the file /nowhere/at/all, which cannot be read: No such file");
    set("ECF2_TOKEN_KEY_FILE", "/");
    refused("cannot be read: Is a directory");
}

static void what_is_not_secret_has_no_file(void **state)
{
    (void)state;
    set("ECF2_DATABASE_FILE", "/nowhere/at/all");
    struct settings settings = accepted();
    assert_string_equal(settings.database, "dbname=ecf2");
    settings_release(&settings);
}

static void the_description_has_every_row(void **state)
{
    (void)state;
    struct buffer text = BUFFER_INIT;
    settings_describe(&text);
#define ROW(variable, sentence)                                                                              \
    assert_non_null(strstr(text.data, variable ": "));                                                       \
    assert_non_null(strstr(text.data, sentence));
#define SETTING_TEXT(field, variable, fallback, secret, sentence)   ROW(variable, sentence)
#define SETTING_INT(field, variable, fallback, low, high, sentence) ROW(variable, sentence)
#define SETTING_BOOL(field, variable, fallback, sentence)           ROW(variable, sentence)
#include "common/settings.def"
    assert_non_null(strstr(text.data, "; default 2, from 1 to 64\n"));
    assert_non_null(strstr(text.data, "secret, or the path of a file in ECF2_TOKEN_KEY_FILE\n"));
    buffer_release(&text);
}

static void the_log_masks_secrets(void **state)
{
    (void)state;
    set("ECF2_TOKEN_KEY", KEY);
    set("ECF2_DATABASE", "dbname=ecf2 password=hush");
    set("ECF2_REDIS", "user:hush@127.0.0.1:1");
    set("ECF2_ENVIRONMENT", "staging");
    struct settings settings = accepted();
    struct capture capture = capture_begin();
    log_open("test", LOG_INFO);
    settings_log(&settings);
    char *text = capture_end(&capture);
    settings_release(&settings);
    assert_null(strstr(text, KEY));
    assert_null(strstr(text, "hush"));
    assert_null(strstr(text, "…"));
    assert_non_null(strstr(text, "\"token_key\":\"***\""));
    assert_non_null(strstr(text, "\"environment\":\"staging\""));
#undef SETTING_TEXT
#undef SETTING_INT
#undef SETTING_BOOL
#define SETTING_TEXT(field, variable, fallback, secret, sentence)                                            \
    assert_non_null(strstr(text, "\"" #field "\":"));
#define SETTING_INT(field, variable, fallback, low, high, sentence)                                          \
    assert_non_null(strstr(text, "\"" #field "\":"));
#define SETTING_BOOL(field, variable, fallback, sentence) assert_non_null(strstr(text, "\"" #field "\":"));
#include "common/settings.def"
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(defaults_where_nothing_is_set, environment_empty),
        cmocka_unit_test_setup(empty_counts_as_not_set, environment_empty),
        cmocka_unit_test_setup(values_are_taken, environment_empty),
        cmocka_unit_test_setup(numbers_have_bounds, environment_empty),
        cmocka_unit_test_setup(truth_has_words, environment_empty),
        cmocka_unit_test_setup(words_must_be_known, environment_empty),
        cmocka_unit_test_setup(no_clock_of_clients_in_production, environment_empty),
        cmocka_unit_test_setup(token_keys_are_long_and_never_shown, environment_empty),
        cmocka_unit_test_setup(secrets_from_files, environment_empty),
        cmocka_unit_test_setup(what_is_not_secret_has_no_file, environment_empty),
        cmocka_unit_test_setup(the_description_has_every_row, environment_empty),
        cmocka_unit_test_setup(the_log_masks_secrets, environment_empty),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
