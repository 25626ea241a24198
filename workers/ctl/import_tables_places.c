/* import_tables_places: columns of the files of periods, providers, bodies and schools; see import.h. */
#include "workers/ctl/import_tables.h"

const struct import_column import_contract_periods[] = {
    VALUE("year", year, REQUIRED | KEY, "year", "Year in which it begins: the cohort."),
    VALUE("started_on", date, REQUIRED, "started_on", "First day."),
    VALUE("finished_on", date, REQUIRED, "finished_on", "Last day; periods share no day."),
    DEFAULT("enabled", boolean, UPDATABLE, "enabled", "false",
            "Whether it accepts new partnerships; else false."),
    VALUE("payments_frozen_on", london_day, UPDATABLE, "payments_frozen_at",
          "No declarations from this day on."),
    DEFAULT("mentor_funding_enabled", boolean, OPTIONAL, "mentor_funding_enabled", "false",
            "Mentors are paid at start and completion only; else false."),
    DEFAULT("detailed_evidence_types_enabled", boolean, OPTIONAL, "detailed_evidence_types_enabled", "false",
            "Evidence rules since 2025; else false."),
    DEFAULT("uplift_fees_enabled", boolean, OPTIONAL, "uplift_fees_enabled", "true",
            "`started` may carry uplifts; else true."),
    IGNORED("ecf1_registration_start_date"),
    IGNORED("ecf1_academic_year_start_date"),
    IGNORED("ecf1_automatic_assignment_period_end_date"),
    END,
};

const struct import_column import_schedules[] = {
    CONTRACT_PERIOD(REQUIRED | KEY),
    VALUE("identifier", schedule, REQUIRED | KEY, "identifier", "Name of the schedule."),
    IGNORED("kind"),
    IGNORED("term"),
    IGNORED("roles"),
    IGNORED("ecf1_type"),
    IGNORED("milestone_count"),
    END,
};

const struct import_column import_milestones[] = {
    REFERENCE("contract_period_year", year, REQUIRED, NULL, NULL, "Year of the schedule's contract period."),
    REFERENCE("schedule_identifier", schedule, REQUIRED | KEY, "schedule_id",
              "no such schedule in this contract period", "Schedule."),
    VALUE("declaration_type", declaration_type, REQUIRED | KEY, "declaration_type",
          "Type that may be declared."),
    VALUE("start_date", date, REQUIRED, "start_date",
          "First day of the window; not before 1 June of the contract period's year."),
    VALUE("milestone_date", date, OPTIONAL, "milestone_date", "Last day of the window; empty = no end."),
    IGNORED("ecf1_payment_date"),
    IGNORED("ecf1_start_date_if_different"),
    IGNORED("ecf1_milestone_date_if_different"),
    END,
};

const struct import_column import_lead_providers[] = {
    VALUE("name", text, REQUIRED | KEY, "name", "Its name, as other files use it."),
    DEFAULT("api_id", uuid, OPTIONAL, "api_id", "gen_random_uuid()", "Public id; else a new one."),
    VALUE("ecf1_cpd_lead_provider_id", uuid, OPTIONAL, "ecf1_cpd_lead_provider_id",
          "The predecessor's second id."),
    DEFAULT("vat_registered", boolean, UPDATABLE, "vat_registered", "true",
            "Whether VAT is added; else true."),
    END,
};

const struct import_column import_lead_provider_contract_periods[] = {
    LEAD_PROVIDER(REQUIRED | KEY, "lead_provider_id", "It is active in the contract period."),
    CONTRACT_PERIOD(REQUIRED | KEY),
    IGNORED("contract_type"),
    IGNORED("source"),
    END,
};

const struct import_column import_delivery_partners[] = {
    VALUE("name", citext, REQUIRED | KEY, "name", "Its name; letters in either case are the same name."),
    DEFAULT("delivery_partner_id", uuid, OPTIONAL, "api_id", "gen_random_uuid()",
            "Public id; else a new one."),
    CREATED_AT("it was added."),
    UPDATED_AT,
    IGNORED("fictional"),
    END,
};

const struct import_column import_delivery_partnerships[] = {
    LEAD_PROVIDER(REQUIRED | KEY, "lead_provider_id",
                  "It works with the delivery partner in the contract period."),
    REFERENCE("contract_period_year", year, REQUIRED | KEY,
              "contract_period_year, provider_contract_period_id",
              "the lead provider is not active in this contract period", "Year of the contract period."),
    REFERENCE("delivery_partner", name_or_id, REQUIRED | KEY, "delivery_partner_id",
              "no such delivery partner", "Delivery partner."),
    VALUE("ecf1_id", uuid, OPTIONAL, "ecf1_id", "The predecessor's id."),
    END,
};

const struct import_column import_appropriate_bodies[] = {
    VALUE("name", text, REQUIRED | KEY, "name", "Its name, as other files use it."),
    VALUE("body_type", body_type, REQUIRED, "body_type", "Kind of body."),
    VALUE("ceased_on", date, UPDATABLE, "ceased_on", "Day on which it ceased."),
    IGNORED("ecf1_ids"),
    END,
};

const struct import_column import_appropriate_body_aliases[] = {
    VALUE("ecf1_id", uuid, REQUIRED | KEY, "source_id", "The predecessor's id."),
    VALUE("ecf1_name", text, REQUIRED, "source_name", "Its name there."),
    REFERENCE("appropriate_body_name", text, REQUIRED, "appropriate_body_id", "no such appropriate body",
              "The body that it is here."),
    IGNORED("body_type"),
    END,
};

const struct import_column import_regions[] = {
    VALUE("code", text, REQUIRED | KEY, "code", "Code of the teaching school hub's area."),
    VALUE("districts", districts, REQUIRED, "districts", "Its districts."),
    REFERENCE("appropriate_body", name_or_id, OPTIONAL, "appropriate_body_id", "no such appropriate body",
              "The hub responsible for it."),
    IGNORED("area"),
    IGNORED("hub_names"),
    END,
};

const struct import_column import_gias_schools[] = {
    VALUE("urn", urn, REQUIRED | KEY, "urn", "Unique reference number."),
    VALUE("name", text, REQUIRED, "name", "Name."),
    DEFAULT("status", school_status, OPTIONAL, "status", "'open'", "Status; else open."),
    VALUE("type_name", text, REQUIRED, "type_name", "Type of establishment, in the register's words."),
    VALUE("phase_name", text, OPTIONAL, "phase_name", "Phase of education."),
    VALUE("in_england", boolean, REQUIRED, "in_england", "By its type."),
    VALUE("section_41_approved", boolean, REQUIRED, "section_41_approved", "Section 41 approval."),
    VALUE("eligible", boolean, REQUIRED, "eligible",
          "Open, in England, and of an eligible type or independent with section 41 approval."),
    VALUE("local_authority_code", integer, REQUIRED, "local_authority_code", "Code of the local authority."),
    VALUE("local_authority_name", text, OPTIONAL, "local_authority_name", "Name of the local authority."),
    VALUE("establishment_number", integer, OPTIONAL, "establishment_number", "Number within the authority."),
    VALUE("administrative_district_name", text, OPTIONAL, "administrative_district_name", "District."),
    VALUE("ukprn", integer, OPTIONAL, "ukprn", "UK provider reference number."),
    VALUE("address_line1", text, OPTIONAL, "address_line1", "Street."),
    VALUE("address_line2", text, OPTIONAL, "address_line2", "Locality."),
    VALUE("address_line3", text, OPTIONAL, "address_line3", "Town."),
    VALUE("postcode", text, OPTIONAL, "postcode", "Postcode."),
    VALUE("website", text, OPTIONAL, "website", "Web address."),
    VALUE("primary_contact_email", email, OPTIONAL, "primary_contact_email", "E-mail."),
    VALUE("secondary_contact_email", email, OPTIONAL, "secondary_contact_email", "Alternative e-mail."),
    VALUE("opened_on", date, OPTIONAL, "opened_on", "Day on which it opened."),
    VALUE("closed_on", date, OPTIONAL, "closed_on", "Day on which it closed."),
    END,
};

const struct import_column import_schools[] = {
    REFERENCE("urn", urn, REQUIRED | KEY, "urn", "not in the register (gias_schools)",
              "School of the register."),
    DEFAULT("school_id", uuid, OPTIONAL, "api_id", "gen_random_uuid()", "Public id; else a new one."),
    DEFAULT("marked_as_eligible", boolean, OPTIONAL, "marked_as_eligible", "false",
            "Made eligible by staff, whatever the register says; else false."),
    VALUE("induction_tutor_name", text, OPTIONAL, "induction_tutor_name",
          "Induction tutor; with the e-mail only."),
    VALUE("induction_tutor_email", email, OPTIONAL, "induction_tutor_email", "Their e-mail address."),
    REFERENCE("induction_tutor_last_nominated_in", year, OPTIONAL, "induction_tutor_last_nominated_in",
              "no such contract period", "Contract period in which the tutor was last confirmed."),
    REFERENCE("last_chosen_appropriate_body", name_or_id, OPTIONAL, "last_chosen_appropriate_body_id",
              "no such appropriate body", "The school's last choice."),
    VALUE("last_chosen_training_programme", programme, OPTIONAL, "last_chosen_training_programme",
          "The school's last choice."),
    REFERENCE("last_chosen_lead_provider", name_or_id, OPTIONAL, "last_chosen_lead_provider_id",
              "no such lead provider", "The school's last choice; present when provider-led."),
    CREATED_AT("it began to use the service."),
    END,
};

const struct import_column import_school_funding_eligibilities[] = {
    VALUE("gias_school_urn", urn, REQUIRED | KEY, "gias_school_urn",
          "School of the register; a row whose URN is unknown there is passed over and counted."),
    CONTRACT_PERIOD(REQUIRED | KEY),
    DEFAULT("pupil_premium_uplift", boolean, OPTIONAL, "pupil_premium_uplift", "false", "Else false."),
    DEFAULT("sparsity_uplift", boolean, OPTIONAL, "sparsity_uplift", "false", "Else false."),
    IGNORED("note"),
    END,
};

const struct import_column import_school_partnerships[] = {
    REFERENCE("school_urn", urn, REQUIRED | KEY, "school_id", "no such school", "URN of the school."),
    LEAD_PROVIDER(REQUIRED, "lead_provider_id",
                  "With contract period and delivery partner, a part of the key."),
    REFERENCE("contract_period_year", year, REQUIRED, "contract_period_year", "no such contract period",
              "Year of the contract period."),
    REFERENCE("delivery_partner", name_or_id, REQUIRED | KEY, "delivery_partnership_id",
              "no delivery partnership of it with this lead provider in this contract period",
              "Delivery partner that works with the lead provider in that year."),
    DEFAULT("partnership_id", uuid, OPTIONAL, "api_id", "gen_random_uuid()", "Public id; else a new one."),
    CREATED_AT("it was made."),
    UPDATED_AT,
    END,
};
