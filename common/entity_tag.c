/* entity_tag: see entity_tag.h. */
#include "common/entity_tag.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "common/token.h"

#define DIGEST_BYTES 16 /* of the SHA-256: nobody gains by two bodies of one tag but who made both */

void entity_tag_make(struct slice body, char ret_tag[ENTITY_TAG_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    char hex[2 * DIGEST_BYTES + 1];

    (void)EVP_Digest(body.data, body.size, digest, NULL, EVP_sha256(), NULL);
    hex_format(digest, DIGEST_BYTES, hex);
    (void)snprintf(ret_tag, ENTITY_TAG_SIZE, "W/\"%s\"", hex);
}
