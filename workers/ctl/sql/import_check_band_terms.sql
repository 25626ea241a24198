-- import: prices of contracts or bands that are not there. Rows: line, column_name, value, reason.
select n.line, 'contract_version' as column_name, n.contract_version as value,
       'no such contract of this lead provider and contract period' as reason
from import_band_terms n
where n.contract_id is null and n.provider_contract_period_id is not null and not n.bad
union all
select n.line, 'allocation_order', n.allocation_order::text, 'no such band of this lead provider and contract period'
from import_band_terms n
where n.band_id is null and n.provider_contract_period_id is not null and not n.bad
