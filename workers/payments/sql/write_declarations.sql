-- Everything that accepted declarations write, for a batch, in one statement (declarations.md 4, 5, 6.1, 7.1): outcomes
-- first; what had an outcome already writes nothing else (DM-30). What follows from a mentor's completion is refreshed behind
-- it (common/derived.h).
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
--   mentor completion (6.1), null where nothing changes:
--   $23 date[]         funding ends on            $24 text[]         change lines of it (JSON array of text)
--   $25 date[]         training period ends on    $26 bigint[]       its school period
--   $27 text[]         trace ids                  $28 text[]         cache scopes (comma separated)
-- One row for each submission written: its id.
--
-- What every declaration writes joins nothing to the input: the planner thinks of ten rows and would compare each of 200
-- with each.
with input as (
  select *, nextval('accept_no_seq') as decided_no
  from unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::bigint[], $5::bigint[], $6::participant_role[],
              $7::bigint[], $8::integer[], $9::declaration_type[], $10::timestamptz[], $11::evidence_type[],
              $12::payment_status[], $13::bigint[], $14::bigint[], $15::bigint[], $16::boolean[], $17::boolean[],
              $18::timestamptz[], $19::timestamptz[], $20::text[], $21::text[], $22::text[], $23::date[], $24::text[],
              $25::date[], $26::bigint[], $27::text[], $28::text[])
    as i (submission_id, accepted_at, api_id, training_period_id, teacher_id, role, lead_provider_id, year, type,
          declared_at, evidence, payment_status, statement_id, mentorship_id, delivery_partner_id, pupil_premium,
          sparsity, as_of, updated_at, body, facts, rules_version, funding_ends_on, funding_changes,
          training_ends_on, school_period_id, trace_id, scopes)
),
outcomes as (
  insert into submission_outcomes (submission_id, accepted_at, decided_at, result, http_status, body, resource_type,
                                   resource_api_id, decided_no, scopes, facts, rules_version)
  select submission_id, accepted_at, clock_timestamp(), 'succeeded', 200, body::json, 'participant-declaration',
         api_id, decided_no, string_to_array(scopes, ','), facts::jsonb, rules_version::integer
  from input
  on conflict do nothing
  returning submission_id
),
-- "is true": looked up in a hash, not joined
fresh as (
  select * from input where (submission_id in (select submission_id from outcomes)) is true
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
  returning id, api_id, submission_id, teacher_id, training_period_id, lead_provider_id, declaration_type, payment_status,
            created_at
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
  returning period.id, period.school_id
),
named as (
  select made.*, provider.name as lead_provider_name,
         coalesce(teacher.corrected_name, nullif(trim(concat_ws(' ', teacher.trs_first_name, teacher.trs_last_name)), ''),
                  'Unknown') as name
  from made
  join teachers as teacher on teacher.id = made.teacher_id
  join lead_providers as provider on provider.id = made.lead_provider_id
),
completed as (
  select named.*, fresh.funding_ends_on, fresh.funding_changes, fresh.training_ends_on, fresh.school_period_id
  from fresh
  join named on named.submission_id = fresh.submission_id
  where fresh.funding_ends_on is not null or fresh.training_ends_on is not null
),
history as (
  insert into events (event_type, heading, happened_at, modifications, author_type, author_name, submission_id,
                      teacher_id, lead_provider_id, training_period_id, school_period_id, school_id, declaration_id)
  select 'teacher_declaration_created',
         format('%s declaration %s, %s, of %s created by %s', declaration_type, api_id,
                case payment_status when 'no_payment' then 'submitted' else payment_status::text end, name,
                lead_provider_name),
         created_at, null::text[], 'lead_provider_api'::author_type, lead_provider_name, submission_id, teacher_id,
         lead_provider_id, null::bigint, null::bigint, null::bigint, id
  from named
  union all
  select 'mentor_completion_status_change', format('%s has completed mentor training', name), created_at,
         array(select jsonb_array_elements_text(funding_changes::jsonb)), 'lead_provider_api', lead_provider_name,
         submission_id, teacher_id, null, training_period_id, null, null, id
  from completed
  where funding_ends_on is not null
  union all
  select 'teacher_finishes_training_period', format('%s finished their mentor training', name),
         training_ends_on::timestamp at time zone 'Europe/London', null, 'lead_provider_api', lead_provider_name,
         submission_id, teacher_id, null, training_period_id, school_period_id, training.school_id, null
  from completed
  join training on training.id = completed.training_period_id
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
