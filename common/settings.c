/* settings: reads the rows of settings.def from the environment. An empty variable counts as one that is not
 * set. */
#include "common/settings.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"

#define SECRET_FILE_MAX  4096
#define KEY_MIN          32
#define VARIABLE_MAX     64
#define LOG_FIELDS_ALINE 12 /* so that a line stays below log's limit */

static const char *const environments[] = {"production", "sandbox",   "staging",
                                           "review",     "migration", "development"};

/* NULL when the variable is not set or empty; borrowed from the environment. */
static const char *variable_get(const char *variable)
{
    const char *value = getenv(variable);
    return value == NULL || value[0] == '\0' ? NULL : value;
}

/* Reads at most size bytes of a file; false with errno. */
static bool file_read(const char *path, char *ret_bytes, size_t size, size_t *ret_size)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    errno = 0;
    *ret_size = fread(ret_bytes, 1, size, file);
    bool whole = ferror(file) == 0;
    int code = errno;
    (void)fclose(file);
    errno = code;
    return whole;
}

/* The contents of a secret's file without the line feed at its end; the caller's to free. NULL with err. */
static char *secret_read(const char *variable, const char *path, struct error *err)
{
    char text[SECRET_FILE_MAX + 1];
    size_t size;
    if (!file_read(path, text, sizeof(text), &size)) {
        (void)error_set(err, ERROR_SETTINGS, "%s names the file %.200s, which cannot be read: %s", variable,
                        path, strerror(errno));
        return NULL;
    }
    if (size > SECRET_FILE_MAX || memchr(text, '\0', size) != NULL) {
        (void)error_set(err, ERROR_SETTINGS,
                        "%s names the file %.200s, which must hold at most %d bytes of text", variable, path,
                        SECRET_FILE_MAX);
        return NULL;
    }
    if (size > 0 && text[size - 1] == '\n')
        size--;
    if (size > 0 && text[size - 1] == '\r')
        size--;
    return memory_dup_slice((struct slice){text, size});
}

static bool text_read(const char *variable, const char *fallback, bool secret, const char **ret_text,
                      struct error *err)
{
    const char *value = variable_get(variable);
    if (secret) {
        char file_variable[VARIABLE_MAX];
        (void)snprintf(file_variable, sizeof(file_variable), "%s_FILE", variable);
        const char *path = variable_get(file_variable);
        if (path != NULL && value != NULL)
            return error_set(err, ERROR_SETTINGS, "%s and %s are both set; only one of them may be", variable,
                             file_variable);
        if (path != NULL) {
            *ret_text = secret_read(file_variable, path, err);
            return *ret_text != NULL;
        }
    }
    *ret_text = memory_dup(value == NULL ? fallback : value);
    return true;
}

static bool int_read(const char *variable, int64_t fallback, int64_t low, int64_t high, int64_t *ret_number,
                     struct error *err)
{
    const char *value = variable_get(variable);
    if (value == NULL) {
        *ret_number = fallback;
        return true;
    }
    /* strtoll alone would take leading blanks and a plus. */
    bool starts_well = (value[0] >= '0' && value[0] <= '9') || value[0] == '-';
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (!starts_well || end == value || *end != '\0' || errno != 0 || number < low || number > high)
        return error_set(err, ERROR_SETTINGS,
                         "%s is \"%.80s\"; it must be a whole number from %" PRId64 " to %" PRId64, variable,
                         value, low, high);
    *ret_number = number;
    return true;
}

static bool bool_read(const char *variable, bool fallback, bool *ret_truth, struct error *err)
{
    static const struct {
        const char *word;
        bool truth;
    } words[] = {{"true", true},   {"on", true},   {"yes", true}, {"1", true},
                 {"false", false}, {"off", false}, {"no", false}, {"0", false}};
    const char *value = variable_get(variable);
    if (value == NULL) {
        *ret_truth = fallback;
        return true;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(value, words[i].word) == 0) {
            *ret_truth = words[i].truth;
            return true;
        }
    }
    return error_set(err, ERROR_SETTINGS, "%s is \"%.80s\"; it must be true or false", variable, value);
}

/* A key is absent, or long enough. */
static bool key_check(const char *variable, const char *key, struct error *err)
{
    size_t size = strlen(key);
    if (size > 0 && size < KEY_MIN)
        return error_set(err, ERROR_SETTINGS, "%s has %zu characters; it must have at least %d", variable,
                         size, KEY_MIN);
    return true;
}

/* What one row cannot say by itself. */
static bool settings_check(const struct settings *settings, struct error *err)
{
    bool known = false;
    for (size_t i = 0; i < sizeof(environments) / sizeof(environments[0]); i++)
        known = known || strcmp(settings->environment, environments[i]) == 0;
    if (!known)
        return error_set(
            err, ERROR_SETTINGS,
            "ECF2_ENVIRONMENT is \"%.80s\"; it must be production, sandbox, staging, review, migration "
            "or development",
            settings->environment);
    if (settings->request_clock && strcmp(settings->environment, "production") == 0)
        return error_set_hint(
            err, ERROR_SETTINGS, "unset ECF2_REQUEST_CLOCK",
            "ECF2_REQUEST_CLOCK is on; in production clients may not set the business time");
    enum log_level level;
    if (!log_level_parse(settings->log_level, &level))
        return error_set(err, ERROR_SETTINGS,
                         "ECF2_LOG_LEVEL is \"%.80s\"; it must be debug, info, warning or error",
                         settings->log_level);
    return key_check("ECF2_TOKEN_KEY", settings->token_key, err) &&
           key_check("ECF2_WEBHOOK_KEY", settings->webhook_key, err);
}

static bool rows_read(struct settings *settings, struct error *err)
{
#define SETTING_TEXT(field, variable, fallback, secret, sentence)                                            \
    if (!text_read(variable, fallback, secret, &settings->field, err))                                       \
        return false;
#define SETTING_INT(field, variable, fallback, low, high, sentence)                                          \
    if (!int_read(variable, fallback, low, high, &settings->field, err))                                     \
        return false;
#define SETTING_BOOL(field, variable, fallback, sentence)                                                    \
    if (!bool_read(variable, fallback, &settings->field, err))                                               \
        return false;
#include "common/settings.def"
#undef SETTING_TEXT
#undef SETTING_INT
#undef SETTING_BOOL
    return true;
}

bool settings_read(struct settings *ret_settings, struct error *err)
{
    struct settings settings = {0};
    if (!rows_read(&settings, err) || !settings_check(&settings, err)) {
        settings_release(&settings);
        return false;
    }
    *ret_settings = settings;
    return true;
}

void settings_release(struct settings *settings)
{
#define SETTING_TEXT(field, variable, fallback, secret, sentence) free((char *)(uintptr_t)settings->field);
#define SETTING_INT(field, variable, fallback, low, high, sentence)
#define SETTING_BOOL(field, variable, fallback, sentence)
#include "common/settings.def"
#undef SETTING_TEXT
#undef SETTING_INT
#undef SETTING_BOOL
    *settings = (struct settings){0};
}

void settings_describe(struct buffer *out)
{
#define SETTING_TEXT(field, variable, fallback, secret, sentence)                                            \
    buffer_printf(out, "%s: %s; default \"%s\"%s\n", variable, sentence, fallback,                           \
                  (secret) ? "; secret, or the path of a file in " variable "_FILE" : "");
#define SETTING_INT(field, variable, fallback, low, high, sentence)                                          \
    buffer_printf(out, "%s: %s; default %" PRId64 ", from %" PRId64 " to %" PRId64 "\n", variable, sentence, \
                  INT64_C(fallback), INT64_C(low), INT64_C(high));
#define SETTING_BOOL(field, variable, fallback, sentence)                                                    \
    buffer_printf(out, "%s: %s; default %s\n", variable, sentence, (fallback) ? "true" : "false");
#include "common/settings.def"
#undef SETTING_TEXT
#undef SETTING_INT
#undef SETTING_BOOL
}

/* What a log may show of a text. A connection string may hold a password though its row is not marked secret.
 */
static const char *text_masked(const char *text, bool secret)
{
    if (text[0] == '\0')
        return text;
    return secret || strstr(text, "password") != NULL || strchr(text, '@') != NULL ? "***" : text;
}

void settings_log(const struct settings *settings)
{
    const struct log_field fields[] = {
#define SETTING_TEXT(field, variable, fallback, secret, sentence)                                            \
    LOG_TEXT(#field, text_masked(settings->field, secret)),
#define SETTING_INT(field, variable, fallback, low, high, sentence) LOG_INT(#field, settings->field),
#define SETTING_BOOL(field, variable, fallback, sentence)           LOG_BOOL(#field, settings->field),
#include "common/settings.def"
#undef SETTING_TEXT
#undef SETTING_INT
#undef SETTING_BOOL
    };
    const size_t count = sizeof(fields) / sizeof(fields[0]);
    for (size_t start = 0; start < count; start += LOG_FIELDS_ALINE) {
        struct log_field line[LOG_FIELDS_ALINE + 1];
        size_t size = count - start < LOG_FIELDS_ALINE ? count - start : LOG_FIELDS_ALINE;
        memcpy(line, fields + start, size * sizeof(line[0]));
        line[size] = LOG_END;
        log_event_fields(LOG_INFO, "settings", line);
    }
}
