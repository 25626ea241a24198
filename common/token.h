/*
 * token: API tokens. A token is shown once, when it is made; what is stored and compared is its digest,
 * HMAC-SHA-256 under the key ECF2_TOKEN_KEY, so that a copy of the database opens nothing.
 */
#ifndef ECF2_COMMON_TOKEN_H
#define ECF2_COMMON_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/slice.h"

#define TOKEN_TEXT_SIZE   33 /* 32 characters and the zero */
#define TOKEN_DIGEST_SIZE 32

/* A new random token: 32 characters of base 58 (no 0, O, I, l), each equally likely; 187 bits. */
void token_make(char ret_text[TOKEN_TEXT_SIZE]);
/* The digest of a token of any length. False with ERROR_SETTINGS when key is empty. Any thread may call it.
 */
bool token_digest(const char *key, struct slice token, uint8_t ret_digest[TOKEN_DIGEST_SIZE],
                  struct error *err) __attribute__((warn_unused_result));
/* Compares in a time that does not depend on where they differ. */
bool token_digest_equal(const uint8_t a[TOKEN_DIGEST_SIZE], const uint8_t b[TOKEN_DIGEST_SIZE]);

/* Lower-case hexadecimal text of bytes with its zero: 2 × size + 1 characters. */
void hex_format(const uint8_t *bytes, size_t size, char *ret_text);
/* The value of a hexadecimal digit of either case, 0 to 15; -1 for any other character. */
int hex_value(char c);
/* Reads exactly size bytes from 2 × size digits of either case. ret_bytes is untouched on failure. */
bool hex_parse(struct slice text, uint8_t *ret_bytes, size_t size);

#endif
