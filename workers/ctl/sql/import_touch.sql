-- import: which people and schools the new rows are about (import_touched_teachers, import_touched_schools), and the
-- instants that move with them for what was there before (data-model.md §8).
create temp table import_touched_teachers as
select teacher_id as id from import_rows_training_periods
union
select teacher_id from import_rows_school_periods
union
select ect_teacher_id from import_rows_mentorship_periods
union
select mentor_teacher_id from import_rows_mentorship_periods
union
select teacher_id from import_rows_induction_periods
union
select teacher_id from import_rows_training_records;
analyze import_touched_teachers;

create temp table import_touched_schools as
select school_id as id from import_rows_training_periods
union
select school_id from import_rows_school_partnerships
union
select id from import_rows_schools
union
select id from schools where exists (select from import_rows_contract_periods);
analyze import_touched_schools;

update teachers t set api_updated_at = c.written_at, updated_at = c.as_of
from import_touched_teachers touched, import_clock c
where touched.id = t.id and not exists (select from import_teachers n where n.id = t.id and not n.existing);

update delivery_partners d set api_updated_at = c.written_at, updated_at = c.as_of
from import_clock c
where exists (select from import_rows_delivery_partnerships p where p.delivery_partner_id = d.id)
  and not exists (select from import_delivery_partners n where n.id = d.id and not n.existing)
