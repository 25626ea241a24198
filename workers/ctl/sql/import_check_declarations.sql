-- import: declarations that refer to what is not there, or that the rules beside the constraints forbid: mentors' types
-- (DM-21), uplifts (declarations.md §4), states that do not fit their statements (payments.md 3.4). Not the milestone's
-- window: it is a rule of the moment at which a declaration is made, a stored one may lie outside (declarations.md §1,
-- invariant 4), and what was made elsewhere is not asked again (migration-history.md D10).
-- Rows: line, column_name, value, reason.
with found as (
  select n.line, n.training_period_started_on, n.state, n.role, n.declaration_type, n.teacher_id, n.lead_provider_id,
         n.training_period_id, n.mentor, n.mentorship_period_id, n.payment_statement, n.payment_statement_id,
         n.clawback_statement, n.clawback_statement_id, n.pupil_premium_uplift, n.sparsity_uplift,
         paid.status as paid_status, paid.fee_type as paid_fee, clawed.status as clawed_status,
         clawed.fee_type as clawed_fee, y.mentor_funding_enabled, y.uplift_fees_enabled
  from import_declarations n
  left join import_all_contract_periods y on y.year = n.contract_period_year
  left join import_all_statements paid on paid.id = n.payment_statement_id
  left join import_all_statements clawed on clawed.id = n.clawback_statement_id
  where not n.bad and not n.existing
)
select line, 'training_period_started_on' as column_name, training_period_started_on::text as value,
       'no training period of this person, role and lead provider begins on that day' as reason
from found
where training_period_id is null and teacher_id is not null and lead_provider_id is not null
union all
select line, 'payment_statement', overlay(payment_statement::text placing '-' from 5 for 0),
       'no such statement of the lead provider and contract period'
from found
where payment_statement is not null and payment_statement_id is null and training_period_id is not null
union all
select line, 'clawback_statement', overlay(clawback_statement::text placing '-' from 5 for 0),
       'no such statement of the lead provider and contract period'
from found
where clawback_statement is not null and clawback_statement_id is null and training_period_id is not null
union all
select line, 'mentor', mentor, 'does not mentor the person in that school period'
from found
where mentor is not null and mentorship_period_id is null and training_period_id is not null
union all
select line, 'declaration_type', declaration_type::text, 'mentors have started and completed only in this contract period'
from found
where role = 'mentor' and mentor_funding_enabled and declaration_type not in ('started', 'completed')
union all
select line, 'pupil_premium_uplift', 'true', 'this contract period has no uplift fees'
from found
where pupil_premium_uplift and not uplift_fees_enabled
union all
select line, 'sparsity_uplift', 'true', 'this contract period has no uplift fees'
from found
where sparsity_uplift and not uplift_fees_enabled
union all
select line, 'payment_statement', overlay(payment_statement::text placing '-' from 5 for 0),
       'a service fee statement pays no declarations'
from found
where paid_fee = 'service'
union all
select line, 'clawback_statement', overlay(clawback_statement::text placing '-' from 5 for 0),
       'a service fee statement claws nothing back'
from found
where clawed_fee = 'service'
union all
select line, 'state', state, 'does not fit its payment statement, which is ' || paid_status
from found
where (state = 'eligible' and paid_status <> 'open') or (state = 'payable' and paid_status <> 'payable')
   or (state in ('paid', 'awaiting-clawback', 'clawed-back') and paid_status <> 'paid')
union all
select line, 'state', state, 'does not fit its clawback statement, which is ' || clawed_status
from found
where (state = 'awaiting-clawback' and clawed_status = 'paid') or (state = 'clawed-back' and clawed_status <> 'paid')
