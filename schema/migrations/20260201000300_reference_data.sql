-- Contract periods, schedules, milestones, appropriate bodies, regions (data-model.md §3).

-- migrate:up
create table contract_periods (
  year integer primary key constraint contract_periods_year_from_2020 check (year >= 2020),
  started_on date not null,
  finished_on date not null,
  period daterange not null generated always as (closed_period(started_on, finished_on)) stored,
  enabled boolean not null default false,
  payments_frozen_at timestamptz,
  mentor_funding_enabled boolean not null default false,
  detailed_evidence_types_enabled boolean not null default false,
  uplift_fees_enabled boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint contract_periods_in_order check (finished_on >= started_on),
  constraint contract_periods_no_overlap exclude using gist (period with &&) deferrable initially immediate
);
comment on table contract_periods is 'A yearly intake (the predecessor''s cohort), data-model.md 3.1';
comment on column contract_periods.enabled is 'false: accepts no new partnerships';
comment on column contract_periods.payments_frozen_at is 'no declarations from this instant on (declarations.md 9.4)';

create table schedules (
  id bigint generated always as identity primary key,
  contract_period_year integer not null references contract_periods,
  identifier schedule_identifier not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint schedules_year_identifier_key unique (contract_period_year, identifier),
  constraint schedules_id_year_key unique (id, contract_period_year)
);
comment on table schedules is 'Replacement schedules are for mentors only, reduced ones for ECTs only (application rule), data-model.md 3.2';

create table milestones (
  id bigint generated always as identity primary key,
  schedule_id bigint not null references schedules,
  declaration_type declaration_type not null,
  start_date date not null,
  milestone_date date,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint milestones_schedule_type_key unique (schedule_id, declaration_type),
  constraint milestones_end_after_start check (milestone_date > start_date)
);
comment on column milestones.milestone_date is 'last day on which the type may be declared, London; null = no end (declarations.md 3.4)';

create table dfe_sign_in_organisations (
  id bigint generated always as identity primary key,
  uuid uuid not null,
  name text not null,
  urn integer,
  address text,
  category text,
  organisation_type text,
  status text,
  company_registration_number text,
  first_authenticated_at timestamptz,
  last_authenticated_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint dfe_sign_in_organisations_uuid_key unique (uuid),
  constraint dfe_sign_in_organisations_name_key unique (name),
  constraint dfe_sign_in_organisations_urn_key unique (urn)
);

create table appropriate_bodies (
  id bigint generated always as identity primary key,
  name text not null,
  body_type appropriate_body_type not null,
  dfe_sign_in_organisation_id bigint references dfe_sign_in_organisations,
  ceased_on date,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint appropriate_bodies_name_key unique (name),
  constraint appropriate_bodies_organisation_key unique (dfe_sign_in_organisation_id)
);
comment on column appropriate_bodies.dfe_sign_in_organisation_id is 'present = active: can sign in and be chosen';

create table appropriate_body_aliases (
  source text not null,
  source_id uuid not null,
  source_name text not null,
  appropriate_body_id bigint not null references appropriate_bodies,
  created_at timestamptz not null default now(),
  primary key (source, source_id),
  constraint appropriate_body_aliases_source_known check (source in ('ecf1', 'dqt'))
);
create index appropriate_body_aliases_appropriate_body_id_idx on appropriate_body_aliases (appropriate_body_id);

create table regions (
  id bigint generated always as identity primary key,
  code text not null,
  districts text[] not null,
  appropriate_body_id bigint references appropriate_bodies,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint regions_code_key unique (code),
  constraint regions_districts_not_empty check (cardinality(districts) > 0)
);
create index regions_districts_idx on regions using gin (districts);
create index regions_appropriate_body_id_idx on regions (appropriate_body_id);

-- migrate:down
drop table regions;
drop table appropriate_body_aliases;
drop table appropriate_bodies;
drop table dfe_sign_in_organisations;
drop table milestones;
drop table schedules;
drop table contract_periods;
