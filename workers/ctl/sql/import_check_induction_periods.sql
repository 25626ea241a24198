-- import: inductions in the future or before qualified teacher status (data-model.md 7.5).
-- Rows: line, column_name, value, reason.
select n.line, 'started_on' as column_name, n.started_on::text as value, 'in the future' as reason
from import_rows_induction_periods n cross join import_clock c
where n.started_on > c.today
union all
select n.line, 'finished_on', n.finished_on::text, 'in the future'
from import_rows_induction_periods n cross join import_clock c
where n.finished_on > c.today
union all
select n.line, 'started_on', n.started_on::text, 'before qualified teacher status, ' || t.trs_qts_awarded_on
from import_rows_induction_periods n
join (select id, trs_qts_awarded_on from teachers union all select id, trs_qts_awarded_on from import_teachers where not existing) t
  on t.id = n.teacher_id
where n.started_on < t.trs_qts_awarded_on
