-- import: milestones that begin before their contract period's year (data-model.md 3.2).
-- Rows: line, column_name, value, reason.
select m.line, 'start_date' as column_name, m.start_date::text as value,
       'before 1 June of the contract period''s year' as reason
from import_rows_milestones m
join import_all_schedules s on s.id = m.schedule_id
where m.start_date < make_date(s.contract_period_year, 6, 1)
