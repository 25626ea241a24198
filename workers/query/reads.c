/*
 * reads: the table of reads and the loop that answers a batch by it.
 *
 * Where a front wants an answer cached, its payload says under which key: {"fields":…,"cache":{"scope":…,
 * "key":…}}. Then the tokens of these scopes are read before the statement, and what was found is written
 * behind it, each in one exchange with Redis (common/cache.h); without Redis nothing is.
 */
#include <stdlib.h>
#include <string.h>

#include "common/entity_tag.h"
#include "common/log.h"
#include "common/not_found.h"
#include "common/uuid.h"
#include "workers/query/query.h"

struct read {
    const char *kind;
    bool by_id; /* the field `id` must be a UUID, else nothing can be found */
    bool (*answer)(struct db *db, struct question *questions, size_t count, struct error *err);
};

static const struct read reads[] = {
    {"read.token", false, token_answer},
    {"read.submission", true, submission_answer},
    {"read.batch", true, batch_answer},
    {"read.batch_results", true, batch_results_answer},
    {"read.declaration", true, declaration_answer},
    {"read.participant", true, participant_answer},
    {"read.transfer", true, transfer_answer},
    {"read.unfunded_mentor", true, unfunded_mentor_answer},
    {"read.submissions", false, submission_list_answer},
    {"read.declarations", false, declaration_list_answer},
    {"read.participants", false, participant_list_answer},
    {"read.transfers", false, transfer_list_answer},
    {"read.unfunded_mentors", false, unfunded_mentor_list_answer},
    {"read.statement", true, statement_answer},
    {"read.delivery_partner", true, delivery_partner_answer},
    {"read.partnership", true, partnership_answer},
    {"read.school", true, school_answer},
    {"read.statements", false, statement_list_answer},
    {"read.delivery_partners", false, delivery_partner_list_answer},
    {"read.partnerships", false, partnership_list_answer},
    {"read.schools", false, school_list_answer},
    {"read.health", false, health_answer},
};

#define READ_COUNT (sizeof reads / sizeof reads[0])

const char *question_field(const struct question *question, const char *name)
{
    return json_string_value(json_object_get(json_object_get(question->payload, "fields"), name));
}

/* Keeps an answer as the entry that it becomes. */
static void question_keep(struct question *question, uint16_t status, struct slice body)
{
    char tag[ENTITY_TAG_SIZE];

    if (question->key == NULL || status != 200 || body.size > CACHE_BODY_MAX)
        return;
    entity_tag_make(body, tag);
    cache_entry_write(&question->entry,
                      &(struct cache_entry){
                          .token = question->token, .status = status, .tag = slice_of(tag), .body = body});
}

void question_answer(struct question *question, uint16_t status, struct slice extra, struct slice body)
{
    work_reply(question->item, &(struct wire_reply){.kind = WIRE_READ,
                                                    .status = status,
                                                    .id = question->item->record.id,
                                                    .extra = extra,
                                                    .body = body});
    work_done(question->item);
    question->is_answered = true;
    question_keep(question, status, body);
}

static void question_not_found(struct question *question)
{
    question_answer(question, 404, (struct slice){NULL, 0}, slice_of(NOT_FOUND_BODY));
}

struct question *question_of_row(const PGresult *result, int row, int column, struct question *questions,
                                 size_t count, struct error *err)
{
    const int64_t n = db_int(result, row, column);

    if (n >= 1 && (size_t)n <= count)
        return &questions[n - 1];
    error_set(err, ERROR_BUG, "a row answers a question that was not asked");
    return NULL;
}

static const struct read *read_find(struct slice kind)
{
    for (size_t i = 0; i < READ_COUNT; i++)
        if (slice_equal(kind, slice_of(reads[i].kind)))
            return &reads[i];
    return NULL;
}

static json_t *payload_of(const struct work_item *item)
{
    const struct slice payload = item->record.payload;

    return json_loadb(payload.size == 0 ? "" : payload.data, payload.size, 0, NULL);
}

/* Takes the items of one read as questions; those that cannot be found by what they ask are answered at once.
 */
static size_t collect(const struct read *read, struct work_item *items, size_t count,
                      struct question *questions)
{
    size_t taken = 0;

    for (size_t i = 0; i < count; i++) {
        if (read_find(items[i].record.kind) != read)
            continue;
        struct question question = {.item = &items[i], .payload = payload_of(&items[i])};
        const json_t *cache = json_object_get(question.payload, "cache");

        question.scope = json_string_value(json_object_get(cache, "scope"));
        question.key = json_string_value(json_object_get(cache, "key"));
        if (!read->by_id || uuid_parse(slice_of(question_field(&question, "id")), &question.id)) {
            questions[taken++] = question;
            continue;
        }
        question_not_found(&question);
        json_decref(question.payload);
    }
    return taken;
}

/* ------------------------------------------------------------------- cache */

static struct cache_scope *scope_find(struct cache_scope *scopes, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal(scopes[i].name, name))
            return &scopes[i];
    return NULL;
}

/* The tokens of the questions' scopes, read now, before their snapshot. Whose cannot be had is not cached. */
static void read_tokens(struct redis *redis, struct question *questions, size_t count, int64_t *ret_until_ms)
{
    struct cache_scope scopes[WIRE_BATCH_MAX] = {0};
    size_t used = 0;
    struct error err = {0};

    for (size_t i = 0; i < count; i++) {
        if (questions[i].scope == NULL || questions[i].key == NULL)
            questions[i].key = NULL;
        else if (scope_find(scopes, used, slice_of(questions[i].scope)) == NULL)
            scopes[used++].name = slice_of(questions[i].scope);
    }
    if (used == 0)
        return;
    const bool known = redis_ready(redis) && cache_prepare(redis, scopes, used, ret_until_ms, &err);
    for (size_t i = 0; i < count; i++) {
        if (questions[i].key == NULL)
            continue;
        const struct cache_scope *scope = scope_find(scopes, used, slice_of(questions[i].scope));
        if (known && scope->has_token)
            questions[i].token = scope->token;
        else
            questions[i].key = NULL;
    }
}

static void write_entries(struct redis *redis, const struct question *questions, size_t count,
                          int64_t until_ms)
{
    struct cache_fill fills[WIRE_BATCH_MAX];
    size_t used = 0;
    struct error err = {0};

    for (size_t i = 0; i < count; i++)
        if (questions[i].entry.size > 0)
            fills[used++] =
                (struct cache_fill){slice_of(questions[i].key), buffer_slice(&questions[i].entry)};
    if (used > 0 && !cache_fill(redis, fills, used, until_ms, &err))
        log_failure(LOG_WARNING, "cache_not_filled", &err);
}

static bool answer_read(struct db *db, struct redis *redis, const struct read *read, struct work_item *items,
                        size_t count, struct error *err)
{
    struct question questions[WIRE_BATCH_MAX];
    const size_t taken = collect(read, items, count, questions);
    int64_t until_ms = 0;

    read_tokens(redis, questions, taken, &until_ms);
    const bool good = taken == 0 || read->answer(db, questions, taken, err);
    if (good)
        write_entries(redis, questions, taken, until_ms);
    for (size_t i = 0; i < taken; i++) {
        if (good && !questions[i].is_answered)
            question_not_found(&questions[i]);
        buffer_release(&questions[i].entry);
        json_decref(questions[i].payload);
    }
    return good;
}

/* A sibling asks for what we do not have: two versions side by side, or a bug. */
static void refuse_unknown(struct work_item *item)
{
    log_event(LOG_ERROR, "read_unknown", LOG_SLICE("kind", item->record.kind),
              LOG_SLICE("trace", item->record.trace), LOG_END);
    question_answer(&(struct question){.item = item}, 500, (struct slice){NULL, 0},
                    slice_of("{\"error\":\"Internal server error\"}"));
}

bool reads_answer(struct db *db, struct redis *redis, struct work_item *items, size_t count,
                  struct error *err)
{
    if (count > WIRE_BATCH_MAX)
        return error_set(err, ERROR_BUG, "a batch of %zu records", count);
    for (size_t i = 0; i < READ_COUNT; i++)
        if (!answer_read(db, redis, &reads[i], items, count, err))
            return false;
    for (size_t i = 0; i < count; i++)
        if (read_find(items[i].record.kind) == NULL)
            refuse_unknown(&items[i]);
    return true;
}
