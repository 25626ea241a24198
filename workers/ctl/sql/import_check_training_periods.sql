-- import: training that does not lie inside its school period, or refers to what is not there, or that the rules of
-- data-model.md 7.2 forbid beside the constraints. Rows: line, column_name, value, reason.
with found as (
  select n.line, n.role, n.schedule_identifier, n.delivery_partner, n.lead_provider, n.expression_of_interest,
         n.given_contract_period_year is not null as with_year, n.contract_period_year, n.teacher_id, n.school_id,
         n.school_period_id, n.schedule_id, n.lead_provider_id, n.school_partnership_id, n.expression_of_interest_id,
         n.started_on, n.finished_on, n.withdrawn_at, n.deferred_at,
         sp.finished_on as until, sp.id is not null and sp.finished_on is not null as limited, c.today
  from import_training_periods n
  left join import_all_school_periods sp on sp.id = n.school_period_id
  cross join import_clock c
  where not n.bad and not n.existing
)
select line, 'started_on' as column_name, started_on::text as value,
       'the person has no period of this role at this school on that day' as reason
from found
where school_period_id is null and teacher_id is not null and school_id is not null
union all
select line, 'finished_on', coalesce(finished_on::text, ''), 'after the end of the person''s period at the school, ' || until
from found
where limited and (finished_on is null or finished_on > until)
union all
select line, 'schedule_identifier', schedule_identifier::text, 'no such schedule in this contract period'
from found
where schedule_identifier is not null and schedule_id is null and contract_period_year is not null
union all
select line, 'schedule_identifier', schedule_identifier::text, 'not without contract_period_year'
from found
where schedule_identifier is not null and not with_year
union all
select line, 'schedule_identifier', schedule_identifier::text, 'replacement schedules are for mentors only'
from found
where role = 'ect' and schedule_identifier::text like 'ecf-replacement-%'
union all
select line, 'schedule_identifier', schedule_identifier::text, 'reduced schedules are for ECTs only'
from found
where role = 'mentor' and schedule_identifier::text like 'ecf-reduced-%'
union all
select line, 'delivery_partner', delivery_partner, 'the school has no partnership with it and the lead provider in this contract period'
from found
where delivery_partner is not null and lead_provider_id is not null and contract_period_year is not null
  and school_id is not null and school_partnership_id is null
union all
select line, 'delivery_partner', coalesce(delivery_partner, ''), 'goes with lead_provider only'
from found
where (delivery_partner is null) <> (lead_provider is null)
union all
select line, 'expression_of_interest', expression_of_interest, 'no lead provider that is active in this contract period'
from found
where expression_of_interest is not null and expression_of_interest_id is null
  and (contract_period_year is not null or not with_year)
union all
select line, 'withdrawn_at', to_json(withdrawn_at) #>> '{}', 'the training has not begun yet'
from found
where withdrawn_at is not null and started_on > today
union all
select line, 'deferred_at', to_json(deferred_at) #>> '{}', 'the training has not begun yet'
from found
where deferred_at is not null and started_on > today
