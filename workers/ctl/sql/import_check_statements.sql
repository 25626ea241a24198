-- import: statements that no contract prices, or whose status does not fit their dates (payments.md 3.3).
-- Rows: line, column_name, value, reason.
select n.line, 'contract_version' as column_name, n.contract_version as value,
       'no such contract of this lead provider and contract period' as reason
from import_statements n
where n.contract_id is null and n.contract_period_year is not null and n.lead_provider_id is not null and not n.bad
union all
select n.line, 'status', n.status::text, 'the deadline has not passed'
from import_rows_statements n cross join import_clock c
where n.status <> 'open' and n.deadline_date >= c.today
