-- import: the lead provider's contract period and the delivery partner. Rows of import_raw_delivery_partnerships with
-- lead_provider_id, contract_period_year, provider_contract_period_id, delivery_partner_id (null = none).
select r.*, l.id as lead_provider_id, p.contract_period_year, p.id as provider_contract_period_id,
       d.id as delivery_partner_id
from import_raw_delivery_partnerships r
left join import_key_lead_providers l on l.key = r.lead_provider
left join import_all_lead_provider_contract_periods p
  on p.lead_provider_id = l.id and p.contract_period_year = r.given_contract_period_year
left join import_key_delivery_partners d on d.key = r.delivery_partner
