/* participant_view: see participant_view.h. */
#include "common/participant_view.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "common/render.h"

/* ---- to bytes ---- */

/* Null unless it is what the training status says. */
static void render_stop(struct buffer *out, const char *key, bool applies, const char *reason, int64_t at_us)
{
    render_key(out, key);
    if (!applies) {
        buffer_append_text(out, "null");
        return;
    }
    buffer_append_char(out, '{');
    render_plain(out, "reason", reason);
    render_instant(out, "date", at_us);
    buffer_append_char(out, '}');
}

static void render_number_text(struct buffer *out, const char *key, int64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRId64, number);
    render_plain(out, key, text);
}

static void render_funding(struct buffer *out, const struct enrolment_view *enrolment)
{
    const int eligible = participant_eligible_for_funding(enrolment->eligible_on, enrolment->ineligible_on);

    if (eligible < 0)
        render_plain(out, "eligible_for_funding", NULL);
    else
        render_bool(out, "eligible_for_funding", eligible > 0);
    render_bool(out, "pupil_premium_uplift", enrolment->pupil_premium_uplift);
    render_bool(out, "sparsity_uplift", enrolment->sparsity_uplift);
}

/* What one of the roles has, and is null of the other. */
static void render_role_dates(struct buffer *out, const struct enrolment_view *enrolment)
{
    const bool is_ect = enrolment->state.role == ROLE_ECT;

    render_date(out, "induction_end_date", is_ect ? enrolment->state.completed_on : DATE_NONE);
    render_date(out, "most_recent_induction_period_end_date",
                is_ect ? enrolment->latest_induction_finished_on : DATE_NONE);
    render_date(out, "overall_induction_start_date", is_ect ? enrolment->induction_started_on : DATE_NONE);
    render_date(out, "mentor_funding_end_date", is_ect ? DATE_NONE : enrolment->ineligible_on);
    render_plain(out, "mentor_ineligible_for_funding_reason",
                 is_ect ? NULL : funding_end_reason_name(enrolment->ineligible_reason));
    render_bool(out, "cohort_changed_after_payments_frozen", enrolment->left_frozen_cohort);
    render_text(out, "working_pattern", is_ect ? enrolment->working_pattern : (struct slice){NULL, 0});
}

static void render_enrolment(struct buffer *out, const struct enrolment_view *enrolment, struct date today)
{
    const enum training_status status = training_status_of(&enrolment->state);

    buffer_append_char(out, '{');
    render_uuid(out, "training_record_id", &enrolment->training_record_id);
    render_text(out, "email", enrolment->email);
    render_uuid(out, "mentor_id", enrolment->has_mentor ? &enrolment->mentor_id : NULL);
    render_number_text(out, "school_urn", enrolment->school_urn);
    render_plain(out, "participant_type", participant_role_name(enrolment->state.role));
    render_number_text(out, "cohort", enrolment->cohort);
    render_plain(out, "training_status", training_status_name(status));
    render_plain(out, "participant_status",
                 participant_status_name(participant_status_of(&enrolment->state, today)));
    render_funding(out, enrolment);
    render_plain(out, "schedule_identifier", schedule_identifier_name(enrolment->schedule));
    render_uuid(out, "delivery_partner_id", &enrolment->delivery_partner_id);
    render_stop(out, "withdrawal", status == TRAINING_WITHDRAWN,
                withdrawal_reason_api_name(enrolment->withdrawal_reason), enrolment->state.withdrawn_at_us);
    render_stop(out, "deferral", status == TRAINING_DEFERRED,
                deferral_reason_api_name(enrolment->deferral_reason), enrolment->state.deferred_at_us);
    render_instant(out, "created_at", enrolment->created_us);
    render_role_dates(out, enrolment);
    buffer_append_char(out, '}');
}

void participant_render_resource(const struct participant_view *view, struct buffer *out)
{
    buffer_append_char(out, '{');
    render_uuid(out, "id", &view->id);
    buffer_append_text(out, ",\"type\":\"participant\",\"attributes\":{");
    teacher_name_render(&view->name, "full_name", out);
    render_text(out, "teacher_reference_number", view->trn);
    render_instant(out, "updated_at", view->updated_us);
    render_key(out, "ecf_enrolments");
    buffer_append_char(out, '[');
    for (size_t i = 0; i < view->enrolment_count; i++) {
        if (i > 0)
            buffer_append_char(out, ',');
        render_enrolment(out, &view->enrolments[i], view->today);
    }
    buffer_append_char(out, ']');
    render_key(out, "participant_id_changes");
    buffer_append_char(out, '[');
    buffer_append(out, view->id_changes.data, view->id_changes.size);
    buffer_append_text(out, "]}}");
}

/* ---- from rows ---- */

enum {
    NUMBER,
    TODAY,
    PARTICIPANT,
    CORRECTED_NAME,
    TRS_FIRST_NAME,
    TRS_LAST_NAME,
    TRN,
    UPDATED,
    ID_CHANGES,
    ROLE,
    TRAINING_RECORD,
    EMAIL,
    MENTOR,
    SCHOOL_URN,
    COHORT,
    STARTED,
    FINISHED,
    WITHDRAWN,
    WITHDRAWAL_REASON,
    DEFERRED,
    DEFERRAL_REASON,
    ELIGIBLE,
    INELIGIBLE,
    INELIGIBLE_REASON,
    LEFT_FROZEN,
    PUPIL_PREMIUM,
    SPARSITY,
    SCHEDULE,
    PARTNER,
    CREATED,
    INDUCTION_END,
    INDUCTION_LATEST_FINISH,
    INDUCTION_START,
    WORKING_PATTERN,
    COLUMN_COUNT
};
static_assert(COLUMN_COUNT == PARTICIPANT_COLUMN_COUNT, "participant_view.h");
static const char *const column_names[COLUMN_COUNT] = {"n",
                                                       "today",
                                                       "participant_id",
                                                       "corrected_name",
                                                       "trs_first_name",
                                                       "trs_last_name",
                                                       "trn",
                                                       "updated_us",
                                                       "id_changes",
                                                       "role",
                                                       "training_record_id",
                                                       "email",
                                                       "mentor_id",
                                                       "school_urn",
                                                       "cohort",
                                                       "started_on",
                                                       "finished_on",
                                                       "withdrawn_us",
                                                       "withdrawal_reason",
                                                       "deferred_us",
                                                       "deferral_reason",
                                                       "eligible_on",
                                                       "ineligible_on",
                                                       "ineligible_reason",
                                                       "left_frozen_cohort",
                                                       "pupil_premium_uplift",
                                                       "sparsity_uplift",
                                                       "schedule_identifier",
                                                       "delivery_partner_id",
                                                       "created_us",
                                                       "induction_end_date",
                                                       "latest_induction_finished_on",
                                                       "induction_start_date",
                                                       "working_pattern"};

void participant_params(struct db_params *params, const struct participant_key *keys, size_t count)
{
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_int(params, keys[i].teacher_id);
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_int(params, keys[i].lead_provider_id);
    db_array_end(params);
    db_array_begin(params);
    for (size_t i = 0; i < count; i++)
        db_array_date(params, keys[i].today);
    db_array_end(params);
}

bool participant_columns(const PGresult *rows, int ret_columns[PARTICIPANT_COLUMN_COUNT], struct error *err)
{
    return db_columns(rows, column_names, ret_columns, COLUMN_COUNT, err);
}

int64_t participant_number(const PGresult *rows, int row, const int columns[PARTICIPANT_COLUMN_COUNT])
{
    return db_int(rows, row, columns[NUMBER]);
}

static struct date date_of_row(const PGresult *rows, int row, int column)
{
    struct date date = DATE_NONE;

    (void)date_parse(db_text(rows, row, column), &date);
    return date;
}

static int64_t instant_of_row(const PGresult *rows, int row, int column)
{
    return db_is_null(rows, row, column) ? INSTANT_NONE : db_int(rows, row, column);
}

/* False where the row lacks what every enrolment has. */
static bool read_enrolment(const PGresult *rows, int row, const int *columns,
                           struct enrolment_view *enrolment)
{
    *enrolment = (struct enrolment_view){
        .state = {.role = participant_role_parse(db_text(rows, row, columns[ROLE])),
                  .started_on = date_of_row(rows, row, columns[STARTED]),
                  .finished_on = date_of_row(rows, row, columns[FINISHED]),
                  .withdrawn_at_us = instant_of_row(rows, row, columns[WITHDRAWN]),
                  .deferred_at_us = instant_of_row(rows, row, columns[DEFERRED])},
        .email = db_text(rows, row, columns[EMAIL]),
        .school_urn = db_int(rows, row, columns[SCHOOL_URN]),
        .cohort = (int)db_int(rows, row, columns[COHORT]),
        .withdrawal_reason = withdrawal_reason_parse(db_text(rows, row, columns[WITHDRAWAL_REASON])),
        .deferral_reason = deferral_reason_parse(db_text(rows, row, columns[DEFERRAL_REASON])),
        .eligible_on = date_of_row(rows, row, columns[ELIGIBLE]),
        .ineligible_on = date_of_row(rows, row, columns[INELIGIBLE]),
        .ineligible_reason = funding_end_reason_parse(db_text(rows, row, columns[INELIGIBLE_REASON])),
        .pupil_premium_uplift = db_bool(rows, row, columns[PUPIL_PREMIUM]),
        .sparsity_uplift = db_bool(rows, row, columns[SPARSITY]),
        .schedule = schedule_identifier_parse(db_text(rows, row, columns[SCHEDULE])),
        .created_us = instant_of_row(rows, row, columns[CREATED]),
        .latest_induction_finished_on = date_of_row(rows, row, columns[INDUCTION_LATEST_FINISH]),
        .induction_started_on = date_of_row(rows, row, columns[INDUCTION_START]),
        .left_frozen_cohort = db_bool(rows, row, columns[LEFT_FROZEN]),
        .working_pattern = db_text(rows, row, columns[WORKING_PATTERN]),
    };
    enrolment->has_mentor = db_uuid(rows, row, columns[MENTOR], &enrolment->mentor_id);
    enrolment->state.completed_on = enrolment->state.role == ROLE_ECT
                                        ? date_of_row(rows, row, columns[INDUCTION_END])
                                        : enrolment->ineligible_on;
    return enrolment->state.role != ROLE_NONE && date_is_set(enrolment->state.started_on) &&
           db_uuid(rows, row, columns[TRAINING_RECORD], &enrolment->training_record_id) &&
           db_uuid(rows, row, columns[PARTNER], &enrolment->delivery_partner_id);
}

static bool read_participant(const PGresult *rows, int row, const int *columns, struct participant_view *view)
{
    *view = (struct participant_view){
        .name = {.corrected = db_text(rows, row, columns[CORRECTED_NAME]),
                 .trs_first = db_text(rows, row, columns[TRS_FIRST_NAME]),
                 .trs_last = db_text(rows, row, columns[TRS_LAST_NAME])},
        .trn = db_text(rows, row, columns[TRN]),
        .updated_us = db_int(rows, row, columns[UPDATED]),
        .today = date_of_row(rows, row, columns[TODAY]),
        .id_changes = db_text(rows, row, columns[ID_CHANGES]),
    };
    return date_is_set(view->today) && db_uuid(rows, row, columns[PARTICIPANT], &view->id);
}

bool participant_append_rows(const PGresult *rows, int *row, const int columns[PARTICIPANT_COLUMN_COUNT],
                             struct buffer *out, int64_t *ret_updated_us, struct error *err)
{
    const size_t most = sizeof((struct participant_view *)NULL)->enrolments / sizeof(struct enrolment_view);
    const int64_t number = participant_number(rows, *row, columns);
    struct participant_view view;
    bool good = read_participant(rows, *row, columns, &view);

    for (; good && *row < PQntuples(rows) && participant_number(rows, *row, columns) == number; (*row)++)
        good = view.enrolment_count < most &&
               read_enrolment(rows, *row, columns, &view.enrolments[view.enrolment_count++]);
    if (!good)
        return error_set(err, ERROR_BUG, "row %d is no enrolment of a participant", *row);
    participant_render_resource(&view, out);
    *ret_updated_us = view.updated_us;
    return true;
}
