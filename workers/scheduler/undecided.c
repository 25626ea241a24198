/*
 * undecided: how much the database holds undecided, by class. The front takes it, or what brokers hold,
 * whichever is larger, for its limits (pipeline.md PL-13); looks begin at the oldest (PL-43).
 *
 * Every 10 s from the oldest that is known; at the start and hourly over everything, day by day, so that no
 * statement reads more than a day.
 */
#include <stdio.h>

#include "common/cleanup.h"
#include "common/metrics.h"
#include "workers/scheduler/scheduler.h"
#include "workers/scheduler/sql.h"

#define COUNT_EVERY_US      (10 * US_PER_SECOND)
#define COUNT_FEEDING_US    (2 * US_PER_SECOND)
#define FULL_COUNT_EVERY_US (3600 * US_PER_SECOND)

#define GAUGE_UNDECIDED "ecf2_undecided_stored_submissions"
#define HELP_UNDECIDED  "Submissions in the database that are neither decided nor dead, by the leader's count"
#define GAUGE_UNFED     "ecf2_unfed_lines"
#define HELP_UNFED      "Lines of bulk requests that no broker holds yet"
#define GAUGE_DEAD      "ecf2_dead_letters"
#define HELP_DEAD       "Dead letters that nobody has resolved"

static const char *const stages[] = {"records", "validation", "eligibility", "payments"};
#define STAGE_COUNT (sizeof stages / sizeof stages[0])

struct undecided {
    int64_t by_class[WIRE_CLASS_COUNT];
    int64_t oldest_us;
};

static struct metric *undecided_gauge(enum wire_class class)
{
    char labels[64];

    (void)snprintf(labels, sizeof labels, "class=\"%s\"", wire_class_name(class));
    return metric_gauge(GAUGE_UNDECIDED, HELP_UNDECIDED, labels);
}

static struct metric *dead_gauge(const char *stage)
{
    char labels[64];

    (void)snprintf(labels, sizeof labels, "service=\"%s\"", stage);
    return metric_gauge(GAUGE_DEAD, HELP_DEAD, labels);
}

void undecided_clear_metrics(void)
{
    for (int class = 0; class < WIRE_CLASS_COUNT; class ++)
        metric_set(undecided_gauge((enum wire_class) class), 0);
    metric_set(metric_gauge(GAUGE_UNFED, HELP_UNFED, ""), 0);
    for (size_t i = 0; i < STAGE_COUNT; i++)
        metric_set(dead_gauge(stages[i]), 0);
}

int64_t undecided_look_from_us(const struct scheduler *scheduler, int64_t now_us)
{
    const int64_t latest_us = now_us - LOOK_BACK_US;

    return scheduler->oldest_us < latest_us ? scheduler->oldest_us : latest_us;
}

static void keep_oldest(struct undecided *undecided, int64_t accepted_us)
{
    if (accepted_us < undecided->oldest_us)
        undecided->oldest_us = accepted_us;
}

static bool add_rows(const PGresult *result, struct undecided *undecided, struct error *err)
{
    static const char *const names[] = {"mode", "undecided", "oldest_us"};
    enum { MODE, UNDECIDED, OLDEST, COUNT };
    int columns[COUNT];

    if (!db_columns(result, names, columns, COUNT, err))
        return false;
    for (int row = 0; row < PQntuples(result); row++) {
        enum wire_class class;

        if (!wire_class_parse(db_text(result, row, columns[MODE]), &class))
            return error_set(err, ERROR_BUG, "a submission of a mode that is no class");
        undecided->by_class[class] += db_int(result, row, columns[UNDECIDED]);
        keep_oldest(undecided, db_int(result, row, columns[OLDEST]));
    }
    return true;
}

static bool count_span(struct db *db, int64_t from_us, int64_t until_us, struct undecided *undecided,
                       struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *result = NULL;

    db_param_instant(&params, from_us);
    db_param_instant(&params, until_us);
    const bool good =
        db_run(db, &sql_count_undecided, &params, &result, err) && add_rows(result, undecided, err);
    db_params_release(&params);
    return good;
}

static bool read_dead_letters(const PGresult *result, struct undecided *undecided, struct error *err)
{
    static const char *const names[] = {"stage", "dead", "oldest_us"};
    enum { STAGE, DEAD, OLDEST, COUNT };
    int columns[COUNT];

    if (!db_columns(result, names, columns, COUNT, err))
        return false;
    for (size_t i = 0; i < STAGE_COUNT; i++)
        metric_set(dead_gauge(stages[i]), 0);
    for (int row = 0; row < PQntuples(result); row++) {
        if (!db_is_null(result, row, columns[STAGE]))
            metric_set(dead_gauge(db_text(result, row, columns[STAGE]).data),
                       db_int(result, row, columns[DEAD]));
        if (!db_is_null(result, row, columns[OLDEST]))
            keep_oldest(undecided, db_int(result, row, columns[OLDEST]));
    }
    return true;
}

static bool count_dead_letters(struct db *db, int64_t now_us, struct undecided *undecided, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *result = NULL;

    db_param_instant(&params, now_us - LOOK_EVERYTHING_US);
    db_param_instant(&params, now_us + LOOK_BACK_US);
    const bool good = db_run(db, &sql_count_dead_letters, &params, &result, err) &&
                      read_dead_letters(result, undecided, err);
    db_params_release(&params);
    return good;
}

/* Lines of bulk that no broker holds yet: the front adds them to what brokers count (PL-13). */
static int64_t unfed_lines(const struct scheduler *scheduler, const struct undecided *undecided)
{
    const int64_t held = counts_held_lines(scheduler->counts, SCHEDULER_BROKERS_MAX, monotonic_now_us());
    const int64_t lines = undecided->by_class[WIRE_BULK];

    return lines > held ? lines - held : 0;
}

static void publish(struct scheduler *scheduler, const struct undecided *undecided)
{
    const int64_t unfed = unfed_lines(scheduler, undecided);
    struct buffer text = BUFFER_INIT;

    metric_set(metric_gauge(GAUGE_UNFED, HELP_UNFED, ""), unfed);

    buffer_append_char(&text, '{');
    for (int class = 0; class < WIRE_CLASS_COUNT; class ++) {
        metric_set(undecided_gauge((enum wire_class) class), undecided->by_class[class]);
        buffer_printf(&text, "\"%s\":%lld,", wire_class_name((enum wire_class) class),
                      (long long)undecided->by_class[class]);
    }
    buffer_printf(&text, "\"unfed\":%lld}", (long long)unfed);
    worker_broadcast(scheduler->worker, WIRE_LEADER, "", 0, buffer_slice(&text));
    buffer_release(&text);
}

bool undecided_turn(struct scheduler *scheduler, struct error *err)
{
    struct db *db = worker_db(scheduler->worker);
    struct undecided undecided = {.oldest_us = INT64_MAX};
    const int64_t now_us = machine_now_us(), monotonic_us = monotonic_now_us();
    const bool full = monotonic_us >= scheduler->next_full_count_us;
    const int64_t until_us = now_us + LOOK_BACK_US; /* an id's clock may be fast */

    if (!full && monotonic_us < scheduler->next_count_us)
        return true;
    /* Also where this one fails. What is said of lines that are being fed would soon be wrong. */
    scheduler->next_count_us = monotonic_us + (scheduler->feeds ? COUNT_FEEDING_US : COUNT_EVERY_US);
    for (int64_t from_us = full ? now_us - LOOK_EVERYTHING_US : undecided_look_from_us(scheduler, now_us),
                 next_us;
         from_us < until_us; from_us = next_us) {
        next_us = from_us + DAY_US < until_us ? from_us + DAY_US : until_us;
        if (!count_span(db, from_us, next_us, &undecided, err))
            return false;
    }
    if (!count_dead_letters(db, now_us, &undecided, err) || !dropped_count(scheduler, err))
        return false;
    scheduler->oldest_us = undecided.oldest_us;
    if (full)
        scheduler->next_full_count_us = monotonic_us + FULL_COUNT_EVERY_US;
    publish(scheduler, &undecided);
    return true;
}
