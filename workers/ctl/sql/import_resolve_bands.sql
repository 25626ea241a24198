-- import: the provider contract period of each band. Rows of import_raw_bands with provider_contract_period_id (null = none).
select r.*, p.id as provider_contract_period_id
from import_raw_bands r
left join import_key_lead_providers l on l.key = r.lead_provider
left join import_all_lead_provider_contract_periods p
  on p.lead_provider_id = l.id and p.contract_period_year = r.contract_period_year
