-- import: the provider contract period of each contract. Rows of import_raw_contracts with provider_contract_period_id,
-- lead_provider_id, contract_period_year (null = none).
select r.*, l.id as lead_provider_id, p.id as provider_contract_period_id, p.contract_period_year
from import_raw_contracts r
left join import_key_lead_providers l on l.key = r.lead_provider
left join import_all_lead_provider_contract_periods p
  on p.lead_provider_id = l.id and p.contract_period_year = r.given_contract_period_year
