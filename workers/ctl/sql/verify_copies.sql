-- verify_copies: columns that repeat another row's (composite foreign keys guard them), and eligibility in the register, where
-- they are something else. In the transaction of the other comparisons.
-- Rows: one for each row with a difference:
--   table_name   text
--   kept         text, JSON: its key and these columns
--   recomputed   text, JSON: the same, as their owner has them
with found (table_name, kept, recomputed) as (
  select 'delivery_partnerships', to_jsonb(kept), to_jsonb(owner)
  from delivery_partnerships as copy
  join provider_contract_periods as period on period.id = copy.provider_contract_period_id
  cross join lateral (select copy.id, copy.lead_provider_id, copy.contract_period_year) as kept
  cross join lateral (select copy.id, period.lead_provider_id, period.contract_period_year) as owner
  union all
  select 'school_partnerships', to_jsonb(kept), to_jsonb(owner)
  from school_partnerships as copy
  join delivery_partnerships as partnership on partnership.id = copy.delivery_partnership_id
  cross join lateral (select copy.id, copy.lead_provider_id, copy.contract_period_year) as kept
  cross join lateral (select copy.id, partnership.lead_provider_id, partnership.contract_period_year) as owner
  union all
  select 'training_periods', to_jsonb(kept), to_jsonb(owner)
  from training_periods as copy
  join school_periods as place on place.id = copy.school_period_id
  cross join lateral (select copy.id, copy.teacher_id, copy.role, copy.school_id) as kept
  cross join lateral (select copy.id, place.teacher_id, place.role, place.school_id) as owner
  union all
  select 'training_periods', to_jsonb(kept), to_jsonb(owner)
  from training_periods as copy
  left join school_partnerships as partnership on partnership.id = copy.school_partnership_id
  left join provider_contract_periods as interest on interest.id = copy.expression_of_interest_id
  cross join lateral (select copy.id, copy.lead_provider_id, copy.contract_period_year) as kept
  cross join lateral (select copy.id, partnership.lead_provider_id,
                             coalesce(partnership.contract_period_year, interest.contract_period_year) as contract_period_year)
    as owner
  union all
  select 'training_periods', to_jsonb(kept), to_jsonb(owner)
  from training_periods as copy
  join schedules as schedule on schedule.id = copy.schedule_id
  cross join lateral (select copy.id, copy.contract_period_year) as kept
  cross join lateral (select copy.id, schedule.contract_period_year) as owner
  union all
  select 'mentorship_periods', to_jsonb(kept), to_jsonb(owner)
  from mentorship_periods as copy
  join school_periods as ect on ect.id = copy.ect_school_period_id
  join school_periods as mentor on mentor.id = copy.mentor_school_period_id
  cross join lateral (select copy.id, copy.school_id, copy.ect_teacher_id, copy.ect_role, copy.mentor_teacher_id,
                             copy.mentor_role) as kept
  cross join lateral (select copy.id, case when mentor.school_id = ect.school_id then ect.school_id end as school_id,
                             ect.teacher_id as ect_teacher_id, ect.role as ect_role,
                             mentor.teacher_id as mentor_teacher_id, mentor.role as mentor_role) as owner
  union all
  select 'contracts', to_jsonb(kept), to_jsonb(owner)
  from contracts as copy
  join provider_contract_periods as period on period.id = copy.provider_contract_period_id
  cross join lateral (select copy.id, copy.lead_provider_id, copy.contract_period_year) as kept
  cross join lateral (select copy.id, period.lead_provider_id, period.contract_period_year) as owner
  union all
  select 'contract_band_terms', to_jsonb(kept), to_jsonb(owner)
  from contract_band_terms as copy
  join contracts as contract on contract.id = copy.contract_id
  join provider_bands as band on band.id = copy.band_id
  cross join lateral (select copy.id, copy.provider_contract_period_id) as kept
  cross join lateral (select copy.id, case when band.provider_contract_period_id = contract.provider_contract_period_id
                                        then contract.provider_contract_period_id end as provider_contract_period_id) as owner
  union all
  select 'statements', to_jsonb(kept), to_jsonb(owner)
  from statements as copy
  join contracts as contract on contract.id = copy.contract_id
  cross join lateral (select copy.id, copy.lead_provider_id, copy.contract_period_year) as kept
  cross join lateral (select copy.id, contract.lead_provider_id, contract.contract_period_year) as owner
  union all
  select 'declarations', to_jsonb(kept), to_jsonb(owner)
  from declarations as copy
  join training_periods as training on training.id = copy.training_period_id
  cross join lateral (select copy.id, copy.teacher_id, copy.role, copy.lead_provider_id, copy.contract_period_year) as kept
  cross join lateral (select copy.id, training.teacher_id, training.role, training.lead_provider_id,
                             training.contract_period_year) as owner
  union all
  select 'gias_schools', to_jsonb(kept), to_jsonb(owner)
  from gias_schools as copy
  cross join lateral (select copy.urn, copy.eligible) as kept
  cross join lateral (select copy.urn, is_eligible_school(copy) as eligible) as owner
)
select table_name, kept::text as kept, recomputed::text as recomputed
from found
where kept <> recomputed
