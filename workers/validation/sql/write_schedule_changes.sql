-- What accepted `participant.change_schedule` write, for a batch, in one statement (lead-provider-api.md 5.5; events.md 4.4):
-- the training is edited in place, or ends and begins anew on the schedule; the frozen contract period that is left is kept,
-- or no longer is. What follows from it is common/sql/refresh_people.sql's and refresh_schools.sql's. No two are about one
-- person (PL-21).
--   $1  uuid[]         submissions                $2  bigint[]       training periods
--   $3  bigint[]       lead providers             $4  timestamptz[]  business time: created_at, happened_at, updated_at
--   $5  timestamptz[]  api_updated_at (PL-23)     $6  bigint[]       schedules
--   $7  integer[]      their contract periods     $8  bigint[]       school partnerships
--   $9  bigint[]       the lead providers' years of these: where an expression of interest in another one points to now
--   $10 date[]         last days of what ends, null where it is edited in place
--   $11 date[]         first days of what begins, likewise
--   $12 date[]         and last days, null where it is open
--   $13 boolean[]      whether payments_frozen_year is to be
--   $14 integer[]      this
-- One row for each training period that is on the schedule now: its id.
with input as (
  select *
  from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::bigint[], $7::integer[],
              $8::bigint[], $9::bigint[], $10::date[], $11::date[], $12::date[], $13::boolean[], $14::integer[])
    as i (submission_id, training_period_id, lead_provider_id, as_of, updated_at, schedule_id, contract_period_year,
          school_partnership_id, provider_contract_period_id, ends_on, started_on, finished_on, moves_frozen_year, frozen_year)
),
-- As it is before: this statement's snapshot.
asked as (
  select input.*, old.teacher_id, old.role, old.school_period_id, old.school_id, old.schedule_id as old_schedule_id,
         old.contract_period_year as old_year, old.finished_on as old_finished_on
  from input
  join training_periods as old on old.id = input.training_period_id
),
records as (
  update training_records as record
  set payments_frozen_year = asked.frozen_year, updated_at = asked.as_of
  from asked
  where asked.moves_frozen_year and record.teacher_id = asked.teacher_id and record.role = asked.role
  returning record.id
),
-- Its declarations go with it by their foreign key; clients find those whose contract period is another now.
edited as (
  update training_periods as period
  set schedule_id = asked.schedule_id, contract_period_year = asked.contract_period_year,
      school_partnership_id = asked.school_partnership_id,
      expression_of_interest_id = case when period.expression_of_interest_id is null or asked.contract_period_year = asked.old_year
                                    then period.expression_of_interest_id else asked.provider_contract_period_id end,
      updated_at = asked.as_of
  from asked
  where asked.started_on is null and period.id = asked.training_period_id
  returning period.id, period.teacher_id
),
moved as (
  update declarations as declaration
  set api_updated_at = asked.updated_at, updated_at = asked.as_of
  from asked
  where asked.started_on is null and asked.contract_period_year <> asked.old_year
    and declaration.training_period_id = asked.training_period_id
  returning declaration.id
),
ended as (
  update training_periods as period
  set finished_on = asked.ends_on,
      api_transfer_updated_at = case when period.finished_on is distinct from asked.ends_on then asked.updated_at
                                  else period.api_transfer_updated_at end,
      updated_at = asked.as_of
  from asked
  where asked.started_on is not null and period.id = asked.training_period_id
  returning period.id
),
opened as (
  insert into training_periods (school_period_id, teacher_id, role, school_id, started_on, finished_on, training_programme,
                                contract_period_year, school_partnership_id, lead_provider_id, schedule_id,
                                api_transfer_updated_at, created_at, updated_at)
  select asked.school_period_id, asked.teacher_id, asked.role, asked.school_id, asked.started_on, asked.finished_on,
         'provider_led', asked.contract_period_year, asked.school_partnership_id, asked.lead_provider_id, asked.schedule_id,
         asked.updated_at, asked.as_of, asked.as_of
  from asked
  where asked.started_on is not null
  returning id, teacher_id
),
current as (
  select id, teacher_id from edited union all select id, teacher_id from opened
),
named as (
  select asked.*, current.id as current_id, provider.name as lead_provider_name,
         coalesce(nullif(trim(teacher.corrected_name), ''),
                  nullif(trim(concat_ws(' ', teacher.trs_first_name, teacher.trs_last_name)), ''), 'Unknown') as name,
         schedule.identifier as schedule_identifier, old_schedule.identifier as old_schedule_identifier
  from asked
  join current on current.teacher_id = asked.teacher_id
  join teachers as teacher on teacher.id = asked.teacher_id
  join lead_providers as provider on provider.id = asked.lead_provider_id
  join schedules as schedule on schedule.id = asked.schedule_id
  join schedules as old_schedule on old_schedule.id = asked.old_schedule_id
),
history as (
  insert into events (event_type, heading, happened_at, metadata, author_type, author_name, submission_id, teacher_id,
                      lead_provider_id, training_period_id, school_period_id, school_id, schedule_id)
  select 'teacher_changes_schedule_training_period',
         format('Schedule of %s changed from %s (%s) to %s (%s) by %s', named.name, named.old_schedule_identifier, named.old_year,
                named.schedule_identifier, named.contract_period_year, named.lead_provider_name),
         named.as_of,
         jsonb_build_object('training_period_id', named.current_id, 'from_schedule_id', named.old_schedule_id,
                            'to_schedule_id', named.schedule_id),
         'lead_provider_api'::author_type, named.lead_provider_name, named.submission_id, named.teacher_id,
         named.lead_provider_id, named.training_period_id, null::bigint, null::bigint, named.old_schedule_id
  from named
  union all
  select 'teacher_finishes_training_period',
         format('%s finished their %s training', named.name, case named.role when 'ect' then 'ECT' else 'mentor' end),
         named.ends_on::timestamp at time zone 'Europe/London', null, 'lead_provider_api', named.lead_provider_name,
         named.submission_id, named.teacher_id, null, named.training_period_id, named.school_period_id, named.school_id, null
  from named
  where named.ends_on is distinct from named.old_finished_on and named.started_on is not null
  union all
  select 'teacher_schedule_assigned_to_training_period', format('Schedule of %s set to %s', named.name, named.schedule_identifier),
         named.as_of, null, 'lead_provider_api', named.lead_provider_name, named.submission_id, named.teacher_id, null,
         named.current_id, null, null, named.schedule_id
  from named
  where named.started_on is not null
)
select id from current
