/*
 * jobs: what is due by the clock (operations.md section 5, OP-14): the table, and the loop that runs what is
 * due and notes it in job_runs. A missed run is caught up once; a run twice changes nothing.
 *
 * A job that follows policy's calendar goes by business time, which may stand still or be set (ECF2_CLOCK);
 * what looks after the machine goes by machine time (pipeline.md PL-2). last_due_at is in the job's own time.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/metrics.h"
#include "workers/scheduler/due.h"
#include "workers/scheduler/scheduler.h"
#include "workers/scheduler/sql.h"

enum job_clock { MACHINE_TIME, BUSINESS_TIME };

struct job {
    const char *name;
    enum job_clock clock;
    bool at_start; /* run when a leader comes, whatever was worked off */
    int64_t (*latest_due_us)(int64_t now_us);
    bool (*run)(struct scheduler *scheduler, struct error *err);
};

static const struct job jobs[] = {
    {"partitions_made", MACHINE_TIME, true, due_midnight_us, job_make_partitions},
    {"statements_payable", BUSINESS_TIME, false, due_midnight_us, job_statements_payable},
    {"partnerships_touched", BUSINESS_TIME, false, due_past_midnight_us, job_touch_partnerships},
    {"derived_refreshed", BUSINESS_TIME, false, due_one_in_london_us, job_refresh_derived},
    {"partitions_dropped", MACHINE_TIME, false, due_midnight_us, job_drop_partitions},
};

#define JOB_COUNT (sizeof jobs / sizeof jobs[0])
static_assert(JOB_COUNT <= SCHEDULER_JOBS_MAX, "a state for each job");

static struct metric *success_gauge(const struct job *job)
{
    char labels[64];

    (void)snprintf(labels, sizeof labels, "job=\"%s\"", job->name);
    return metric_gauge("ecf2_job_last_success_timestamp_seconds", "When the job last succeeded", labels);
}

static struct metric *duration_histogram(const struct job *job)
{
    char labels[64];

    (void)snprintf(labels, sizeof labels, "job=\"%s\"", job->name);
    return metric_histogram("ecf2_job_duration_seconds", "Time that a run of the job took", labels);
}

/* ------------------------------------------------------------ what was done */

static void load_row(struct scheduler *scheduler, const PGresult *result, int row, const int *columns)
{
    const struct slice name = db_text(result, row, columns[0]);

    for (size_t i = 0; i < JOB_COUNT; i++) {
        if (!slice_equal(name, slice_of(jobs[i].name)))
            continue;
        if (!jobs[i].at_start && !db_is_null(result, row, columns[1]))
            scheduler->jobs[i].done_us = db_int(result, row, columns[1]);
        if (!db_is_null(result, row, columns[2]))
            metric_set(success_gauge(&jobs[i]), db_int(result, row, columns[2]) / US_PER_SECOND);
    }
}

bool jobs_load(struct scheduler *scheduler, struct error *err)
{
    static const char *const names[] = {"job", "due_us", "success_us"};
    CLEANUP(pgresult) PGresult *result = NULL;
    int columns[3];

    for (size_t i = 0; i < JOB_COUNT; i++)
        scheduler->jobs[i] = (struct job_state){.done_us = INT64_MIN};
    scheduler->refresh = (struct refresh){0};
    if (!db_run(worker_db(scheduler->worker), &sql_list_job_runs, NULL, &result, err) ||
        !db_columns(result, names, columns, 3, err))
        return false;
    for (int row = 0; row < PQntuples(result); row++)
        load_row(scheduler, result, row, columns);
    return true;
}

/* ------------------------------------------------------------------ running */

/* failure is NULL after a success. */
static bool note_run(struct scheduler *scheduler, const struct job *job, int64_t due_us, int64_t started_us,
                     int64_t duration_us, const struct error *failure, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;

    db_param_text(&params, job->name);
    db_param_instant(&params, due_us);
    db_param_instant(&params, started_us);
    db_param_instant(&params, started_us + duration_us);
    db_param_int(&params, duration_us / 1000);
    db_param_text(&params, failure == NULL ? NULL : failure->detail);
    const bool good = db_run(worker_db(scheduler->worker), &sql_upsert_job_run, &params, NULL, err);
    db_params_release(&params);
    return good;
}

static void hold_back(const struct job *job, struct job_state *state, const struct error *failure)
{
    state->retry_delay_us = due_retry_delay_us(state->retry_delay_us);
    state->next_try_us = monotonic_now_us() + state->retry_delay_us;
    log_event(LOG_ERROR, "job_failed", LOG_TEXT("job", job->name), LOG_TEXT("detail", failure->detail),
              LOG_INT("again_in_s", state->retry_delay_us / US_PER_SECOND), LOG_END);
}

/* What became of a run; failure is NULL after a success. A job that fails is noted, logged and tried again
 * later; only a lost connection ends the turn. */
static bool end_run(struct scheduler *scheduler, const struct job *job, struct job_state *state,
                    const struct error *failure, struct error *err)
{
    const struct job_state run = *state;

    state->started_us = state->worked_us = 0;
    if (failure != NULL) {
        db_rollback(worker_db(scheduler->worker));
        hold_back(job, state, failure);
        if (failure->kind == ERROR_DB_LOST)
            return error_set_hint(err, ERROR_DB_LOST, failure->hint, "%s", failure->detail);
    }
    if (!note_run(scheduler, job, run.due_us, run.started_us, run.worked_us, failure, err))
        return false;
    metric_observe_us(duration_histogram(job), run.worked_us);
    if (failure != NULL)
        return true;
    state->done_us = run.due_us;
    state->retry_delay_us = 0;
    metric_set(success_gauge(job), machine_now_us() / US_PER_SECOND);
    log_event(LOG_INFO, "job_done", LOG_TEXT("job", job->name), LOG_INT("ms", run.worked_us / 1000), LOG_END);
    return true;
}

/* One turn of a job, most have but one. */
static bool run_job(struct scheduler *scheduler, const struct job *job, struct job_state *state,
                    int64_t due_us, struct error *err)
{
    const int64_t monotonic_us = monotonic_now_us();
    struct error failure = {0};

    if (state->started_us == 0) {
        state->started_us = machine_now_us();
        state->due_us = due_us;
    }
    scheduler->job = state;
    scheduler->job_goes_on = false;
    const bool good = job->run(scheduler, &failure);

    state->worked_us += monotonic_now_us() - monotonic_us;
    if (good && scheduler->job_goes_on)
        return true;
    return end_run(scheduler, job, state, good ? NULL : &failure, err);
}

bool jobs_turn(struct scheduler *scheduler, struct error *err)
{
    for (size_t i = 0; i < JOB_COUNT; i++) {
        const int64_t now_us = jobs[i].clock == BUSINESS_TIME ? business_now_us() : machine_now_us();
        const int64_t due_us = jobs[i].latest_due_us(now_us);
        struct job_state *state = &scheduler->jobs[i];

        if (state->done_us >= due_us || monotonic_now_us() < state->next_try_us)
            continue;
        if (!run_job(scheduler, &jobs[i], state, due_us, err))
            return false;
    }
    return true;
}

/* --------------------------------------------------------------- partitions */

static bool run_and_log_names(struct scheduler *scheduler, const struct db_statement *statement,
                              const char *event, struct error *err)
{
    CLEANUP(pgresult) PGresult *result = NULL;

    if (!db_run(worker_db(scheduler->worker), statement, NULL, &result, err))
        return false;
    for (int row = 0; row < PQntuples(result); row++)
        log_event(LOG_INFO, event, LOG_SLICE("name", db_text(result, row, 0)), LOG_END);
    return true;
}

bool job_make_partitions(struct scheduler *scheduler, struct error *err)
{
    return run_and_log_names(scheduler, &sql_make_partitions, "partition_made", err);
}

bool job_drop_partitions(struct scheduler *scheduler, struct error *err)
{
    return run_and_log_names(scheduler, &sql_drop_partitions, "partition_dropped", err);
}
