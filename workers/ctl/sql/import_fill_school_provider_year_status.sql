-- import: school_provider_year_status of the touched schools as it is to be now (the functions of the schema; DM-35), and the
-- instants of school_year_status that move where a provider's expression of interest comes or goes (data-model.md §8).
-- Changes and removes rows that are there; those to add are in import_new_school_provider_year_status.
create temp table import_changed_school_provider_year_status as
select kept, computed from school_provider_year_status_differences((select array_agg(id) from import_touched_schools));

update school_year_status y set api_updated_at = c.written_at
from (select distinct coalesce((kept).school_id, (computed).school_id) as school_id,
             coalesce((kept).contract_period_year, (computed).contract_period_year) as contract_period_year
      from import_changed_school_provider_year_status
      where (kept).school_id is null or (computed).school_id is null) n, import_clock c
where y.school_id = n.school_id and y.contract_period_year = n.contract_period_year and y.api_updated_at < c.written_at;

delete from school_provider_year_status s using import_changed_school_provider_year_status d
where (d.computed).school_id is null
  and s.lead_provider_id = (d.kept).lead_provider_id and s.contract_period_year = (d.kept).contract_period_year
  and s.school_id = (d.kept).school_id;

update school_provider_year_status s
set has_expression_of_interest = (d.computed).has_expression_of_interest, has_partnership = (d.computed).has_partnership
from import_changed_school_provider_year_status d
where (d.computed).school_id is not null
  and s.lead_provider_id = (d.kept).lead_provider_id and s.contract_period_year = (d.kept).contract_period_year
  and s.school_id = (d.kept).school_id;

create temp table import_new_school_provider_year_status as
select (computed).* from import_changed_school_provider_year_status where (kept).school_id is null
