/* Settings (common/settings.h): lines NAME=value become the environment. What is read keeps its bounds; what
 * is not says which variable is wrong. */
#include "tests/fuzz/fuzz.h"

#include "common/settings.h"

static const char *const variables[] = {
#define SETTING_TEXT(field, variable, fallback, secret, sentence)   variable,
#define SETTING_INT(field, variable, fallback, low, high, sentence) variable,
#define SETTING_BOOL(field, variable, fallback, sentence)           variable,
#include "common/settings.def"
#undef SETTING_TEXT
#undef SETTING_INT
#undef SETTING_BOOL
};
#define VARIABLES (sizeof(variables) / sizeof(variables[0]))

/* Each line begins with a byte that chooses the variable. */
static void set_environment(struct slice input)
{
    (void)clearenv();
    while (input.size > 0) {
        const char *variable = variables[fuzz_choice(&input) % VARIABLES];
        const char *line_end = input.size == 0 ? NULL : memchr(input.data, '\n', input.size);
        size_t size = line_end == NULL ? input.size : (size_t)(line_end - input.data);
        char *value = memory_dup_slice((struct slice){input.data, size});
        CHECK(setenv(variable, value, /* overwrite= */ 1) == 0);
        free(value);
        size += line_end != NULL;
        input = (struct slice){input.data + size, input.size - size};
    }
}

/* A variable that is set to a text is read as that text; a number or a truth lies in its bounds. */
static void check_settings(const struct settings *settings)
{
#define SETTING_TEXT(field, variable, fallback, secret, sentence)                                            \
    {                                                                                                        \
        const char *value = getenv(variable);                                                                \
        CHECK(strcmp(settings->field, value == NULL || value[0] == '\0' ? fallback : value) == 0);           \
    }
#define SETTING_INT(field, variable, fallback, low, high, sentence)                                          \
    CHECK(settings->field >= INT64_C(low) && settings->field <= INT64_C(high));                              \
    CHECK(getenv(variable) == NULL || getenv(variable)[0] == '\0' ||                                         \
          strtoll(getenv(variable), NULL, 10) == settings->field);
#define SETTING_BOOL(field, variable, fallback, sentence)                                                    \
    {                                                                                                        \
        const char *value = getenv(variable);                                                                \
        if (value != NULL && value[0] != '\0')                                                               \
            CHECK(settings->field == (strchr("ty1", value[0]) != NULL || strcmp(value, "on") == 0));         \
    }
#include "common/settings.def"
#undef SETTING_TEXT
#undef SETTING_INT
#undef SETTING_BOOL
}

static bool names_a_variable(const char *detail)
{
    for (size_t i = 0; i < VARIABLES; i++)
        if (strstr(detail, variables[i]) != NULL)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct settings settings;
    struct error err = {0};
    set_environment((struct slice){(const char *)data, size});
    if (settings_read(&settings, &err)) {
        check_settings(&settings);
        settings_release(&settings);
    } else {
        CHECK(err.kind == ERROR_SETTINGS && names_a_variable(err.detail));
    }
    return 0;
}
