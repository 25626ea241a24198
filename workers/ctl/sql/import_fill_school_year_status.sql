-- import: school_year_status of the touched schools in every contract period as it is to be now (the functions of the schema;
-- DM-35). Changes rows that are there; those to add are in import_new_school_year_status.
create temp table import_changed_school_year_status as
select kept, computed from school_year_status_differences((select array_agg(id) from import_touched_schools));

update school_year_status s
set in_partnership = (d.computed).in_partnership, programme_choice = (d.computed).programme_choice,
    api_updated_at = c.written_at
from import_changed_school_year_status d, import_clock c
where s.contract_period_year = (d.kept).contract_period_year and s.school_id = (d.kept).school_id;

create temp table import_new_school_year_status as
select (d.computed).contract_period_year, (d.computed).school_id, (d.computed).in_partnership, (d.computed).programme_choice,
       c.written_at as api_updated_at
from import_changed_school_year_status d
cross join import_clock c
where (d.kept).school_id is null
