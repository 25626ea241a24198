/*
 * keys: idempotency keys (submissions.md section 5, pipeline.md PL-15). Their locks, then, in a later
 * statement, who holds them; what nobody holds is stored (submissions.c), with its key, before the locks end
 * with the transaction. So two intakes never take two submissions for the first of a key, and whoever comes
 * second finds the first one committed.
 */
#include "workers/intake/intake.h"

#include <string.h>

#include "common/clock.h"
#include "workers/intake/sql.h"

#define KEY_LIFE_US (INT64_C(24) * 3600 * US_PER_SECOND)
/* How far the times in two ids may be apart though they were accepted at one instant. */
#define CLOCKS_US (2 * INTAKE_CLOCK_BOUND_SECONDS * US_PER_SECOND)

/* The entries that a look is about; its rows number them from 1. */
struct keyed {
    struct intake_entry *entries[WIRE_BATCH_MAX];
    size_t count;
};

static struct keyed keyed_of(struct intake_batch *batch)
{
    struct keyed keyed = {.count = 0};

    FOR_EACH_ENTRY(entry, batch)
    {
        if (entry->key.size > 0 && entry->state == INTAKE_OPEN)
            keyed.entries[keyed.count++] = entry;
    }
    return keyed;
}

bool intake_has_keys(struct intake_batch *batch)
{
    return keyed_of(batch).count > 0;
}

/* ------------------------------------------------------------------ choosing */

static bool have_one_key(const struct intake_entry *a, const struct intake_entry *b)
{
    const struct wire_record *one = &a->item->record, *other = &b->item->record;

    return one->caller_id == other->caller_id && one->caller_type == other->caller_type &&
           slice_equal(a->key, b->key);
}

static int compare_ids(const struct intake_entry *a, const struct intake_entry *b)
{
    return memcmp(a->item->record.id.bytes, b->item->record.id.bytes, sizeof a->item->record.id.bytes);
}

void intake_keys_choose(struct intake_batch *batch)
{
    const struct keyed keyed = keyed_of(batch);

    for (size_t i = 0; i < keyed.count; i++) {
        struct intake_entry *entry = keyed.entries[i];
        const struct intake_entry *first = entry;

        for (size_t j = 0; j < keyed.count; j++)
            if (have_one_key(keyed.entries[j], entry) && compare_ids(keyed.entries[j], first) < 0)
                first = keyed.entries[j];
        if (first == entry)
            continue; /* none of them is smaller; a copy of it has the same id */
        entry->state = INTAKE_BEHIND;
        entry->first = first;
    }
}

void intake_keys_conclude(struct intake_batch *batch)
{
    FOR_EACH_ENTRY(entry, batch)
    {
        const struct intake_entry *first = entry->first;

        if (entry->state != INTAKE_BEHIND || !first->is_stored)
            continue;
        entry->state = INTAKE_HELD;
        entry->clock_us = first->clock_us;
        entry->holder = (struct idempotency_holder){
            .submission = first->item->record.id,
            .is_same_request = memcmp(entry->digest, first->digest, sizeof entry->digest) == 0,
            .waits = first->item->record.class == WIRE_WAIT};
    }
}

/* ------------------------------------------------------------------- looking */

/* As one text: no two callers have a key in common. */
static void add_lock(struct db_params *params, const struct intake_entry *entry)
{
    const struct wire_record *record = &entry->item->record;
    struct buffer text = BUFFER_INIT;

    buffer_printf(&text, "%s %lld ", wire_caller_name(record->caller_type), (long long)record->caller_id);
    buffer_append(&text, entry->key.data, entry->key.size);
    db_array_slice(params, buffer_slice(&text));
    buffer_release(&text);
}

#define KEYED_ARRAY(params, batch, element) INTAKE_ARRAY(params, batch, entry->key.size > 0, element)

/* Whose keys they are, and what was asked with them; for both statements. */
static void key_params(struct db_params *params, struct intake_batch *batch)
{
    KEYED_ARRAY(params, batch, db_array_text(params, wire_caller_name(record->caller_type)));
    KEYED_ARRAY(params, batch, db_array_int(params, record->caller_id));
    KEYED_ARRAY(params, batch, db_array_slice(params, entry->key));
    KEYED_ARRAY(params, batch,
                db_array_bytes(params, (struct slice){(const char *)entry->digest, sizeof entry->digest}));
}

static void find_params(struct db_params *params, struct intake_batch *batch)
{
    int64_t from_us, until_us;

    key_params(params, batch);
    KEYED_ARRAY(params, batch, db_array_instant(params, entry->accepted_at_us));
    intake_bounds(batch, &from_us, &until_us);
    db_param_instant(params, from_us - KEY_LIFE_US - CLOCKS_US);
    db_param_instant(params, until_us + CLOCKS_US);
}

void intake_keys_params(struct db_params *params, struct intake_batch *batch)
{
    int64_t from_us, until_us;

    KEYED_ARRAY(params, batch, db_array_uuid(params, &record->id));
    KEYED_ARRAY(params, batch, db_array_instant(params, entry->accepted_at_us));
    key_params(params, batch);
    intake_bounds(batch, &from_us, &until_us);
    db_param_instant(params, from_us);
    db_param_instant(params, until_us);
}

static struct intake_entry *entry_of_row(const struct keyed *keyed, const PGresult *result, int row,
                                         int column, struct error *err)
{
    const int64_t n = db_int(result, row, column);

    if (n >= 1 && (size_t)n <= keyed->count)
        return keyed->entries[n - 1];
    error_set(err, ERROR_BUG, "a row is about a key that nobody has");
    return NULL;
}

static bool read_locks(const struct keyed *keyed, const PGresult *result, struct error *err)
{
    static const char *const names[] = {"n"};
    int column;

    if (!db_columns(result, names, &column, 1, err))
        return false;
    for (int row = 0; row < PQntuples(result); row++) {
        struct intake_entry *entry = entry_of_row(keyed, result, row, column, err);

        if (entry == NULL)
            return false;
        entry->state = INTAKE_BUSY;
    }
    return true;
}

static bool read_holders(const struct keyed *keyed, const PGresult *result, struct error *err)
{
    static const char *const names[] = {"n", "submission_id", "is_same_request", "mode", "clock_us"};
    enum { N, SUBMISSION, SAME, MODE, CLOCK, COUNT };
    int columns[COUNT];

    if (!db_columns(result, names, columns, COUNT, err))
        return false;
    for (int row = 0; row < PQntuples(result); row++) {
        struct intake_entry *entry = entry_of_row(keyed, result, row, columns[N], err);
        struct idempotency_holder holder = {
            .is_same_request = db_bool(result, row, columns[SAME]),
            .waits = slice_equal(db_text(result, row, columns[MODE]), slice_of(wire_class_name(WIRE_WAIT)))};

        if (entry == NULL)
            return false;
        if (!db_uuid(result, row, columns[SUBMISSION], &holder.submission))
            return error_set(err, ERROR_BUG, "a key is held by what is no submission");
        if (entry->state != INTAKE_OPEN || uuid_equal(&holder.submission, &entry->item->record.id))
            continue; /* a copy of what was accepted: acknowledged like new ones (PL-10) */
        entry->state = INTAKE_HELD;
        entry->holder = holder;
        entry->clock_us = db_int(result, row, columns[CLOCK]);
    }
    return true;
}

bool intake_keys_begin(struct db *db, struct intake_batch *batch, struct error *err)
{
    enum { BEGIN, LOCK, BOUNDS, FIND, NO_BOUNDS, COUNT };
    const struct keyed keyed = keyed_of(batch);
    struct db_params locks = DB_PARAMS_INIT, find = DB_PARAMS_INIT;
    PGresult *results[COUNT] = {NULL};

    KEYED_ARRAY(&locks, batch, add_lock(&locks, entry));
    find_params(&find, batch);
    db_pipeline_begin(db);
    db_queue_begin(db);
    db_queue(db, &sql_lock_keys, &locks);
    db_queue_planning(db, DB_PLAN_WITH_BOUNDS);
    db_queue(db, &sql_find_keys, &find);
    db_queue_planning(db, DB_PLAN_ONCE);
    const bool good = db_pipeline_run(db, COUNT, results, err) && read_locks(&keyed, results[LOCK], err) &&
                      read_holders(&keyed, results[FIND], err);
    db_params_release(&locks);
    db_params_release(&find);
    for (size_t i = 0; i < COUNT; i++)
        PQclear(results[i]);
    if (good)
        intake_keys_choose(batch);
    return good;
}
