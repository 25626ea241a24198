-- Everything that accepted `partnership.create` write, for a batch, but what follows from it and their outcomes
-- (lead-provider-api.md 9.1): the partnerships, the training that waited for them, their events. No two are about one school
-- or person (PL-21).
--   $1 uuid[]         submissions                $2 uuid[]         api_id of what each makes
--   $3 bigint[]       schools                    $4 bigint[]       delivery partnerships
--   $5 bigint[]       lead providers             $6 integer[]      contract periods
--   $7 timestamptz[]  business time: created_at  $8 timestamptz[]  api_updated_at (PL-23)
-- and of all of them together:
--   $9 bigint[]       training periods that are confirmed   $10 uuid[]  by which of $2
-- One row for each partnership: its id and api_id.
with input as (
  select *
  from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::integer[], $7::timestamptz[], $8::timestamptz[])
    as i (submission_id, api_id, school_id, delivery_partnership_id, lead_provider_id, contract_period_year, as_of, updated_at)
),
made as (
  insert into school_partnerships (api_id, school_id, delivery_partnership_id, lead_provider_id, contract_period_year,
                                   api_updated_at, created_at, updated_at)
  select api_id, school_id, delivery_partnership_id, lead_provider_id, contract_period_year, updated_at, as_of, as_of
  from input
  returning id, api_id
),
named as (
  select input.*, made.id as partnership_id, provider.name as lead_provider_name, partner.id as delivery_partner_id,
         partner.name as delivery_partner_name, gias.name as school_name
  from input
  join made on made.api_id = input.api_id
  join lead_providers as provider on provider.id = input.lead_provider_id
  join delivery_partnerships as works on works.id = input.delivery_partnership_id
  join delivery_partners as partner on partner.id = works.delivery_partner_id
  join schools as school on school.id = input.school_id
  join gias_schools as gias on gias.urn = school.urn
),
-- The expression of interest stays.
confirmed as (
  update training_periods as training
  set school_partnership_id = named.partnership_id, lead_provider_id = named.lead_provider_id, updated_at = named.as_of
  from unnest($9::bigint[], $10::uuid[]) as waiting (training_period_id, api_id)
  join named on named.api_id = waiting.api_id
  where training.id = waiting.training_period_id
  returning training.id, training.teacher_id, training.school_period_id, named.api_id
),
history as (
  insert into events (event_type, heading, happened_at, metadata, author_type, author_name, submission_id, teacher_id,
                      training_period_id, school_period_id, school_id, school_partnership_id, lead_provider_id,
                      delivery_partner_id)
  select 'school_partnership_created',
         format('%s in partnership with %s through %s for %s', named.school_name, named.delivery_partner_name,
                named.lead_provider_name, named.contract_period_year),
         named.as_of, jsonb_build_object('contract_period_year', named.contract_period_year),
         'lead_provider_api'::author_type, named.lead_provider_name, named.submission_id, null::bigint, null::bigint,
         null::bigint, named.school_id, named.partnership_id, named.lead_provider_id, named.delivery_partner_id
  from named
  union all
  select 'training_period_assigned_to_school_partnership',
         format('Training of %s assigned to the partnership of %s with %s through %s',
                coalesce(teacher.corrected_name, nullif(trim(concat_ws(' ', teacher.trs_first_name, teacher.trs_last_name)), ''),
                         'Unknown'),
                named.school_name, named.delivery_partner_name, named.lead_provider_name),
         named.as_of, null, 'lead_provider_api', named.lead_provider_name, named.submission_id, confirmed.teacher_id,
         confirmed.id, confirmed.school_period_id, named.school_id, named.partnership_id, named.lead_provider_id,
         named.delivery_partner_id
  from confirmed
  join named on named.api_id = confirmed.api_id
  join teachers as teacher on teacher.id = confirmed.teacher_id
)
select id, api_id from made
