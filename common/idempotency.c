#include "common/idempotency.h"

#include <jansson.h>

#include "common/cleanup.h"

bool idempotency_key_is_valid(struct slice key)
{
    for (size_t i = 0; i < key.size; i++)
        if (key.data[i] < '!' || key.data[i] > '~')
            return false;
    return key.size >= 1 && key.size <= IDEMPOTENCY_KEY_MAX;
}

void idempotency_payload(struct buffer *out, struct slice payload, struct slice key)
{
    buffer_append_text(out, "{\"" IDEMPOTENCY_FIELD "\":\"");
    for (size_t i = 0; i < key.size; i++) {
        if (key.data[i] == '"' || key.data[i] == '\\')
            buffer_append_char(out, '\\');
        buffer_append_char(out, key.data[i]);
    }
    buffer_append_text(out, "\",");
    buffer_append(out, payload.data + 1, payload.size - 1); /* behind its brace */
}

void idempotency_holder_write(struct buffer *out, const struct idempotency_holder *holder)
{
    char id[UUID_TEXT_SIZE];

    uuid_format(&holder->submission, id);
    buffer_printf(out, "{\"submission\":\"%s\",\"same_request\":%s,\"waits\":%s}", id,
                  holder->is_same_request ? "true" : "false", holder->waits ? "true" : "false");
}

bool idempotency_holder_read(struct slice text, struct idempotency_holder *ret_holder)
{
    CLEANUP(json) json_t *told = json_loadb(text.data == NULL ? "" : text.data, text.size, 0, NULL);
    const json_t *same = json_object_get(told, "same_request"), *waits = json_object_get(told, "waits");
    struct idempotency_holder holder = {.is_same_request = json_is_true(same), .waits = json_is_true(waits)};

    if (!json_is_boolean(same) || !json_is_boolean(waits) ||
        !uuid_parse(slice_of(json_string_value(json_object_get(told, "submission"))), &holder.submission))
        return false;
    *ret_holder = holder;
    return true;
}
