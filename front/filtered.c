/* filtered: the names, and what is said instead of values. */
#include "front/filtered.h"

#include <ctype.h>

#include "front/query.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* OP-23: a name that contains one of these, or is exactly q. */
static const char *const words[] = {
    "author_email",
    "author_name",
    "certificate",
    "commit",
    "corrected_name",
    "crypt",
    "date_of_birth",
    "dfe_sign_in_user_id",
    "email",
    "first_name",
    "last_name",
    "name",
    "national_insurance_number",
    "otp",
    "passw",
    "salt",
    "secret",
    "ssn",
    "token",
    "trn",
    "_key",
};

bool filtered_hides(struct slice name)
{
    struct buffer lower = BUFFER_INIT;
    bool hidden = false;

    for (size_t i = 0; i < name.size; i++)
        buffer_append_char(&lower, (char)tolower((unsigned char)name.data[i]));
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && !hidden; i++)
        hidden = lower.size > 0 && memmem(lower.data, lower.size, words[i], strlen(words[i])) != NULL;
    hidden = hidden || slice_equal(buffer_slice(&lower), slice_of("q"));
    buffer_release(&lower);
    return hidden;
}

void filtered_json(json_t *value)
{
    json_t *element;
    size_t i;

    json_array_foreach(value, i, element) filtered_json(element);
    for (void *at = json_object_iter(value); at != NULL; at = json_object_iter_next(value, at)) {
        if (filtered_hides(slice_of(json_object_iter_key(at))))
            (void)json_object_iter_set_new(value, at, json_string(FILTERED));
        else
            filtered_json(json_object_iter_value(at));
    }
}

json_t *filtered_text(struct slice bytes)
{
    struct buffer mended = BUFFER_INIT;
    json_t *text = bytes.size == 0 || memchr(bytes.data, '\0', bytes.size) == NULL
                       ? json_stringn(bytes.size == 0 ? "" : bytes.data, bytes.size)
                       : NULL;

    if (text != NULL)
        return text;
    text = json_stringn(bytes.data, bytes.size); /* is it UTF-8 but for its zeros? */
    for (size_t i = 0; i < bytes.size; i++) {
        const unsigned char byte = (unsigned char)bytes.data[i];
        if (byte == 0 || (byte >= 0x80 && text == NULL))
            buffer_append_text(&mended, REPLACEMENT);
        else
            buffer_append_char(&mended, bytes.data[i]);
    }
    json_decref(text);
    text = json_stringn(mended.data, mended.size);
    buffer_release(&mended);
    return text;
}

/* Appends the name decoded; true: its value is hidden. A name that holds a value itself, `token%3Dx`, is not
 * told. */
static bool name_of(const struct query_pair *pair, struct buffer *ret_name)
{
    query_decode(pair->name, /* plus_is_space= */ true, ret_name);
    const struct slice name = buffer_slice(ret_name);
    const bool hidden = filtered_hides(name);

    if (hidden && memchr(name.data, '=', name.size) != NULL) {
        buffer_clear(ret_name);
        buffer_append_text(ret_name, FILTERED);
    }
    return hidden;
}

void filtered_query(struct slice query, struct buffer *out)
{
    const char *begin = query.data;
    struct query_pair pair;
    struct buffer name = BUFFER_INIT;

    while (query_next(&query, &pair)) {
        buffer_clear(&name);
        if (pair.name.data != begin)
            buffer_append_char(out, '&');
        if (!name_of(&pair, &name))
            buffer_append(out, pair.name.data, (size_t)(pair.value.data + pair.value.size - pair.name.data));
        else if (slice_equal(buffer_slice(&name), slice_of(FILTERED)))
            buffer_append_text(out, FILTERED);
        else
            buffer_printf(out, "%.*s=" FILTERED, (int)pair.name.size, pair.name.data);
    }
    buffer_release(&name);
}

json_t *filtered_parameters(struct slice query)
{
    json_t *parameters = json_object();
    struct query_pair pair;
    struct buffer name = BUFFER_INIT, value = BUFFER_INIT;

    while (query_next(&query, &pair)) {
        buffer_clear(&name);
        buffer_clear(&value);
        if (name_of(&pair, &name))
            buffer_append_text(&value, FILTERED);
        else
            query_decode(pair.value, /* plus_is_space= */ true, &value);
        json_t *key = filtered_text(buffer_slice(&name));
        json_t *values = json_object_get(parameters, json_string_value(key));
        if (values == NULL) {
            values = json_array();
            (void)json_object_set_new(parameters, json_string_value(key), values);
        }
        (void)json_array_append_new(values, filtered_text(buffer_slice(&value)));
        json_decref(key);
    }
    buffer_release(&name);
    buffer_release(&value);
    return parameters;
}
