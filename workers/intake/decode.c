/*
 * decode: which records of a batch are submissions, which are notes, and by what each submission's subject is
 * looked for. No I/O but the log.
 */
#include "workers/intake/intake.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/uuid.h"

#define NOTE_TOKEN_USED "note.token_used"
#define NOTE_REQUESTS   "note.requests"

struct slice intake_cut(struct slice text, size_t characters)
{
    size_t size = 0;

    while (size < text.size && characters > 0) {
        size++;
        while (size < text.size && ((unsigned char)text.data[size] & 0xC0) == 0x80)
            size++;
        characters--;
    }
    return (struct slice){text.data, size};
}

void intake_drop(struct work_item *item, const char *reason)
{
    log_event(LOG_ERROR, "intake_dropped", LOG_UUID("id", &item->record.id),
              LOG_SLICE("kind", item->record.kind), LOG_SLICE("trace", item->record.trace),
              LOG_TEXT("reason", reason), LOG_END);
    work_done(item);
}

void intake_otherwise_subject(struct buffer *out, struct slice kind, const struct uuid *id,
                              struct slice given)
{
    char text[UUID_TEXT_SIZE];

    uuid_format(id, text);
    if (given.size == 0)
        given = slice_of(text);
    given = intake_cut(given, INTAKE_SUBJECT_ID_MAX);
    buffer_append(out, kind.data, kind.size);
    buffer_append_char(out, ':');
    buffer_append(out, given.data, given.size);
}

static struct slice otherwise_subject(struct work_item *item, struct slice given)
{
    struct buffer text = BUFFER_INIT;

    intake_otherwise_subject(&text, item->record.kind, &item->record.id, given);
    const struct slice kept = work_keep(item, buffer_slice(&text));
    buffer_release(&text);
    return kept;
}

/* What the front made of the request; of what came without (a tool's), the payload's. */
static void digest_of(const struct wire_record *record, uint8_t ret_digest[32])
{
    const struct slice payload = record->payload;

    if (record->request_digest.size == 32)
        memcpy(ret_digest, record->request_digest.data, 32);
    else if (EVP_Digest(payload.data, payload.size, ret_digest, NULL, EVP_sha256(), NULL) != 1)
        abort(); /* without memory there is no way on (buffer.h) */
}

/* False: a sibling let a key pass that is none. key is empty where none was given. */
static bool key_of(struct work_item *item, const json_t *payload, struct slice *ret_key)
{
    const json_t *given = json_object_get(payload, IDEMPOTENCY_FIELD);
    const struct slice key = {json_string_value(given), json_string_length(given)};

    *ret_key = (struct slice){NULL, 0};
    if (given == NULL)
        return true;
    if (!idempotency_key_is_valid(key) || item->record.caller_id == 0)
        return false;
    *ret_key = work_keep(item, key);
    return true;
}

/* The kind of what may be stored; NULL: it was dropped. */
static const struct kind *kind_to_store(struct work_item *item)
{
    const struct kind *kind = kind_find(item->record.kind);

    if (kind == NULL)
        intake_drop(item, "no kind of submission has this name");
    else if (!uuid_is_v7(&item->record.id))
        intake_drop(item, "the id is not a version 7 UUID");
    else if ((item->record.flags & WIRE_FLAG_DRY_RUN) != 0)
        intake_drop(item, "a dry run is not to be stored (pipeline.md PL-55)");
    else
        return kind;
    return NULL;
}

void intake_begin_batch(struct intake_batch *ret_batch, struct work_item *item)
{
    const struct kind *kind = kind_to_store(item);

    ret_batch->count = ret_batch->token_count = ret_batch->usage_count = 0;
    if (kind == NULL)
        return;
    struct intake_entry *entry = &ret_batch->entries[ret_batch->count++];
    *entry = (struct intake_entry){
        .item = item, .kind = kind, .accepted_at_us = uuid_v7_time_us(&item->record.id)};
    digest_of(&item->record, entry->digest);
}

static void decode_submission(struct work_item *item, const json_t *payload, const json_t *fields,
                              struct intake_batch *batch)
{
    const struct kind *kind;
    struct slice key;

    if (item->record.class == WIRE_BULK) {
        intake_drop(item, "lines of bulk come as one upload (pipeline.md PL-16)");
        return;
    }
    if ((kind = kind_to_store(item)) == NULL)
        return;
    if (!key_of(item, payload, &key)) {
        intake_drop(item, "the idempotency key is none, or nobody's");
        return;
    }
    const json_t *given = kind->subject_field == NULL ? NULL : json_object_get(fields, kind->subject_field);
    const char *string = json_string_value(given);
    const struct slice text = {string, string == NULL ? 0 : json_string_length(given)};
    struct intake_entry *entry = &batch->entries[batch->count++];

    *entry = (struct intake_entry){
        .item = item, .kind = kind, .accepted_at_us = uuid_v7_time_us(&item->record.id), .key = key};
    entry->has_given = text.data != NULL && uuid_parse(text, &entry->given);
    entry->otherwise = otherwise_subject(item, text);
    digest_of(&item->record, entry->digest);
}

static void decode_note(struct work_item *item, const json_t *fields, struct intake_batch *batch)
{
    const int64_t token_id = json_integer_value(json_object_get(fields, "token_id"));
    const size_t events = json_array_size(json_object_get(fields, "events"));

    if (slice_equal(item->record.kind, slice_of(NOTE_TOKEN_USED)) && token_id > 0) {
        batch->token_ids[batch->token_count++] = token_id;
    } else if (slice_equal(item->record.kind, slice_of(NOTE_REQUESTS)) && events > 0) {
        batch->usage[batch->usage_count++] = (struct intake_usage){item->record.payload, events};
    } else {
        intake_drop(item, "no note has this name and shape");
        return;
    }
    work_done(item);
}

static void decode_item(struct work_item *item, struct intake_batch *batch)
{
    json_error_t ignored;
    CLEANUP(json)
    json_t *payload = json_loadb(item->record.payload.data == NULL ? "" : item->record.payload.data,
                                 item->record.payload.size, 0, &ignored);
    const json_t *fields = json_object_get(payload, "fields");

    if (!json_is_object(fields))
        intake_drop(item, "the payload is not {\"fields\":{…}}");
    else if ((item->record.flags & WIRE_FLAG_NOTE) != 0)
        decode_note(item, fields, batch);
    else
        decode_submission(item, payload, fields, batch);
}

void intake_decode(struct work_item *items, size_t count, struct intake_batch *ret_batch)
{
    ret_batch->count = ret_batch->token_count = ret_batch->usage_count = 0;
    for (size_t i = 0; i < count && i < WIRE_BATCH_MAX; i++)
        decode_item(&items[i], ret_batch);
}
