-- import: what a training period refers to. Rows of import_raw_training_periods with teacher_id, school_id,
-- school_period_id (the person's period there that contains the first day), contract_period_year, schedule_id,
-- lead_provider_id, school_partnership_id, expression_of_interest_id (null = none).
select r.*, k.id as teacher_id, s.id as school_id, sp.id as school_period_id, y.year as contract_period_year,
       schedule.id as schedule_id, l.id as lead_provider_id, partnership.id as school_partnership_id,
       interest.id as expression_of_interest_id
from import_raw_training_periods r
left join import_key_teachers k on k.key = r.teacher
left join import_all_schools s on s.urn = r.school_urn
left join import_all_school_periods sp
  on sp.teacher_id = k.id and sp.role = r.role and sp.school_id = s.id and sp.started_on <= r.started_on
  and (sp.finished_on is null or sp.finished_on >= r.started_on)
left join import_all_contract_periods y on y.year = r.given_contract_period_year
left join import_all_schedules schedule
  on schedule.contract_period_year = y.year and schedule.identifier = r.schedule_identifier
left join import_key_lead_providers l on l.key = r.lead_provider
left join import_key_delivery_partners d on d.key = r.delivery_partner
left join import_all_delivery_partnerships p
  on p.lead_provider_id = l.id and p.contract_period_year = y.year and p.delivery_partner_id = d.id
left join import_all_school_partnerships partnership
  on partnership.school_id = s.id and partnership.delivery_partnership_id = p.id
left join import_key_lead_providers interested on interested.key = r.expression_of_interest
left join import_all_lead_provider_contract_periods interest
  on interest.lead_provider_id = interested.id and interest.contract_period_year = y.year
