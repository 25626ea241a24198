/*
 * scheduler: what the files of ecf2-scheduler share.
 *
 * Any number may run. Each buries what brokers give it (bury.c); one leads: it holds an advisory lock on the
 * connection through which it writes, so that a leader that lost its connection can do no harm. The leader,
 * about four times a second, does what is due (leader.c): jobs (jobs.c, month_end.c, partnerships.c,
 * refresh.c), the numbers of what is undecided (undecided.c), and sending again (redrive.c).
 */
#ifndef ECF2_WORKERS_SCHEDULER_SCHEDULER_H
#define ECF2_WORKERS_SCHEDULER_SCHEDULER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/worker.h"
#include "workers/scheduler/counts.h"
#include "workers/scheduler/refresh.h"
#include "workers/scheduler/sent.h"

#define SCHEDULER_BROKERS_MAX 16
#define SCHEDULER_JOBS_MAX    16

#define DAY_US             (INT64_C(24) * 3600 * US_PER_SECOND)
#define LOOK_EVERYTHING_US (8 * DAY_US) /* nothing undecided is older (pipeline.md PL-5) */
/* How far each look goes back at least. PL-43 says a minute, because a commit may be late; so may the clock
 * in an id, by as much as intake lets pass. */
#define LOOK_BACK_US (90 * US_PER_SECOND)

/* What the leader knows of a job. */
struct job_state {
    int64_t done_us;        /* latest due time that was worked off; INT64_MIN = none */
    int64_t next_try_us;    /* monotonic: not before, after a failure */
    int64_t retry_delay_us; /* 0 after a success */
    int64_t due_us;         /* what the run is for that goes on from turn to turn */
    int64_t started_us;     /* machine time: when it began; 0 = none is under way */
    int64_t worked_us;      /* how long it has worked in earlier turns */
};

struct scheduler {
    struct worker *worker;
    bool leads;

    struct broker_counts counts[SCHEDULER_BROKERS_MAX];

    struct job_state jobs[SCHEDULER_JOBS_MAX];
    const struct job_state *job; /* of the job that runs */
    bool job_goes_on;            /* set by it: this turn was not its last, so it is not done */
    struct refresh refresh;

    /* undecided.c; monotonic */
    int64_t next_count_us, next_full_count_us;
    int64_t oldest_us; /* smallest accepted_at known to be undecided; INT64_MAX = none */

    /* batches.c */
    struct open_batch *batches; /* of whose lines one at least was undecided at the last look */
    size_t batch_count, batch_capacity;
    struct uuid *finished; /* of those that are looked for */
    size_t finished_count, finished_capacity;
    int64_t next_batches_us; /* monotonic */
    bool batches_are_known;  /* all of the last days were looked for */

    int64_t dropped_until_us; /* dropped.c: the database's time up to which they are counted; 0 = not begun */

    /* redrive.c */
    int64_t next_look_us; /* monotonic */
    bool feeds;           /* the last look found lines of bulk to feed */
    struct sent sent;
};

/* ---- leader.c ---- */

/* Takes the lead where nobody has it, and does what is due. */
bool leader_turn(struct scheduler *scheduler, struct error *err) __attribute__((warn_unused_result));
/* The connection that held the lock is gone, and the lock with it. */
void leader_forget(struct scheduler *scheduler);

/* ---- jobs.c ---- */

bool jobs_load(struct scheduler *scheduler, struct error *err) __attribute__((warn_unused_result));
bool jobs_turn(struct scheduler *scheduler, struct error *err) __attribute__((warn_unused_result));

/* What a job does. False: it failed and is tried again; ERROR_DB_LOST ends the turn. */
bool job_make_partitions(struct scheduler *scheduler, struct error *err);
bool job_drop_partitions(struct scheduler *scheduler, struct error *err);
bool job_statements_payable(struct scheduler *scheduler, struct error *err); /* month_end.c */
bool job_touch_partnerships(struct scheduler *scheduler, struct error *err); /* partnerships.c */
bool job_refresh_derived(struct scheduler *scheduler, struct error *err);    /* refresh.c */

/* ---- undecided.c ---- */

/* Counts every 10 s what is undecided, and tells the brokers (PL-13). */
bool undecided_turn(struct scheduler *scheduler, struct error *err) __attribute__((warn_unused_result));
/* From where a look has to begin (PL-43). */
int64_t undecided_look_from_us(const struct scheduler *scheduler, int64_t now_us);
void undecided_clear_metrics(void);

/* ---- batches.c ---- */

/* Finds batches whose last line was decided, and writes their webhook deliveries (PL-54). */
bool batches_turn(struct scheduler *scheduler, struct error *err) __attribute__((warn_unused_result));
/* Somebody else leads, or nobody. */
void batches_forget(struct scheduler *scheduler);

/* ---- dropped.c ---- */

/* Counts what operators dropped since the last call, in ecf2_submissions_total; the first call only begins.
 */
bool dropped_count(struct scheduler *scheduler, struct error *err) __attribute__((warn_unused_result));

/* ---- redrive.c ---- */

bool redrive_turn(struct scheduler *scheduler, struct error *err) __attribute__((warn_unused_result));
/* How many may be sent in one look, when brokers hold so many (PL-43: within free credit). */
int64_t redrive_credit(int64_t held);
/* How many lines of bulk may be on their way, by what brokers hold. */
int64_t redrive_lines_window(const struct broker_counts *counts, size_t count, int64_t now_us);

/* ---- bury.c ---- */

struct burial {
    struct uuid id;
    struct slice subject, stage, reason;
    int64_t attempts;
};

/* Buries in one transaction; what has an outcome meanwhile is left alone (PL-42). At most
 * WIRE_MESSAGE_RECORDS_MAX. */
bool bury(struct db *db, const struct burial *burials, size_t count, struct error *err)
    __attribute__((warn_unused_result));
/* Those that the brokers gave up, after the third death of a worker (PL-41). */
bool bury_items(struct db *db, struct work_item *items, size_t count, struct error *err)
    __attribute__((warn_unused_result));
/* The stage at which a record must have been, by what it carries. */
const char *bury_stage_of(const struct wire_record *record);

#endif
