/*
 * webhook: what endpoints of clients are told by, as the Standard Webhooks specification has it
 * (notifications.md NT-50): secrets, how they lie in the database, signatures. Pure but for randomness.
 */
#ifndef ECF2_COMMON_WEBHOOK_H
#define ECF2_COMMON_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/slice.h"
#include "common/uuid.h"

#define WEBHOOK_SECRET_PREFIX "whsec_"
#define WEBHOOK_SECRET_MIN    24 /* bytes of a secret; we make 32 */
#define WEBHOOK_SECRET_MAX    64
/* "whsec_", base64 of the longest, zero */
#define WEBHOOK_SECRET_TEXT_SIZE (sizeof WEBHOOK_SECRET_PREFIX + (WEBHOOK_SECRET_MAX + 2) / 3 * 4)

struct webhook_secret {
    uint8_t bytes[WEBHOOK_SECRET_MAX];
    size_t size; /* 0 = none */
};

/* A new random secret. */
struct webhook_secret webhook_secret_make(void);
/* "whsec_…", as its owner gets it. */
void webhook_secret_format(const struct webhook_secret *secret, char ret_text[WEBHOOK_SECRET_TEXT_SIZE]);

/* As it is stored: version (1 byte, 1), nonce (12), AES-256-GCM of the bytes, tag (16). key is
 * ECF2_WEBHOOK_KEY, any text; ERROR_SETTINGS when it is empty. Appends to out. */
bool webhook_secret_encrypt(const char *key, const struct webhook_secret *secret, struct buffer *out,
                            struct error *err) __attribute__((warn_unused_result));
/* ERROR_SETTINGS when this key did not encrypt it, or somebody has changed it. ret_secret is untouched then.
 */
bool webhook_secret_decrypt(const char *key, struct slice stored, struct webhook_secret *ret_secret,
                            struct error *err) __attribute__((warn_unused_result));

/* Appends the value of the header webhook-signature: "v1,BASE64", the base64 of the HMAC-SHA-256 of
 * "ID.TIMESTAMP.BODY"; behind a space another one where previous is a secret (size > 0). timestamp_s: seconds
 * since 1970, of this attempt. */
void webhook_sign(const struct uuid *id, int64_t timestamp_s, struct slice body,
                  const struct webhook_secret *secret, const struct webhook_secret *previous,
                  struct buffer *out);

/* ---- where to (webhook_url.c) ---- */

struct sockaddr;

/* Whether a request may go to this address where only public ones are allowed: none of this machine, of a
 * private network, of a link (which is where clouds keep their metadata), of documentation, multicast or
 * anything reserved; an IPv4 address inside an IPv6 one (mapped, translated, 6to4) is judged as itself. */
bool webhook_address_is_public(const struct sockaddr *address);

/* Whether an endpoint may be there: http or https with a host, no user, no fragment, at most 2 000
 * characters; only_public: https, and no number of an address that is not public. A host that is a name is
 * looked up when something is sent, and its address judged then. ERROR_INPUT says what is wrong. */
bool webhook_url_check(const char *url, bool only_public, struct error *err)
    __attribute__((warn_unused_result));

/* Whether endpoints must be public: where the system stands open to others. */
bool webhook_only_public(const char *environment);

#endif
