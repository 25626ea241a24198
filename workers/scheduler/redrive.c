/*
 * redrive: sends again what is due, feeds lines of bulk, and buries what failed too often or is too old
 * (pipeline.md PL-43). One query says which: after a crash, after an error, after a dead letter was retried,
 * it is always the same.
 *
 * What a look costs grows with what was accepted in the last minute and a half; so the time until the next
 * look grows with how long this one took, and all looks together take a twentieth of a processor at most [600
 * 000 a minute: 0.2 s, every 4 s].
 */
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/kinds.h"
#include "common/log.h"
#include "common/metrics.h"
#include "workers/scheduler/scheduler.h"
#include "workers/scheduler/sql.h"

#define CREDIT_MAX        2000 /* records sent in one look while brokers hold little */
#define CREDIT_MIN        100  /* and always, or a lost one would wait for a busy day to end */
#define LOOK_BYTES        (8 << 20)
#define LOOK_SHARE        20 /* a look may take one part in so many of the time */
#define FEED_SHARE        4  /* the same while there are lines of bulk to feed */
#define LOOK_PAUSE_MAX_US (5 * US_PER_SECOND)

int64_t redrive_credit(int64_t held)
{
    const int64_t free_credit = CREDIT_MAX - held;

    return free_credit < CREDIT_MIN ? CREDIT_MIN : free_credit > CREDIT_MAX ? CREDIT_MAX : free_credit;
}

enum {
    ID,
    ACCEPT_NO,
    KIND,
    CALLER_TYPE,
    CALLER_ID,
    TOKEN,
    MODE,
    TRACE,
    SUBJECT,
    AS_OF,
    PAYLOAD,
    STAGE,
    ERRORS,
    REASON,
    IS_NEW_LINE,
    COLUMN_COUNT
};
static const char *const column_names[COLUMN_COUNT] = {
    "id",      "accept_no", "kind",    "caller_type", "caller_id", "api_token_id", "mode",       "trace_id",
    "subject", "as_of_us",  "payload", "stage",       "errors",    "reason",       "is_new_line"};

/* Lines of bulk that may be on their way: what is left of the credit when single submissions have theirs, but
 * always some (PL-14). What lines themselves hold of it is no matter: the window counts them by itself. */
int64_t redrive_lines_window(const struct broker_counts *counts, size_t count, int64_t now_us)
{
    return redrive_credit(counts_held(counts, count, now_us) - counts_held_lines(counts, count, now_us));
}

static int64_t lines_window(const struct scheduler *scheduler)
{
    return redrive_lines_window(scheduler->counts, SCHEDULER_BROKERS_MAX, monotonic_now_us());
}

static void add_excluded(struct db_params *params, const struct sent *sent)
{
    const struct uuid **ids = memory_alloc(SENT_SLOTS * sizeof(struct uuid *));
    const size_t count = sent_waiting(sent, monotonic_now_us(), ids);

    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_uuid(params, ids[i]);
    db_array_end(params);
    free(ids);
}

static void find_params(struct db_params *params, const struct scheduler *scheduler)
{
    const int64_t now_us = machine_now_us();
    const int64_t held = counts_held(scheduler->counts, SCHEDULER_BROKERS_MAX, monotonic_now_us());
    struct buffer wait = BUFFER_INIT;

    db_param_instant(params, undecided_look_from_us(scheduler, now_us));
    db_param_instant(params, now_us + LOOK_BACK_US); /* an id's clock may be fast */
    buffer_printf(&wait, "%lld ms", (long long)worker_settings(scheduler->worker)->redrive_ms);
    db_param_slice(params, buffer_slice(&wait));
    buffer_release(&wait);
    add_excluded(params, &scheduler->sent);
    db_param_int(params, redrive_credit(held));
    db_param_int(params, LOOK_BYTES);
    db_param_int(params, lines_window(scheduler));
}

/* The record as intake sent it, but that nobody waits for it. False: logged, left where it is. */
static bool record_of_row(const PGresult *result, int row, const int *columns, struct wire_record *ret_record)
{
    struct wire_record record = {.flags = WIRE_FLAG_RESENT};

    record.accept_no = db_int(result, row, columns[ACCEPT_NO]);
    record.as_of_us = db_int(result, row, columns[AS_OF]);
    record.caller_id = db_int(result, row, columns[CALLER_ID]);
    record.token_id = db_int(result, row, columns[TOKEN]);
    record.kind = db_text(result, row, columns[KIND]);
    record.trace = db_text(result, row, columns[TRACE]);
    record.subject = db_text(result, row, columns[SUBJECT]);
    record.payload = db_text(result, row, columns[PAYLOAD]);
    if (!db_uuid(result, row, columns[ID], &record.id) ||
        !wire_class_parse(db_text(result, row, columns[MODE]), &record.class) ||
        !wire_caller_parse(db_text(result, row, columns[CALLER_TYPE]), &record.caller_type))
        return false;
    *ret_record = record;
    return true;
}

/* What goes to one service leaves together. */
static bool send_to(struct scheduler *scheduler, const char *service, const struct wire_record *records,
                    const char *const *services, size_t count)
{
    struct wire_record *chosen = memory_alloc((count + 1) * sizeof *chosen);
    size_t chosen_count = 0;
    bool sent;

    for (size_t i = 0; i < count; i++)
        if (services[i] == service)
            chosen[chosen_count++] = records[i];
    sent = worker_submit(scheduler->worker, SIZE_MAX, service, chosen, chosen_count);
    for (size_t i = 0; sent && i < chosen_count; i++)
        sent_note(&scheduler->sent, &chosen[i].id, monotonic_now_us());
    free(chosen);
    return sent;
}

/* lines: how many of them are lines of bulk on their usual way. */
static void send_all(struct scheduler *scheduler, const struct wire_record *records,
                     const char *const *services, size_t count, size_t lines)
{
    size_t sent = 0;

    for (size_t i = 0; i < count; i++) {
        bool is_first = true;

        for (size_t j = 0; j < i && is_first; j++)
            is_first = services[j] != services[i];
        if (is_first && send_to(scheduler, services[i], records, services, count))
            for (size_t j = i; j < count; j++)
                sent += services[j] == services[i];
    }
    if (count > lines || sent < count)
        log_event(sent == count ? LOG_INFO : LOG_WARNING, "sent_again", LOG_INT("due", count - lines),
                  LOG_INT("lines", lines), LOG_INT("sent", sent), LOG_END);
    if (sent < count)
        lines = 0; /* which of them left is not known */
    metric_add(metric_counter("ecf2_sent_again_total", "Submissions that the leader sent again", ""),
               (int64_t)(sent - lines));
    metric_add(metric_counter("ecf2_lines_fed_total",
                              "Lines of bulk requests that the leader sent to their first stage", ""),
               (int64_t)lines);
}

static struct burial burial_of_row(const PGresult *result, int row, const int *columns)
{
    struct burial burial = {.subject = db_text(result, row, columns[SUBJECT]),
                            .stage = db_text(result, row, columns[STAGE]),
                            .reason = db_text(result, row, columns[REASON]),
                            .attempts = db_int(result, row, columns[ERRORS])};
    const struct kind *kind = kind_find(db_text(result, row, columns[KIND]));

    (void)db_uuid(result, row, columns[ID], &burial.id);
    if (burial.stage.size == 0)
        burial.stage = slice_of(kind == NULL ? "unknown" : kind->stages[0]);
    return burial;
}

/* Rows with a reason go to the dead letters, the others to the brokers. */
static bool act(struct scheduler *scheduler, const PGresult *result, const int *columns, struct error *err)
{
    const size_t rows = (size_t)PQntuples(result);
    CLEANUP(free) struct wire_record *records = memory_alloc((rows + 1) * sizeof *records);
    CLEANUP(free) const char **services = memory_alloc((rows + 1) * sizeof *services);
    CLEANUP(free) struct burial *burials = memory_alloc((rows + 1) * sizeof *burials);
    size_t count = 0, dead = 0, lines = 0;

    for (int row = 0; row < (int)rows; row++) {
        const struct kind *kind = kind_find(db_text(result, row, columns[KIND]));

        if (!db_is_null(result, row, columns[REASON])) {
            if (dead < WIRE_MESSAGE_RECORDS_MAX)
                burials[dead++] = burial_of_row(result, row, columns);
        } else if (kind != NULL && record_of_row(result, row, columns, &records[count])) {
            services[count++] = kind->stages[0];
            lines += db_bool(result, row, columns[IS_NEW_LINE]);
        } else {
            log_event(LOG_ERROR, "cannot_send_again",
                      LOG_SLICE("submission", db_text(result, row, columns[ID])),
                      LOG_SLICE("kind", db_text(result, row, columns[KIND])), LOG_END);
        }
    }
    send_all(scheduler, records, services, count, lines);
    scheduler->feeds = lines > 0;
    return bury(worker_db(scheduler->worker), burials, dead, err);
}

static bool some_broker_answers(const struct worker *worker)
{
    for (size_t i = 0; i < worker_broker_count(worker); i++)
        if (worker_broker_is_alive(worker, i))
            return true;
    return false;
}

bool redrive_turn(struct scheduler *scheduler, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *result = NULL;
    const int64_t started_us = monotonic_now_us();
    int columns[COLUMN_COUNT];

    if (started_us < scheduler->next_look_us || !some_broker_answers(scheduler->worker))
        return true;
    find_params(&params, scheduler);
    bool good = db_run(worker_db(scheduler->worker), &sql_find_due, &params, &result, err) &&
                db_columns(result, column_names, columns, COLUMN_COUNT, err);
    const int64_t took_us = monotonic_now_us() - started_us;
    const int64_t pause_us = took_us * (scheduler->feeds ? FEED_SHARE : LOOK_SHARE);
    db_params_release(&params);
    metric_observe_us(metric_histogram("ecf2_look_seconds", "Time that a look for what is due took", ""),
                      took_us);
    scheduler->next_look_us =
        monotonic_now_us() + (pause_us > LOOK_PAUSE_MAX_US ? LOOK_PAUSE_MAX_US : pause_us);
    return good && act(scheduler, result, columns, err);
}
