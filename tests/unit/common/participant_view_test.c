/* common/participant_view.c: the resource of lead-provider-api.md section 4 byte for byte, and its way from
 * rows of show_participants. What the statement says: tests/api/participants.test.mjs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "common/participant_view.h"

#define ID(n)   "01936f2e-0000-7000-8000-00000000000" #n
#define AT      INT64_C(1770134751500000) /* 2026-02-03T16:05:51.5Z */
#define AT_TEXT "2026-02-03T16:05:51Z"

static struct uuid id_of(const char *text)
{
    struct uuid id = {0};

    assert_true(uuid_parse(slice_of(text), &id));
    return id;
}

static struct date day(const char *text)
{
    struct date date = DATE_NONE;

    assert_true(date_parse(slice_of(text), &date));
    return date;
}

static struct enrolment_view ect(void)
{
    return (struct enrolment_view){
        .state = {.role = ROLE_ECT,
                  .started_on = day("2025-09-01"),
                  .finished_on = DATE_NONE,
                  .withdrawn_at_us = INSTANT_NONE,
                  .deferred_at_us = INSTANT_NONE,
                  .completed_on = DATE_NONE},
        .training_record_id = id_of(ID(2)),
        .email = slice_of("a@b.example"),
        .has_mentor = true,
        .mentor_id = id_of(ID(3)),
        .school_urn = 100150,
        .cohort = 2025,
        .eligible_on = DATE_NONE,
        .ineligible_on = DATE_NONE,
        .schedule = SCHEDULE_STANDARD_SEPTEMBER,
        .delivery_partner_id = id_of(ID(4)),
        .created_us = AT,
        .latest_induction_finished_on = DATE_NONE,
        .induction_started_on = day("2025-09-02"),
        .working_pattern = slice_of("full_time"),
    };
}

static struct participant_view view_of(struct enrolment_view enrolment)
{
    return (struct participant_view){
        .id = id_of(ID(1)),
        .name = {.corrected = slice_of("Ann \"A\" Lee")},
        .trn = slice_of("1234567"),
        .updated_us = AT,
        .today = day("2026-02-02"),
        .enrolment_count = 1,
        .enrolments = {enrolment},
    };
}

static void shows(const struct participant_view *view, const char *part)
{
    struct buffer out = BUFFER_INIT;

    participant_render_resource(view, &out);
    if (strstr(out.data, part) == NULL)
        fail_msg("%s has no %s", out.data, part);
    buffer_release(&out);
}

static void enrolment_shows(struct enrolment_view enrolment, const char *part)
{
    const struct participant_view view = view_of(enrolment);

    shows(&view, part);
}

#define ECT_HEAD                                                                                             \
    "{\"id\":\"" ID(1) "\",\"type\":\"participant\",\"attributes\":{\"full_name\":\"Ann \\\"A\\\" Lee\","    \
                       "\"teacher_reference_number\":\"1234567\",\"updated_at\":\"" AT_TEXT                  \
                       "\",\"ecf_enrolments\":["
#define ECT_BODY                                                                                             \
    "{\"training_record_id\":\"" ID(2) "\",\"email\":\"a@b.example\",\"mentor_id\":\"" ID(                   \
        3) "\",\"school_urn\":\"100150\",\"participant_type\":\"ect\",\"cohort\":\"2025\","                  \
           "\"training_status\":\"active\",\"participant_status\":\"active\",\"eligible_for_funding\":null," \
           "\"pupil_premium_uplift\":false,\"sparsity_uplift\":false,"                                       \
           "\"schedule_identifier\":\"ecf-standard-september\",\"delivery_partner_id\":\"" ID(               \
               4) "\",\"withdrawal\":null,\"deferral\":null,\"created_at\":\"" AT_TEXT                       \
                  "\",\"induction_end_date\":null,\"most_recent_induction_period_end_date\":null,"           \
                  "\"overall_induction_start_date\":\"2025-09-02\",\"mentor_funding_end_date\":null,"        \
                  "\"mentor_ineligible_for_funding_reason\":null,"                                           \
                  "\"cohort_changed_after_payments_frozen\":false,\"working_pattern\":\"full_time\"}"
#define TAIL "],\"participant_id_changes\":[]}}"

static void test_whole_resource(void **state)
{
    const struct participant_view view = view_of(ect());
    struct buffer out = BUFFER_INIT;

    (void)state;
    participant_render_resource(&view, &out);
    assert_string_equal(out.data, ECT_HEAD ECT_BODY TAIL);
    buffer_release(&out);
}

static void test_nothing_that_can_be_missing(void **state)
{
    struct enrolment_view enrolment = ect();
    struct participant_view view;

    (void)state;
    enrolment.email = enrolment.working_pattern = (struct slice){NULL, 0};
    enrolment.has_mentor = false;
    enrolment.induction_started_on = DATE_NONE;
    view = view_of(enrolment);
    view.name = (struct teacher_name){0};
    view.trn = (struct slice){NULL, 0};
    shows(&view, "\"full_name\":\"Unknown\",\"teacher_reference_number\":null,");
    shows(&view, "\"email\":null,\"mentor_id\":null,");
    shows(&view, "\"overall_induction_start_date\":null,");
    shows(&view, "\"working_pattern\":null}");
}

static void test_funding(void **state)
{
    struct enrolment_view enrolment = ect();

    (void)state;
    enrolment.eligible_on = enrolment.ineligible_on = day("2025-09-01");
    enrolment_shows(enrolment, "\"eligible_for_funding\":true,");
    enrolment.ineligible_on = day("2025-08-31");
    enrolment_shows(enrolment, "\"eligible_for_funding\":false,");
    enrolment.pupil_premium_uplift = true;
    enrolment_shows(enrolment, "\"pupil_premium_uplift\":true,\"sparsity_uplift\":false,");
    enrolment.sparsity_uplift = true;
    enrolment.left_frozen_cohort = true;
    enrolment_shows(enrolment, "\"pupil_premium_uplift\":true,\"sparsity_uplift\":true,");
    enrolment_shows(enrolment, "\"cohort_changed_after_payments_frozen\":true,");
}

/* 4.1, 4.2, and withdrawal and deferral as training_status says. */
static void test_stopped(void **state)
{
    struct enrolment_view enrolment = ect();

    (void)state;
    enrolment.state.finished_on = day("2026-01-31");
    enrolment.state.deferred_at_us = AT;
    enrolment.deferral_reason = DEFERRAL_PARENTAL_LEAVE;
    enrolment_shows(enrolment, "\"training_status\":\"deferred\",\"participant_status\":\"left\",");
    enrolment_shows(enrolment,
                    "\"withdrawal\":null,\"deferral\":{\"reason\":\"parental-leave\",\"date\":\"" AT_TEXT
                    "\"},");
    enrolment.state.withdrawn_at_us = AT;
    enrolment.withdrawal_reason = WITHDRAWAL_MOVED_SCHOOL;
    enrolment.state.finished_on = day("2026-02-03");
    enrolment_shows(enrolment, "\"training_status\":\"withdrawn\",\"participant_status\":\"leaving\",");
    enrolment_shows(enrolment, "\"withdrawal\":{\"reason\":\"moved-school\",\"date\":\"" AT_TEXT
                               "\"},\"deferral\":null,");
    enrolment.state.withdrawn_at_us = AT - 1;
    enrolment_shows(enrolment, "\"training_status\":\"deferred\",");
}

/* What only one role has is null of the other, whatever is known. */
static void test_roles(void **state)
{
    struct enrolment_view enrolment = ect();

    (void)state;
    enrolment.state.completed_on = day("2026-01-30");
    enrolment.latest_induction_finished_on = day("2026-01-31");
    enrolment.ineligible_on = day("2026-01-29");
    enrolment.ineligible_reason = FUNDING_END_STARTED_NOT_COMPLETED;
    enrolment_shows(enrolment,
                    "\"induction_end_date\":\"2026-01-30\","
                    "\"most_recent_induction_period_end_date\":\"2026-01-31\","
                    "\"overall_induction_start_date\":\"2025-09-02\","
                    "\"mentor_funding_end_date\":null,\"mentor_ineligible_for_funding_reason\":null,");
    enrolment.state.role = ROLE_MENTOR;
    enrolment.has_mentor = false;
    enrolment_shows(enrolment, "\"participant_type\":\"mentor\",");
    enrolment_shows(enrolment,
                    "\"induction_end_date\":null,\"most_recent_induction_period_end_date\":null,"
                    "\"overall_induction_start_date\":null,\"mentor_funding_end_date\":\"2026-01-29\","
                    "\"mentor_ineligible_for_funding_reason\":\"started_not_completed\",");
    enrolment_shows(enrolment, "\"working_pattern\":null}");
}

/* ---- from rows ---- */

#define COLUMNS PARTICIPANT_COLUMN_COUNT

static PGresult *rows_of(const char *const (*rows)[COLUMNS], int count)
{
    static const char *const names[COLUMNS] = {"n",
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
    PGresAttDesc attributes[COLUMNS];
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);

    memset(attributes, 0, sizeof attributes);
    for (int i = 0; i < COLUMNS; i++)
        attributes[i].name = (char *)(uintptr_t)names[i];
    assert_int_not_equal(PQsetResultAttrs(result, COLUMNS, attributes), 0);
    for (int row = 0; row < count; row++)
        for (int i = 0; i < COLUMNS; i++) {
            const char *value = rows[row][i];

            assert_int_not_equal(
                PQsetvalue(result, row, i, (char *)(uintptr_t)value, value == NULL ? -1 : (int)strlen(value)),
                0);
        }
    return result;
}

#define PERSON(n, id) n, "2026-02-02", id, "Ann \"A\" Lee", NULL, NULL, "1234567", "1770134751500000", NULL
#define ECT_ROW                                                                                              \
    "ect", ID(2), "a@b.example", ID(3), "100150", "2025", "2025-09-01", NULL, NULL, NULL, NULL, NULL, NULL,  \
        NULL, NULL, "f", "f", "f", "ecf-standard-september", ID(4), "1770134751500000", NULL, NULL,          \
        "2025-09-02", "full_time"
#define MENTOR_ROW                                                                                           \
    "mentor", ID(5), NULL, NULL, "7", "2024", "2024-09-01", "2025-08-31", "1770134751500000", "other", NULL, \
        NULL, "2024-09-01", "2025-07-01", "completed_declaration_received", "t", "t", "t",                   \
        "ecf-replacement-april", ID(4), "1770134751500000", NULL, NULL, NULL, NULL

static void test_rows(void **state)
{
    static const char *const rows[][COLUMNS] = {
        {PERSON("1", ID(1)), ECT_ROW}, {PERSON("1", ID(1)), MENTOR_ROW}, {PERSON("3", ID(9)), MENTOR_ROW}};
    CLEANUP(pgresult) PGresult *result = rows_of(rows, 3);
    struct buffer out = BUFFER_INIT;
    struct error err = {0};
    int columns[COLUMNS], row = 0;
    int64_t updated_us = 0;

    (void)state;
    assert_true(participant_columns(result, columns, &err));
    assert_int_equal(participant_number(result, row, columns), 1);
    assert_true(participant_append_rows(result, &row, columns, &out, &updated_us, &err));
    assert_int_equal(row, 2);
    assert_int_equal(updated_us, AT);
    assert_string_equal(
        out.data,
        ECT_HEAD ECT_BODY ",{\"training_record_id\":\"" ID(
            5) "\",\"email\":null,\"mentor_id\":null,\"school_urn\":\"7\","
               "\"participant_type\":\"mentor\",\"cohort\":\"2024\",\"training_status\":\"withdrawn\","
               "\"participant_status\":\"left\",\"eligible_for_funding\":true,\"pupil_premium_uplift\":true,"
               "\"sparsity_uplift\":true,\"schedule_identifier\":\"ecf-replacement-april\","
               "\"delivery_partner_id\":\"" ID(
                   4) "\",\"withdrawal\":{\"reason\":\"other\",\"date\":\"" AT_TEXT
                      "\"},\"deferral\":null,\"created_at\":\"" AT_TEXT "\",\"induction_end_date\":null,"
                      "\"most_recent_induction_period_end_date\":null,\"overall_induction_start_date\":null,"
                      "\"mentor_funding_end_date\":\"2025-07-01\","
                      "\"mentor_ineligible_for_funding_reason\":\"completed_declaration_received\","
                      "\"cohort_changed_after_payments_frozen\":true,\"working_pattern\":null}" TAIL);
    assert_int_equal(participant_number(result, row, columns), 3);
    buffer_clear(&out);
    assert_true(participant_append_rows(result, &row, columns, &out, &updated_us, &err));
    assert_int_equal(row, 3);
    assert_non_null(strstr(out.data, "{\"id\":\"" ID(9) "\""));
    buffer_release(&out);
}

/* Rows that the statement does not make are told and not shown. */
static void test_bad_rows(void **state)
{
    static const char *const three[][COLUMNS] = {
        {PERSON("1", ID(1)), ECT_ROW}, {PERSON("1", ID(1)), MENTOR_ROW}, {PERSON("1", ID(1)), MENTOR_ROW}};
    static const char *const no_id[][COLUMNS] = {{PERSON("1", NULL), ECT_ROW}};
    static const struct {
        const char *const (*rows)[COLUMNS];
        int count;
    } cases[] = {{three, 3}, {no_id, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP(pgresult) PGresult *result = rows_of(cases[i].rows, cases[i].count);
        struct buffer out = BUFFER_INIT;
        struct error err = {0};
        int columns[COLUMNS], row = 0;
        int64_t updated_us = 7;

        assert_true(participant_columns(result, columns, &err));
        assert_false(participant_append_rows(result, &row, columns, &out, &updated_us, &err));
        assert_int_equal(err.kind, ERROR_BUG);
        assert_int_equal(out.size, 0);
        assert_int_equal(updated_us, 7);
    }
}

static void test_id_changes(void **state)
{
    struct participant_view view = view_of(ect());

    (void)state;
    view.id_changes = slice_of("{\"from_participant_id\":\"x\"},{\"from_participant_id\":\"y\"}");
    shows(&view,
          "\"participant_id_changes\":[{\"from_participant_id\":\"x\"},{\"from_participant_id\":\"y\"}]}}");
}

static void test_params(void **state)
{
    const struct participant_key keys[] = {{5, 7, day("2026-02-02")}, {6, 8, day("2026-02-03")}};
    struct db_params params = DB_PARAMS_INIT;

    (void)state;
    participant_params(&params, keys, 2);
    assert_int_equal(params.count, 3);
    assert_string_equal(params.text.data + params.offset[0], "{5,6}");
    assert_string_equal(params.text.data + params.offset[1], "{7,8}");
    assert_string_equal(params.text.data + params.offset[2], "{\"2026-02-02\",\"2026-02-03\"}");
    db_params_release(&params);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_resource), cmocka_unit_test(test_nothing_that_can_be_missing),
        cmocka_unit_test(test_funding),        cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_roles),          cmocka_unit_test(test_rows),
        cmocka_unit_test(test_bad_rows),       cmocka_unit_test(test_id_changes),
        cmocka_unit_test(test_params),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
