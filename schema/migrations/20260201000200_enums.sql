-- Closed sets (DM-7), in the order of the reference data. Only declaration_type's order means something: the sequence in
-- which declarations are made. Not here: the predecessor's sets, which only the importer knows, and
-- trs_induction_status, which is text with a check (data-model.md 6.1) because another system owns its words.

-- migrate:up
create type participant_role as enum ('ect', 'mentor');
create type training_programme as enum ('provider_led', 'school_led');
create type programme_choice as enum ('not_yet_known', 'provider_led', 'school_led');
create type working_pattern as enum ('part_time', 'full_time');
create type declaration_type as enum ('started', 'retained-1', 'retained-2', 'retained-3', 'retained-4', 'completed',
  'extended-1', 'extended-2', 'extended-3');
create type payment_status as enum ('no_payment', 'eligible', 'payable', 'paid', 'voided');
create type clawback_status as enum ('no_clawback', 'awaiting_clawback', 'clawed_back');
create type evidence_type as enum ('training-event-attended', 'self-study-material-completed',
  'materials-engaged-with-offline', '75-percent-engagement-met', '75-percent-engagement-met-reduced-induction',
  'one-term-induction', 'other');
create type withdrawal_reason as enum ('left_teaching_profession', 'moved_school', 'mentor_no_longer_being_mentor',
  'switched_to_school_led', 'changed_lead_provider', 'other');
create type deferral_reason as enum ('bereavement', 'long_term_sickness', 'parental_leave', 'career_break', 'other');
create type training_status as enum ('active', 'deferred', 'withdrawn');
create type participant_status as enum ('joining', 'active', 'leaving', 'left');
create type fee_type as enum ('output', 'service');
create type statement_status as enum ('open', 'payable', 'paid');
create type contract_type as enum ('ecf', 'ittecf_ectp');
create type induction_programme as enum ('fip', 'cip', 'diy', 'unknown', 'pre_september_2021');
create type induction_outcome as enum ('pass', 'fail');
create type trs_response as enum ('ok', 'not_found', 'gone', 'permanent_redirect');
create type mentor_funding_end_reason as enum ('completed_declaration_received', 'completed_during_early_roll_out',
  'started_not_completed');
create type appropriate_body_type as enum ('teaching_school_hub', 'national', 'local_authority');
create type gias_school_status as enum ('open', 'closed', 'proposed_to_close', 'proposed_to_open');
create type bulk_upload_type as enum ('claim', 'action');
create type bulk_upload_status as enum ('pending', 'processing', 'processed', 'completing', 'completed', 'failed');
create type anonymisation_reason as enum ('registered_in_error', 'teacher_record_merged');
create type migration_mode as enum ('not_migrated', 'all_induction_records', 'latest_induction_records');
create type author_type as enum ('appropriate_body_user', 'school_user', 'dfe_staff_user', 'system',
  'lead_provider_api');
create type dfe_role as enum ('admin', 'user_manager', 'finance', 'product_team');
create type support_query_state as enum ('pending', 'sending', 'sent', 'failed');
create type schedule_identifier as enum ('ecf-standard-september', 'ecf-standard-january', 'ecf-standard-april',
  'ecf-extended-september', 'ecf-extended-january', 'ecf-extended-april', 'ecf-reduced-september',
  'ecf-reduced-january', 'ecf-reduced-april', 'ecf-replacement-september', 'ecf-replacement-january',
  'ecf-replacement-april');

-- migrate:down
drop type schedule_identifier;
drop type support_query_state;
drop type dfe_role;
drop type author_type;
drop type migration_mode;
drop type anonymisation_reason;
drop type bulk_upload_status;
drop type bulk_upload_type;
drop type gias_school_status;
drop type appropriate_body_type;
drop type mentor_funding_end_reason;
drop type trs_response;
drop type induction_outcome;
drop type induction_programme;
drop type contract_type;
drop type statement_status;
drop type fee_type;
drop type participant_status;
drop type training_status;
drop type deferral_reason;
drop type withdrawal_reason;
drop type evidence_type;
drop type clawback_status;
drop type payment_status;
drop type declaration_type;
drop type working_pattern;
drop type programme_choice;
drop type training_programme;
drop type participant_role;
