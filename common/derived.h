/*
 * derived: data that follows from other rows and is kept, so that lists are indexes and not computations
 * (data-model-operations.md 9, lead-provider-api.md 3.13). Whoever writes rows that it follows from queues
 * this behind them, in the same transaction (DM-35): the rows are recomputed for the people and schools
 * named, all of them in one statement, and written only where they differ.
 *
 *   queue the domain rows · derived_queue_people · derived_queue_schools · show what was written, outcomes ·
 *   commit
 *
 * A committer of common/commit.h that shows nothing of it names them with commit_add_person and
 * commit_add_school instead, and commit_end queues them behind its write.
 *
 * Training that repeats school, partnership and contract period of other training there (resumed, gone on) is
 * no news of the school, unless that was asked of another provider: then no school needs to be named, or
 * locked.
 *
 * Locks (pipeline.md section 3, class 1): everybody named is locked by his key, every school by
 * "school:{id}". Of class 3: every provider with a confirmed training period of the person; 0 where a school
 * is named. What each follows from: schema/README.md, "Derived data".
 */
#ifndef ECF2_COMMON_DERIVED_H
#define ECF2_COMMON_DERIVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/db.h"

/* Of a person any of these changed: training period, school period, mentorship (the ECT's side), induction
 * period, TRS induction dates; or just what clients are shown. */
struct derived_person {
    int64_t teacher_id;
    int64_t as_of_us;      /* business time: who mentors is asked for its London day */
    int64_t updated_at_us; /* api_updated_at (commit_updated_at_us); INSTANT_NONE: the database's clock at the
                              write, moved by ahead_us (PL-23) */
    int64_t ahead_us;
    /* What the writer changed is shown of participants, of unfunded mentors: their updated_at moves. Both
     * false: it moves only if another mentor is assigned now. */
    bool shows_participant, shows_mentor;
};

/* Of a school any of these changed: training periods there (their existence, programme, partnership,
 * interest, contract period, first day), partnerships, that it exists. */
struct derived_school {
    int64_t school_id;
    int64_t
        updated_at_us; /* as above: of each contract period in which something that is seen is different */
    int64_t ahead_us;
};

/* Each queues at most one statement and gives how many, for the count of db_pipeline_run. The result is rows
 * for derived_differences_read: what was not as it is to be. */
size_t derived_queue_people(struct db *db, const struct derived_person *people, size_t count);
size_t derived_queue_schools(struct db *db, const struct derived_school *schools, size_t count);

/* The same at once. ret_changed may be NULL; else it is the caller's to PQclear, NULL where count is 0. */
bool derived_refresh_people(struct db *db, const struct derived_person *people, size_t count,
                            PGresult **ret_changed, struct error *err) __attribute__((warn_unused_result));
bool derived_refresh_schools(struct db *db, const struct derived_school *schools, size_t count,
                             PGresult **ret_changed, struct error *err) __attribute__((warn_unused_result));

/* One value that is kept and is not what it would be if it were computed now; texts are JSON. */
struct derived_difference {
    const char *table;
    const char *key;               /* {"lead_provider_id":1,"teacher_id":2} */
    const char *column;            /* NULL: the row itself, whole in the next two */
    const char *kept, *recomputed; /* "null": there is no such row */
    bool moves_with_time;          /* the calendar alone may have done it (DM-36); else a writer forgot it */
};
typedef void derived_difference_fn(void *context, const struct derived_difference *difference);

/* Rows with table_name, kept, recomputed (those without a table_name or without any of both are passed over):
 * calls fn for each column that differs. False with ERROR_BUG where they are no such rows. */
bool derived_differences_read(const PGresult *rows, derived_difference_fn *fn, void *context,
                              struct error *err) __attribute__((warn_unused_result));

#endif
