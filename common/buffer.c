/* buffer: growing bytes, and the allocations that end the process rather than fail. */
#include "common/buffer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"

#define FIRST_CAPACITY 64

static _Noreturn void out_of_memory(size_t size)
{
    /* log_event allocates nothing. */
    log_event(LOG_ERROR, "out_of_memory", LOG_INT("bytes", size), LOG_END);
    _exit(70); /* EX_SOFTWARE; no handlers: they may allocate */
}

static size_t size_sum(size_t a, size_t b)
{
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        out_of_memory(SIZE_MAX);
    return sum;
}

void *memory_alloc(size_t size)
{
    void *p = malloc(size == 0 ? 1 : size);
    if (p == NULL)
        out_of_memory(size);
    return p;
}

void *memory_zero(size_t count, size_t size)
{
    void *p = calloc(count == 0 ? 1 : count, size == 0 ? 1 : size);
    if (p == NULL)
        out_of_memory(size);
    return p;
}

void *memory_grow(void *p, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        out_of_memory(SIZE_MAX);
    void *grown = realloc(p, bytes == 0 ? 1 : bytes);
    if (grown == NULL)
        out_of_memory(bytes);
    return grown;
}

char *memory_dup(const char *text)
{
    return memory_dup_slice(slice_of(text));
}

char *memory_dup_slice(struct slice slice)
{
    char *copy = memory_alloc(size_sum(slice.size, 1));
    if (slice.size > 0)
        memcpy(copy, slice.data, slice.size);
    copy[slice.size] = '\0';
    return copy;
}

void buffer_release(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer)BUFFER_INIT;
}

void buffer_clear(struct buffer *buffer)
{
    buffer->size = 0;
    if (buffer->data != NULL)
        buffer->data[0] = '\0';
}

char *buffer_reserve(struct buffer *buffer, size_t more)
{
    size_t needed = size_sum(size_sum(buffer->size, more), 1);
    if (needed > buffer->capacity) {
        /* Doubling keeps appends linear; near the end of the address space only what is needed. */
        size_t capacity = buffer->capacity > SIZE_MAX / 2 ? needed : buffer->capacity * 2;
        if (capacity < FIRST_CAPACITY)
            capacity = FIRST_CAPACITY;
        if (capacity < needed)
            capacity = needed;
        buffer->data = memory_grow(buffer->data, capacity, 1);
        buffer->capacity = capacity;
        buffer->data[buffer->size] = '\0';
    }
    return buffer->data + buffer->size;
}

void buffer_append(struct buffer *buffer, const void *data, size_t size)
{
    char *end = buffer_reserve(buffer, size);
    if (size > 0)
        memcpy(end, data, size);
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_append_char(struct buffer *buffer, char c)
{
    char *end = buffer_reserve(buffer, 1);
    end[0] = c;
    end[1] = '\0';
    buffer->size++;
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    char *end = buffer_reserve(buffer, /* more= */ 0);
    size_t room = buffer->capacity - buffer->size;
    int size = vsnprintf(end, room, format, arguments);
    assert(size >= 0); /* only a bad format or a bad multibyte character in %ls fails */
    if ((size_t)size >= room) {
        end = buffer_reserve(buffer, (size_t)size);
        (void)vsnprintf(end, (size_t)size + 1, format, again);
    }
    buffer->size += (size_t)size;
    va_end(again);
    va_end(arguments);
}

struct slice buffer_slice(const struct buffer *buffer)
{
    return (struct slice){.data = buffer->data, .size = buffer->size};
}

char *buffer_take(struct buffer *buffer)
{
    (void)buffer_reserve(buffer, /* more= */ 0);
    char *data = buffer->data;
    *buffer = (struct buffer)BUFFER_INIT;
    return data;
}
