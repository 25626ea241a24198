-- import: roles that the person has no record of. Rows: line, column_name, value, reason.
select p.line, 'role' as column_name, p.role::text as value, 'the person has no training record of this role' as reason
from import_rows_school_periods p
left join import_all_training_records t on t.teacher_id = p.teacher_id and t.role = p.role
where p.teacher_id is not null and t.teacher_id is null
