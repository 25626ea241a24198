-- Recomputable answers to frequent questions (data-model-operations.md §9, DM-35 to DM-37). Written in the transaction of
-- the change; their foreign keys wait for the commit, so that a row may be deleted before what pointed to it is recomputed.

-- migrate:up
create table teacher_provider_status (
  lead_provider_id bigint not null references lead_providers,
  teacher_id bigint not null references teachers deferrable initially deferred,
  latest_ect_training_period_id bigint references training_periods deferrable initially deferred,
  latest_ect_contract_period_year integer references contract_periods,
  latest_mentor_training_period_id bigint references training_periods deferrable initially deferred,
  latest_mentor_contract_period_year integer references contract_periods,
  assigned_mentor_school_period_id bigint references school_periods deferrable initially deferred,
  involved_in_school_transfer boolean not null default false,
  primary key (lead_provider_id, teacher_id),
  constraint teacher_provider_status_ect_with_year
    check ((latest_ect_training_period_id is null) = (latest_ect_contract_period_year is null)),
  constraint teacher_provider_status_mentor_with_year
    check ((latest_mentor_training_period_id is null) = (latest_mentor_contract_period_year is null)),
  constraint teacher_provider_status_some_training
    check (num_nonnulls(latest_ect_training_period_id, latest_mentor_training_period_id) > 0)
);
create index teacher_provider_status_teacher_id_idx on teacher_provider_status (teacher_id);
create index teacher_provider_status_provider_ect_year_idx
  on teacher_provider_status (lead_provider_id, latest_ect_contract_period_year);
create index teacher_provider_status_provider_mentor_year_idx
  on teacher_provider_status (lead_provider_id, latest_mentor_contract_period_year);
create index teacher_provider_status_ect_year_idx on teacher_provider_status (latest_ect_contract_period_year);
create index teacher_provider_status_mentor_year_idx on teacher_provider_status (latest_mentor_contract_period_year);
create index teacher_provider_status_ect_training_idx on teacher_provider_status (latest_ect_training_period_id);
create index teacher_provider_status_mentor_training_idx on teacher_provider_status (latest_mentor_training_period_id);
create index teacher_provider_status_transfers_idx on teacher_provider_status (lead_provider_id, teacher_id)
  where involved_in_school_transfer;
create index teacher_provider_status_assigned_mentor_idx
  on teacher_provider_status (assigned_mentor_school_period_id, lead_provider_id)
  where assigned_mentor_school_period_id is not null;
comment on table teacher_provider_status is 'One row per teacher and provider with a confirmed training period';
comment on column teacher_provider_status.assigned_mentor_school_period_id is
  'mentor''s school period of the earliest current-or-future mentorship of the school period of the latest ECT training';

create table school_year_status (
  contract_period_year integer not null references contract_periods,
  school_id bigint not null references schools deferrable initially deferred,
  in_partnership boolean not null default false,
  programme_choice programme_choice not null default 'not_yet_known',
  api_updated_at timestamptz not null default clock_timestamp(),
  primary key (contract_period_year, school_id)
);
create index school_year_status_school_id_idx on school_year_status (school_id);
create index school_year_status_year_updated_idx on school_year_status (contract_period_year, api_updated_at);
comment on column school_year_status.api_updated_at is 'DM-37: the one fact here that cannot be recomputed';

create table school_provider_year_status (
  lead_provider_id bigint not null references lead_providers,
  contract_period_year integer not null references contract_periods,
  school_id bigint not null references schools deferrable initially deferred,
  has_expression_of_interest boolean not null default false,
  has_partnership boolean not null default false,
  primary key (lead_provider_id, contract_period_year, school_id),
  constraint school_provider_year_status_some_relation check (has_expression_of_interest or has_partnership)
);
create index school_provider_year_status_school_id_idx on school_provider_year_status (school_id);
create index school_provider_year_status_year_idx on school_provider_year_status (contract_period_year);
comment on table school_provider_year_status is 'No row = no relation';

-- migrate:down
drop table school_provider_year_status;
drop table school_year_status;
drop table teacher_provider_status;
