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
  has_others boolean not null default false,
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
create index teacher_provider_status_has_others_idx on teacher_provider_status (lead_provider_id, teacher_id) where has_others;
comment on table teacher_provider_status is 'One row per teacher and provider with a confirmed training period';
comment on column teacher_provider_status.assigned_mentor_school_period_id is
  'mentor''s school period of the earliest current-or-future mentorship of the school period of the latest ECT training';

comment on column teacher_provider_status.has_others is
  'another provider trains or trained the teacher too: only then can there be declarations of others to show (lead-provider-api.md 7.1)';

-- Kept here and not by the writers: it follows from the rows that there are, and all rows of a teacher are written under the
-- teacher's lock or the gate (pipeline.md section 3).
create function refresh_has_others() returns trigger
  language plpgsql set search_path = pg_catalog, public, pg_temp
as $$
begin
  update public.teacher_provider_status as status
     set has_others = counted.has_others
    from (select teacher_id, count(*) > 1 as has_others
            from public.teacher_provider_status
           where teacher_id in (select teacher_id from changed)
           group by teacher_id) as counted
   where status.teacher_id = counted.teacher_id and status.has_others <> counted.has_others;
  return null;
end $$;
create trigger teacher_provider_status_others_come after insert on teacher_provider_status
  referencing new table as changed for each statement execute function refresh_has_others();
create trigger teacher_provider_status_others_go after delete on teacher_provider_status
  referencing old table as changed for each statement execute function refresh_has_others();

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

create view declaration_resources as
select declaration.id,
       declaration.api_id,
       participant.api_id as participant_id,
       declaration.declaration_type,
       (extract(epoch from declaration.declaration_date) * 1000000)::bigint as declaration_us,
       declaration.role,
       mentor.api_id as mentor_id,
       declaration.payment_status,
       declaration.clawback_status,
       (extract(epoch from declaration.created_at) * 1000000)::bigint as created_us,
       (extract(epoch from declaration.api_updated_at) * 1000000)::bigint as updated_us,
       partner.api_id as delivery_partner_id,
       payment.api_id as statement_id,
       clawback.api_id as clawback_statement_id,
       declaration.pupil_premium_uplift,
       declaration.sparsity_uplift,
       declaration.evidence_type,
       provider.name as lead_provider_name
  from declarations as declaration
  join teachers as participant on participant.id = declaration.teacher_id
  join lead_providers as provider on provider.id = declaration.lead_provider_id
  join delivery_partners as partner on partner.id = declaration.delivery_partner_when_created_id
  left join mentorship_periods as mentorship on mentorship.id = declaration.mentorship_period_id
  left join teachers as mentor on mentor.id = mentorship.mentor_teacher_id
  left join statements as payment on payment.id = declaration.payment_statement_id
  left join statements as clawback on clawback.id = declaration.clawback_statement_id;
comment on view declaration_resources is
  'What the API shows of a declaration (lead-provider-api.md 7.1), in microseconds and words of the database; who may see it is for those to say who ask';

-- migrate:down
drop view declaration_resources;
drop table school_provider_year_status;
drop table school_year_status;
drop table teacher_provider_status;
drop function refresh_has_others();
