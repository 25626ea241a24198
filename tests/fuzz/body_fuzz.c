/* JSON bodies (front/body.h): what goes on to the workers is well-formed, has the fields asked for and no
 * others, and means the same when it is sent again. */
#include "tests/fuzz/fuzz.h"

#include <jansson.h>

#include "front/body.h"

static const char *const names[] = {"participant_id", "declaration_type", "evidence_held", NULL};
#define NAMES (sizeof(names) / sizeof(names[0]) - 1)

/* NULL: it is good. */
static const char *to_payload(struct slice body, struct buffer *out)
{
    struct buffer copy = BUFFER_INIT; /* with its zero behind it */
    const char *detail = NULL;
    buffer_append(&copy, body.data, body.size);
    enum body_verdict verdict = body_to_payload(buffer_slice(&copy), names, out, &detail);
    CHECK((verdict == BODY_GOOD) == (detail == NULL));
    buffer_release(&copy);
    return detail;
}

static void check_payload(const struct buffer *payload)
{
    CHECK(fuzz_is_utf8(buffer_slice(payload)));
    json_t *root = json_loadb(payload->data, payload->size, JSON_REJECT_DUPLICATES, NULL);
    const json_t *fields = json_object_get(root, "fields");
    CHECK(json_object_size(root) == 1 && json_object_size(fields) == NAMES);
    for (size_t i = 0; i < NAMES; i++) {
        const json_t *value = json_object_get(fields, names[i]);
        CHECK(json_is_string(value) || json_is_null(value));
        CHECK(json_is_null(value) || strlen(json_string_value(value)) == json_string_length(value));
    }
    json_decref(root);
}

/* {"fields":…} as a body. */
static void send_again(const struct buffer *payload)
{
    struct buffer body = BUFFER_INIT, again = BUFFER_INIT;
    const size_t prefix = strlen("{\"fields\":");
    buffer_append_text(&body, "{\"data\":{\"attributes\":");
    buffer_append(&body, payload->data + prefix, payload->size - prefix - 1);
    buffer_append_text(&body, "}}");
    CHECK(to_payload(buffer_slice(&body), &again) == NULL);
    CHECK(slice_equal(buffer_slice(payload), buffer_slice(&again)));
    buffer_release(&body);
    buffer_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size};
    struct buffer out = BUFFER_INIT;
    const char *problem = to_payload(input, &out);
    if (problem != NULL) {
        CHECK(out.size == 0 && strlen(problem) > 0);
    } else {
        CHECK(fuzz_is_utf8(input));
        check_payload(&out);
        send_again(&out);
    }
    buffer_release(&out);
    char *type = fuzz_copy(input);
    (void)body_type_is_json((struct slice){type, size});
    free(type);
    return 0;
}
