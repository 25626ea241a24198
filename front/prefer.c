/* prefer: reads Prefer fields. Grammar: preference *( "," preference ), preference = word [ "="
 * word-or-quoted ]
 * *( ";" parameter ); parameters mean nothing to us. */
#include "front/prefer.h"

#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#define WAIT_MAX_S 1000000000 /* longer than anybody waits: what is above counts as this */

struct cursor {
    const char *p, *end;
};

static void skip_blanks(struct cursor *cursor)
{
    while (cursor->p < cursor->end && (*cursor->p == ' ' || *cursor->p == '\t'))
        cursor->p++;
}

static bool is_word_byte(char c)
{
    return c > ' ' && c != 0x7f && c != ',' && c != ';' && c != '=' && c != '"';
}

static struct slice read_word(struct cursor *cursor)
{
    const char *start = cursor->p;
    while (cursor->p < cursor->end && is_word_byte(*cursor->p))
        cursor->p++;
    return (struct slice){start, (size_t)(cursor->p - start)};
}

/* The inside of a quoted string, with its escapes (value_byte reads over them). */
static struct slice read_quoted(struct cursor *cursor)
{
    const char *start = ++cursor->p;
    while (cursor->p < cursor->end && *cursor->p != '"')
        cursor->p += *cursor->p == '\\' && cursor->p + 1 < cursor->end ? 2 : 1;
    struct slice inside = {start, (size_t)(cursor->p - start)};
    if (cursor->p < cursor->end)
        cursor->p++;
    return inside;
}

static struct slice read_value(struct cursor *cursor)
{
    skip_blanks(cursor);
    return cursor->p < cursor->end && *cursor->p == '"' ? read_quoted(cursor) : read_word(cursor);
}

/* To the comma that ends this preference, over parameters and over what is malformed; commas in quotes do not
 * end it. */
static void skip_rest(struct cursor *cursor)
{
    while (cursor->p < cursor->end && *cursor->p != ',') {
        if (*cursor->p == '"')
            (void)read_quoted(cursor);
        else
            cursor->p++;
    }
    if (cursor->p < cursor->end)
        cursor->p++;
}

static bool is_name(struct slice word, const char *name)
{
    return word.size == strlen(name) && strncasecmp(word.data, name, word.size) == 0;
}

/* The next byte of a value. A backslash, which only stands in quoted ones, means the byte behind it (RFC 9110
 * section 5.6.4). False at the end. */
static bool value_byte(struct slice *value, char *ret_byte)
{
    if (value->size > 1 && value->data[0] == '\\')
        *value = (struct slice){value->data + 1, value->size - 1};
    if (value->size == 0)
        return false;
    *ret_byte = value->data[0];
    *value = (struct slice){value->data + 1, value->size - 1};
    return true;
}

static bool is_value(struct slice value, const char *wanted)
{
    char byte;
    while (value_byte(&value, &byte)) {
        if (strncasecmp(&byte, wanted, 1) != 0)
            return false;
        wanted++;
    }
    return *wanted == '\0';
}

static bool read_seconds(struct slice value, int64_t *ret_seconds)
{
    int64_t seconds = 0;
    char byte;
    if (value.size == 0)
        return false;
    while (value_byte(&value, &byte)) {
        if (byte < '0' || byte > '9')
            return false;
        seconds = seconds * 10 + (byte - '0');
        if (seconds > WAIT_MAX_S)
            seconds = WAIT_MAX_S;
    }
    *ret_seconds = seconds;
    return true;
}

static void take(struct prefer *prefer, struct slice name, struct slice value)
{
    if (is_name(name, "respond-async") && !prefer->seen_respond_async) {
        prefer->seen_respond_async = true;
        prefer->respond_async = value.size == 0;
    } else if (is_name(name, "wait") && !prefer->seen_wait) {
        prefer->seen_wait = true;
        prefer->has_wait = read_seconds(value, &prefer->wait_s);
    } else if (is_name(name, "handling") && !prefer->seen_handling) {
        prefer->seen_handling = true;
        prefer->dry_run = is_value(value, "dry-run");
    }
}

void prefer_parse(struct prefer *prefer, struct slice value)
{
    struct cursor cursor = {value.data, value.data + value.size};
    while (cursor.p < cursor.end) {
        skip_blanks(&cursor);
        struct slice name = read_word(&cursor), given = {NULL, 0};
        skip_blanks(&cursor);
        if (cursor.p < cursor.end && *cursor.p == '=') {
            cursor.p++;
            given = read_value(&cursor);
        }
        if (name.size > 0)
            take(prefer, name, given);
        skip_rest(&cursor);
    }
}

int64_t prefer_wait_ms(const struct prefer *prefer, int64_t limit_ms)
{
    if (prefer->has_wait)
        return prefer->wait_s > limit_ms / 1000 ? limit_ms : prefer->wait_s * 1000;
    return prefer->respond_async ? 0 : limit_ms;
}

void prefer_applied(const struct prefer *prefer, int64_t limit_ms, char ret_text[PREFER_APPLIED_SIZE])
{
    ret_text[0] = '\0';
    if (prefer->dry_run)
        (void)snprintf(ret_text, PREFER_APPLIED_SIZE, "handling=dry-run");
    else if (prefer->has_wait)
        (void)snprintf(ret_text, PREFER_APPLIED_SIZE, "%swait=%" PRId64,
                       prefer->respond_async ? "respond-async, " : "",
                       prefer_wait_ms(prefer, limit_ms) / 1000);
    else if (prefer->respond_async)
        (void)snprintf(ret_text, PREFER_APPLIED_SIZE, "respond-async");
}
