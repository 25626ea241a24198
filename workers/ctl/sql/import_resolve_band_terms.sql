-- import: contract and band of each price. Rows of import_raw_band_terms with provider_contract_period_id, contract_id,
-- band_id (null = none).
select r.*, p.id as provider_contract_period_id, c.id as contract_id, b.id as band_id
from import_raw_band_terms r
left join import_key_lead_providers l on l.key = r.lead_provider
left join import_all_lead_provider_contract_periods p
  on p.lead_provider_id = l.id and p.contract_period_year = r.contract_period_year
left join import_all_contracts c
  on c.provider_contract_period_id = p.id and c.ecf1_contract_version = r.contract_version
left join import_all_bands b on b.provider_contract_period_id = p.id and b.allocation_order = r.allocation_order
