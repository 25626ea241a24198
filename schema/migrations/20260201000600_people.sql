-- Teachers, their roles, what made them eligible, merged ids (data-model.md §6).

-- migrate:up
create table teachers (
  id bigint generated always as identity primary key,
  api_id uuid not null default gen_random_uuid(),
  trn text,
  trnless boolean not null default false,
  trs_first_name text,
  trs_last_name text,
  corrected_name text,
  trs_induction_status text,
  trs_induction_start_date date,
  trs_induction_completed_date date,
  trs_qts_awarded_on date,
  trs_initial_teacher_training_end_date date,
  trs_qts_status_description text,
  trs_initial_teacher_training_provider_name text,
  trs_response trs_response,
  trs_redirected_to text,
  trs_data_last_refreshed_at timestamptz,
  anonymised_at timestamptz,
  anonymisation_reason anonymisation_reason,
  migration_mode migration_mode not null default 'not_migrated',
  api_updated_at timestamptz not null default clock_timestamp(),
  api_unfunded_mentor_updated_at timestamptz not null default clock_timestamp(),
  search tsvector not null generated always as (to_tsvector('unaccented',
    coalesce(trs_first_name, '') || ' ' || coalesce(trs_last_name, '') || ' ' || coalesce(corrected_name, ''))) stored,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint teachers_api_id_key unique (api_id),
  constraint teachers_trn_key unique (trn),
  constraint teachers_trn_seven_digits check (trn ~ '^[0-9]{7}$'),
  constraint teachers_trnless_without_trn check (trnless = (trn is null)),
  constraint teachers_induction_status_known check (trs_induction_status in
    ('None', 'RequiredToComplete', 'Exempt', 'InProgress', 'Passed', 'Failed', 'FailedInWales')),
  constraint teachers_anonymised_with_reason check ((anonymised_at is null) = (anonymisation_reason is null))
);
create index teachers_api_updated_at_idx on teachers (api_updated_at);
create index teachers_api_unfunded_mentor_updated_at_idx on teachers (api_unfunded_mentor_updated_at);
create index teachers_created_at_idx on teachers (created_at);
create index teachers_search_idx on teachers using gin (search);
create index teachers_due_for_refresh_idx on teachers (trs_data_last_refreshed_at nulls first)
  where trn is not null and (trs_response is null or trs_response = 'ok');
comment on table teachers is 'DM-11: people are anonymised, not deleted';
comment on column teachers.api_id is 'participant id; the predecessor''s users.id (DM-1)';
comment on column teachers.api_updated_at is 'DM-10, PL-23: what updated_since compares; moves only for the changes of data-model.md §8';

create table training_records (
  id bigint generated always as identity primary key,
  api_id uuid not null default gen_random_uuid(),
  teacher_id bigint not null references teachers,
  role participant_role not null,
  first_became_eligible_for_training_at timestamptz,
  became_ineligible_for_funding_on date,
  became_ineligible_for_funding_reason mentor_funding_end_reason,
  payments_frozen_year integer references contract_periods,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint training_records_api_id_key unique (api_id),
  constraint training_records_teacher_role_key unique (teacher_id, role),
  constraint training_records_mentor_reason_with_date check (
    (became_ineligible_for_funding_reason is not null) = (role = 'mentor' and became_ineligible_for_funding_on is not null))
);
create index training_records_payments_frozen_year_idx on training_records (payments_frozen_year);
comment on table training_records is 'One row per person and role; DM-15: the state after the last row of eligibility_changes';
comment on column training_records.first_became_eligible_for_training_at is 'set once, never changed (declarations.md 9.1, 9.2)';
comment on column training_records.payments_frozen_year is 'the frozen contract period left behind';

create trigger training_records_eligible_set_once before update of first_became_eligible_for_training_at on training_records
  for each row when (old.first_became_eligible_for_training_at is not null and
    new.first_became_eligible_for_training_at is distinct from old.first_became_eligible_for_training_at)
  execute function refuse_change('the instant of first becoming eligible is set once');

create table eligibility_changes (
  id bigint generated always as identity primary key,
  teacher_id bigint not null,
  role participant_role not null,
  aspect text not null,
  eligible boolean not null,
  effective_on date not null,
  reason text not null,
  cause_kind text not null,
  cause_id text,
  evidence jsonb not null default '{}',
  recorded_at timestamptz not null default now(),
  recorded_by text not null,
  constraint eligibility_changes_aspect_known check (aspect in ('training', 'funding')),
  constraint eligibility_changes_cause_known check (cause_kind in
    ('declaration', 'induction_period', 'trs', 'school_registration', 'support', 'migration')),
  -- The history follows its record when two people are merged; nobody else may touch it.
  constraint eligibility_changes_training_record_fkey foreign key (teacher_id, role)
    references training_records (teacher_id, role) on update cascade deferrable initially immediate
);
create index eligibility_changes_teacher_role_idx on eligibility_changes (teacher_id, role, recorded_at);
comment on table eligibility_changes is 'DM-16: append-only, one row for every change, reversals too';

create table teacher_id_changes (
  id bigint generated always as identity primary key,
  teacher_id bigint not null references teachers,
  api_from_teacher_id uuid not null,
  api_to_teacher_id uuid not null,
  ecf1_id uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint teacher_id_changes_ecf1_id_key unique (ecf1_id),
  constraint teacher_id_changes_different check (api_from_teacher_id <> api_to_teacher_id)
);
create index teacher_id_changes_teacher_id_idx on teacher_id_changes (teacher_id);
create index teacher_id_changes_from_idx on teacher_id_changes (api_from_teacher_id);
comment on column teacher_id_changes.api_from_teacher_id is 'may belong to no row any more: no foreign key';

-- migrate:down
drop table teacher_id_changes;
drop table eligibility_changes;
drop table training_records;
drop table teachers;
