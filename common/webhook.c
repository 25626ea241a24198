/* webhook: secrets and signatures; see webhook.h. */
#include "common/webhook.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#define SECRET_SIZE    32
#define STORED_VERSION 1
#define NONCE_SIZE     12
#define TAG_SIZE       16
#define STORED_MIN     (1 + NONCE_SIZE + WEBHOOK_SECRET_MIN + TAG_SIZE)
#define STORED_MAX     (1 + NONCE_SIZE + WEBHOOK_SECRET_MAX + TAG_SIZE)

struct webhook_secret webhook_secret_make(void)
{
    struct webhook_secret secret = {.size = SECRET_SIZE};

    random_fill(secret.bytes, secret.size);
    return secret;
}

void webhook_secret_format(const struct webhook_secret *secret, char ret_text[WEBHOOK_SECRET_TEXT_SIZE])
{
    memcpy(ret_text, WEBHOOK_SECRET_PREFIX, sizeof WEBHOOK_SECRET_PREFIX);
    (void)EVP_EncodeBlock((unsigned char *)ret_text + sizeof WEBHOOK_SECRET_PREFIX - 1, secret->bytes,
                          (int)secret->size);
}

/* ---------------------------------------------------------------- at rest */

static bool key_derive(const char *key, uint8_t ret_key[SHA256_DIGEST_LENGTH], struct error *err)
{
    static const char purpose[] = "ecf2 webhook secrets, version 1";
    unsigned size = SHA256_DIGEST_LENGTH;

    if (key[0] == '\0')
        return error_set_hint(err, ERROR_SETTINGS,
                              "set ECF2_WEBHOOK_KEY, or ECF2_WEBHOOK_KEY_FILE, to at least 32 characters",
                              "there is no key for the secrets of webhook endpoints");
    if (HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)purpose, sizeof purpose - 1, ret_key,
             &size) == NULL)
        return error_set(err, ERROR_SYSTEM, "OpenSSL made no key");
    return true;
}

static bool encrypt(const uint8_t *key, const struct webhook_secret *secret, uint8_t *ret_stored)
{
    uint8_t *const nonce = ret_stored + 1, *const text = nonce + NONCE_SIZE;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int size = 0, rest = 0;

    ret_stored[0] = STORED_VERSION;
    random_fill(nonce, NONCE_SIZE);
    const bool done = context != NULL &&
                      EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
                      EVP_EncryptUpdate(context, text, &size, secret->bytes, (int)secret->size) == 1 &&
                      EVP_EncryptFinal_ex(context, text + size, &rest) == 1 &&
                      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, text + secret->size) == 1;
    EVP_CIPHER_CTX_free(context);
    return done;
}

bool webhook_secret_encrypt(const char *key, const struct webhook_secret *secret, struct buffer *out,
                            struct error *err)
{
    uint8_t derived[SHA256_DIGEST_LENGTH], stored[STORED_MAX];

    if (!key_derive(key, derived, err))
        return false;
    const bool done = encrypt(derived, secret, stored);
    OPENSSL_cleanse(derived, sizeof derived);
    if (!done)
        return error_set(err, ERROR_SYSTEM, "OpenSSL did not encrypt the secret");
    buffer_append(out, stored, 1 + NONCE_SIZE + secret->size + TAG_SIZE);
    return true;
}

static bool decrypt(const uint8_t *key, const uint8_t *stored, struct webhook_secret *secret)
{
    const uint8_t *const nonce = stored + 1, *const text = nonce + NONCE_SIZE;
    uint8_t tag[TAG_SIZE];
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int size = 0, rest = 0;

    memcpy(tag, text + secret->size, TAG_SIZE);
    const bool done = context != NULL &&
                      EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
                      EVP_DecryptUpdate(context, secret->bytes, &size, text, (int)secret->size) == 1 &&
                      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, tag) == 1 &&
                      EVP_DecryptFinal_ex(context, secret->bytes + size, &rest) == 1;
    EVP_CIPHER_CTX_free(context);
    return done;
}

bool webhook_secret_decrypt(const char *key, struct slice stored, struct webhook_secret *ret_secret,
                            struct error *err)
{
    struct webhook_secret secret = {.size = 0};
    uint8_t derived[SHA256_DIGEST_LENGTH];

    if (!key_derive(key, derived, err))
        return false;
    bool done = stored.size >= STORED_MIN && stored.size <= STORED_MAX && stored.data[0] == STORED_VERSION;
    if (done) {
        secret.size = stored.size - 1 - NONCE_SIZE - TAG_SIZE;
        done = decrypt(derived, (const uint8_t *)stored.data, &secret);
    }
    OPENSSL_cleanse(derived, sizeof derived);
    if (!done)
        return error_set_hint(err, ERROR_SETTINGS, "is ECF2_WEBHOOK_KEY the one that it was made with?",
                              "the secret of a webhook endpoint cannot be decrypted");
    *ret_secret = secret;
    return true;
}

/* -------------------------------------------------------------- signatures */

static void sign(struct slice signed_text, const struct webhook_secret *secret, struct buffer *out)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    char text[(SHA256_DIGEST_LENGTH + 2) / 3 * 4 + 1];
    unsigned size = sizeof digest;

    (void)HMAC(EVP_sha256(), secret->bytes, (int)secret->size, (const unsigned char *)signed_text.data,
               signed_text.size, digest, &size);
    (void)EVP_EncodeBlock((unsigned char *)text, digest, sizeof digest);
    buffer_printf(out, "v1,%s", text);
}

void webhook_sign(const struct uuid *id, int64_t timestamp_s, struct slice body,
                  const struct webhook_secret *secret, const struct webhook_secret *previous,
                  struct buffer *out)
{
    struct buffer signed_text = BUFFER_INIT;
    char id_text[UUID_TEXT_SIZE];

    uuid_format(id, id_text);
    buffer_printf(&signed_text, "%s.%lld.", id_text, (long long)timestamp_s);
    buffer_append(&signed_text, body.data, body.size);
    sign(buffer_slice(&signed_text), secret, out);
    if (previous->size > 0) {
        buffer_append_char(out, ' ');
        sign(buffer_slice(&signed_text), previous, out);
    }
    buffer_release(&signed_text);
}
