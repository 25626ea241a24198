/*
 * buffer: bytes that grow. Allocation failure ends the process (there is no way on without memory); so
 * callers have no error to handle.
 */
#ifndef ECF2_COMMON_BUFFER_H
#define ECF2_COMMON_BUFFER_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "common/slice.h"

struct buffer {
    char *data; /* always terminated by a zero that does not count in size; NULL before the first append */
    size_t size;
    size_t capacity;
};

#define BUFFER_INIT                                                                                          \
    {                                                                                                        \
        NULL, 0, 0                                                                                           \
    }

void buffer_release(struct buffer *buffer);
/* Empties it and keeps its memory. */
void buffer_clear(struct buffer *buffer);
/* Makes room for `more` bytes behind the present ones and returns where they start; size does not change. */
char *buffer_reserve(struct buffer *buffer, size_t more);
void buffer_append(struct buffer *buffer, const void *data, size_t size);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_char(struct buffer *buffer, char c);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The bytes, borrowed until the next append, clear or release. */
struct slice buffer_slice(const struct buffer *buffer);
/* Hands the memory over to the caller (to be freed with free()); the buffer is empty afterwards. Never NULL.
 */
char *buffer_take(struct buffer *buffer);

/* malloc, calloc, realloc, strdup that end the process when memory is exhausted. */
void *memory_alloc(size_t size);
void *memory_zero(size_t count, size_t size);
void *memory_grow(void *p, size_t count, size_t size);
char *memory_dup(const char *text);
char *memory_dup_slice(struct slice slice);

#endif
