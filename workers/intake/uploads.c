/*
 * uploads: bulk requests (pipeline.md PL-16). A broker hands one out alone. Its batch, key and lines are
 * stored in one transaction, with the outcomes of the lines that are malformed; then it is acknowledged. Its
 * lines are not sent on: the scheduler's leader feeds them, and is woken.
 */
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/commit.h"
#include "common/log.h"
#include "common/sql.h"
#include "common/upload.h"
#include "workers/intake/intake.h"
#include "workers/intake/sql.h"

#define EMPTY_PAYLOAD "{\"fields\":{}}" /* of a malformed line: what it was cannot be stored as JSON */

struct line {
    struct uuid id, given;
    unsigned number;
    bool is_rejected, has_given;
    struct slice json;                   /* of the upload: what is submitted, or the answer */
    size_t otherwise_at, otherwise_size; /* in upload.texts */
};

struct upload {
    struct line *lines;
    size_t count, rejected;
    struct buffer texts;
};

static void upload_release(struct upload *upload)
{
    free(upload->lines);
    buffer_release(&upload->texts);
}

/* ---- reading ---- */

static void read_line(const struct intake_entry *entry, const struct upload_line *from, struct upload *upload)
{
    const struct wire_record *record = &entry->item->record;
    struct line *line = &upload->lines[upload->count++];
    CLEANUP(json)
    json_t *payload = from->is_rejected ? NULL : json_loadb(from->json.data, from->json.size, 0, NULL);
    const json_t *given = json_object_get(json_object_get(payload, "fields"), entry->kind->subject_field);
    const char *string = json_string_value(given);
    const struct slice text = {string, string == NULL ? 0 : json_string_length(given)};

    *line = (struct line){.id = upload_line_id(&record->id, from->number),
                          .number = from->number,
                          .is_rejected = from->is_rejected,
                          .json = from->json,
                          .otherwise_at = upload->texts.size};
    line->has_given = text.data != NULL && uuid_parse(text, &line->given);
    intake_otherwise_subject(&upload->texts, record->kind, &line->id, text);
    line->otherwise_size = upload->texts.size - line->otherwise_at;
    upload->rejected += from->is_rejected;
}

/* False: a sibling made what is no upload. */
static bool read_upload(struct intake_entry *entry, struct upload *upload)
{
    struct upload_reader reader;
    struct upload_line line;
    struct slice key;

    if (!upload_read(entry->item->record.payload, &reader, &key))
        return false;
    entry->key = key;
    upload->lines = memory_alloc(UPLOAD_LINES_MAX * sizeof *upload->lines);
    while (upload_next(&reader, &line))
        read_line(entry, &line, upload);
    return !reader.bad && upload->count > 0 && (key.size == 0 || entry->item->record.caller_id != 0);
}

/* ---- storing ---- */

#define LINES(params, upload, element)                                                                       \
    do {                                                                                                     \
        db_array_begin(params);                                                                              \
        for (const struct line *line = (upload)->lines; line < (upload)->lines + (upload)->count; line++)    \
            element;                                                                                         \
        db_array_end(params);                                                                                \
    } while (0)

static void id_param(struct db_params *params, int64_t id)
{
    if (id == 0)
        db_param_null(params);
    else
        db_param_int(params, id);
}

static void add_given(struct db_params *params, const struct intake_entry *entry, const struct line *line,
                      enum kind_subject subject)
{
    if (line->has_given && entry->kind->subject == subject)
        db_array_uuid(params, &line->given);
    else
        db_array_null(params);
}

static void insert_params(struct db_params *params, const struct intake_entry *entry,
                          const struct upload *upload)
{
    const struct wire_record *record = &entry->item->record;

    db_param_uuid(params, &record->id);
    db_param_instant(params, entry->accepted_at_us);
    db_param_text(params, entry->kind->name);
    db_param_text(params, wire_caller_name(record->caller_type));
    id_param(params, record->caller_id);
    id_param(params, record->token_id);
    db_param_int(params, (int64_t)upload->count);
    db_param_instant(params, record->as_of_us);
    db_param_slice(params, record->trace);
    db_param_bytes(params, (struct slice){(const char *)entry->digest, sizeof entry->digest});
    db_param_instant(params, record->accept_by_us);
    db_param_int(params, INTAKE_CLOCK_BOUND_SECONDS); /* a number alone is an interval of seconds */
    if (entry->key.size == 0)
        db_param_null(params);
    else
        db_param_slice(params, entry->key);
    LINES(params, upload, db_array_uuid(params, &line->id));
    LINES(params, upload, db_array_int(params, line->number));
    LINES(params, upload, db_array_slice(params, line->is_rejected ? slice_of(EMPTY_PAYLOAD) : line->json));
    LINES(params, upload, add_given(params, entry, line, SUBJECT_PARTICIPANT));
    LINES(params, upload, add_given(params, entry, line, SUBJECT_DECLARATION));
    LINES(params, upload,
          db_array_slice(params,
                         (struct slice){upload->texts.data + line->otherwise_at, line->otherwise_size}));
}

/* Outcomes of so many lines are written by one statement: its joins are nested loops (pipeline.md PL-36),
 * which ten thousand rows would take minutes for [200: 5 ms]. */
#define OUTCOMES_A_STATEMENT WIRE_BATCH_MAX

#define REJECTED(params, lines, count, element)                                                              \
    do {                                                                                                     \
        db_array_begin(params);                                                                              \
        for (size_t i = 0; i < (count); i++) {                                                               \
            const struct line *line = (lines)[i];                                                            \
            (void)line;                                                                                      \
            element;                                                                                         \
        }                                                                                                    \
        db_array_end(params);                                                                                \
    } while (0)

/* Of malformed lines (submissions.md section 4, 3): no rule ran, so there are no facts and no version. */
static void outcome_params(struct db_params *params, const struct intake_entry *entry,
                           const struct line *const *lines, size_t count)
{
    const struct wire_record *record = &entry->item->record;
    const int64_t provider = record->caller_type == WIRE_LEAD_PROVIDER ? record->caller_id : 0;

    REJECTED(params, lines, count, db_array_uuid(params, &line->id));
    REJECTED(params, lines, count, db_array_instant(params, entry->accepted_at_us));
    REJECTED(params, lines, count, db_array_text(params, "rejected"));
    REJECTED(params, lines, count, db_array_int(params, UPLOAD_REJECTED_STATUS));
    REJECTED(params, lines, count, db_array_slice(params, line->json));
    REJECTED(params, lines, count, db_array_null(params)); /* resource type */
    REJECTED(params, lines, count, db_array_null(params)); /* resource id */
    REJECTED(params, lines, count, db_array_text(params, ""));
    REJECTED(params, lines, count, db_array_text(params, "{}"));
    REJECTED(params, lines, count, db_array_null(params)); /* version of the rules */
    REJECTED(params, lines, count, db_array_id(params, provider));
    REJECTED(params, lines, count, db_array_slice(params, record->trace));
    REJECTED(params, lines, count,
             db_array_null(params)); /* cache scopes: it tells of nothing that is read */
    REJECTED(params, lines, count, db_array_bool(params, false)); /* has_rows */
}

static bool insert(struct db *db, struct intake_entry *entry, const struct upload *upload, struct error *err)
{
    static const char *const names[] = {"lines", "accept_no"};
    enum { COUNT_OF_LINES, ACCEPT_NO, COUNT };
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *result = NULL;
    int columns[COUNT];

    insert_params(&params, entry, upload);
    const bool good = db_run(db, &sql_insert_batch, &params, &result, err) &&
                      db_columns(result, names, columns, COUNT, err);
    db_params_release(&params);
    if (!good)
        return intake_failed_to_insert(err);
    entry->is_stored = db_int(result, 0, columns[COUNT_OF_LINES]) > 0;
    entry->accept_no = db_int(result, 0, columns[ACCEPT_NO]);
    return true;
}

static bool write_outcomes(struct db *db, const struct intake_entry *entry, const struct line *const *lines,
                           size_t count, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;

    outcome_params(&params, entry, lines, count);
    const bool good = db_run(db, &sql_insert_outcomes, &params, NULL, err);
    db_params_release(&params);
    return good;
}

static bool reject(struct db *db, const struct intake_entry *entry, const struct upload *upload,
                   struct error *err)
{
    const struct line *lines[OUTCOMES_A_STATEMENT];
    size_t count = 0;

    for (size_t i = 0; i < upload->count; i++) {
        if (upload->lines[i].is_rejected)
            lines[count++] = &upload->lines[i];
        if (count < OUTCOMES_A_STATEMENT && (i + 1 < upload->count || count == 0))
            continue;
        if (!write_outcomes(db, entry, lines, count, err))
            return false;
        count = 0;
    }
    return true;
}

static bool find_existing(struct db *db, struct intake_entry *entry, struct error *err)
{
    enum { PLAN, FIND, COUNT };
    static const char *const names[] = {"accept_no"};
    struct db_params params = DB_PARAMS_INIT;
    PGresult *results[COUNT] = {NULL};
    int column;

    db_param_uuid(&params, &entry->item->record.id);
    db_param_instant(&params, entry->accepted_at_us);
    db_pipeline_begin(db);
    db_queue_planning(db, DB_PLAN_WITH_BOUNDS);
    db_queue(db, &sql_find_batch, &params);
    const bool good =
        db_pipeline_run(db, COUNT, results, err) && db_columns(results[FIND], names, &column, 1, err);
    if (good && PQntuples(results[FIND]) == 1) {
        entry->is_stored = true;
        entry->accept_no = db_int(results[FIND], 0, column);
    }
    db_params_release(&params);
    for (size_t i = 0; i < COUNT; i++)
        PQclear(results[i]);
    return good;
}

/* In one pipeline: a commit behind a look that was in time may not wait for us. */
static bool commit_in_time(struct db *db, struct intake_batch *batch, struct error *err)
{
    enum { LATE, COMMIT, COUNT };
    struct db_params params = DB_PARAMS_INIT;

    intake_late_params(&params, batch);
    db_pipeline_begin(db);
    db_queue(db, &sql_refuse_late, &params);
    db_queue_commit(db);
    const bool good = db_pipeline_run(db, COUNT, NULL, err);
    db_params_release(&params);
    return good;
}

/* All or nothing. *ret_new: it was stored by this call. */
static bool store(struct db *db, struct intake_batch *batch, const struct upload *upload, bool *ret_new,
                  struct error *err)
{
    struct intake_entry *entry = &batch->entries[0];

    if (!(intake_has_keys(batch) ? intake_keys_begin(db, batch, err) : db_begin(db, err)))
        return false;
    if (entry->state == INTAKE_OPEN && !insert(db, entry, upload, err))
        return false;
    *ret_new = entry->is_stored;
    if (entry->is_stored && !reject(db, entry, upload, err))
        return false;
    if (entry->state == INTAKE_OPEN && !entry->is_stored && !find_existing(db, entry, err))
        return false;
    return *ret_new ? commit_in_time(db, batch, err) : db_commit(db, err);
}

/* ---- afterwards ---- */

/* Always the same id: what a broker holds already is a copy of it. */
static void wake_scheduler(struct worker *worker)
{
    static const struct uuid id = {{0x77, 0x61, 0x6b, 0x65}};
    const struct wire_record record = {.class = WIRE_BULK,
                                       .caller_type = WIRE_SYSTEM,
                                       .flags = WIRE_FLAG_NOTE,
                                       .id = id,
                                       .kind = slice_of(WIRE_WAKE_LINES),
                                       .payload = slice_of(EMPTY_PAYLOAD)};

    (void)worker_submit(worker, SIZE_MAX, "scheduler", &record, 1); /* lost, the lines wait a moment longer */
}

static void tell(struct intake_entry *entry, const struct upload *upload, bool is_new)
{
    const struct wire_record *record = &entry->item->record;

    /* Without the database's clock: storing takes so long that its front would take its own for wrong (PL-1).
     */
    work_reply(entry->item,
               &(struct wire_reply){
                   .kind = WIRE_ACCEPTED, .status = 202, .id = record->id, .accept_no = entry->accept_no});
    log_event(LOG_INFO, "batch_accepted", LOG_SLICE("trace", record->trace), LOG_UUID("batch", &record->id),
              LOG_INT("lines", upload->count), LOG_INT("rejected", upload->rejected),
              LOG_INT("accept_no", entry->accept_no), LOG_BOOL("new", is_new), LOG_END);
    for (size_t i = 0; is_new && i < upload->rejected; i++)
        commit_count(record->kind, "rejected");
    work_done(entry->item);
}

static bool handle(struct worker *worker, struct intake_batch *batch, const struct upload *upload,
                   struct error *err)
{
    bool is_new = false;
    struct intake_entry *entry = &batch->entries[0];

    if (!store(worker_db(worker), batch, upload, &is_new, err))
        return false;
    if (entry->state != INTAKE_OPEN || !entry->is_stored) {
        intake_conclude(entry);
        return true;
    }
    tell(entry, upload, is_new);
    if (is_new)
        wake_scheduler(worker);
    return true;
}

bool intake_is_upload(const struct work_item *item)
{
    return item->record.class == WIRE_BULK && (item->record.flags & WIRE_FLAG_NOTE) == 0;
}

bool intake_upload(struct worker *worker, struct work_item *item, struct error *err)
{
    static struct intake_batch batch; /* of one; large for the stack */
    struct upload upload = {.texts = BUFFER_INIT};
    bool good = true;

    intake_begin_batch(&batch, item);
    if (batch.count == 1 && !read_upload(&batch.entries[0], &upload)) {
        intake_drop(item, "it is no upload (common/upload.h)");
        batch.count = 0;
    }
    if (batch.count == 1)
        good = handle(worker, &batch, &upload, err);
    upload_release(&upload);
    return good;
}
