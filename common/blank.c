/* blank: see blank.h. */
#include "common/blank.h"

#include <string.h>

/* Bytes of the white space at p (Unicode's White_Space property in UTF-8), 0 when there is none. */
static size_t white_space_at(const char *p, size_t size)
{
    static const char *const spaces[] = {
        "\t",           "\n",           "\v",           "\f",           "\r",           " ",
        "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82",
        "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88",
        "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f",
        "\xe3\x80\x80",
    };
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
        size_t length = strlen(spaces[i]);
        if (length <= size && memcmp(p, spaces[i], length) == 0)
            return length;
    }
    return 0;
}

bool is_blank(struct slice text)
{
    size_t i = 0;
    while (i < text.size) {
        size_t length = white_space_at(text.data + i, text.size - i);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}
