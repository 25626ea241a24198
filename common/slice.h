/*
 * slice: borrowed bytes, a pointer and a length. Whoever hands one out says how long it lives. Not terminated
 * by zero. An empty slice may have a NULL pointer.
 */
#ifndef ECF2_COMMON_SLICE_H
#define ECF2_COMMON_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *data;
    size_t size;
};

static inline struct slice slice_of(const char *text)
{
    return (struct slice){.data = text, .size = text == NULL ? 0 : strlen(text)};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

#endif
