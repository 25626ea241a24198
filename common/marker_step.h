/*
 * marker_step: the step that follows whatever may make somebody eligible for training: an induction that an
 * appropriate body or an operator records, a registration by a school, support that runs it again
 * (declarations.md 5, 9.1, 9.2). It belongs to the transaction of that action:
 *
 *   marker_steps_load       what to lock: its rows name it (common/locks.h), and each step's facts do
 *   take all locks          of the action and of this step at once (pipeline.md section 3), which the facts
 * are re-read under … the action writes … marker_steps_load       again: the verdicts that count. What they
 * name must be locked, else the transaction starts anew marker_steps_write      marker, declarations, events;
 * or the event that they could not become eligible
 *
 * All or nothing for each person; the action itself succeeds either way.
 */
#ifndef ECF2_COMMON_MARKER_STEP_H
#define ECF2_COMMON_MARKER_STEP_H

#include "common/db.h"
#include "common/marker.h"

/* What made the person eligible, as eligibility_changes and the events keep it; texts are borrowed. */
struct marker_cause {
    const char *reason, *kind; /* eligibility_changes.reason and .cause_kind */
    const char *id;            /* .cause_id; NULL: none */
    const char *recorded_by;
    const char *author_type; /* of the events, with who that is; 0 and NULL where it is a system */
    int64_t author_id;
    const char *author_name, *author_email;
    const struct uuid *submission; /* NULL: none */
};

struct marker_step {
    int64_t teacher_id;
    enum participant_role role;
    int64_t as_of_us; /* business time, and how far it is ahead of machine time (PL-23) */
    int64_t ahead_us;
    struct marker_cause cause;
    /* Given by marker_steps_load: */
    struct marker_facts facts;
    enum marker_verdict verdict;
};

/* Reads the facts of each and decides. *ret_rows, the caller's to PQclear, holds the locks that are needed, a
 * row a step. */
bool marker_steps_load(struct db *db, struct marker_step *steps, size_t count, PGresult **ret_rows,
                       struct error *err) __attribute__((warn_unused_result));
/* Writes what each step's verdict asks for; nothing where that is neither MARKER_IS_TO_BE_SET nor
 * MARKER_NO_STATEMENT. */
bool marker_steps_write(struct db *db, const struct marker_step *steps, size_t count, struct error *err)
    __attribute__((warn_unused_result));
void marker_steps_release(struct marker_step *steps, size_t count);

#endif
