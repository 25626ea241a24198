/* participant_writes: from what is decided of each to the arrays of the statement that writes all of them. */
#include "workers/validation/participants.h"
#include "workers/validation/sql.h"

static struct date today_of(const struct participant_action *one)
{
    return london_date(one->judgement.item->record.as_of_us);
}

#define ARRAY(params, accepted, count, element)                                                              \
    do {                                                                                                     \
        db_array_begin(params);                                                                              \
        for (size_t i = 0; i < (count); i++) {                                                               \
            const struct participant_action *one = (accepted)[i];                                            \
            element;                                                                                         \
        }                                                                                                    \
        db_array_end(params);                                                                                \
    } while (0)

/* With which each of the statements begins. */
static void common_params(struct db_params *params, struct participant_action *const *accepted, size_t count)
{
    ARRAY(params, accepted, count, db_array_uuid(params, &one->judgement.item->record.id));
    ARRAY(params, accepted, count, db_array_id(params, one->facts.training.id));
    ARRAY(params, accepted, count, db_array_id(params, one->judgement.item->record.caller_id));
    ARRAY(params, accepted, count, db_array_instant(params, one->judgement.item->record.as_of_us));
    ARRAY(params, accepted, count, db_array_instant(params, one->updated_at_us));
}

/* ---- withdraw, defer ---- */

static void decide_stop(struct participant_action *accepted, bool is_withdrawal)
{
    accepted->effects.stop = stop_effects(&accepted->facts, today_of(accepted));
    accepted->changes = stop_changes(&accepted->input, &accepted->facts,
                                     accepted->judgement.item->record.as_of_us, is_withdrawal);
}

static void decide_withdrawal(struct participant_action *accepted)
{
    decide_stop(accepted, /* is_withdrawal= */ true);
}

static void decide_deferral(struct participant_action *accepted)
{
    decide_stop(accepted, /* is_withdrawal= */ false);
}

static void stop_params(struct db_params *params, struct participant_action *const *accepted, size_t count,
                        bool is_withdrawal)
{
    db_param_bool(params, is_withdrawal);
    common_params(params, accepted, count);
    ARRAY(params, accepted, count,
          db_array_text(params, is_withdrawal ? withdrawal_reason_name(one->input.withdrawal_reason)
                                              : deferral_reason_name(one->input.deferral_reason)));
    ARRAY(params, accepted, count, db_array_date(params, one->effects.stop.finished_on));
    ARRAY(params, accepted, count, db_array_text(params, one->changes.lines));
    ARRAY(params, accepted, count, db_array_text(params, one->changes.values));
}

static void withdrawal_params(struct db_params *params, struct participant_action *const *accepted,
                              size_t count)
{
    stop_params(params, accepted, count, /* is_withdrawal= */ true);
}

static void deferral_params(struct db_params *params, struct participant_action *const *accepted,
                            size_t count)
{
    stop_params(params, accepted, count, /* is_withdrawal= */ false);
}

const struct participant_kind withdraw_kind = {.table = &withdraw_table,
                                               .decide = decide_withdrawal,
                                               .write = &sql_write_stops,
                                               .params = withdrawal_params};
const struct participant_kind defer_kind = {
    .table = &defer_table, .decide = decide_deferral, .write = &sql_write_stops, .params = deferral_params};

/* ---- resume ---- */

static void decide_resumption(struct participant_action *accepted)
{
    accepted->effects.resume = resume_effects(&accepted->facts, today_of(accepted));
    accepted->moves_school = accepted->effects.resume.moves_school;
}

static void resumption_params(struct db_params *params, struct participant_action *const *accepted,
                              size_t count)
{
    common_params(params, accepted, count);
    ARRAY(params, accepted, count, db_array_date(params, one->effects.resume.started_on));
    ARRAY(params, accepted, count, db_array_date(params, one->effects.resume.finished_on));
}

const struct participant_kind resume_kind = {.table = &resume_table,
                                             .decide = decide_resumption,
                                             .write = &sql_write_resumptions,
                                             .params = resumption_params};

/* ---- change schedule ---- */

static void decide_change(struct participant_action *accepted)
{
    accepted->effects.schedule = schedule_effects(&accepted->input, &accepted->facts, today_of(accepted));
    accepted->moves_school = accepted->effects.schedule.moves_school;
}

static void change_params(struct db_params *params, struct participant_action *const *accepted, size_t count)
{
    common_params(params, accepted, count);
    ARRAY(params, accepted, count, db_array_id(params, one->facts.target.schedule_id));
    ARRAY(params, accepted, count, db_array_id(params, one->facts.target.year));
    ARRAY(params, accepted, count, db_array_id(params, one->facts.target.school_partnership_id));
    ARRAY(params, accepted, count, db_array_id(params, one->facts.target.provider_contract_period_id));
    ARRAY(params, accepted, count, db_array_date(params, one->effects.schedule.ends_on));
    ARRAY(params, accepted, count, db_array_date(params, one->effects.schedule.started_on));
    ARRAY(params, accepted, count, db_array_date(params, one->effects.schedule.finished_on));
    ARRAY(params, accepted, count, db_array_bool(params, one->effects.schedule.moves_frozen_year));
    ARRAY(params, accepted, count, db_array_id(params, one->effects.schedule.frozen_year));
}

const struct participant_kind change_schedule_kind = {.table = &change_schedule_table,
                                                      .changes_schedule = true,
                                                      .decide = decide_change,
                                                      .write = &sql_write_schedule_changes,
                                                      .params = change_params};
