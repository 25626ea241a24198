-- Inductions at appropriate bodies (data-model.md 7.5).

-- migrate:up
create table induction_periods (
  id bigint generated always as identity primary key,
  teacher_id bigint not null references teachers,
  appropriate_body_id bigint not null references appropriate_bodies,
  started_on date not null,
  finished_on date,
  period daterange not null generated always as (closed_period(started_on, finished_on)) stored,
  induction_programme induction_programme not null,
  training_programme training_programme,
  number_of_terms numeric(3,1),
  outcome induction_outcome,
  fail_confirmation_sent_on date,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint induction_periods_in_order check (finished_on >= started_on),
  constraint induction_periods_from_september_1999 check (started_on >= date '1999-09-01'),
  constraint induction_periods_training_programme_known
    check (training_programme is not null or induction_programme in ('unknown', 'pre_september_2021')),
  constraint induction_periods_terms_when_finished check ((number_of_terms is null) = (finished_on is null)),
  constraint induction_periods_terms_in_range check (number_of_terms between 0 and 16),
  constraint induction_periods_outcome_when_finished check (outcome is null or finished_on is not null),
  constraint induction_periods_fail_confirmed_after_finish check (fail_confirmation_sent_on >= finished_on),
  constraint induction_periods_no_overlap exclude using gist (teacher_id with =, period with &&)
    deferrable initially immediate
);
create unique index induction_periods_one_outcome_per_teacher on induction_periods (teacher_id) where outcome is not null;
create index induction_periods_teacher_id_idx on induction_periods (teacher_id);
create index induction_periods_appropriate_body_finished_idx on induction_periods (appropriate_body_id, finished_on);

create table induction_extensions (
  id bigint generated always as identity primary key,
  teacher_id bigint not null references teachers,
  number_of_terms numeric(3,1) not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint induction_extensions_terms_in_range check (number_of_terms between 0.1 and 16)
);
create index induction_extensions_teacher_id_idx on induction_extensions (teacher_id);

-- migrate:down
drop table induction_extensions;
drop table induction_periods;
