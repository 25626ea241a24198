/* Entries of the cache (common/cache.h): what is read as one is, written again, the same bytes; and lists of
 * scopes are taken apart without a byte too much. */
#include "tests/fuzz/fuzz.h"

#include "common/cache.h"

static void add_size(void *context, struct slice scope)
{
    size_t *sum = context;
    CHECK(scope.size > 0 && memchr(scope.data, ',', scope.size) == NULL);
    *sum += scope.size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice input = {(const char *)data, size};
    char *copy = fuzz_copy(input);
    struct buffer again = BUFFER_INIT;
    struct cache_entry entry;
    size_t sum = 0, commas = 0;
    if (cache_entry_read((struct slice){copy, size}, &entry)) {
        cache_entry_write(&again, &entry);
        CHECK(slice_equal(buffer_slice(&again), input));
    }
    cache_scopes_each((struct slice){copy, size}, add_size, &sum);
    for (size_t i = 0; i < size; i++)
        commas += copy[i] == ',';
    CHECK(sum == size - commas);
    buffer_release(&again);
    free(copy);
    return 0;
}
