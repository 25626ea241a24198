/* What the front reads of a head: targets, paths, query strings, ids, and the fields Prefer, Authorization,
 * If-None-Match, Idempotency-Key and X-Forwarded-For. */
#include "tests/fuzz/fuzz.h"

#include <jansson.h>

#include "common/idempotency.h"
#include "common/token.h"
#include "common/uuid.h"
#include "front/answer.h"
#include "front/authorization.h"
#include "front/head.h"
#include "front/network.h"
#include "front/prefer.h"
#include "front/query.h"
#include "front/routes.h"

static bool is_inside(struct slice part, struct slice whole)
{
    return part.data >= whole.data && part.data + part.size <= whole.data + whole.size;
}

/* What is said to be honoured means the same when it is sent. Two lines stand for two fields. */
static void try_prefer(struct slice value)
{
    const int64_t limit_ms = 25000;
    struct prefer prefer = {0}, again = {0};
    char applied[PREFER_APPLIED_SIZE];
    const char *line_end = memchr(value.data, '\n', value.size);
    size_t first = line_end == NULL ? value.size : (size_t)(line_end - value.data);
    prefer_parse(&prefer, (struct slice){value.data, first});
    prefer_parse(&prefer, (struct slice){value.data + first, value.size - first});
    int64_t wait_ms = prefer_wait_ms(&prefer, limit_ms);
    CHECK(wait_ms >= 0 && wait_ms <= limit_ms);
    prefer_applied(&prefer, limit_ms, applied);
    if (applied[0] == '\0') {
        CHECK(wait_ms == limit_ms);
        return;
    }
    prefer_parse(&again, slice_of(applied));
    CHECK(prefer_wait_ms(&again, limit_ms) == wait_ms && again.respond_async == prefer.respond_async);
}

static void try_authorization(struct slice value)
{
    struct slice token;
    if (!authorization_token(value, &token))
        return;
    CHECK(token.size > 0 && is_inside(token, value));
    CHECK(token.data[0] != ' ' && token.data[token.size - 1] != ' ');
    /* The shortest form has the same token, unless it looks like a longer form itself. */
    struct buffer plain = BUFFER_INIT;
    struct slice again;
    buffer_append_text(&plain, "Bearer ");
    buffer_append(&plain, token.data, token.size);
    CHECK(authorization_token(buffer_slice(&plain), &again) ||
          (token.size >= 6 && memcmp(token.data, "token=", 6) == 0));
    buffer_release(&plain);
}

static void try_uuid(struct slice text)
{
    struct uuid id, again;
    char shown[UUID_TEXT_SIZE];
    if (!uuid_parse(text, &id))
        return;
    uuid_format(&id, shown);
    CHECK(text.size == strlen(shown));
    for (size_t i = 0; i < text.size; i++)
        CHECK(text.data[i] == shown[i] ||
              (text.data[i] >= 'A' && text.data[i] <= 'F' && (text.data[i] | 32) == shown[i]));
    CHECK(uuid_parse(slice_of(shown), &again) && uuid_equal(&id, &again));
}

static void try_hex(struct slice text)
{
    uint8_t bytes[8];
    char shown[2 * sizeof(bytes) + 1];
    if (!hex_parse(text, bytes, sizeof(bytes)))
        return;
    hex_format(bytes, sizeof(bytes), shown);
    CHECK(text.size == strlen(shown));
}

static void try_address(struct slice text)
{
    struct network_address address, again;
    char shown[NETWORK_TEXT_SIZE];
    if (!network_address_parse(text, &address))
        return;
    network_format(&address, shown);
    CHECK(network_address_parse(slice_of(shown), &again) && memcmp(&address, &again, sizeof(address)) == 0);
    /* What is counted by is an address too, and its own key. */
    char key[NETWORK_TEXT_SIZE];
    network_key(&address, shown);
    CHECK(network_address_parse(slice_of(shown), &again));
    network_key(&again, key);
    CHECK(strcmp(key, shown) == 0);
}

/* Whoever is not trusted is the client, and nobody before it. */
static void try_forwarded(struct slice value)
{
    struct network_list trusted;
    struct error err = {0};
    CHECK(network_list_parse("X", "10.0.0.0/8, 2001:db8::/32", &trusted, &err));
    struct network_address client, first;
    CHECK(network_address_parse(slice_of("10.0.0.1"), &client));
    first = client;
    bool all = network_forwarded(&trusted, value, &client);
    CHECK(!all || value.size > 0);
    CHECK(memcmp(&client, &first, sizeof(client)) == 0 || value.size > 0);
    struct network_address stranger;
    CHECK(network_address_parse(slice_of("192.0.2.1"), &stranger));
    client = stranger;
    CHECK(!network_forwarded(&trusted, value, &client) && memcmp(&client, &stranger, sizeof(client)) == 0);
    network_list_release(&trusted);
}

static void try_networks(struct slice text)
{
    struct network_list list;
    struct error err = {0};
    char *copy = memory_dup_slice(text);
    if (network_list_parse("X", copy, &list, &err)) {
        for (size_t i = 0; i < list.count; i++)
            CHECK(list.items[i].bits <= 128 && network_list_has(&list, &list.items[i].address));
        network_list_release(&list);
    } else {
        CHECK(err.kind == ERROR_SETTINGS && strlen(err.detail) > 0);
    }
    free(copy);
}

static void try_etag(struct slice value)
{
    static const char tag[] = "W/\"0123456789abcdef\"";
    bool matches = answer_etag_matches(value, slice_of(tag));
    if (matches)
        CHECK(memchr(value.data, '*', value.size) != NULL || value.size >= strlen(tag) - 2);
    /* A list that ends well and has it has it. */
    struct buffer list = BUFFER_INIT;
    if (value.size == 0 || memchr(value.data, '"', value.size) == NULL) {
        buffer_append(&list, value.data, value.size);
        buffer_append_text(&list, ", ");
        buffer_append_text(&list, tag);
        CHECK(answer_etag_matches(buffer_slice(&list), slice_of(tag)));
        buffer_release(&list);
    }
}

/* A key that is good comes out of a payload as it went in, beside what was there. */
static void try_key(struct slice value)
{
    struct buffer payload = BUFFER_INIT;
    if (!idempotency_key_is_valid(value))
        return;
    CHECK(value.size >= 1 && value.size <= IDEMPOTENCY_KEY_MAX);
    idempotency_payload(&payload, slice_of("{\"fields\":{\"a\":\"b\"}}"), value);
    json_t *read = json_loadb(payload.data, payload.size, JSON_REJECT_DUPLICATES, NULL);
    const json_t *key = json_object_get(read, IDEMPOTENCY_FIELD);
    CHECK(slice_equal((struct slice){json_string_value(key), json_string_length(key)}, value));
    CHECK(strcmp(json_string_value(json_object_get(json_object_get(read, "fields"), "a")), "b") == 0);
    json_decref(read);
    buffer_release(&payload);
}

/* Who holds a key, as only our own processes tell it. */
static void try_holder(struct slice text)
{
    struct idempotency_holder holder, again;
    struct buffer written = BUFFER_INIT;
    if (!idempotency_holder_read(text, &holder))
        return;
    idempotency_holder_write(&written, &holder);
    CHECK(idempotency_holder_read(buffer_slice(&written), &again));
    CHECK(uuid_equal(&holder.submission, &again.submission) && holder.waits == again.waits &&
          holder.is_same_request == again.is_same_request);
    buffer_release(&written);
}

static void check_found(const struct route *route, struct slice id, struct slice text)
{
    if (route == NULL || id.size == 0)
        CHECK(id.size == 0);
    else
        CHECK(is_inside(id, text) && memchr(id.data, '/', id.size) == NULL);
}

static void try_route(struct slice text)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", ""};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        struct slice id = {"x", 1}, old_id = {"x", 1};
        const struct route *route = route_find(slice_of(methods[i]), text, &id);
        const struct route *old = route_find_old(slice_of(methods[i]), text, &old_id);
        check_found(route, id, text);
        check_found(old, old_id, text);
        CHECK(old != NULL || route == NULL); /* what is served, stays so */
    }
}

/* Decodes all of it, unlike the reader that is tried. */
static void decode(struct slice text, struct buffer *out)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte;
        if (text.data[i] == '%' && i + 2 < text.size &&
            hex_parse((struct slice){text.data + i + 1, 2}, &byte, 1)) {
            buffer_append_char(out, (char)byte);
            i += 2;
        } else {
            buffer_append_char(out, text.data[i]);
        }
    }
}

/* Another reader: name by name, from the last to the first. */
static void try_query(struct slice text)
{
    bool malformed = false;
    for (size_t end = text.size + 1; end > 0;) {
        size_t begin = end - 1, size = 0;
        while (begin > 0 && text.data[begin - 1] != '&')
            begin--;
        while (begin + size < end - 1 && text.data[begin + size] != '=')
            size++;
        struct buffer name = BUFFER_INIT;
        decode((struct slice){text.data + begin, size}, &name);
        malformed |= slice_equal(buffer_slice(&name), slice_of("filter")) ||
                     (name.size >= 8 && memcmp(name.data, "filter[]", 8) == 0);
        buffer_release(&name);
        end = begin;
    }
    CHECK(query_filter_is_malformed(text) == malformed);
}

/* The end of the target, from a slash on. */
static void try_target(struct slice text)
{
    struct slice path = head_path(text);
    if (path.data == text.data) {
        CHECK(path.size == text.size);
        return;
    }
    CHECK(path.size > 0 && path.data[0] == '/' && text.size > strlen("http://"));
    CHECK((path.size == 1 && !is_inside(path, text)) || path.data + path.size == text.data + text.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(struct slice) = {try_prefer,   try_authorization, try_uuid,
                                                  try_hex,      try_address,       try_forwarded,
                                                  try_networks, try_etag,          try_route};
    struct slice input = {(const char *)data, size};
    uint8_t choice = fuzz_choice(&input);
    char *copy = fuzz_copy(input);
    tries[choice % (sizeof(tries) / sizeof(tries[0]))]((struct slice){copy, input.size});
    /* With all of them, so that kept inputs go on to mean what they meant. */
    try_query((struct slice){copy, input.size});
    try_target((struct slice){copy, input.size});
    try_key((struct slice){copy, input.size});
    try_holder((struct slice){copy, input.size});
    free(copy);
    return 0;
}
