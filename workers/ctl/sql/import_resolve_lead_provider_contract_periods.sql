-- import: lead provider and contract period. Rows of import_raw_lead_provider_contract_periods with both (null = none).
select r.*, l.id as lead_provider_id, p.year as contract_period_year
from import_raw_lead_provider_contract_periods r
left join import_key_lead_providers l on l.key = r.lead_provider
left join import_all_contract_periods p on p.year = r.given_contract_period_year
