/* webhook_url: where webhooks may go; see webhook.h. */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "common/webhook.h"

#define URL_MAX 2000

/* ---------------------------------------------------------------- addresses */

struct network4 {
    uint32_t address;
    int bits;
};

/* What the registry of special-purpose IPv4 addresses (RFC 6890 and its updates) does not call global, and
 * multicast. */
static const struct network4 special4[] = {
    {0x00000000, 8},  /* this network */
    {0x0a000000, 8},  /* private */
    {0x64400000, 10}, /* shared by a carrier's customers */
    {0x7f000000, 8},  /* this machine */
    {0xa9fe0000, 16}, /* the link; metadata of clouds */
    {0xac100000, 12}, /* private */
    {0xc0000000, 24}, /* protocol assignments */
    {0xc0000200, 24}, /* documentation */
    {0xc0586300, 24}, /* 6to4 relays, withdrawn */
    {0xc0a80000, 16}, /* private */
    {0xc6120000, 15}, /* benchmarks */
    {0xc6336400, 24}, /* documentation */
    {0xcb007100, 24}, /* documentation */
    {0xe0000000, 4},  /* multicast */
    {0xf0000000, 4},  /* reserved, broadcast */
};

static bool is_public4(uint32_t address)
{
    for (size_t i = 0; i < sizeof special4 / sizeof special4[0]; i++)
        if ((address ^ special4[i].address) >> (32 - special4[i].bits) == 0)
            return false;
    return true;
}

static uint32_t number_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool begins_with(const uint8_t *bytes, const uint8_t *prefix, size_t size)
{
    return memcmp(bytes, prefix, size) == 0;
}

/* Global are only 2000::/3 (RFC 4291), without what is kept for special purposes in it, and the addresses
 * that stand for an IPv4 one. */
static bool is_public6(const uint8_t bytes[16])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    static const uint8_t translated[12] = {0x00, 0x64, 0xff, 0x9b};
    static const uint8_t documentation[4] = {0x20, 0x01, 0x0d, 0xb8};
    static const uint8_t six_to_four[2] = {0x20, 0x02};

    if (begins_with(bytes, mapped, sizeof mapped) || begins_with(bytes, translated, sizeof translated))
        return is_public4(number_at(bytes + 12));
    if ((bytes[0] & 0xe0) != 0x20)
        return false;
    if (begins_with(bytes, six_to_four, sizeof six_to_four))
        return is_public4(number_at(bytes + 2));
    if (begins_with(bytes, documentation, sizeof documentation) || (bytes[0] == 0x3f && bytes[1] == 0xff))
        return false;
    return !(bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] < 0x02); /* 2001::/23: tunnels and tests */
}

bool webhook_address_is_public(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;

        memcpy(&in, address, sizeof in);
        return is_public4(ntohl(in.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;

        memcpy(&in6, address, sizeof in6);
        return is_public6(in6.sin6_addr.s6_addr);
    }
    return false;
}

bool webhook_only_public(const char *environment)
{
    return strcmp(environment, "production") == 0 || strcmp(environment, "sandbox") == 0;
}

/* --------------------------------------------------------------------- URLs */

/* host as libcurl reads it: an IPv6 address in brackets; other spellings of an IPv4 address (0x7f.1) it has
 * written as four numbers. */
static bool host_is_refused(const char *host)
{
    char inner[INET6_ADDRSTRLEN];
    const size_t size = strlen(host);
    struct in_addr four;
    struct in6_addr six;

    if (inet_pton(AF_INET, host, &four) == 1)
        return !is_public4(ntohl(four.s_addr));
    if (host[0] != '[')
        return false;
    if (size < 3 || size - 2 >= sizeof inner)
        return true; /* with a zone, so of a link */
    memcpy(inner, host + 1, size - 2);
    inner[size - 2] = '\0';
    return inet_pton(AF_INET6, inner, &six) != 1 || !is_public6(six.s6_addr);
}

static bool has_part(CURLU *parsed, CURLUPart part)
{
    char *text = NULL;
    const bool there = curl_url_get(parsed, part, &text, 0) == CURLUE_OK && text != NULL;

    curl_free(text);
    return there;
}

static bool parts_check(CURLU *parsed, const char *scheme, const char *host, bool only_public,
                        struct error *err)
{
    const bool https = strcmp(scheme, "https") == 0;

    if (!https && strcmp(scheme, "http") != 0)
        return error_set(err, ERROR_INPUT, "a webhook goes by https, not by %.20s", scheme);
    if (host[0] == '\0')
        return error_set(err, ERROR_INPUT, "the URL names no host");
    if (has_part(parsed, CURLUPART_USER) || has_part(parsed, CURLUPART_PASSWORD))
        return error_set(err, ERROR_INPUT,
                         "the URL holds a user or a password; a webhook is known by its signature");
    if (has_part(parsed, CURLUPART_FRAGMENT))
        return error_set(err, ERROR_INPUT, "the URL has a fragment (#…), which is never sent");
    if (only_public && !https)
        return error_set(err, ERROR_INPUT, "a webhook goes by https here");
    if (only_public && host_is_refused(host))
        return error_set(err, ERROR_INPUT, "the URL's address is not a public one");
    return true;
}

bool webhook_url_check(const char *url, bool only_public, struct error *err)
{
    char *scheme = NULL, *host = NULL;
    CURLU *parsed = curl_url();
    bool good = false;

    if (parsed == NULL)
        return error_set(err, ERROR_SYSTEM, "libcurl has no memory");
    if (strlen(url) > URL_MAX)
        (void)error_set(err, ERROR_INPUT, "the URL is longer than %d characters", URL_MAX);
    else if (curl_url_set(parsed, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK ||
             curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
             curl_url_get(parsed, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        (void)error_set(err, ERROR_INPUT, "this is no URL such as https://provider.example/webhooks");
    else
        good = parts_check(parsed, scheme, host, only_public, err);
    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(parsed);
    return good;
}
