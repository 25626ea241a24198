/* token: makes tokens and their digests, with OpenSSL. */
#include "common/token.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "common/uuid.h"

static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
#define ALPHABET_SIZE (sizeof(alphabet) - 1)
/* Random bytes from here on are thrown away: with them the first characters would be likelier than the last.
 */
#define FAIR_LIMIT (256 / ALPHABET_SIZE * ALPHABET_SIZE)

void token_make(char ret_text[TOKEN_TEXT_SIZE])
{
    uint8_t bytes[TOKEN_TEXT_SIZE];
    size_t made = 0;
    while (made < TOKEN_TEXT_SIZE - 1) {
        random_fill(bytes, sizeof(bytes));
        for (size_t i = 0; i < sizeof(bytes) && made < TOKEN_TEXT_SIZE - 1; i++)
            if (bytes[i] < FAIR_LIMIT)
                ret_text[made++] = alphabet[bytes[i] % ALPHABET_SIZE];
    }
    ret_text[made] = '\0';
    OPENSSL_cleanse(bytes, sizeof(bytes));
}

bool token_digest(const char *key, struct slice token, uint8_t ret_digest[TOKEN_DIGEST_SIZE],
                  struct error *err)
{
    size_t key_size = strlen(key);
    if (key_size == 0)
        return error_set_hint(err, ERROR_SETTINGS, "set ECF2_TOKEN_KEY or ECF2_TOKEN_KEY_FILE",
                              "there is no key for the digests of API tokens");
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    const char *bytes = token.size == 0 ? "" : token.data;
    if (key_size > INT_MAX ||
        HMAC(EVP_sha256(), key, (int)key_size, (const unsigned char *)bytes, token.size, digest, &size) ==
            NULL ||
        size != TOKEN_DIGEST_SIZE)
        return error_set(err, ERROR_SYSTEM, "OpenSSL cannot compute HMAC-SHA-256");
    memcpy(ret_digest, digest, TOKEN_DIGEST_SIZE);
    return true;
}

bool token_digest_equal(const uint8_t a[TOKEN_DIGEST_SIZE], const uint8_t b[TOKEN_DIGEST_SIZE])
{
    return CRYPTO_memcmp(a, b, TOKEN_DIGEST_SIZE) == 0;
}

void hex_format(const uint8_t *bytes, size_t size, char *ret_text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        *ret_text++ = digits[bytes[i] >> 4];
        *ret_text++ = digits[bytes[i] & 0x0f];
    }
    *ret_text = '\0';
}

int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool hex_parse(struct slice text, uint8_t *ret_bytes, size_t size)
{
    if (text.size != 2 * size)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (hex_value(text.data[i]) < 0)
            return false;
    for (size_t i = 0; i < size; i++) {
        unsigned high = (unsigned)hex_value(text.data[2 * i]),
                 low = (unsigned)hex_value(text.data[2 * i + 1]);
        ret_bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
