-- import: the contract of each statement. Rows of import_raw_statements with lead_provider_id, contract_period_year,
-- contract_id (null = none).
select r.*, l.id as lead_provider_id, p.contract_period_year, c.id as contract_id
from import_raw_statements r
left join import_key_lead_providers l on l.key = r.lead_provider
left join import_all_lead_provider_contract_periods p
  on p.lead_provider_id = l.id and p.contract_period_year = r.given_contract_period_year
left join import_all_contracts c
  on c.provider_contract_period_id = p.id and c.ecf1_contract_version = r.contract_version
