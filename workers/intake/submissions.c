/*
 * submissions: the accepting transaction (pipeline.md PL-10). Insert and commit leave in one pipeline, with a
 * look between them whether it is too late by now: then all of it is done again, without what is late; only
 * where something was not new is there a second look, after the commit, for what existed already; and only
 * where somebody gives an idempotency key is there one before (keys.c).
 */
#include "workers/intake/intake.h"

#include <stdio.h>
#include <string.h>

#include "workers/intake/sql.h"

/* Never empty: a submission without a trace id of its own is followed by its id. */
static void add_trace(struct db_params *params, const struct wire_record *record)
{
    if (record->trace.size > 0)
        db_array_slice(params, record->trace);
    else
        db_array_uuid(params, &record->id);
}

/* The id by which the subject is looked for, where it is one of these. */
static void add_given(struct db_params *params, const struct intake_entry *entry, enum kind_subject subject)
{
    if (entry->has_given && entry->kind->subject == subject)
        db_array_uuid(params, &entry->given);
    else
        db_array_null(params);
}

#define ARRAY(params, batch, element) INTAKE_ARRAY(params, batch, true, element)

static void insert_params(struct db_params *params, struct intake_batch *batch)
{
    ARRAY(params, batch, db_array_uuid(params, &record->id));
    ARRAY(params, batch, db_array_instant(params, entry->accepted_at_us));
    ARRAY(params, batch, db_array_text(params, entry->kind->name));
    ARRAY(params, batch, db_array_text(params, wire_caller_name(record->caller_type)));
    ARRAY(params, batch, db_array_id(params, record->caller_id));
    ARRAY(params, batch, db_array_id(params, record->token_id));
    ARRAY(params, batch, db_array_text(params, wire_class_name(record->class)));
    ARRAY(params, batch, db_array_instant(params, record->as_of_us));
    ARRAY(params, batch, add_trace(params, record));
    ARRAY(params, batch, db_array_slice(params, record->payload));
    ARRAY(params, batch,
          db_array_bytes(params, (struct slice){(const char *)entry->digest, sizeof entry->digest}));
    ARRAY(params, batch, add_given(params, entry, SUBJECT_PARTICIPANT));
    ARRAY(params, batch, add_given(params, entry, SUBJECT_DECLARATION));
    ARRAY(params, batch, db_array_slice(params, entry->otherwise));
    ARRAY(params, batch, db_array_instant(params, record->accept_by_us));
    ARRAY(params, batch, add_given(params, entry, SUBJECT_SCHOOL));
    ARRAY(params, batch, add_given(params, entry, SUBJECT_PARTNERSHIP));
    db_param_int(params, INTAKE_CLOCK_BOUND_SECONDS); /* a number alone is an interval of seconds */
}

void intake_late_params(struct db_params *params, struct intake_batch *batch)
{
    ARRAY(params, batch, db_array_instant(params, record->accept_by_us));
    db_param_int(params, INTAKE_GRACE_SECONDS); /* a number alone is an interval of seconds */
}

void intake_bounds(struct intake_batch *batch, int64_t *ret_from_us, int64_t *ret_until_us)
{
    *ret_from_us = INT64_MAX;
    *ret_until_us = INT64_MIN;
    FOR_EACH_ENTRY(entry, batch)
    {
        if (entry->accepted_at_us < *ret_from_us)
            *ret_from_us = entry->accepted_at_us;
        if (entry->accepted_at_us > *ret_until_us)
            *ret_until_us = entry->accepted_at_us;
    }
}

static void find_params(struct db_params *params, struct intake_batch *batch)
{
    int64_t from_us, until_us;

    intake_bounds(batch, &from_us, &until_us);
    ARRAY(params, batch, db_array_uuid(params, &record->id));
    ARRAY(params, batch, db_array_instant(params, entry->accepted_at_us));
    db_param_instant(params, from_us);
    db_param_instant(params, until_us);
}

/* Notes what a row says with all entries of its id: a group may hold two copies, from two brokers. */
static void note_row(struct intake_batch *batch, const PGresult *result, int row, const int *columns)
{
    struct uuid id;

    if (!db_uuid(result, row, columns[0], &id))
        return;
    FOR_EACH_ENTRY(entry, batch)
    {
        if (!uuid_equal(&id, &entry->item->record.id))
            continue;
        entry->is_stored = true;
        entry->accept_no = db_int(result, row, columns[1]);
        entry->subject = work_keep(entry->item, db_text(result, row, columns[2]));
        entry->clock_us = db_int(result, row, columns[3]);
    }
}

static bool note_rows(struct intake_batch *batch, const PGresult *result, struct error *err)
{
    static const char *const names[] = {"id", "accept_no", "subject", "clock_us"};
    int columns[sizeof names / sizeof names[0]];

    if (!db_columns(result, names, columns, sizeof names / sizeof names[0], err))
        return false;
    for (int row = 0; row < PQntuples(result); row++)
        note_row(batch, result, row, columns);
    return true;
}

/* A row that no partition takes is refused as a check violation. */
bool intake_failed_to_insert(struct error *err)
{
    static const char hint[] =
        "is the partition of this week missing? ecf2-scheduler makes them at its start and daily "
        "(ensure_partitions)";

    if (err != NULL && strcmp(err->sqlstate, "23514") == 0 && err->hint[0] == '\0')
        (void)snprintf(err->hint, sizeof err->hint, "%s", hint);
    return false;
}

/* In its own transaction, or, with keys, in the one that the look at them has begun. */
static bool insert_new(struct db *db, struct intake_batch *batch, bool with_keys, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT, keys = DB_PARAMS_INIT, late = DB_PARAMS_INIT;
    PGresult *results[5] = {NULL};
    size_t count = 0;

    insert_params(&params, batch);
    intake_late_params(&late, batch);
    if (with_keys)
        intake_keys_params(&keys, batch);
    db_pipeline_begin(db);
    if (!with_keys) {
        db_queue_begin(db);
        count++;
    }
    const size_t insert = count++;
    db_queue(db, &sql_insert_submissions, &params);
    if (with_keys) {
        db_queue_planning(db, DB_PLAN_WITH_BOUNDS);
        db_queue(db, &sql_insert_keys, &keys);
        count += 2;
    }
    db_queue(db, &sql_refuse_late, &late);
    count++;
    db_queue_commit(db);
    bool good = db_pipeline_run(db, ++count, results, err);
    db_params_release(&params);
    db_params_release(&keys);
    db_params_release(&late);
    good = good ? note_rows(batch, results[insert], err) : intake_failed_to_insert(err);
    for (size_t i = 0; i < count; i++)
        PQclear(results[i]);
    return good;
}

static bool find_existing(struct db *db, struct intake_batch *batch, struct error *err)
{
    enum { BEGIN, PLAN, FIND, COMMIT, COUNT };
    struct db_params params = DB_PARAMS_INIT;
    PGresult *results[COUNT] = {NULL};

    find_params(&params, batch);
    db_pipeline_begin(db);
    db_queue_begin(db);
    db_queue_planning(db, DB_PLAN_WITH_BOUNDS);
    db_queue(db, &sql_find_submissions, &params);
    db_queue_commit(db);
    const bool good = db_pipeline_run(db, COUNT, results, err) && note_rows(batch, results[FIND], err);
    db_params_release(&params);
    for (size_t i = 0; i < COUNT; i++)
        PQclear(results[i]);
    return good;
}

static bool all_are_stored(struct intake_batch *batch)
{
    FOR_EACH_ENTRY(entry, batch)
    {
        if (entry->state == INTAKE_OPEN && !entry->is_stored)
            return false;
    }
    return true;
}

bool intake_store(struct db *db, struct intake_batch *batch, struct error *err)
{
    const bool with_keys = intake_has_keys(batch);

    if (batch->count == 0)
        return true;
    if (with_keys && !intake_keys_begin(db, batch, err))
        return false;
    if (!insert_new(db, batch, with_keys, err))
        return false;
    if (!all_are_stored(batch) && !find_existing(db, batch, err))
        return false;
    intake_keys_conclude(batch);
    return true;
}
