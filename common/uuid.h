/*
 * uuid: 16 bytes. Submissions have version 7 (RFC 9562): 48 bits of Unix milliseconds, so that the id alone
 * finds the partition (pipeline.md PL-1).
 */
#ifndef ECF2_COMMON_UUID_H
#define ECF2_COMMON_UUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/slice.h"

#define UUID_TEXT_SIZE 37 /* 36 characters and the zero */

struct uuid {
    uint8_t bytes[16];
};

/* Fills bytes from the kernel's random generator. Ends the process when there is none (it cannot go on
 * safely). */
void random_fill(void *ret_bytes, size_t size);

/* A new random (version 4) UUID: for what must not be guessed or ordered. */
struct uuid uuid_v4(void);
/* A new version 7 UUID from machine time. Ids made by one thread ascend, also within one millisecond. */
struct uuid uuid_v7(void);
/* The millisecond in a version 7 UUID as microseconds since 1970. */
int64_t uuid_v7_time_us(const struct uuid *id);
bool uuid_is_v7(const struct uuid *id);
/* Accepts exactly the 36-character form, letters in either case; nothing else. ret_id is untouched on
 * failure. */
bool uuid_parse(struct slice text, struct uuid *ret_id);
/* Writes the lower-case text with its zero. */
void uuid_format(const struct uuid *id, char ret_text[UUID_TEXT_SIZE]);
bool uuid_equal(const struct uuid *a, const struct uuid *b);

#endif
