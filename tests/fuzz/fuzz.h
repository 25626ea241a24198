/*
 * fuzz: what the fuzz targets share. A target is a file NAME_fuzz.c with libFuzzer's entry point, which
 * asserts what must hold of any input; its kept inputs are in corpus/NAME. clang makes a fuzzer of it (make
 * fuzz); with gcc replay.c reads the kept inputs only. Each input that once failed stays in the corpus beside
 * its fix.
 */
#ifndef ECF2_TESTS_FUZZ_H
#define ECF2_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/slice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process where something does not hold. */
#define CHECK(condition) ((condition) ? (void)0 : fuzz_fail(#condition, __FILE__, __LINE__))

static inline void fuzz_fail(const char *condition, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}

/* The first byte of an input, which chooses among what a target tries; the rest stays. 0 for an empty input.
 */
static inline uint8_t fuzz_choice(struct slice *input)
{
    if (input->size == 0)
        return 0;
    input->data++;
    input->size--;
    return (uint8_t)input->data[-1];
}

/* The bytes with memory of their own, without room behind them, so that a step outside is seen. To be freed.
 */
static inline char *fuzz_copy(struct slice bytes)
{
    char *copy = memory_alloc(bytes.size == 0 ? 1 : bytes.size);
    if (bytes.size > 0)
        memcpy(copy, bytes.data, bytes.size);
    return copy;
}

/* Valid UTF-8 by the table of RFC 3629 section 4. */
static inline bool fuzz_is_utf8(struct slice text)
{
    for (size_t i = 0; i < text.size;) {
        const uint8_t *p = (const uint8_t *)text.data + i;
        size_t more = p[0] < 0x80 ? 0 : p[0] < 0xe0 ? 1 : p[0] < 0xf0 ? 2 : 3;
        if ((p[0] >= 0x80 && p[0] < 0xc2) || p[0] > 0xf4 || text.size - i <= more)
            return false;
        for (size_t k = 1; k <= more; k++)
            if ((p[k] & 0xc0) != 0x80)
                return false;
        if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
            (p[0] == 0xf4 && p[1] > 0x8f))
            return false;
        i += more + 1;
    }
    return true;
}

#endif
