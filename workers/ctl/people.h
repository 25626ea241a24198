/*
 * people: what the commands about persons share: finding one, and the step of becoming eligible
 * (common/marker_step.h) under its locks.
 */
#ifndef ECF2_WORKERS_CTL_PEOPLE_H
#define ECF2_WORKERS_CTL_PEOPLE_H

#include "common/marker_step.h"

struct person {
    int64_t id; /* 0: nobody */
    struct uuid api_id;
    struct date qts_awarded_on; /* DATE_NONE: not known */
};

/* text: a participant id or a TRN. */
bool person_find(struct db *db, const char *text, struct person *ret_person, struct error *err)
    __attribute__((warn_unused_result));

/* The step of a person and role now, caused by ecf2ctl. */
struct marker_step person_step(int64_t teacher_id, enum participant_role role);

/* What is to happen in the step's transaction, under its locks: writes what makes the person eligible, or
 * nothing. *ret_go_on false: nothing is to be kept, and the transaction is rolled back. */
typedef bool person_act_fn(struct db *db, void *context, struct marker_step *step, bool *ret_go_on,
                           struct error *err);

/* One transaction: locks, act, the facts again. What marker_decide says of them is written where `writes`
 * says so of the verdict; where it does not, the transaction is rolled back. step->verdict tells what came of
 * it; *ret_kept whether anything was committed. */
typedef bool person_writes_fn(enum marker_verdict verdict);
bool person_run_step(struct db *db, struct marker_step *step, person_act_fn *act, void *context,
                     person_writes_fn *writes, bool *ret_kept, struct error *err)
    __attribute__((warn_unused_result));

#endif
