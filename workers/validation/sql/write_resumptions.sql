-- What accepted `participant.resume` write, for a batch, in one statement (lead-provider-api.md 5.4; events.md 4.4): training
-- that begins where the old one, which stays as it is, was. What follows from it is common/sql/refresh_people.sql's and
-- refresh_schools.sql's. No two are about one person (PL-21).
--   $1 uuid[]         submissions                 $2 bigint[]       old training periods
--   $3 bigint[]       lead providers              $4 timestamptz[]  business time: created_at, happened_at
--   $5 timestamptz[]  api_updated_at (PL-23)      $6 date[]         first days
--   $7 date[]         last days, null where it is open
-- One row for each training period made: its id.
with input as (
  select *
  from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::date[], $7::date[])
    as i (submission_id, training_period_id, lead_provider_id, as_of, updated_at, started_on, finished_on)
),
opened as (
  insert into training_periods (school_period_id, teacher_id, role, school_id, started_on, finished_on, training_programme,
                                contract_period_year, school_partnership_id, lead_provider_id, schedule_id,
                                api_transfer_updated_at, created_at, updated_at)
  select old.school_period_id, old.teacher_id, old.role, old.school_id, input.started_on, input.finished_on, 'provider_led',
         old.contract_period_year, old.school_partnership_id, old.lead_provider_id, old.schedule_id, input.updated_at,
         input.as_of, input.as_of
  from input
  join training_periods as old on old.id = input.training_period_id
  returning id, teacher_id, role, schedule_id
),
named as (
  select input.*, opened.id as opened_id, opened.teacher_id, opened.schedule_id, provider.name as lead_provider_name,
         coalesce(nullif(trim(teacher.corrected_name), ''),
                  nullif(trim(concat_ws(' ', teacher.trs_first_name, teacher.trs_last_name)), ''), 'Unknown') as name
  from input
  join training_periods as old on old.id = input.training_period_id
  join opened on opened.teacher_id = old.teacher_id
  join teachers as teacher on teacher.id = old.teacher_id
  join lead_providers as provider on provider.id = input.lead_provider_id
),
history as (
  insert into events (event_type, heading, happened_at, metadata, author_type, author_name, submission_id, teacher_id,
                      lead_provider_id, training_period_id, schedule_id)
  select 'teacher_resumes_training_period', format('%s was resumed by %s', named.name, named.lead_provider_name), named.as_of,
         jsonb_build_object('new_training_period_id', named.opened_id), 'lead_provider_api'::author_type,
         named.lead_provider_name, named.submission_id, named.teacher_id, named.lead_provider_id, named.training_period_id,
         null::bigint
  from named
  union all
  select 'teacher_schedule_assigned_to_training_period', format('Schedule of %s set to %s', named.name, schedule.identifier),
         named.as_of, null, 'lead_provider_api', named.lead_provider_name, named.submission_id, named.teacher_id, null,
         named.opened_id, named.schedule_id
  from named
  join schedules as schedule on schedule.id = named.schedule_id
)
select id from opened
