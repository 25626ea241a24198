-- Who was where, trained how, mentored by whom (data-model.md §7). Periods include both of their days (DM-4, DM-5).

-- migrate:up
create table school_periods (
  id bigint generated always as identity primary key,
  teacher_id bigint not null,
  role participant_role not null,
  school_id bigint not null references schools,
  started_on date not null,
  finished_on date,
  period daterange not null generated always as (closed_period(started_on, finished_on)) stored,
  email citext,
  working_pattern working_pattern,
  reported_appropriate_body_id bigint references appropriate_bodies,
  reported_leaving_by_school_id bigint references schools,
  ecf1_start_induction_record_id uuid,
  ecf1_end_induction_record_id uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint school_periods_id_teacher_role_school_key unique (id, teacher_id, role, school_id),
  constraint school_periods_training_record_fkey foreign key (teacher_id, role)
    references training_records (teacher_id, role) deferrable initially immediate,
  constraint school_periods_in_order check (finished_on >= started_on),
  constraint school_periods_working_pattern_of_ect check (working_pattern is null or role = 'ect'),
  constraint school_periods_appropriate_body_of_ect check (reported_appropriate_body_id is null or role = 'ect'),
  constraint school_periods_ect_at_one_school exclude using gist (teacher_id with =, period with &&)
    where (role = 'ect') deferrable initially immediate,
  constraint school_periods_mentor_once_per_school exclude using gist (teacher_id with =, school_id with =, period with &&)
    where (role = 'mentor') deferrable initially immediate
);
create index school_periods_teacher_role_idx on school_periods (teacher_id, role);
create index school_periods_school_role_finished_idx on school_periods (school_id, role, finished_on);
create index school_periods_reported_appropriate_body_id_idx on school_periods (reported_appropriate_body_id) where role = 'ect';
create index school_periods_reported_leaving_by_idx on school_periods (reported_leaving_by_school_id)
  where reported_leaving_by_school_id is not null;
comment on table school_periods is 'A person in a role at a school';

create table training_periods (
  id bigint generated always as identity primary key,
  school_period_id bigint not null,
  teacher_id bigint not null,
  role participant_role not null,
  school_id bigint not null,
  started_on date not null,
  finished_on date,
  period daterange not null generated always as (closed_period(started_on, finished_on)) stored,
  training_programme training_programme not null,
  contract_period_year integer references contract_periods,
  school_partnership_id bigint,
  lead_provider_id bigint,
  expression_of_interest_id bigint,
  schedule_id bigint,
  withdrawn_at timestamptz,
  withdrawal_reason withdrawal_reason,
  deferred_at timestamptz,
  deferral_reason deferral_reason,
  api_transfer_updated_at timestamptz not null default clock_timestamp(),
  ecf1_start_induction_record_id uuid,
  ecf1_end_induction_record_id uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint training_periods_id_teacher_role_key unique (id, teacher_id, role),
  constraint training_periods_id_teacher_role_provider_year_key
    unique (id, teacher_id, role, lead_provider_id, contract_period_year),
  constraint training_periods_school_period_fkey foreign key (school_period_id, teacher_id, role, school_id)
    references school_periods (id, teacher_id, role, school_id) on update cascade deferrable initially immediate,
  constraint training_periods_school_partnership_fkey
    foreign key (school_partnership_id, school_id, lead_provider_id, contract_period_year)
    references school_partnerships (id, school_id, lead_provider_id, contract_period_year) deferrable initially immediate,
  constraint training_periods_expression_of_interest_fkey foreign key (expression_of_interest_id, contract_period_year)
    references provider_contract_periods (id, contract_period_year) deferrable initially immediate,
  constraint training_periods_schedule_fkey foreign key (schedule_id, contract_period_year)
    references schedules (id, contract_period_year) deferrable initially immediate,
  constraint training_periods_in_order check (finished_on >= started_on),
  constraint training_periods_partnership_with_provider check ((school_partnership_id is null) = (lead_provider_id is null)),
  constraint training_periods_provider_led_shape check (training_programme <> 'provider_led' or (
    contract_period_year is not null and schedule_id is not null and
    (school_partnership_id is not null or expression_of_interest_id is not null))),
  constraint training_periods_school_led_shape check (training_programme <> 'school_led' or (
    role = 'ect' and contract_period_year is null and schedule_id is null and school_partnership_id is null and
    lead_provider_id is null and expression_of_interest_id is null)),
  constraint training_periods_withdrawn_with_reason check ((withdrawn_at is null) = (withdrawal_reason is null)),
  constraint training_periods_deferred_with_reason check ((deferred_at is null) = (deferral_reason is null)),
  constraint training_periods_stopped_means_finished
    check ((withdrawn_at is null and deferred_at is null) or finished_on is not null),
  constraint training_periods_mentor_only_reason
    check (role = 'mentor' or withdrawal_reason is distinct from 'mentor_no_longer_being_mentor'),
  constraint training_periods_one_at_a_time exclude using gist (teacher_id with =, role with =, period with &&)
    deferrable initially immediate
);
create index training_periods_school_period_id_idx on training_periods (school_period_id);
create index training_periods_teacher_role_idx on training_periods (teacher_id, role, started_on);
create index training_periods_school_partnership_id_idx on training_periods (school_partnership_id);
create index training_periods_expression_of_interest_id_idx on training_periods (expression_of_interest_id);
create index training_periods_schedule_id_idx on training_periods (schedule_id);
create index training_periods_contract_period_year_idx on training_periods (contract_period_year);
create index training_periods_provider_transfer_idx on training_periods (lead_provider_id, api_transfer_updated_at);
comment on table training_periods is
  'Training inside a school period; its keys repeat the owners'' columns so that no mixture can be stored (DM-9)';
comment on column training_periods.expression_of_interest_id is 'the provider asked for, as long as no partnership confirms one';

create table mentorship_periods (
  id bigint generated always as identity primary key,
  school_id bigint not null,
  ect_school_period_id bigint not null,
  ect_teacher_id bigint not null,
  ect_role participant_role not null default 'ect',
  mentor_school_period_id bigint not null,
  mentor_teacher_id bigint not null,
  mentor_role participant_role not null default 'mentor',
  started_on date not null,
  finished_on date,
  period daterange not null generated always as (closed_period(started_on, finished_on)) stored,
  ecf1_start_induction_record_id uuid,
  ecf1_end_induction_record_id uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint mentorship_periods_id_ect_teacher_key unique (id, ect_teacher_id),
  constraint mentorship_periods_ect_fkey foreign key (ect_school_period_id, ect_teacher_id, ect_role, school_id)
    references school_periods (id, teacher_id, role, school_id) on update cascade deferrable initially immediate,
  constraint mentorship_periods_mentor_fkey foreign key (mentor_school_period_id, mentor_teacher_id, mentor_role, school_id)
    references school_periods (id, teacher_id, role, school_id) on update cascade deferrable initially immediate,
  constraint mentorship_periods_ect_role check (ect_role = 'ect'),
  constraint mentorship_periods_mentor_role check (mentor_role = 'mentor'),
  constraint mentorship_periods_in_order check (finished_on >= started_on),
  constraint mentorship_periods_not_oneself check (ect_teacher_id <> mentor_teacher_id),
  constraint mentorship_periods_one_mentor_at_a_time exclude using gist (ect_school_period_id with =, period with &&)
    deferrable initially immediate
);
create index mentorship_periods_ect_school_period_id_idx on mentorship_periods (ect_school_period_id);
create index mentorship_periods_mentor_school_period_id_idx on mentorship_periods (mentor_school_period_id);
comment on table mentorship_periods is 'Both sides are at the same school, because they share school_id';

-- DM-18: what lies inside what. Deferred, because closing a school period closes its children in the same transaction, in
-- any order. Rows are read again as they are at commit. The school period is locked FOR SHARE, or two transactions could
-- each pass while neither sees the other: one that shortens the period, one that adds training to it. The owner's rights are
-- needed for that lock only; whoever writes a training period need not be able to update school periods.
create function check_training_inside_school_period() returns trigger
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare outside record;
begin
  perform from school_periods s join training_periods t on t.school_period_id = s.id where t.id = new.id for share of s;
  select t.id, t.period as inner_period, s.period as outer_period into outside
    from training_periods t join school_periods s on s.id = t.school_period_id
    where t.id = new.id and not t.period <@ s.period;
  if found then
    raise exception using errcode = '23514', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('training period %s %s is not inside its school period %s',
        outside.id, outside.inner_period, outside.outer_period);
  end if;
  return null;
end $$;

create function check_mentorship_inside_school_periods() returns trigger
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare outside record;
begin
  perform from school_periods s join mentorship_periods m on s.id in (m.ect_school_period_id, m.mentor_school_period_id)
    where m.id = new.id order by s.id for share of s;
  select m.id, m.period as inner_period, s.role, s.period as outer_period into outside
    from mentorship_periods m join school_periods s on s.id in (m.ect_school_period_id, m.mentor_school_period_id)
    where m.id = new.id and not m.period <@ s.period limit 1;
  if found then
    raise exception using errcode = '23514', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('mentorship period %s %s is not inside the %s''s school period %s',
        outside.id, outside.inner_period, outside.role, outside.outer_period);
  end if;
  return null;
end $$;

create function check_school_period_holds_children() returns trigger
  language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare outside record;
begin
  select * into outside from (
      select 'training period' as what, t.id, t.period as inner_period, s.period as outer_period
        from school_periods s join training_periods t on t.school_period_id = s.id
        where s.id = new.id and not t.period <@ s.period
      union all
      select 'mentorship period', m.id, m.period, s.period
        from school_periods s join mentorship_periods m on m.ect_school_period_id = s.id
        where s.id = new.id and not m.period <@ s.period
      union all
      select 'mentorship period', m.id, m.period, s.period
        from school_periods s join mentorship_periods m on m.mentor_school_period_id = s.id
        where s.id = new.id and not m.period <@ s.period) children
    limit 1;
  if found then
    raise exception using errcode = '23514', schema = tg_table_schema, table = tg_table_name, constraint = tg_name,
      message = format('school period %s does not hold its %s %s %s', outside.outer_period, outside.what, outside.id, outside.inner_period);
  end if;
  return null;
end $$;

create constraint trigger training_periods_inside_school_period
  after insert or update of school_period_id, started_on, finished_on on training_periods
  deferrable initially deferred for each row execute function check_training_inside_school_period();
create constraint trigger mentorship_periods_inside_school_periods
  after insert or update of ect_school_period_id, mentor_school_period_id, started_on, finished_on on mentorship_periods
  deferrable initially deferred for each row execute function check_mentorship_inside_school_periods();
create constraint trigger school_periods_hold_their_children
  after update of started_on, finished_on on school_periods
  deferrable initially deferred for each row
  when (old.started_on is distinct from new.started_on or old.finished_on is distinct from new.finished_on)
  execute function check_school_period_holds_children();
comment on trigger training_periods_inside_school_period on training_periods is 'DM-18';
comment on trigger mentorship_periods_inside_school_periods on mentorship_periods is 'DM-18';
comment on trigger school_periods_hold_their_children on school_periods is 'DM-18';

-- migrate:down
drop table mentorship_periods;
drop table training_periods;
drop table school_periods;
drop function check_school_period_holds_children();
drop function check_mentorship_inside_school_periods();
drop function check_training_inside_school_period();
