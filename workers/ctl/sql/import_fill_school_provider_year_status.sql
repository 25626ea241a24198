-- import: school_provider_year_status of the touched schools (data-model-operations.md §9), and the instants of
-- school_year_status that move with a change of it (data-model.md §8). Changes rows that are there; those to add are in
-- import_new_school_provider_year_status.
create temp table import_new_school_provider_year_status (like school_provider_year_status);

insert into import_new_school_provider_year_status
  (lead_provider_id, contract_period_year, school_id, has_expression_of_interest, has_partnership)
select provider.id, t.contract_period_year, t.school_id, bool_or(provider.interest), bool_or(not provider.interest)
from training_periods t
join import_touched_schools touched on touched.id = t.school_id
left join provider_contract_periods p on p.id = t.expression_of_interest_id
cross join lateral (values (t.lead_provider_id, false), (p.lead_provider_id, true)) as provider (id, interest)
where provider.id is not null
group by provider.id, t.contract_period_year, t.school_id;

delete from import_new_school_provider_year_status n using school_provider_year_status s
where s.lead_provider_id = n.lead_provider_id and s.contract_period_year = n.contract_period_year
  and s.school_id = n.school_id and s.has_expression_of_interest = n.has_expression_of_interest
  and s.has_partnership = n.has_partnership;

update school_year_status y set api_updated_at = c.written_at
from (select distinct school_id, contract_period_year from import_new_school_provider_year_status) n, import_clock c
where y.school_id = n.school_id and y.contract_period_year = n.contract_period_year and y.api_updated_at < c.written_at;

with changed as (
  update school_provider_year_status s
  set has_expression_of_interest = n.has_expression_of_interest, has_partnership = n.has_partnership
  from import_new_school_provider_year_status n
  where s.lead_provider_id = n.lead_provider_id and s.contract_period_year = n.contract_period_year
    and s.school_id = n.school_id
  returning s.lead_provider_id, s.contract_period_year, s.school_id
)
delete from import_new_school_provider_year_status n using changed c
where c.lead_provider_id = n.lead_provider_id and c.contract_period_year = n.contract_period_year
  and c.school_id = n.school_id
