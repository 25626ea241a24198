-- import: school and delivery partnership. Rows of import_raw_school_partnerships with school_id, lead_provider_id,
-- contract_period_year, delivery_partnership_id (null = none).
select r.*, s.id as school_id, l.id as lead_provider_id, y.year as contract_period_year,
       p.id as delivery_partnership_id
from import_raw_school_partnerships r
left join import_all_schools s on s.urn = r.school_urn
left join import_key_lead_providers l on l.key = r.lead_provider
left join import_all_contract_periods y on y.year = r.given_contract_period_year
left join import_key_delivery_partners d on d.key = r.delivery_partner
left join import_all_delivery_partnerships p
  on p.lead_provider_id = l.id and p.contract_period_year = y.year and p.delivery_partner_id = d.id
