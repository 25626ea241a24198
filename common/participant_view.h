/*
 * participant_view: a participant as a lead provider sees it (lead-provider-api.md section 4): from the rows
 * of common/sql/show_participants.sql to bytes, the same for who reads it and for whose write is answered
 * with it.
 *
 *   struct participant_key keys[] = {{teacher_id, lead_provider_id, today}, …};
 *   participant_params(&params, keys, count);
 *   … run sql_show_participants …
 *   participant_columns(rows, columns, err)
 *   for (int row = 0; row < PQntuples(rows);) {
 *       n = participant_number(rows, row, columns)          the key it is about, from 1
 *       participant_append_rows(rows, &row, columns, &body, &updated_us, err)
 *   }
 *
 * In a transaction it shows what has been written before it. A key whose teacher the provider may not see (no
 * training confirmed with it, ever) has no rows.
 */
#ifndef ECF2_COMMON_PARTICIPANT_VIEW_H
#define ECF2_COMMON_PARTICIPANT_VIEW_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/db.h"
#include "common/error.h"
#include "common/london.h"
#include "common/participant.h"
#include "common/slice.h"
#include "common/teacher_name.h"
#include "common/uuid.h"

/* ---- what is shown */

/* The latest training with the provider in one role. */
struct enrolment_view {
    struct training_state state; /* its completed_on: the role's, see participant.h */
    struct uuid training_record_id;
    struct slice email; /* data NULL = null; so are those below */
    bool has_mentor;
    struct uuid mentor_id;
    int64_t school_urn;
    int cohort;
    enum withdrawal_reason withdrawal_reason;
    enum deferral_reason deferral_reason;
    struct date eligible_on, ineligible_on; /* of the role */
    enum funding_end_reason ineligible_reason;
    bool pupil_premium_uplift, sparsity_uplift; /* false where the cohort has no uplift fees */
    enum schedule_identifier schedule;
    struct uuid delivery_partner_id;
    int64_t created_us;
    struct date latest_induction_finished_on, induction_started_on; /* ECT; the end is state.completed_on */
    bool left_frozen_cohort;
    struct slice working_pattern;
};

struct participant_view {
    struct uuid id;
    struct teacher_name name;
    struct slice trn;
    int64_t updated_us;
    struct date today;
    size_t enrolment_count;
    struct enrolment_view enrolments[PARTICIPANT_ROLE_COUNT - 1]; /* ECT before mentor */
    struct slice id_changes;                                      /* members of a JSON array */
};

/* Appends {"id":…,"type":"participant","attributes":{…}}, attributes in the order of section 4. */
void participant_render_resource(const struct participant_view *view, struct buffer *out);

/* ---- from the database */

struct participant_key {
    int64_t teacher_id, lead_provider_id;
    struct date today; /* London */
};

#define PARTICIPANT_COLUMN_COUNT 34

/* Adds the parameters of sql_show_participants. */
void participant_params(struct db_params *params, const struct participant_key *keys, size_t count);
bool participant_columns(const PGresult *rows, int ret_columns[PARTICIPANT_COLUMN_COUNT], struct error *err)
    __attribute__((warn_unused_result));
/* Whose rows begin here: the number of the key, from 1. */
int64_t participant_number(const PGresult *rows, int row, const int columns[PARTICIPANT_COLUMN_COUNT]);
/* Appends the resource whose rows begin at *row, and moves *row behind them; *ret_updated_us is its
 * updated_at. False with ERROR_BUG when a row is none of the statement's. */
bool participant_append_rows(const PGresult *rows, int *row, const int columns[PARTICIPANT_COLUMN_COUNT],
                             struct buffer *out, int64_t *ret_updated_us, struct error *err)
    __attribute__((warn_unused_result));

#endif
