-- import: what a school refers to. Rows of import_raw_schools with urn, induction_tutor_last_nominated_in,
-- last_chosen_appropriate_body_id, last_chosen_lead_provider_id (null = none).
select r.*, g.urn, p.year as induction_tutor_last_nominated_in, b.id as last_chosen_appropriate_body_id,
       l.id as last_chosen_lead_provider_id
from import_raw_schools r
left join import_all_gias_schools g on g.urn = r.given_urn
left join import_all_contract_periods p on p.year = r.given_induction_tutor_last_nominated_in
left join import_key_appropriate_bodies b on b.key = r.last_chosen_appropriate_body
left join import_key_lead_providers l on l.key = r.last_chosen_lead_provider
