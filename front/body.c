/* body: reads a write's JSON with Jansson and makes the payload of its message. */
#include "front/body.h"

#include <jansson.h>
#include <stdlib.h>
#include <strings.h>

#include "common/cleanup.h"

#define DETAIL_EMPTY "Send a JSON body with Content-Type application/json."
#define DETAIL_SYNTAX                                                                                        \
    "Send a body that is well-formed JSON in UTF-8, without duplicate keys or null characters."
#define DETAIL_DEPTH "Send a body with at most 32 levels of arrays and objects."
#define DETAIL_STRUCTURE                                                                                      \
    "Send the documented JSON structure: {\"data\": {\"type\": …, \"attributes\": { … }}} with at least " \
    "one of the documented attributes."

#define ESCAPE_MAX 6 /* bytes of a character of ours that is written as an escape */

static const char *const json_types[] = {"application/json", "text/x-json", "application/jsonrequest"};

/* Whatever its parameters. */
static bool is_type(struct slice content_type, const char *type)
{
    size_t size = 0;
    while (size < content_type.size && content_type.data[size] != ';' && content_type.data[size] != ' ' &&
           content_type.data[size] != '\t')
        size++;
    return strlen(type) == size && strncasecmp(type, content_type.data, size) == 0;
}

bool body_type_is_json(struct slice content_type)
{
    for (size_t i = 0; i < sizeof(json_types) / sizeof(json_types[0]); i++)
        if (is_type(content_type, json_types[i]))
            return true;
    return false;
}

bool body_type_is_lines(struct slice content_type)
{
    return is_type(content_type, "application/x-ndjson");
}

/* The end of the string that begins at p with a quotation mark, behind its closing mark. The text may be no
 * JSON. */
static const char *skip_string(const char *p, const char *end)
{
    for (p++; p < end; p++) {
        if (*p == '\\')
            p++;
        else if (*p == '"')
            return p + 1;
    }
    return end;
}

static bool is_too_deep(struct slice body)
{
    const char *end = body.data + body.size;
    int depth = 0;
    for (const char *p = body.data; p < end;) {
        if (*p == '"') {
            p = skip_string(p, end);
            continue;
        }
        depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
        if (depth > BODY_DEPTH_MAX)
            return true;
        p++;
    }
    return false;
}

/* What Jansson gets to see: of each run of digits outside strings the first two. No number is an error for
 * its size (lead-provider-api.md 3.3 (5)), but Jansson refuses what a double cannot hold. What is no number
 * stays none: in JSON two digits may stand where more may, and 01 is as wrong as 012. */
static void shorten_numbers(struct slice body, struct buffer *out)
{
    const char *end = body.data + body.size;
    size_t digits = 0;
    for (const char *p = body.data, *next; p < end; p = next) {
        next = *p == '"' ? skip_string(p, end) : p + 1;
        digits = *p >= '0' && *p <= '9' ? digits + 1 : 0;
        if (digits <= 2)
            buffer_append(out, p, (size_t)(next - p));
    }
}

/* ---- the text of a number as it was sent ----
 * Jansson keeps 1.50 as a double. These walk over text without zero bytes that Jansson has accepted, so they
 * need no checks. */

static const char *skip_blanks(const char *p)
{
    return p + strspn(p, " \t\r\n");
}

static const char *skip_value(const char *p, const char *end)
{
    int depth = 0;
    do {
        if (*p == '"') {
            p = skip_string(p, end);
        } else if (*p == '{' || *p == '[') {
            depth++;
            p++;
        } else if (*p == '}' || *p == ']') {
            depth--;
            p++;
        } else if (depth > 0) {
            p++;
        } else {
            p += strcspn(p, " \t\r\n,]}");
        }
    } while (depth > 0);
    return p;
}

/* Whether the string at p, with its quotation marks, is this key; keys may be written with escapes. Only
 * those that may be it are decoded: a body can have a hundred thousand others. */
static bool key_is(const char *p, const char *end, const char *key)
{
    size_t size = (size_t)(end - p) - 2, key_size = strlen(key);
    if (size == key_size && memcmp(p + 1, key, size) == 0)
        return true;
    if (size < key_size || size > key_size * ESCAPE_MAX || memchr(p, '\\', size + 1) == NULL)
        return false;
    CLEANUP(json) json_t *text = json_loadb(p, (size_t)(end - p), JSON_DECODE_ANY, NULL);
    return text != NULL && strcmp(json_string_value(text), key) == 0;
}

/* The value of a key in the object at p. The object has it. */
static const char *find_value(const char *p, const char *end, const char *key)
{
    p++;
    for (;;) {
        p = skip_blanks(p);
        const char *key_end = skip_string(p, end);
        bool found = key_is(p, key_end, key);
        p = skip_blanks(skip_blanks(key_end) + 1);
        if (found)
            return p;
        p = skip_blanks(skip_value(p, end)) + 1;
    }
}

static struct slice number_as_sent(struct slice body, const char *name)
{
    const char *end = body.data + body.size;
    const char *p = find_value(skip_blanks(body.data), end, "data");
    p = find_value(p, end, "attributes");
    p = find_value(p, end, name);
    return (struct slice){p, (size_t)(skip_value(p, end) - p)};
}

/* ---- the payload ---- */

static json_t *field_value(const json_t *value, struct slice body, const char *name)
{
    if (json_is_string(value))
        return json_stringn_nocheck(json_string_value(value), json_string_length(value));
    if (json_is_boolean(value))
        return json_string(json_is_true(value) ? "true" : "false");
    if (json_is_number(value)) {
        struct slice text = number_as_sent(body, name);
        return json_stringn(text.data, text.size);
    }
    return json_null();
}

static enum body_verdict no(enum body_verdict verdict, const char *detail, const char **ret_detail)
{
    *ret_detail = detail;
    return verdict;
}

static enum body_verdict write_payload(const json_t *attributes, struct slice body, const char *const *names,
                                       struct buffer *out, const char **ret_detail)
{
    CLEANUP(json) json_t *payload = json_object();
    json_t *fields = json_object();
    bool known = false;
    (void)json_object_set_new(payload, "fields", fields);
    for (size_t i = 0; names[i] != NULL; i++) {
        const json_t *value = json_object_get(attributes, names[i]);
        known = known || value != NULL;
        (void)json_object_set_new(fields, names[i], field_value(value, body, names[i]));
    }
    if (!known)
        return no(BODY_STRUCTURE, DETAIL_STRUCTURE, ret_detail);
    char *text = json_dumps(payload, JSON_COMPACT);
    if (text == NULL)
        return no(BODY_SYNTAX, DETAIL_SYNTAX, ret_detail);
    buffer_append_text(out, text);
    free(text);
    return BODY_GOOD;
}

enum body_verdict body_to_payload(struct slice body, const char *const *names, struct buffer *out,
                                  const char **ret_detail)
{
    /* Of two equal keys one reader takes the first and another the last: what was meant is not known. */
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
    if (body.size == 0)
        return no(BODY_STRUCTURE, DETAIL_EMPTY, ret_detail);
    /* Jansson passes over a zero byte behind a number, and the walk over the text would stop at it. */
    if (memchr(body.data, '\0', body.size) != NULL)
        return no(BODY_SYNTAX, DETAIL_SYNTAX, ret_detail);
    if (is_too_deep(body))
        return no(BODY_SYNTAX, DETAIL_DEPTH, ret_detail);
    struct buffer shortened = BUFFER_INIT;
    shorten_numbers(body, &shortened);
    CLEANUP(json) json_t *root = json_loadb(shortened.data, shortened.size, flags, NULL);
    buffer_release(&shortened);
    if (root == NULL)
        return no(BODY_SYNTAX, DETAIL_SYNTAX, ret_detail);
    const json_t *data = json_object_get(root, "data");
    const json_t *attributes = json_object_get(data, "attributes");
    if (json_object_size(attributes) == 0)
        return no(BODY_STRUCTURE, DETAIL_STRUCTURE, ret_detail);
    return write_payload(attributes, body, names, out, ret_detail);
}
