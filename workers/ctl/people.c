#include "workers/ctl/people.h"

#include "common/cleanup.h"
#include "common/clock.h"
#include "common/locks.h"
#include "workers/ctl/sql.h"

/* Whoever's locks are others each time is left alone. */
#define TRIES 10

bool person_find(struct db *db, const char *text, struct person *ret_person, struct error *err)
{
    struct db_params params = DB_PARAMS_INIT;
    CLEANUP(pgresult) PGresult *found = NULL;

    db_param_text(&params, text);
    const bool good = db_run(db, &sql_find_person, &params, &found, err);
    db_params_release(&params);
    if (!good)
        return false;
    *ret_person = (struct person){.qts_awarded_on = DATE_NONE};
    if (PQntuples(found) == 0)
        return true;
    ret_person->id = db_int(found, 0, 0);
    if (!db_uuid(found, 0, 1, &ret_person->api_id) ||
        (!db_is_null(found, 0, 2) && !date_parse(db_text(found, 0, 2), &ret_person->qts_awarded_on)))
        return error_set(err, ERROR_BUG, "find_person gave what is no id, or no day");
    return true;
}

struct marker_step person_step(int64_t teacher_id, enum participant_role role)
{
    return (struct marker_step){.teacher_id = teacher_id,
                                .role = role,
                                .as_of_us = business_now_us(),
                                .ahead_us = business_ahead_us(),
                                .cause = {.recorded_by = "ecf2ctl", .author_type = "system"},
                                .facts = {.first_became_eligible_for_training_at_us = INSTANT_NONE,
                                          .became_ineligible_for_funding_on = DATE_NONE}};
}

enum attempt { ATTEMPT_FAILED, ATTEMPT_KEPT, ATTEMPT_DROPPED, ATTEMPT_MOVED };

static enum attempt attempt(struct db *db, struct marker_step *step, person_act_fn *act, void *context,
                            person_writes_fn *writes, struct error *err)
{
    CLEANUP(pgresult) PGresult *before = NULL, *after = NULL;
    bool go_on = true;

    if (!db_begin(db, err) || !marker_steps_load(db, step, 1, &before, err) ||
        !locks_take(db, before, 0, err))
        return ATTEMPT_FAILED;
    if (act != NULL && !act(db, context, step, &go_on, err))
        return ATTEMPT_FAILED;
    if (!go_on)
        return ATTEMPT_DROPPED;
    if (!marker_steps_load(db, step, 1, &after, err))
        return ATTEMPT_FAILED;
    if (!locks_same(before, after, 0))
        return ATTEMPT_MOVED;
    if (!writes(step->verdict))
        return ATTEMPT_DROPPED;
    return marker_steps_write(db, step, 1, err) && db_commit(db, err) ? ATTEMPT_KEPT : ATTEMPT_FAILED;
}

bool person_run_step(struct db *db, struct marker_step *step, person_act_fn *act, void *context,
                     person_writes_fn *writes, bool *ret_kept, struct error *err)
{
    for (int i = 0; i < TRIES; i++) {
        const enum attempt outcome = attempt(db, step, act, context, writes, err);

        if (outcome != ATTEMPT_KEPT)
            db_rollback(db);
        if (outcome == ATTEMPT_FAILED)
            return false;
        *ret_kept = outcome == ATTEMPT_KEPT;
        if (outcome != ATTEMPT_MOVED)
            return true;
    }
    return error_set(err, ERROR_DB_CONFLICT, "what belongs to this person moves all the time; try again");
}
