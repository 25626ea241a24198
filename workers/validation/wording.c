/* wording: see wording.h. */
#include "workers/validation/wording.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "workers/validation/rules.h"

bool fails(char *detail, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(detail, DETAIL_SIZE, format, args);
    va_end(args);
    assert(length > 0 && length < DETAIL_SIZE);
    (void)length;
    return true;
}

struct shown shown_of(struct slice text)
{
    static const char cut[] = "…";
    struct shown shown = {""};
    size_t size = text.size;
    if (size > SHOWN_MAX) {
        size = SHOWN_MAX;
        while (size > 0 && ((unsigned char)text.data[size] & 0xc0) == 0x80)
            size--;
    }
    if (size > 0)
        memcpy(shown.text, text.data, size);
    if (size < text.size)
        memcpy(shown.text + size, cut, sizeof cut);
    return shown;
}

struct shown_instant shown_at(int64_t instant_us)
{
    struct shown_instant shown = {""};
    rfc3339_format(instant_us, shown.text);
    return shown;
}

struct shown_date shown_on(struct date date)
{
    struct shown_date shown = {""};
    date_format(date, shown.text);
    return shown;
}
