/*
 * wire: codec of the frames that wire.h describes. Layout lives here and in wire.h only. Each writer stands
 * before its reader; a change to one is a change to both, and to PROTOCOL.md.
 *
 * Readers never copy: slices point into the frame. They go through a cursor that, once it ran over the end,
 * only says zero and empty, so that a reader asks for all fields first and then once whether they were there.
 */
#include "common/wire.h"

#include <assert.h>
#include <string.h>

#define HEAD_MAGIC_SIZE       2
#define RECORD_DEATHS_OFFSET  2
#define RECORD_RETURNS_OFFSET 3

static const char head_magic[HEAD_MAGIC_SIZE] = {'E', '2'};

static const char *const command_names[] = {[WIRE_NO_COMMAND] = "unknown",
#define X(command, name) [command] = name,
                                            WIRE_COMMANDS(X)
#undef X
};
static_assert(sizeof command_names / sizeof command_names[0] == WIRE_COMMAND_COUNT,
              "a name for each command");

static const char *const class_names[] = {[WIRE_WAIT] = "wait", [WIRE_ASYNC] = "async", [WIRE_BULK] = "bulk"};
static_assert(sizeof class_names / sizeof class_names[0] == WIRE_CLASS_COUNT, "a name for each class");

static const char *const caller_names[] = {
    [WIRE_LEAD_PROVIDER] = "lead_provider",
    [WIRE_SCHOOL] = "school",
    [WIRE_APPROPRIATE_BODY] = "appropriate_body",
    [WIRE_DFE_STAFF] = "dfe_staff",
    [WIRE_SYSTEM] = "system",
};
static_assert(sizeof caller_names / sizeof caller_names[0] == WIRE_CALLER_COUNT, "a name for each caller");

/* ---- names ---- */

const char *wire_command_name(enum wire_command command)
{
    return (size_t)command < WIRE_COMMAND_COUNT ? command_names[command] : "unknown";
}

const char *wire_class_name(enum wire_class class)
{
    return (size_t) class < WIRE_CLASS_COUNT ? class_names[class] : "unknown";
}

const char *wire_caller_name(enum wire_caller caller)
{
    return (size_t)caller < WIRE_CALLER_COUNT ? caller_names[caller] : "unknown";
}

/* The index of text in names, or count. */
static size_t name_find(const char *const *names, size_t count, struct slice text)
{
    size_t i = 0;
    while (i < count && !slice_equal(text, slice_of(names[i])))
        i++;
    return i;
}

bool wire_class_parse(struct slice text, enum wire_class *ret_class)
{
    size_t i = name_find(class_names, WIRE_CLASS_COUNT, text);
    if (i == WIRE_CLASS_COUNT)
        return false;
    *ret_class = (enum wire_class)i;
    return true;
}

bool wire_caller_parse(struct slice text, enum wire_caller *ret_caller)
{
    size_t i = name_find(caller_names, WIRE_CALLER_COUNT, text);
    if (i == WIRE_CALLER_COUNT)
        return false;
    *ret_caller = (enum wire_caller)i;
    return true;
}

bool wire_service_is_valid(struct slice name)
{
    if (name.size == 0 || name.size > WIRE_SERVICE_MAX)
        return false;
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    return true;
}

/* ---- numbers and bytes ---- */

static void put_u8(struct buffer *out, uint8_t value)
{
    buffer_append_char(out, (char)value);
}

static void put_big_endian(struct buffer *out, uint64_t value, size_t size)
{
    char bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(uint8_t)(value >> (8 * (size - 1 - i)));
    buffer_append(out, bytes, size);
}

static void put_i64(struct buffer *out, int64_t value)
{
    put_big_endian(out, (uint64_t)value, sizeof value);
}

static void put_bytes8(struct buffer *out, struct slice bytes)
{
    assert(bytes.size <= UINT8_MAX);
    put_u8(out, (uint8_t)bytes.size);
    buffer_append(out, bytes.data, bytes.size);
}

static void put_bytes32(struct buffer *out, struct slice bytes)
{
    assert(bytes.size <= UINT32_MAX);
    put_big_endian(out, bytes.size, 4);
    buffer_append(out, bytes.data, bytes.size);
}

struct cursor {
    const char *at;
    size_t left;
    bool short_of; /* something was asked for that is not there */
};

static struct cursor cursor_of(struct slice frame)
{
    return (struct cursor){.at = frame.data, .left = frame.size, .short_of = false};
}

/* The next size bytes, or NULL when there are fewer. */
static const char *get_raw(struct cursor *cursor, size_t size)
{
    if (cursor->short_of || cursor->left < size) {
        cursor->short_of = true;
        return NULL;
    }
    const char *bytes = cursor->at;
    cursor->at += size;
    cursor->left -= size;
    return bytes;
}

static uint64_t get_big_endian(struct cursor *cursor, size_t size)
{
    const char *bytes = get_raw(cursor, size);
    uint64_t value = 0;
    for (size_t i = 0; bytes != NULL && i < size; i++)
        value = value << 8 | (uint8_t)bytes[i];
    return value;
}

static uint8_t get_u8(struct cursor *cursor)
{
    return (uint8_t)get_big_endian(cursor, 1);
}

static int64_t get_i64(struct cursor *cursor)
{
    return (int64_t)get_big_endian(cursor, 8);
}

static struct slice get_bytes(struct cursor *cursor, size_t size)
{
    const char *bytes = get_raw(cursor, size);
    return (struct slice){.data = bytes, .size = bytes == NULL ? 0 : size};
}

static struct slice get_bytes8(struct cursor *cursor)
{
    return get_bytes(cursor, get_u8(cursor));
}

static struct slice get_bytes32(struct cursor *cursor)
{
    return get_bytes(cursor, (size_t)get_big_endian(cursor, 4));
}

static struct uuid get_uuid(struct cursor *cursor)
{
    struct uuid id = {{0}};
    const char *bytes = get_raw(cursor, sizeof id.bytes);
    if (bytes != NULL)
        memcpy(id.bytes, bytes, sizeof id.bytes);
    return id;
}

static bool cursor_is_at_end(const struct cursor *cursor)
{
    return !cursor->short_of && cursor->left == 0;
}

/* ---- head ---- */

void wire_head_write(struct buffer *out, enum wire_command command, const char *service, int64_t number)
{
    buffer_append(out, head_magic, sizeof head_magic);
    put_u8(out, WIRE_VERSION);
    put_u8(out, (uint8_t)command);
    put_bytes8(out, slice_of(service));
    put_i64(out, number);
}

bool wire_head_read(struct slice frame, struct wire_head *ret_head, struct error *err)
{
    struct cursor cursor = cursor_of(frame);
    struct slice magic = get_bytes(&cursor, HEAD_MAGIC_SIZE);
    uint8_t version = get_u8(&cursor);
    uint8_t command = get_u8(&cursor);
    struct slice service = get_bytes8(&cursor);
    int64_t number = get_i64(&cursor);

    if (!slice_equal(magic, (struct slice){head_magic, sizeof head_magic}))
        return error_set(err, ERROR_WIRE, "head frame does not begin with E2");
    if (version != WIRE_VERSION)
        return error_set(err, ERROR_WIRE, "head frame of version %u, this is %u", version, WIRE_VERSION);
    if (!cursor_is_at_end(&cursor))
        return error_set(err, ERROR_WIRE, "head frame of %zu bytes is too %s", frame.size,
                         cursor.short_of ? "short" : "long");
    if (command == WIRE_NO_COMMAND || command >= WIRE_COMMAND_COUNT)
        return error_set(err, ERROR_WIRE, "unknown command %u", command);
    *ret_head =
        (struct wire_head){.command = (enum wire_command)command, .service = service, .number = number};
    return true;
}

enum wire_head_fault wire_head_fault(struct slice frame)
{
    struct wire_head head;
    struct cursor cursor = cursor_of(frame);
    struct slice magic = get_bytes(&cursor, HEAD_MAGIC_SIZE);
    uint8_t version = get_u8(&cursor);

    (void)get_u8(&cursor);
    (void)get_bytes8(&cursor);
    (void)get_i64(&cursor);
    if (wire_head_read(frame, &head, NULL))
        return WIRE_HEAD_GOOD;
    if (!slice_equal(magic, (struct slice){head_magic, sizeof head_magic}) || frame.size <= HEAD_MAGIC_SIZE)
        return WIRE_HEAD_STRANGE;
    if (version != WIRE_VERSION)
        return WIRE_HEAD_VERSION; /* which may have another layout */
    return cursor_is_at_end(&cursor) ? WIRE_HEAD_COMMAND : WIRE_HEAD_STRANGE;
}

/* ---- record ---- */

void wire_record_write(struct buffer *out, const struct wire_record *record)
{
    put_u8(out, WIRE_VERSION);
    put_u8(out, (uint8_t)record->class);
    put_u8(out, record->deaths);
    put_u8(out, record->returns);
    put_u8(out, (uint8_t)record->caller_type);
    put_u8(out, record->flags);
    buffer_append(out, record->id.bytes, sizeof record->id.bytes);
    put_i64(out, record->accept_no);
    put_i64(out, record->as_of_us);
    put_i64(out, record->accept_by_us);
    put_i64(out, record->deadline_us);
    put_i64(out, record->caller_id);
    put_i64(out, record->token_id);
    put_bytes32(out, record->kind);
    put_bytes32(out, record->trace);
    put_bytes32(out, record->request_digest);
    put_bytes32(out, record->reply_to);
    put_bytes32(out, record->subject);
    put_bytes32(out, record->payload);
    put_bytes32(out, record->facts);
    put_bytes32(out, record->verdict);
}

/* The fields in their order, as far as they are there; whether they are is the cursor's to say. */
static struct wire_record record_fields(struct cursor *cursor)
{
    struct wire_record record;
    record.class = (enum wire_class)get_u8(cursor);
    record.deaths = get_u8(cursor);
    record.returns = get_u8(cursor);
    record.caller_type = (enum wire_caller)get_u8(cursor);
    record.flags = get_u8(cursor);
    record.id = get_uuid(cursor);
    record.accept_no = get_i64(cursor);
    record.as_of_us = get_i64(cursor);
    record.accept_by_us = get_i64(cursor);
    record.deadline_us = get_i64(cursor);
    record.caller_id = get_i64(cursor);
    record.token_id = get_i64(cursor);
    record.kind = get_bytes32(cursor);
    record.trace = get_bytes32(cursor);
    record.request_digest = get_bytes32(cursor);
    record.reply_to = get_bytes32(cursor);
    record.subject = get_bytes32(cursor);
    record.payload = get_bytes32(cursor);
    record.facts = get_bytes32(cursor);
    record.verdict = get_bytes32(cursor);
    return record;
}

bool wire_record_read(struct slice frame, struct wire_record *ret_record, struct error *err)
{
    if (frame.size > WIRE_RECORD_MAX)
        return error_set(err, ERROR_WIRE, "record of %zu bytes, at most %u are allowed", frame.size,
                         WIRE_RECORD_MAX);
    struct cursor cursor = cursor_of(frame);
    uint8_t version = get_u8(&cursor);
    if (version != WIRE_VERSION)
        return error_set(err, ERROR_WIRE, "record of version %u, this is %u", version, WIRE_VERSION);
    struct wire_record record = record_fields(&cursor);
    if (!cursor_is_at_end(&cursor))
        return error_set(err, ERROR_WIRE, "record of %zu bytes is too %s", frame.size,
                         cursor.short_of ? "short" : "long");
    if ((unsigned)record.class >= WIRE_CLASS_COUNT)
        return error_set(err, ERROR_WIRE, "record of unknown class %u", (unsigned)record.class);
    if ((unsigned)record.caller_type >= WIRE_CALLER_COUNT)
        return error_set(err, ERROR_WIRE, "record of unknown caller type %u", (unsigned)record.caller_type);
    if (record.accept_no < 0 || record.accept_by_us < 0 || record.deadline_us < 0)
        return error_set(err, ERROR_WIRE, "record with a negative accept_no, accept_by or deadline");
    if (record.reply_to.size > WIRE_ROUTING_ID_MAX)
        return error_set(err, ERROR_WIRE, "record with a reply_to of %zu bytes", record.reply_to.size);
    *ret_record = record;
    return true;
}

void wire_record_set_deaths(char *record, uint8_t deaths)
{
    record[RECORD_DEATHS_OFFSET] = (char)deaths;
}

void wire_record_set_returns(char *record, uint8_t returns)
{
    record[RECORD_RETURNS_OFFSET] = (char)returns;
}

void wire_record_with_reply_to(struct buffer *out, const struct wire_record *record, struct slice reply_to,
                               int64_t deadline_us)
{
    struct wire_record copy = *record;
    copy.reply_to = reply_to;
    copy.deadline_us = deadline_us;
    wire_record_write(out, &copy);
}

/* ---- reply ---- */

void wire_reply_write(struct buffer *out, const struct wire_reply *reply)
{
    put_u8(out, (uint8_t)reply->kind);
    put_big_endian(out, reply->status, 2);
    buffer_append(out, reply->id.bytes, sizeof reply->id.bytes);
    put_i64(out, reply->accept_no);
    put_i64(out, reply->clock_us);
    put_bytes32(out, reply->extra);
    put_bytes32(out, reply->body);
}

bool wire_reply_read(struct slice frame, struct wire_reply *ret_reply, struct error *err)
{
    struct cursor cursor = cursor_of(frame);
    struct wire_reply reply;
    uint8_t kind = get_u8(&cursor);
    reply.status = (uint16_t)get_big_endian(&cursor, 2);
    reply.id = get_uuid(&cursor);
    reply.accept_no = get_i64(&cursor);
    reply.clock_us = get_i64(&cursor);
    reply.extra = get_bytes32(&cursor);
    reply.body = get_bytes32(&cursor);

    if (!cursor_is_at_end(&cursor))
        return error_set(err, ERROR_WIRE, "reply of %zu bytes is too %s", frame.size,
                         cursor.short_of ? "short" : "long");
    if (kind < WIRE_ACCEPTED || kind > WIRE_HELD)
        return error_set(err, ERROR_WIRE, "reply of unknown kind %u", kind);
    reply.kind = (enum wire_reply_kind)kind;
    *ret_reply = reply;
    return true;
}

/* ---- result ---- */

void wire_result_write(struct buffer *out, const struct wire_result *result)
{
    put_u8(out, (uint8_t)result->disposition);
    if (result->disposition == WIRE_DONE) {
        buffer_append(out, result->id.bytes, sizeof result->id.bytes);
        return;
    }
    put_bytes8(out, result->service);
    buffer_append(out, result->record.data, result->record.size);
}

bool wire_result_read(struct slice frame, struct wire_result *ret_result, struct error *err)
{
    struct cursor cursor = cursor_of(frame);
    struct wire_result result = {.disposition = (enum wire_disposition)get_u8(&cursor)};
    switch (result.disposition) {
    case WIRE_DONE:
        result.id = get_uuid(&cursor);
        break;
    case WIRE_RETURN:
    case WIRE_FORWARD:
        result.service = get_bytes8(&cursor);
        result.record = get_bytes(&cursor, cursor.left);
        break;
    case WIRE_DISPOSITION_COUNT:
    default:
        return error_set(err, ERROR_WIRE, "result of unknown disposition %u", (unsigned)result.disposition);
    }
    if (!cursor_is_at_end(&cursor))
        return error_set(err, ERROR_WIRE, "result of %zu bytes is too %s", frame.size,
                         cursor.short_of ? "short" : "long");
    *ret_result = result;
    return true;
}
