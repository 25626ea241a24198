#include "front/authorization.h"

static struct slice trim(struct slice text)
{
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

static bool take_prefix(struct slice *text, const char *prefix)
{
    size_t size = strlen(prefix);
    if (text->size < size || memcmp(text->data, prefix, size) != 0)
        return false;
    text->data += size;
    text->size -= size;
    return true;
}

bool authorization_token(struct slice value, struct slice *ret_token)
{
    struct slice rest = trim(value);
    if (!take_prefix(&rest, "Bearer ") && !take_prefix(&rest, "Token "))
        return false;
    rest = trim(rest);
    if (take_prefix(&rest, "token=")) {
        rest = trim(rest);
        /* token="…", with further parameters behind a comma or semicolon, which mean nothing to us */
        if (take_prefix(&rest, "\"")) {
            const char *quote = memchr(rest.data, '"', rest.size);
            if (quote == NULL)
                return false;
            rest.size = (size_t)(quote - rest.data);
        } else {
            size_t size = 0;
            while (size < rest.size && rest.data[size] != ',' && rest.data[size] != ';')
                size++;
            rest.size = size;
        }
        rest = trim(rest);
    }
    if (rest.size == 0)
        return false;
    *ret_token = rest;
    return true;
}
