/* import_tables_money: columns of the files of contracts, statements, declarations and tokens; see import.h.
 */
#include "workers/ctl/import_tables.h"

/* A lead provider's contract period, from the two columns before it. */
#define PROVIDER_PERIOD(flags)                                                                               \
    REFERENCE("contract_period_year", year, flags, "provider_contract_period_id",                            \
              "no such lead provider, or it is not active in this contract period",                          \
              "Year of the contract period.")
#define CONTRACT(flags)                                                                                      \
    REFERENCE("contract_version", text, flags, "contract_id", NULL, "Version of the contract that prices it.")

const struct import_column import_bands[] = {
    LEAD_PROVIDER(REQUIRED, NULL, "With the contract period, a part of the key."),
    PROVIDER_PERIOD(REQUIRED | KEY),
    VALUE("allocation_order", order, REQUIRED | KEY, "allocation_order", "1 for band A, 2 for B, …"),
    VALUE("capacity", positive, REQUIRED, "capacity", "Declarations of each type that it takes."),
    END,
};

const struct import_column import_contracts[] = {
    LEAD_PROVIDER(REQUIRED, "lead_provider_id", "With the contract period, a part of the key."),
    REFERENCE("contract_period_year", year, REQUIRED | KEY,
              "provider_contract_period_id, contract_period_year",
              "the lead provider is not active in this contract period", "Year of the contract period."),
    VALUE("version", text, REQUIRED | KEY, "ecf1_contract_version",
          "The name by which files speak of this contract; of several in one contract period."),
    VALUE("contract_type", contract_type, REQUIRED, "contract_type",
          "ecf until 2024, ittecf_ectp from 2025 on."),
    DEFAULT("vat_rate", ratio, OPTIONAL, "vat_rate", "0.20", "Rate of VAT; else 0.20."),
    VALUE("recruitment_target", integer, REQUIRED, "recruitment_target", "Participants in the bands."),
    VALUE("uplift_fee_per_declaration", money, REQUIRED, "uplift_fee_per_declaration",
          "0.00 where there is none."),
    VALUE("uplift_target_ratio", target_ratio, OPTIONAL, "uplift_target_ratio", "For display."),
    VALUE("monthly_service_fee", money, OPTIONAL, "monthly_service_fee", "Empty = computed, 0.00 = none."),
    VALUE("setup_fee", money, REQUIRED, "setup_fee", "Lowers the computed service fee."),
    VALUE("mentor_recruitment_target", positive, OPTIONAL, "mentor_recruitment_target",
          "Mentors; present exactly for ittecf_ectp."),
    VALUE("mentor_fee_per_declaration", money, OPTIONAL, "mentor_fee_per_declaration",
          "Flat rate; present exactly for ittecf_ectp."),
    VALUE("mentor_version", text, OPTIONAL, "ecf1_mentor_contract_version",
          "The predecessor's version of the mentors' contract."),
    END,
};

const struct import_column import_band_terms[] = {
    LEAD_PROVIDER(REQUIRED, NULL, "With the contract period, says whose contract and band."),
    PROVIDER_PERIOD(REQUIRED),
    CONTRACT(REQUIRED | KEY),
    REFERENCE("allocation_order", order, REQUIRED | KEY, "band_id", NULL, "The band."),
    VALUE("fee_per_declaration", money, REQUIRED, "fee_per_declaration", "Full price of a participant."),
    VALUE("output_fee_ratio", ratio, REQUIRED, "output_fee_ratio", "Share paid by declarations."),
    VALUE("service_fee_ratio", ratio, REQUIRED, "service_fee_ratio", "Share paid monthly; both sum to 1."),
    VALUE("capacity_at_version", positive, OPTIONAL, "capacity_at_version",
          "A lower ceiling that an old version had."),
    END,
};

const struct import_column import_statements[] = {
    LEAD_PROVIDER(REQUIRED | KEY, "lead_provider_id", "Whose statement."),
    REFERENCE("contract_period_year", year, REQUIRED | KEY, "contract_period_year",
              "the lead provider is not active in this contract period", "Year of the contract period."),
    CONTRACT(REQUIRED),
    VALUE("year", year, REQUIRED | KEY, "year", "Year of the statement's month."),
    VALUE("month", month, REQUIRED | KEY, "month", "Month of the statement."),
    VALUE("fee_type", fee_type, REQUIRED, "fee_type", "output: declarations are paid on it."),
    DEFAULT("status", statement_status, OPTIONAL, "status", "'open'", "Else open."),
    VALUE("deadline_date", date, REQUIRED, "deadline_date", "Last day for declarations."),
    VALUE("payment_date", date, REQUIRED, "payment_date", "After the deadline."),
    DEFAULT("statement_id", uuid, OPTIONAL, "api_id", "gen_random_uuid()", "Public id; else a new one."),
    VALUE("marked_payable_at", instant, OPTIONAL, "marked_payable_at", "After the day of the deadline."),
    VALUE("marked_as_paid_at", instant, OPTIONAL, "marked_as_paid_at", "Instant of authorisation."),
    CREATED_AT("it was made."),
    UPDATED_AT,
    END,
};

const struct import_column import_declarations[] = {
    VALUE("declaration_id", uuid, REQUIRED | KEY, "api_id", "Public id."),
    REFERENCE("teacher", person, REQUIRED, "teacher_id", "no such person", "The person."),
    VALUE("role", role, REQUIRED, "role", "The role that is declared for."),
    LEAD_PROVIDER(REQUIRED, "lead_provider_id", "Who declared."),
    REFERENCE("training_period_started_on", date, REQUIRED, "training_period_id, contract_period_year", NULL,
              "First day of the training period with that lead provider."),
    VALUE("declaration_type", declaration_type, REQUIRED, "declaration_type", "What is declared."),
    VALUE("declaration_date", instant, REQUIRED, "declaration_date",
          "When it took place; that was compared with the milestone when it was made, and is not again."),
    VALUE("evidence_held", evidence, OPTIONAL, "evidence_type", "Evidence, as stored."),
    REFERENCE("state", state, REQUIRED, "payment_status, clawback_status", NULL,
              "As providers see it; each state goes with statements of the right status."),
    REFERENCE("payment_statement", statement_month, OPTIONAL, "payment_statement_id", NULL,
              "Statement of the provider and contract period; present from eligible on, may be for voided."),
    REFERENCE("clawback_statement", statement_month, OPTIONAL, "clawback_statement_id", NULL,
              "Present exactly when refunded."),
    REFERENCE("delivery_partner", name_or_id, OPTIONAL, "delivery_partner_when_created_id",
              "no such delivery partner",
              "When it was made; else that of the training period's partnership."),
    REFERENCE("mentor", person, OPTIONAL, "mentorship_period_id", NULL,
              "The ECT's mentor at the time: of their mentorship in that school period, the nearest."),
    DEFAULT("pupil_premium_uplift", boolean, OPTIONAL, "pupil_premium_uplift", "false",
            "Only on started, in contract periods with uplift fees; else false."),
    DEFAULT("sparsity_uplift", boolean, OPTIONAL, "sparsity_uplift", "false", "The same."),
    CREATED_AT("it was submitted."),
    UPDATED_AT,
    END,
};

const struct import_column import_api_tokens[] = {
    REFERENCE("token", token, REQUIRED | KEY, "token_digest", NULL,
              "The token itself; only its keyed hash and its last four characters are stored."),
    LEAD_PROVIDER(OPTIONAL, "lead_provider_id", "Owner of the token; or else:"),
    VALUE("school_urns", urns, OPTIONAL, "urns", "The schools of a school system."),
    VALUE("description", text, REQUIRED, "description", "What it is for."),
    END,
};
