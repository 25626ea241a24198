-- Everything that accepted voids write, for a batch, in one statement (declarations.md 6, 6.1, 7.1): outcomes first; what
-- had an outcome already writes nothing else (DM-30). No two are about one person (PL-21). What follows from a change of
-- training or of its record is refreshed behind it (common/derived.h).
--   $1  uuid[]         submissions                $2  timestamptz[]  their accepted_at
--   $3  bigint[]       declarations               $4  uuid[]         their api_id
--   $5  text[]         payment statuses, new      $6  text[]         clawback statuses, new
--   $7  bigint[]       clawback statements, null where none
--   $8  bigint[]       training periods           $9  bigint[]       teachers
--   $10 bigint[]       lead providers             $11 timestamptz[]  business time: happened_at, updated_at
--   $12 timestamptz[]  api_updated_at (PL-23)     $13 text[]         bodies (JSON)
--   $14 text[]         facts (JSON)               $15 text[]         rules versions
--   mentor completion (6.1):
--   $16 text[]         change lines of the training record (JSON array of text), null where it stays
--   $17 date[]         and when funding ends now, null where it no longer does
--   $18 bigint[]       the latest training period, null where it stays and none is made
--   $19 date[]         its last day, null where it stays
--   $20 date[]         first day of the one made behind it, null where none is
--   $21 date[]         and its last day, null where it is open
--   $22 text[]         trace ids
--   $23 text[]         cache scopes (comma separated)
-- One row for each submission written: its id.
with input as (
  select *
  from unnest($1::uuid[], $2::timestamptz[], $3::bigint[], $4::uuid[], $5::payment_status[], $6::clawback_status[],
              $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::timestamptz[], $12::timestamptz[], $13::text[],
              $14::text[], $15::text[], $16::text[], $17::date[], $18::bigint[], $19::date[], $20::date[], $21::date[],
              $22::text[], $23::text[])
    as i (submission_id, accepted_at, declaration_id, api_id, payment_status, clawback_status, clawback_statement_id,
          training_period_id, teacher_id, lead_provider_id, as_of, updated_at, body, facts, rules_version, funding_changes,
          funding_ends_on, latest_training_id, training_ends_on, opened_from, opened_until, trace_id, scopes)
),
outcomes as (
  insert into submission_outcomes (submission_id, accepted_at, decided_at, result, http_status, body, resource_type,
                                   resource_api_id, decided_no, scopes, facts, rules_version)
  select submission_id, accepted_at, clock_timestamp(), 'succeeded', 200, body::json, 'participant-declaration', api_id,
         nextval('accept_no_seq'), string_to_array(scopes, ','), facts::jsonb, rules_version::integer
  from input
  on conflict do nothing
  returning submission_id
),
-- "is true": looked up in a hash, not joined
fresh as (
  select * from input where (submission_id in (select submission_id from outcomes)) is true
),
voided as (
  update declarations as declaration
  set payment_status = fresh.payment_status, clawback_status = fresh.clawback_status,
      clawback_statement_id = fresh.clawback_statement_id, api_updated_at = fresh.updated_at, updated_at = fresh.as_of
  from fresh
  where declaration.id = fresh.declaration_id
  returning declaration.id, declaration.declaration_type
),
funding as (
  update training_records as record
  set became_ineligible_for_funding_on = fresh.funding_ends_on,
      became_ineligible_for_funding_reason =
        case when fresh.funding_ends_on is not null then 'completed_declaration_received'::mentor_funding_end_reason end,
      updated_at = fresh.as_of
  from fresh
  where fresh.funding_changes is not null and record.teacher_id = fresh.teacher_id and record.role = 'mentor'
  returning record.id
),
-- DM-16: reversals too
funding_history as (
  insert into eligibility_changes (teacher_id, role, aspect, eligible, effective_on, reason, cause_kind, cause_id,
                                   evidence, recorded_at, recorded_by)
  select fresh.teacher_id, 'mentor', 'funding', fresh.funding_ends_on is null,
         coalesce(fresh.funding_ends_on, (fresh.as_of at time zone 'Europe/London')::date),
         case when fresh.funding_ends_on is null then 'completed_declaration_voided' else 'completed_declaration_received' end,
         'declaration', fresh.api_id::text, jsonb_build_object('changes', fresh.funding_changes::jsonb), fresh.as_of,
         'lead_provider_api'
  from fresh
  where fresh.funding_changes is not null
),
finished as (
  update training_periods as period
  set finished_on = fresh.training_ends_on, api_transfer_updated_at = fresh.updated_at, updated_at = fresh.as_of
  from fresh
  where fresh.training_ends_on is not null and period.id = fresh.latest_training_id
  returning period.id, period.school_period_id, period.school_id
),
-- The same school period, partnership and schedule; no expression of interest.
opened as (
  insert into training_periods (school_period_id, teacher_id, role, school_id, started_on, finished_on, training_programme,
                                contract_period_year, school_partnership_id, lead_provider_id, schedule_id,
                                api_transfer_updated_at, created_at, updated_at)
  select latest.school_period_id, latest.teacher_id, latest.role, latest.school_id, fresh.opened_from, fresh.opened_until,
         'provider_led', latest.contract_period_year, latest.school_partnership_id, latest.lead_provider_id,
         latest.schedule_id, fresh.updated_at, fresh.as_of, fresh.as_of
  from fresh
  join training_periods as latest on latest.id = fresh.latest_training_id
  where fresh.opened_from is not null
  returning id, teacher_id, school_period_id, schedule_id
),
named as (
  select fresh.*, provider.name as lead_provider_name,
         coalesce(teacher.corrected_name, nullif(trim(concat_ws(' ', teacher.trs_first_name, teacher.trs_last_name)), ''),
                  'Unknown') as name
  from fresh
  join teachers as teacher on teacher.id = fresh.teacher_id
  join lead_providers as provider on provider.id = fresh.lead_provider_id
),
history as (
  insert into events (event_type, heading, happened_at, modifications, author_type, author_name, submission_id,
                      teacher_id, training_period_id, school_period_id, school_id, schedule_id, declaration_id)
  select case named.payment_status when 'voided' then 'teacher_declaration_voided'
           else 'teacher_declaration_awaiting_clawback' end,
         format(case named.payment_status when 'voided' then '%s declaration %s of %s voided by %s'
                  else '%s declaration %s of %s awaiting clawback, voided by %s' end,
                voided.declaration_type, named.api_id, named.name, named.lead_provider_name),
         named.as_of, null::text[], 'lead_provider_api'::author_type, named.lead_provider_name, named.submission_id,
         named.teacher_id, named.training_period_id, null::bigint, null::bigint, null::bigint, named.declaration_id
  from named
  join voided on voided.id = named.declaration_id
  union all
  select 'mentor_completion_status_change',
         format(case when named.funding_ends_on is null then '%s has not completed mentor training'
                  else '%s has completed mentor training' end, named.name),
         named.as_of, array(select jsonb_array_elements_text(named.funding_changes::jsonb)), 'lead_provider_api',
         named.lead_provider_name, named.submission_id, named.teacher_id, named.training_period_id, null, null,
         null, named.declaration_id
  from named
  where named.funding_changes is not null
  union all
  select 'teacher_finishes_training_period', format('%s finished their mentor training', named.name),
         named.training_ends_on::timestamp at time zone 'Europe/London', null, 'lead_provider_api',
         named.lead_provider_name, named.submission_id, named.teacher_id, finished.id, finished.school_period_id,
         finished.school_id, null, null
  from named
  join finished on finished.id = named.latest_training_id
  union all
  select 'teacher_schedule_assigned_to_training_period', format('Schedule of %s set to %s', named.name, schedule.identifier),
         named.as_of, null, 'lead_provider_api', named.lead_provider_name, named.submission_id, named.teacher_id,
         opened.id, null, null, opened.schedule_id, null
  from named
  join opened on opened.teacher_id = named.teacher_id
  join schedules as schedule on schedule.id = opened.schedule_id
),
-- PL-54: told to whoever asked for it
deliveries as (
  insert into webhook_deliveries (id, created_at, webhook_endpoint_id, kind, submission_id, trace_id)
  select told.id, uuid_v7_time(told.id), told.endpoint_id, 'submission.decided', told.submission_id, told.trace_id
  from (select uuid_v7() as id, endpoint.id as endpoint_id, fresh.submission_id, fresh.trace_id
        from fresh
        join webhook_endpoints as endpoint on endpoint.lead_provider_id = fresh.lead_provider_id
          and endpoint.disabled_at is null and 'submission.decided' = any (endpoint.event_kinds)
        offset 0) as told
)
select submission_id as id from outcomes
