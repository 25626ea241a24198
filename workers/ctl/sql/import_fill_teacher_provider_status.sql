-- import: teacher_provider_status of the touched teachers as it is to be now (the functions of the schema; DM-35). Changes
-- and removes rows that are there; those to add are in import_new_teacher_provider_status.
create temp table import_changed_teacher_provider_status as
select kept, computed
from teacher_provider_status_differences((select array_agg(id) from import_touched_teachers),
                                         (select array_agg(c.today) from import_touched_teachers cross join import_clock c));

delete from teacher_provider_status s using import_changed_teacher_provider_status d
where (d.computed).teacher_id is null
  and s.lead_provider_id = (d.kept).lead_provider_id and s.teacher_id = (d.kept).teacher_id;

update teacher_provider_status s
set latest_ect_training_period_id = (d.computed).latest_ect_training_period_id,
    latest_ect_contract_period_year = (d.computed).latest_ect_contract_period_year,
    latest_mentor_training_period_id = (d.computed).latest_mentor_training_period_id,
    latest_mentor_contract_period_year = (d.computed).latest_mentor_contract_period_year,
    assigned_mentor_school_period_id = (d.computed).assigned_mentor_school_period_id,
    involved_in_school_transfer = (d.computed).involved_in_school_transfer,
    has_others = (d.computed).has_others
from import_changed_teacher_provider_status d
where (d.computed).teacher_id is not null
  and s.lead_provider_id = (d.kept).lead_provider_id and s.teacher_id = (d.kept).teacher_id;

create temp table import_new_teacher_provider_status as
select (computed).* from import_changed_teacher_provider_status where (kept).teacher_id is null
