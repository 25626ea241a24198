-- Everything that accepted declarations write, for a batch, in one statement (declarations.md 4, 5, 6.1, 7.1): outcomes
-- first; what had an outcome already writes nothing else (DM-30).
--   $1  uuid[]         submissions                $2  timestamptz[]  their accepted_at
--   $3  uuid[]         declarations' api_id       $4  bigint[]       training periods
--   $5  bigint[]       teachers                   $6  text[]         roles
--   $7  bigint[]       lead providers             $8  integer[]      contract periods
--   $9  text[]         types                      $10 timestamptz[]  dates
--   $11 text[]         evidence                   $12 text[]         payment statuses
--   $13 bigint[]       payment statements         $14 bigint[]       mentorship periods
--   $15 bigint[]       delivery partners          $16 boolean[]      pupil premium uplift
--   $17 boolean[]      sparsity uplift            $18 timestamptz[]  business time: created_at, happened_at
--   $19 timestamptz[]  api_updated_at (PL-23)     $20 text[]         bodies (JSON)
--   $21 text[]         facts (JSON)               $22 text[]         rules versions
--   $23 text[]         lead providers' names       $28 text[]         trace ids
--   mentor completion (6.1), null where nothing changes:
--   $24 date[]         funding ends on            $25 text[]         change lines of it (JSON array of text)
--   $26 date[]         training period ends on    $27 bigint[]       its school period
-- One row for each submission written: its id.
with input as (
  select *
  from unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::bigint[], $5::bigint[], $6::participant_role[],
              $7::bigint[], $8::integer[], $9::declaration_type[], $10::timestamptz[], $11::evidence_type[],
              $12::payment_status[], $13::bigint[], $14::bigint[], $15::bigint[], $16::boolean[], $17::boolean[],
              $18::timestamptz[], $19::timestamptz[], $20::text[], $21::text[], $22::text[], $23::text[], $24::date[],
              $25::text[], $26::date[], $27::bigint[], $28::text[])
    as i (submission_id, accepted_at, api_id, training_period_id, teacher_id, role, lead_provider_id, year, type,
          declared_at, evidence, payment_status, statement_id, mentorship_id, delivery_partner_id, pupil_premium,
          sparsity, as_of, updated_at, body, facts, rules_version, lead_provider_name, funding_ends_on,
          funding_changes, training_ends_on, school_period_id, trace_id)
),
outcomes as (
  insert into submission_outcomes (submission_id, accepted_at, decided_at, result, http_status, body, resource_type,
                                   resource_api_id, decided_no, facts, rules_version)
  select submission_id, accepted_at, clock_timestamp(), 'succeeded', 200, body::json, 'participant-declaration',
         api_id, nextval('accept_no_seq'), facts::jsonb, rules_version::integer
  from input
  on conflict do nothing
  returning submission_id, decided_no
),
fresh as (
  select input.*, outcomes.decided_no from input join outcomes on outcomes.submission_id = input.submission_id
),
made as (
  insert into declarations (api_id, training_period_id, teacher_id, role, lead_provider_id, contract_period_year,
                            declaration_type, declaration_date, evidence_type, payment_status, payment_statement_id,
                            mentorship_period_id, delivery_partner_when_created_id, pupil_premium_uplift,
                            sparsity_uplift, submission_id, decided_no, api_updated_at, created_at, updated_at)
  select api_id, training_period_id, teacher_id, role, lead_provider_id, year, type, declared_at, evidence,
         payment_status, statement_id, mentorship_id, delivery_partner_id, pupil_premium, sparsity, submission_id,
         decided_no, updated_at, as_of, as_of
  from fresh
  returning id, submission_id
),
funding as (
  update training_records as record
  set became_ineligible_for_funding_on = fresh.funding_ends_on,
      became_ineligible_for_funding_reason = 'completed_declaration_received',
      updated_at = fresh.as_of
  from fresh
  where fresh.funding_ends_on is not null and record.teacher_id = fresh.teacher_id and record.role = fresh.role
  returning record.id
),
funding_history as (
  insert into eligibility_changes (teacher_id, role, aspect, eligible, effective_on, reason, cause_kind, cause_id,
                                   evidence, recorded_at, recorded_by)
  select teacher_id, role, 'funding', false, funding_ends_on, 'completed_declaration_received', 'declaration',
         api_id::text, jsonb_build_object('declaration_date', declared_at, 'changes', funding_changes::jsonb), as_of,
         'lead_provider_api'
  from fresh
  where funding_ends_on is not null
),
training as (
  update training_periods as period
  set finished_on = fresh.training_ends_on, api_transfer_updated_at = fresh.updated_at, updated_at = fresh.as_of
  from fresh
  where fresh.training_ends_on is not null and period.id = fresh.training_period_id
  returning period.id
),
people as (
  update teachers as teacher
  set api_updated_at = fresh.updated_at, updated_at = fresh.as_of
  from fresh
  where (fresh.funding_ends_on is not null or fresh.training_ends_on is not null) and teacher.id = fresh.teacher_id
  returning teacher.id
),
named as (
  select made.id as declaration_id, fresh.*,
         coalesce(teacher.corrected_name, nullif(trim(concat_ws(' ', teacher.trs_first_name, teacher.trs_last_name)), ''),
                  'Unknown') as name
  from fresh
  join made on made.submission_id = fresh.submission_id
  join teachers as teacher on teacher.id = fresh.teacher_id
),
history as (
  insert into events (event_type, heading, happened_at, modifications, author_type, author_name, submission_id,
                      teacher_id, lead_provider_id, training_period_id, school_period_id, declaration_id)
  select 'teacher_declaration_created',
         format('%s declaration %s, %s, of %s created by %s', type, api_id,
                case payment_status when 'no_payment' then 'submitted' else payment_status::text end, name,
                lead_provider_name),
         as_of, null::text[], 'lead_provider_api'::author_type, lead_provider_name, submission_id, teacher_id,
         lead_provider_id, null::bigint, null::bigint, declaration_id
  from named
  union all
  select 'mentor_completion_status_change', format('%s has completed mentor training', name), as_of,
         array(select jsonb_array_elements_text(funding_changes::jsonb)), 'lead_provider_api', lead_provider_name,
         submission_id, teacher_id, null, training_period_id, null, declaration_id
  from named
  where funding_ends_on is not null
  union all
  select 'teacher_finishes_training_period', format('%s finished their mentor training', name),
         training_ends_on::timestamp at time zone 'Europe/London', null, 'lead_provider_api', lead_provider_name,
         submission_id, teacher_id, null, training_period_id, school_period_id, null
  from named
  where training_ends_on is not null
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
