/* commit: the locks, the look, the facts again, the write, the answer; see commit.h and pipeline.md
 * section 4. */
#include "common/commit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/metrics.h"
#include "common/sql.h"

#define LOOK_BACK_US              (8 * 24 * 3600 * US_PER_SECOND) /* PL-5 */
#define SQLSTATE_UNIQUE_VIOLATION "23505"

void commit_init(struct commit *commit, struct worker *worker, const struct commit_kind *kind,
                 struct commit_entry *entries, size_t count)
{
    *commit = (struct commit){.worker = worker, .kind = kind, .entries = entries, .count = count};
    for (size_t i = 0; i < count; i++) {
        entries[i].state = COMMIT_OPEN;
        commit_add_key(commit, i, entries[i].item->record.subject);
    }
}

void commit_release(struct commit *commit)
{
    PQclear(commit->look);
    PQclear(commit->facts);
    free(commit->locks);
    free(commit->people);
    free(commit->schools);
    commit->look = commit->facts = NULL;
    commit->locks = NULL;
    commit->people = NULL;
    commit->schools = NULL;
}

/* ------------------------------------------------------------------- locks */

static void add_lock(struct commit *commit, struct commit_lock lock)
{
    if (commit->lock_count == commit->lock_capacity) {
        commit->lock_capacity = commit->lock_capacity == 0 ? 256 : commit->lock_capacity * 2;
        commit->locks = memory_grow(commit->locks, commit->lock_capacity, sizeof lock);
    }
    commit->locks[commit->lock_count++] = lock;
}

void commit_add_key(struct commit *commit, size_t entry, struct slice key)
{
    if (key.size > 0)
        add_lock(commit, (struct commit_lock){.class = LOCK_KEY, .key = key, .entry = entry});
}

/* Cuts the first key off a list. */
static struct slice next_key(struct slice *keys)
{
    const char *comma = keys->size == 0 ? NULL : memchr(keys->data, ',', keys->size);
    const struct slice key = {keys->data, comma == NULL ? keys->size : (size_t)(comma - keys->data)};
    const size_t used = key.size + (comma == NULL ? 0 : 1);

    *keys = (struct slice){keys->data + used, keys->size - used};
    return key;
}

void commit_add_keys(struct commit *commit, size_t entry, struct slice keys)
{
    while (keys.size > 0)
        commit_add_key(commit, entry, next_key(&keys));
}

void commit_add_lock(struct commit *commit, size_t entry, enum lock_class class, int64_t number, bool shared)
{
    if (number != 0 || class == LOCK_LIST)
        add_lock(commit,
                 (struct commit_lock){.class = class, .number = number, .shared = shared, .entry = entry});
}

static int compare_slices(struct slice a, struct slice b)
{
    const size_t shorter = a.size < b.size ? a.size : b.size;
    const int difference = shorter == 0 ? 0 : memcmp(a.data, b.data, shorter);

    return difference != 0 ? difference : (a.size > b.size) - (a.size < b.size);
}

static int by_class_and_key(const void *left, const void *right)
{
    const struct commit_lock *a = left, *b = right;

    if (a->class != b->class)
        return (a->class > b->class) - (a->class < b->class);
    if (a->class == LOCK_KEY)
        return compare_slices(a->key, b->key);
    if (a->number != b->number)
        return a->number > b->number ? 1 : -1;
    return (a->shared ? 1 : 0) - (b->shared ? 1 : 0);
}

static int64_t accept_no_of(const struct commit *commit, size_t entry)
{
    return commit->entries[entry].item->record.accept_no;
}

/* PL-21: a key that two submissions of this batch want belongs to the smaller accept_no. */
static void cross_out(struct commit *commit)
{
    for (size_t i = 1; i < commit->lock_count; i++) {
        struct commit_lock *before = &commit->locks[i - 1], *lock = &commit->locks[i];
        struct commit_lock *loser;

        if (lock->class != LOCK_KEY || before->class != LOCK_KEY || !slice_equal(lock->key, before->key) ||
            lock->entry == before->entry)
            continue;
        loser = accept_no_of(commit, lock->entry) < accept_no_of(commit, before->entry) ? before : lock;
        commit->entries[loser->entry].state = COMMIT_CROSSED;
        if (loser == lock)
            lock->entry = before->entry; /* so that a third one is compared with the keeper */
    }
}

static void lock_params(const struct commit *commit, struct db_params *params)
{
    db_array_begin(params);
    for (size_t i = 0; i < commit->lock_count; i++)
        if (commit->locks[i].class == LOCK_KEY)
            db_array_slice(params, commit->locks[i].key);
    db_array_end(params);
    for (int column = 0; column < 3; column++) {
        db_array_begin(params);
        for (size_t i = 0; i < commit->lock_count; i++) {
            const struct commit_lock *lock = &commit->locks[i];

            if (lock->class == LOCK_KEY)
                continue;
            if (column == 0)
                db_array_int(params, lock->class);
            else if (column == 1)
                db_array_int(params, lock->number);
            else
                db_array_bool(params, lock->shared);
        }
        db_array_end(params);
    }
}

static bool is_the_lock(const struct commit_lock *lock, int64_t class, int64_t number, struct slice key)
{
    if (class == LOCK_GATE)
        return true; /* everybody's */
    if ((int64_t)lock->class != class)
        return false;
    return class == LOCK_KEY ? slice_equal(lock->key, key) : lock->number == number;
}

/* The rows of take_free_locks: whoever needs one of these is given back, and the others go on. */
static bool read_held_locks(struct commit *commit, const PGresult *held, struct error *err)
{
    static const char *const names[] = {"class", "number", "key"};
    enum { CLASS, NUMBER, KEY, COUNT };
    int columns[COUNT];

    if (!db_columns(held, names, columns, COUNT, err))
        return false;
    for (int row = 0; row < PQntuples(held); row++)
        for (size_t i = 0; i < commit->lock_count; i++) {
            const struct commit_lock *lock = &commit->locks[i];

            if (is_the_lock(lock, db_int(held, row, columns[CLASS]), db_int(held, row, columns[NUMBER]),
                            db_text(held, row, columns[KEY])))
                commit->entries[lock->entry].state = COMMIT_BUSY;
        }
    return true;
}

/* -------------------------------------------------------------------- look */

static void look_params(const struct commit *commit, struct db_params *params)
{
    int64_t from_us = INT64_MAX, until_us = 0;
    const int64_t now_us = machine_now_us();

    db_array_begin(params);
    for (size_t i = 0; i < commit->count; i++)
        db_array_uuid(params, &commit->entries[i].item->record.id);
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < commit->count; i++) {
        const int64_t accepted_us = uuid_v7_time_us(&commit->entries[i].item->record.id);

        from_us = accepted_us < from_us ? accepted_us : from_us;
        until_us = accepted_us > until_us ? accepted_us : until_us;
        db_array_instant(params, accepted_us);
    }
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < commit->count; i++)
        db_array_int(params, accept_no_of(commit, i));
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < commit->count; i++)
        db_array_slice(params, commit->entries[i].item->record.subject);
    db_array_end(params);
    db_param_instant(params, from_us);
    db_param_instant(params, until_us + 1);
    db_param_instant(params, now_us - LOOK_BACK_US);
    db_param_instant(params, now_us + 60 * US_PER_SECOND);
}

static struct commit_entry *entry_of_row(struct commit *commit, const PGresult *result, int row, int column)
{
    struct uuid id;

    if (!db_uuid(result, row, column, &id))
        return NULL;
    /* rows come in the order of the entries, so the first guess is nearly always right */
    if ((size_t)row < commit->count && uuid_equal(&commit->entries[row].item->record.id, &id))
        return &commit->entries[row];
    for (size_t i = 0; i < commit->count; i++)
        if (uuid_equal(&commit->entries[i].item->record.id, &id))
            return &commit->entries[i];
    return NULL;
}

static bool read_look(struct commit *commit, struct error *err)
{
    static const char *const names[] = {"id", "http_status", "body", "scopes", "dead", "earlier", "now"};
    enum { ID, STATUS, BODY, SCOPES, DEAD, EARLIER, NOW, COUNT };
    int columns[COUNT];

    if (!db_columns(commit->look, names, columns, COUNT, err))
        return false;
    for (int row = 0; row < PQntuples(commit->look); row++) {
        struct commit_entry *entry = entry_of_row(commit, commit->look, row, columns[ID]);

        commit->now_us = db_int(commit->look, row, columns[NOW]);
        if (entry == NULL)
            return error_set(err, ERROR_BUG, "the look named a submission that is not in the batch");
        if (!db_is_null(commit->look, row, columns[STATUS])) {
            entry->state = COMMIT_DECIDED;
            entry->stored_status = (uint16_t)db_int(commit->look, row, columns[STATUS]);
            entry->stored_body = db_text(commit->look, row, columns[BODY]);
            entry->stored_scopes = db_text(commit->look, row, columns[SCOPES]);
        } else if (db_bool(commit->look, row, columns[DEAD])) {
            entry->state = COMMIT_DEAD;
        } else if (db_bool(commit->look, row, columns[EARLIER])) {
            entry->state = COMMIT_EARLIER;
        }
    }
    return true;
}

/* ------------------------------------------------------------------- facts */

static bool is_locked(const struct commit *commit, size_t entry, struct slice key)
{
    for (size_t i = 0; i < commit->lock_count; i++)
        if (commit->locks[i].class == LOCK_KEY && commit->locks[i].entry == entry &&
            slice_equal(commit->locks[i].key, key))
            return true;
    return false;
}

static bool are_locked(const struct commit *commit, size_t entry, struct slice keys)
{
    while (keys.size > 0)
        if (!is_locked(commit, entry, next_key(&keys)))
            return false;
    return true;
}

static bool read_facts(struct commit *commit, struct error *err)
{
    static const char *const names[] = {"id", "digest", "person_key"};
    enum { ID, DIGEST, PERSON, COUNT };
    int columns[COUNT];

    if (!db_columns(commit->facts, names, columns, COUNT, err))
        return false;
    if ((size_t)PQntuples(commit->facts) != commit->count)
        return error_set(err, ERROR_BUG, "the facts query gave %d rows for %zu submissions",
                         PQntuples(commit->facts), commit->count);
    for (int row = 0; row < PQntuples(commit->facts); row++) {
        struct commit_entry *entry = entry_of_row(commit, commit->facts, row, columns[ID]);

        if (entry == NULL)
            return error_set(err, ERROR_BUG, "the facts query named a submission that is not in the batch");
        entry->person_key = db_text(commit->facts, row, columns[PERSON]);
        if (entry->state != COMMIT_OPEN)
            continue;
        if (!slice_equal(db_text(commit->facts, row, columns[DIGEST]), entry->digest) ||
            !are_locked(commit, (size_t)(entry - commit->entries), entry->person_key))
            entry->state = COMMIT_MOVED;
    }
    return true;
}

/* ------------------------------------------------------------- transaction */

bool commit_begin(struct commit *commit, struct error *err)
{
    enum { BEGIN, LOCKS, BOUNDS, LOOK, NO_BOUNDS, FACTS, COUNT };
    struct db *db = worker_db(commit->worker);
    const bool free_only = worker_takes_free_locks_only(commit->worker);
    PGresult *results[COUNT] = {NULL};
    struct db_params locks = DB_PARAMS_INIT, look = DB_PARAMS_INIT, facts = DB_PARAMS_INIT;
    bool good;

    qsort(commit->locks, commit->lock_count, sizeof commit->locks[0], by_class_and_key);
    cross_out(commit);
    lock_params(commit, &locks);
    look_params(commit, &look);
    commit->kind->facts_params(&facts, commit->entries, commit->count);
    db_pipeline_begin(db);
    db_queue_begin(db);
    db_queue(db, free_only ? &sql_take_free_locks : &sql_take_locks, &locks);
    db_queue_planning(db, DB_PLAN_WITH_BOUNDS);
    db_queue(db, &sql_look_submissions, &look);
    db_queue_planning(db, DB_PLAN_ONCE);
    db_queue(db, commit->kind->facts, &facts);
    good = db_pipeline_run(db, COUNT, results, err);
    db_params_release(&locks);
    db_params_release(&look);
    db_params_release(&facts);
    if (!good)
        return false;
    commit->look = results[LOOK];
    commit->facts = results[FACTS];
    good = (!free_only || read_held_locks(commit, results[LOCKS], err)) && read_look(commit, err) &&
           read_facts(commit, err);
    PQclear(results[BEGIN]);
    PQclear(results[LOCKS]);
    PQclear(results[BOUNDS]);
    PQclear(results[NO_BOUNDS]);
    return good;
}

void commit_add_person(struct commit *commit, const struct derived_person *person)
{
    commit->people = memory_grow(commit->people, commit->person_count + 1, sizeof *person);
    commit->people[commit->person_count++] = *person;
}

void commit_add_school(struct commit *commit, const struct derived_school *school)
{
    commit->schools = memory_grow(commit->schools, commit->school_count + 1, sizeof *school);
    commit->schools[commit->school_count++] = *school;
}

bool commit_end(struct commit *commit, const struct db_statement *write, const struct db_params *params,
                PGresult **ret_written, struct error *err)
{
    enum { STATEMENTS_MAX = 4 }; /* write, people, schools, commit */
    struct db *db = worker_db(commit->worker);
    PGresult *results[STATEMENTS_MAX] = {NULL};
    size_t count = 0;

    db_pipeline_begin(db);
    if (write != NULL) {
        db_queue(db, write, params);
        count++;
        count += derived_queue_people(db, commit->people, commit->person_count);
        count += derived_queue_schools(db, commit->schools, commit->school_count);
    }
    count++;
    db_queue_commit(db);
    if (!db_pipeline_run(db, count, results, err))
        return false;
    if (write != NULL && ret_written != NULL) {
        *ret_written = results[0];
        results[0] = NULL;
    }
    for (size_t i = 0; i < count; i++)
        PQclear(results[i]);
    if (write != NULL)
        worker_wake_notifications(commit->worker);
    return true;
}

int64_t commit_updated_at_us_if(int64_t now_us, const struct wire_record *record)
{
    const int64_t offset_us = record->as_of_us - uuid_v7_time_us(&record->id);

    /* within a second the business clock is the machine's own: the id only holds milliseconds */
    return now_us + (llabs(offset_us) < US_PER_SECOND ? 0 : offset_us);
}

int64_t commit_updated_at_us(const struct commit *commit, const struct wire_record *record)
{
    return commit_updated_at_us_if(commit->now_us, record);
}

/* ----------------------------------------------------------------- answers */

static void tell(struct work_item *item, uint16_t status, struct slice body, struct slice scopes)
{
    work_touch(item, scopes);
    work_reply(item, &(struct wire_reply){.kind = WIRE_DECIDED,
                                          .status = status,
                                          .id = item->record.id,
                                          .accept_no = item->record.accept_no,
                                          .body = body});
    work_done(item);
}

void commit_count(struct slice kind, const char *outcome)
{
    char labels[128];

    (void)snprintf(labels, sizeof labels, "kind=\"%.*s\",outcome=\"%s\"", (int)kind.size, kind.data, outcome);
    metric_add(
        metric_counter("ecf2_submissions_total", "Submissions decided or given up, by outcome", labels), 1);
}

void commit_tell(struct work_item *item, const char *result, uint16_t status, struct slice body,
                 struct slice scopes)
{
    char labels[128];

    log_event(LOG_INFO, "submission_decided", LOG_SLICE("trace", item->record.trace),
              LOG_UUID("submission", &item->record.id), LOG_TEXT("outcome", result),
              LOG_INT("status", status), LOG_END);
    commit_count(item->record.kind, result);
    (void)snprintf(labels, sizeof labels, "mode=\"%s\"", wire_class_name(item->record.class));
    metric_observe_us(metric_histogram("ecf2_decision_seconds", "From acceptance to decision", labels),
                      machine_now_us() - uuid_v7_time_us(&item->record.id));
    tell(item, status, body, scopes);
}

void commit_conclude(struct commit *commit)
{
    for (size_t i = 0; i < commit->count; i++) {
        struct commit_entry *entry = &commit->entries[i];

        switch (entry->state) {
        case COMMIT_OPEN:
            break;
        case COMMIT_DECIDED:
            tell(entry->item, entry->stored_status, entry->stored_body, entry->stored_scopes);
            break;
        case COMMIT_DEAD:
            work_done(entry->item);
            break;
        case COMMIT_EARLIER:
            /* where it came from: the facts may be others by then, and validation is where that is noticed */
            work_wait(entry->item, "validation", "an earlier submission of the subject is undecided");
            break;
        case COMMIT_BUSY:
            work_wait(entry->item, "validation", "somebody else holds a lock of it");
            break;
        case COMMIT_CROSSED:
            work_wait(entry->item, "validation", "its person is written by another one of the batch");
            break;
        case COMMIT_MOVED:
            work_return(entry->item, "validation", "the facts have changed since they were judged");
            break;
        }
    }
}

/* ---------------------------------------------------------- plain outcomes */

/* The columns of insert_outcomes.sql, in its order. */
enum outcome_column {
    OUTCOME_ID,
    OUTCOME_ACCEPTED_AT,
    OUTCOME_RESULT,
    OUTCOME_STATUS,
    OUTCOME_BODY,
    OUTCOME_RESOURCE_TYPE,
    OUTCOME_RESOURCE_ID,
    OUTCOME_FIRED,
    OUTCOME_FACTS,
    OUTCOME_RULES_VERSION,
    OUTCOME_LEAD_PROVIDER,
    OUTCOME_TRACE,
    OUTCOME_SCOPES,
    OUTCOME_HAS_ROWS,
    OUTCOME_COLUMNS
};

static void add_outcome_value(struct db_params *params, enum outcome_column column,
                              const struct plain_outcome *outcome)
{
    const struct wire_record *record = &outcome->entry->item->record;

    switch (column) {
    case OUTCOME_ID:
        db_array_uuid(params, &record->id);
        break;
    case OUTCOME_ACCEPTED_AT:
        db_array_instant(params, uuid_v7_time_us(&record->id));
        break;
    case OUTCOME_RESULT:
        db_array_text(params, outcome->result);
        break;
    case OUTCOME_STATUS:
        db_array_int(params, outcome->status);
        break;
    case OUTCOME_BODY:
        db_array_slice(params, outcome->body);
        break;
    case OUTCOME_RESOURCE_TYPE:
        db_array_text(params, outcome->resource_type);
        break;
    case OUTCOME_RESOURCE_ID:
        db_array_uuid(params, outcome->resource_id);
        break;
    case OUTCOME_FIRED:
        db_array_slice(params, outcome->fired);
        break;
    case OUTCOME_FACTS:
        db_array_slice(params, outcome->facts);
        break;
    case OUTCOME_RULES_VERSION:
        db_array_text(params, outcome->rules_version);
        break;
    case OUTCOME_LEAD_PROVIDER:
        if (record->caller_type == WIRE_LEAD_PROVIDER)
            db_array_int(params, record->caller_id);
        else
            db_array_null(params);
        break;
    case OUTCOME_TRACE:
        db_array_slice(params, record->trace);
        break;
    case OUTCOME_SCOPES:
        db_array_slice(params, outcome->scopes);
        break;
    case OUTCOME_HAS_ROWS:
        db_array_bool(params, outcome->has_rows);
        break;
    case OUTCOME_COLUMNS:
        break;
    }
}

static void outcome_params(struct db_params *params, const struct plain_outcome *outcomes, size_t count)
{
    for (int column = 0; column < OUTCOME_COLUMNS; column++) {
        db_array_begin(params);
        for (size_t i = 0; i < count; i++)
            add_outcome_value(params, (enum outcome_column)column, &outcomes[i]);
        db_array_end(params);
    }
}

static struct work_item *written_item(struct commit *commit, const PGresult *written, int row)
{
    struct uuid id;

    if (!db_uuid(written, row, 0, &id))
        return NULL;
    for (size_t i = 0; i < commit->count; i++)
        if (commit->entries[i].state == COMMIT_OPEN && uuid_equal(&commit->entries[i].item->record.id, &id))
            return commit->entries[i].item;
    return NULL;
}

/* Of an outcome whose rows were written: the backstop. It is there to be looked at when all is tried again.
 */
static bool exists_already(struct error *err)
{
    if (err != NULL && strcmp(err->sqlstate, SQLSTATE_UNIQUE_VIOLATION) == 0)
        err->kind = ERROR_DB_CONFLICT;
    return false;
}

bool commit_plain_outcomes(struct commit *commit, const struct plain_outcome *outcomes, size_t count,
                           struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    PGresult *written = NULL;
    bool good;

    outcome_params(&params, outcomes, count);
    good = commit_end(commit, count == 0 ? NULL : &sql_insert_outcomes, &params, &written, err);
    db_params_release(&params);
    if (!good)
        return exists_already(err);
    for (int row = 0; written != NULL && row < PQntuples(written); row++) {
        struct work_item *item = written_item(commit, written, row);

        for (size_t i = 0; item != NULL && i < count; i++)
            if (outcomes[i].entry->item == item)
                commit_tell(item, outcomes[i].result, outcomes[i].status, db_text(written, row, 1),
                            outcomes[i].scopes);
    }
    for (size_t i = 0; i < count; i++)
        if (outcomes[i].entry->item->disposition == 0)
            work_done(
                outcomes[i].entry->item); /* somebody else's outcome stood there already: the backstop */
    PQclear(written);
    commit_conclude(commit);
    return true;
}
