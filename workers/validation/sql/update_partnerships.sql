-- Everything that accepted `partnership.update` write, for a batch, but what follows from it and their outcomes
-- (lead-provider-api.md 9.2): another delivery partner, the instants of the declarations under the partnership, which keep
-- theirs, and the events. No two are about one school or person (PL-21).
--   $1 uuid[]         submissions       $2 bigint[]       partnerships
--   $3 bigint[]       delivery partnerships, new
--   $4 text[]         change lines (JSON array of text)
--   $5 timestamptz[]  business time     $6 timestamptz[]  api_updated_at (PL-23)
-- One row for each partnership: its id.
with input as (
  select *
  from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::timestamptz[], $6::timestamptz[])
    as i (submission_id, partnership_id, delivery_partnership_id, changes, as_of, updated_at)
),
changed as (
  update school_partnerships as partnership
  set delivery_partnership_id = input.delivery_partnership_id, api_updated_at = input.updated_at, updated_at = input.as_of
  from input
  where partnership.id = input.partnership_id
  returning partnership.id, partnership.school_id, partnership.lead_provider_id, partnership.contract_period_year
),
declared as (
  update declarations as declaration
  set api_updated_at = input.updated_at, updated_at = input.as_of
  from input
  join training_periods as training on training.school_partnership_id = input.partnership_id
  where declaration.training_period_id = training.id
),
-- What they had before is what a statement sees of rows that it changes.
history as (
  insert into events (event_type, heading, happened_at, modifications, metadata, author_type, author_name, submission_id,
                      school_id, school_partnership_id, lead_provider_id, delivery_partner_id)
  select 'school_partnership_updated',
         format('Delivery partner of %s through %s for %s changed from %s to %s', gias.name, provider.name,
                changed.contract_period_year, partner_before.name, partner.name),
         input.as_of, array(select jsonb_array_elements_text(input.changes::jsonb)),
         jsonb_build_object('contract_period_year', changed.contract_period_year), 'lead_provider_api', provider.name,
         input.submission_id, changed.school_id, changed.id, changed.lead_provider_id, partner.id
  from changed
  join input on input.partnership_id = changed.id
  join school_partnerships as before on before.id = changed.id
  join delivery_partnerships as works_before on works_before.id = before.delivery_partnership_id
  join delivery_partners as partner_before on partner_before.id = works_before.delivery_partner_id
  join delivery_partnerships as works on works.id = input.delivery_partnership_id
  join delivery_partners as partner on partner.id = works.delivery_partner_id
  join lead_providers as provider on provider.id = changed.lead_provider_id
  join schools as school on school.id = changed.school_id
  join gias_schools as gias on gias.urn = school.urn
)
select id from changed
