-- import: school_provider_year_status of the touched schools (data-model-operations.md §9), and the instants of
-- school_year_status that move with a change of it (data-model.md §8).
with wanted as (
  select provider.id as lead_provider_id, t.contract_period_year, t.school_id,
         bool_or(provider.interest) as interest, bool_or(not provider.interest) as partnership
  from training_periods t
  join import_touched_schools touched on touched.id = t.school_id
  left join provider_contract_periods p on p.id = t.expression_of_interest_id
  cross join lateral (values (t.lead_provider_id, false), (p.lead_provider_id, true)) as provider (id, interest)
  where provider.id is not null
  group by provider.id, t.contract_period_year, t.school_id
),
written as (
  insert into school_provider_year_status as s
    (lead_provider_id, contract_period_year, school_id, has_expression_of_interest, has_partnership)
  select lead_provider_id, contract_period_year, school_id, interest, partnership from wanted
  on conflict (lead_provider_id, contract_period_year, school_id) do update
  set has_expression_of_interest = excluded.has_expression_of_interest, has_partnership = excluded.has_partnership
  where (s.has_expression_of_interest, s.has_partnership)
    is distinct from (excluded.has_expression_of_interest, excluded.has_partnership)
  returning school_id, contract_period_year
)
update school_year_status y set api_updated_at = c.written_at
from (select distinct school_id, contract_period_year from written) w, import_clock c
where y.school_id = w.school_id and y.contract_period_year = w.contract_period_year and y.api_updated_at < c.written_at
