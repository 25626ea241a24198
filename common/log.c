/* log: writes one line an event. Allocates nothing, so that out of memory can be logged too. */
#include "common/log.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"

/* A line is at most PIPE_BUF bytes: up to there a write to a pipe is atomic, so lines of several processes do
 * not mix either. What is longer is cut and ends with "…". */
#define LINE_SIZE PIPE_BUF
#define TAIL_SIZE 8 /* kept free for "…", the closing quote, brace and line feed */

static const char *const level_names[] = {"debug", "info", "warning", "error"};

static const char *log_proc = "?";
static enum log_level log_lowest = LOG_INFO;
static bool log_plain; /* key=value instead of JSON */

struct line {
    char data[LINE_SIZE];
    size_t size;
};

void log_open(const char *proc, enum log_level level)
{
    log_proc = proc;
    log_lowest = level;
    log_plain = isatty(STDERR_FILENO) == 1;
}

bool log_level_parse(const char *text, enum log_level *ret_level)
{
    for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *ret_level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

/* Appends all of it, or nothing where it does not fit. */
static bool put(struct line *line, const char *data, size_t size)
{
    if (size > LINE_SIZE - TAIL_SIZE - line->size)
        return false;
    memcpy(line->data + line->size, data, size);
    line->size += size;
    return true;
}

/* For the tail, which always fits. */
static void put_tail(struct line *line, const char *text)
{
    size_t size = strlen(text);
    memcpy(line->data + line->size, text, size);
    line->size += size;
}

/* Size of the well-formed UTF-8 sequence at the start of text (Unicode table 3-7), 0 = ill-formed. */
static size_t utf8_size(struct slice text)
{
    const unsigned char *p = (const unsigned char *)text.data;
    if (p[0] < 0x80)
        return 1;
    size_t size = p[0] >= 0xc2 && p[0] <= 0xdf   ? 2
                  : (p[0] & 0xf0) == 0xe0        ? 3
                  : p[0] >= 0xf0 && p[0] <= 0xf4 ? 4
                                                 : 0;
    if (size == 0 || size > text.size)
        return 0;
    unsigned char low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if (p[i] < 0x80 || p[i] > 0xbf)
            return 0;
    return size;
}

/* One character of text, escaped as JSON and as our quoted key=value have it; says how many bytes it took. */
static bool put_escaped(struct line *line, struct slice text, size_t *ret_taken)
{
    static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
    char escape[8];
    const char *bytes = text.data;
    size_t size = utf8_size(text);
    *ret_taken = size == 0 ? 1 : size;
    unsigned char c = (unsigned char)text.data[0];
    if (size == 0) {
        bytes = replacement;
        size = 3;
    } else if (c == '"' || c == '\\') {
        escape[0] = '\\';
        escape[1] = (char)c;
        bytes = escape;
        size = 2;
    } else if (c < 0x20 || c == 0x7f) {
        /* \u000a rather than \n: one form for all, and a terminal gets no control character. */
        (void)snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)c);
        bytes = escape;
        size = 6;
    } else if (c == 0xc2 && (unsigned char)text.data[1] < 0xa0) {
        /* C1 controls steer terminals as well. */
        (void)snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)(unsigned char)text.data[1]);
        bytes = escape;
        size = 6;
    }
    return put(line, bytes, size);
}

static bool is_plain_word(struct slice text)
{
    if (text.size == 0)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '=')
            return false;
    }
    return true;
}

static void put_text(struct line *line, struct slice text)
{
    bool quoted = !log_plain || !is_plain_word(text);
    bool fits = !quoted || put(line, "\"", 1);
    while (fits && text.size > 0) {
        size_t taken;
        fits = put_escaped(line, text, &taken);
        text.data += taken;
        text.size -= taken;
    }
    if (!fits)
        put_tail(line, "…");
    if (quoted)
        put_tail(line, "\"");
}

static void put_value(struct line *line, const struct log_field *field)
{
    char text[UUID_TEXT_SIZE];
    switch (field->type) {
    case LOG_FIELD_TEXT:
        put_text(line, slice_of(field->value.text));
        break;
    case LOG_FIELD_SLICE:
        put_text(line, field->value.slice);
        break;
    case LOG_FIELD_UUID:
        uuid_format(field->value.uuid, text);
        put_text(line, slice_of(text));
        break;
    case LOG_FIELD_INT:
        (void)snprintf(text, sizeof(text), "%" PRId64, field->value.number);
        (void)put(line, text, strlen(text));
        break;
    case LOG_FIELD_BOOL:
        (void)put(line, field->value.truth ? "true" : "false", field->value.truth ? 4 : 5);
        break;
    case LOG_FIELD_END:
        break;
    }
}

/* Room that a value needs at least: a number or a UUID whole, of a text the quotes and a little. */
#define VALUE_MIN 40

static void put_field(struct line *line, const struct log_field *field)
{
    if (field->type == LOG_FIELD_TEXT && field->value.text == NULL)
        return;
    if (field->type == LOG_FIELD_UUID && field->value.uuid == NULL)
        return;
    size_t key_size = strlen(field->key);
    if (line->size + key_size + VALUE_MIN + TAIL_SIZE + 4 > LINE_SIZE)
        return; /* left out: the line is full */
    if (line->size > 0 && line->data[line->size - 1] != '{')
        (void)put(line, log_plain ? " " : ",", 1);
    if (!log_plain)
        (void)put(line, "\"", 1);
    (void)put(line, field->key, key_size);
    (void)put(line, log_plain ? "=" : "\":", log_plain ? 1 : 2);
    put_value(line, field);
}

static void write_line(const struct line *line)
{
    const char *p = line->data;
    size_t left = line->size;
    while (left > 0) {
        ssize_t written = write(STDERR_FILENO, p, left);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return; /* nobody to tell */
        p += written;
        left -= (size_t)written;
    }
}

void log_event_fields(enum log_level level, const char *event, const struct log_field *fields)
{
    if (level < log_lowest)
        return;
    int caller_errno = errno;
    struct line line; /* not initialised: only the first `size` bytes count */
    line.size = 0;
    char ts[RFC3339_SIZE];
    rfc3339_format_us(machine_now_us(), ts);
    memcpy(ts + 23, "Z", 2); /* milliseconds */
    if (!log_plain)
        (void)put(&line, "{", 1);
    put_field(&line, &LOG_TEXT("ts", ts));
    put_field(&line, &LOG_TEXT("level", level_names[level]));
    put_field(&line, &LOG_TEXT("proc", log_proc));
    put_field(&line, &LOG_INT("pid", getpid()));
    put_field(&line, &LOG_TEXT("event", event));
    for (const struct log_field *field = fields; field->type != LOG_FIELD_END; field++)
        put_field(&line, field);
    put_tail(&line, log_plain ? "\n" : "}\n");
    write_line(&line);
    errno = caller_errno;
}

void log_failure(enum log_level level, const char *event, const struct error *err)
{
    log_event(level, event, LOG_TEXT("kind", error_kind_name(err->kind)),
              LOG_TEXT("sqlstate", err->sqlstate[0] == '\0' ? NULL : err->sqlstate),
              LOG_TEXT("detail", err->detail), LOG_TEXT("hint", err->hint[0] == '\0' ? NULL : err->hint),
              LOG_END);
}
