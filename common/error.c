/* error: fills struct error; the table of kinds is in error.h. */
#include "common/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    bool retryable;
} kinds[] = {
#define X(kind, name, retryable) {name, retryable},
    ERROR_KINDS(X)
#undef X
};
static_assert(sizeof(kinds) / sizeof(kinds[0]) == ERROR_KIND_COUNT, "one row a kind");

static void fill(struct error *err, enum error_kind kind, const char *hint, const char *format,
                 va_list arguments) __attribute__((format(printf, 4, 0)));

static void fill(struct error *err, enum error_kind kind, const char *hint, const char *format,
                 va_list arguments)
{
    assert(kind > ERROR_NONE && kind < ERROR_KIND_COUNT);
    if (err == NULL || err->kind != ERROR_NONE)
        return;
    err->kind = kind;
    err->sqlstate[0] = '\0';
    /* Too long is cut: a detail is for reading. */
    (void)vsnprintf(err->detail, sizeof(err->detail), format, arguments);
    size_t hint_size = strnlen(hint, sizeof(err->hint) - 1);
    memcpy(err->hint, hint, hint_size);
    err->hint[hint_size] = '\0';
}

bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fill(err, kind, /* hint= */ "", format, arguments);
    va_end(arguments);
    return false;
}

bool error_set_hint(struct error *err, enum error_kind kind, const char *hint, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fill(err, kind, hint, format, arguments);
    va_end(arguments);
    return false;
}

void error_clear(struct error *err)
{
    *err = (struct error){.kind = ERROR_NONE};
}

const char *error_kind_name(enum error_kind kind)
{
    assert(kind >= ERROR_NONE && kind < ERROR_KIND_COUNT);
    return kinds[kind].name;
}

bool error_is_retryable(const struct error *err)
{
    return kinds[err->kind].retryable;
}
