/* import_tables_people: columns of the files of people, their roles and their periods; see import.h. */
#include "workers/ctl/import_tables.h"

#define PERSON(flags, sentence)                                                                              \
    REFERENCE("teacher", person, flags, "teacher_id", "no such person", "The person" sentence)
#define ROLE(flags, sentence) VALUE("role", role, flags, "role", sentence)
#define STARTED_ON(flags)     VALUE("started_on", date, flags, "started_on", "First day.")
#define FINISHED_ON           VALUE("finished_on", date, OPTIONAL, "finished_on", "Last day, included; empty = open.")

const struct import_column import_teachers[] = {
    REFERENCE("participant_id", uuid, KEY, "api_id", NULL,
              "Public id, by which (or by the TRN) other files name the person; else a new one."),
    VALUE("trn", trn, OPTIONAL, "trn",
          "Teacher reference number; a person without one needs a participant_id."),
    VALUE("first_name", text, OPTIONAL, "trs_first_name", "First name in the Teaching Record System."),
    VALUE("last_name", text, OPTIONAL, "trs_last_name", "Last name there."),
    VALUE("corrected_name", text, OPTIONAL, "corrected_name", "Full name to show instead."),
    VALUE("trs_induction_status", trs_status, OPTIONAL, "trs_induction_status", "Induction status there."),
    VALUE("trs_induction_start_date", date, OPTIONAL, "trs_induction_start_date",
          "Induction's first day there."),
    VALUE("trs_induction_completed_date", date, OPTIONAL, "trs_induction_completed_date",
          "Induction's last day there."),
    VALUE("trs_qts_awarded_on", date, OPTIONAL, "trs_qts_awarded_on", "Day of qualified teacher status."),
    VALUE("trs_initial_teacher_training_provider", text, OPTIONAL,
          "trs_initial_teacher_training_provider_name", "Who trained them initially."),
    VALUE("trs_initial_teacher_training_end_date", date, OPTIONAL, "trs_initial_teacher_training_end_date",
          "Last day of initial training."),
    CREATED_AT("they were first known."),
    UPDATED_AT,
    END,
};

const struct import_column import_training_records[] = {
    PERSON(REQUIRED | KEY, "."),
    ROLE(REQUIRED | KEY, "The role that the record is about."),
    DEFAULT("training_record_id", uuid, OPTIONAL, "api_id", "gen_random_uuid()",
            "Public id; else a new one."),
    VALUE("first_became_eligible_for_training_at", instant, OPTIONAL, "first_became_eligible_for_training_at",
          "The marker that makes declarations payable; set once, never changed."),
    VALUE("became_ineligible_for_funding_on", date, OPTIONAL, "became_ineligible_for_funding_on",
          "Day on which funding ended."),
    VALUE("became_ineligible_for_funding_reason", funding_end, OPTIONAL,
          "became_ineligible_for_funding_reason", "Why; mentors only, present exactly when the day is."),
    REFERENCE("payments_frozen_year", year, OPTIONAL, "payments_frozen_year", "no such contract period",
              "The frozen contract period that the person left."),
    CREATED_AT("the role was first needed."),
    END,
};

const struct import_column import_school_periods[] = {
    PERSON(REQUIRED | KEY, "; needs a training record of the role."),
    ROLE(REQUIRED | KEY, "Their role at the school."),
    REFERENCE("school_urn", urn, REQUIRED | KEY, "school_id", "no such school", "URN of the school."),
    STARTED_ON(REQUIRED | KEY),
    FINISHED_ON,
    VALUE("email", email, OPTIONAL, "email", "Their e-mail address in this role at this school."),
    VALUE("working_pattern", pattern, OPTIONAL, "working_pattern", "ECTs only."),
    REFERENCE("reported_appropriate_body", name_or_id, OPTIONAL, "reported_appropriate_body_id",
              "no such appropriate body", "What the school reported; ECTs only."),
    REFERENCE("reported_leaving_by_school_urn", urn, OPTIONAL, "reported_leaving_by_school_id",
              "no such school", "School that reported the leaving."),
    CREATED_AT("the school registered them."),
    END,
};

const struct import_column import_training_periods[] = {
    PERSON(REQUIRED | KEY, "."),
    ROLE(REQUIRED | KEY, "The role that is trained."),
    REFERENCE("school_urn", urn, REQUIRED, "school_id, school_period_id", "no such school",
              "School; the person has a period there that contains this one."),
    STARTED_ON(REQUIRED | KEY),
    FINISHED_ON,
    VALUE("training_programme", programme, REQUIRED, "training_programme", "school_led for ECTs only."),
    REFERENCE("contract_period_year", year, OPTIONAL, "contract_period_year", "no such contract period",
              "Year of the contract period; present when provider-led, here to schedule_identifier."),
    REFERENCE("schedule_identifier", schedule, OPTIONAL, "schedule_id", NULL,
              "Schedule; no reduced ones for mentors, no replacement ones for ECTs."),
    LEAD_PROVIDER(OPTIONAL, "lead_provider_id", "Who confirmed the training, with the delivery partner."),
    REFERENCE("delivery_partner", name_or_id, OPTIONAL, "school_partnership_id", NULL,
              "With lead_provider: names the school's partnership of that year."),
    REFERENCE("expression_of_interest", name_or_id, OPTIONAL, "expression_of_interest_id", NULL,
              "Lead provider that the school asked for, active in the contract period."),
    VALUE("withdrawn_at", instant, OPTIONAL, "withdrawn_at", "Instant of withdrawal; needs finished_on."),
    VALUE("withdrawal_reason", withdrawal, OPTIONAL, "withdrawal_reason", "With withdrawn_at."),
    VALUE("deferred_at", instant, OPTIONAL, "deferred_at", "Instant of deferral; needs finished_on."),
    VALUE("deferral_reason", deferral, OPTIONAL, "deferral_reason", "With deferred_at."),
    CREATED_AT("it was made."),
    END,
};

const struct import_column import_mentorship_periods[] = {
    REFERENCE("ect", person, REQUIRED | KEY, "ect_teacher_id, ect_school_period_id", "no such person",
              "The ECT; their period at the school contains this one."),
    REFERENCE("mentor", person, REQUIRED, "mentor_teacher_id, mentor_school_period_id", "no such person",
              "The mentor; the same holds."),
    REFERENCE("school_urn", urn, REQUIRED | KEY, "school_id", "no such school", "Where both are."),
    STARTED_ON(REQUIRED | KEY),
    FINISHED_ON,
    CREATED_AT("the mentor was assigned."),
    END,
};

const struct import_column import_induction_periods[] = {
    PERSON(REQUIRED | KEY, "."),
    REFERENCE("appropriate_body", name_or_id, REQUIRED, "appropriate_body_id", "no such appropriate body",
              "Appropriate body; also by the predecessor's id."),
    VALUE("started_on", date, REQUIRED | KEY, "started_on",
          "First day; from 1 September 1999 on, not in the future."),
    VALUE("finished_on", date, OPTIONAL, "finished_on",
          "Last day, included, not in the future; empty = open."),
    VALUE("induction_programme", induction_programme, REQUIRED, "induction_programme", "Kind of induction."),
    VALUE("training_programme", programme, OPTIONAL, "training_programme",
          "May be missing for unknown and pre_september_2021 only."),
    VALUE("number_of_terms", terms, OPTIONAL, "number_of_terms", "Present exactly when finished."),
    VALUE("outcome", outcome, OPTIONAL, "outcome", "Only when finished, once a person."),
    VALUE("fail_confirmation_sent_on", date, OPTIONAL, "fail_confirmation_sent_on",
          "Not before finished_on."),
    CREATED_AT("it was recorded."),
    END,
};
