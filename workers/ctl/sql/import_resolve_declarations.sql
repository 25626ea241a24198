-- import: what a declaration refers to. Rows of import_raw_declarations with teacher_id, lead_provider_id,
-- training_period_id and its contract_period_year, statements, delivery partner, mentorship (null = none) and the two
-- statuses that make up the state. Of several mentorships with one mentor the nearest to the declaration's London date
-- is taken, the earlier of two equally near ones (declarations.md §4).
with pairs as (
  select ect_school_period_id, mentor_teacher_id, count(*) as number, min(id) as only,
         array_agg(id) as ids, array_agg(started_on) as beginnings, array_agg(finished_on) as ends
  from import_all_mentorship_periods
  group by ect_school_period_id, mentor_teacher_id
)
select r.*, k.id as teacher_id, l.id as lead_provider_id, t.id as training_period_id, t.contract_period_year,
       paid.id as payment_statement_id, clawed.id as clawback_statement_id,
       coalesce(d.id, case when r.delivery_partner is null then p.delivery_partner_id end)
         as delivery_partner_when_created_id,
       case
         when pair.number = 1 then pair.only
         when pair.number > 1 then
              (select m.id
               from unnest(pair.ids, pair.beginnings, pair.ends) as m (id, started_on, finished_on)
               order by least(abs((r.declaration_date at time zone 'Europe/London')::date - m.started_on),
                              abs((r.declaration_date at time zone 'Europe/London')::date - m.finished_on)),
                        m.started_on
               limit 1)
       end as mentorship_period_id,
       (case
          when r.state = 'submitted' then 'no_payment'
          when r.state in ('awaiting-clawback', 'clawed-back') then 'paid'
          else r.state
        end)::payment_status as payment_status,
       (case r.state
          when 'awaiting-clawback' then 'awaiting_clawback'
          when 'clawed-back' then 'clawed_back'
          else 'no_clawback'
        end)::clawback_status as clawback_status
from import_raw_declarations r
left join import_key_teachers k on k.key = r.teacher
left join import_key_lead_providers l on l.key = r.lead_provider
left join import_all_training_periods t
  on t.teacher_id = k.id and t.role = r.role and t.started_on = r.training_period_started_on
  and t.lead_provider_id = l.id
left join import_all_school_partnerships sp on sp.id = t.school_partnership_id
left join import_all_delivery_partnerships p on p.id = sp.delivery_partnership_id
left join import_key_statements paid
  on paid.lead_provider_id = l.id and paid.contract_period_year = t.contract_period_year and paid.month = r.payment_statement
left join import_key_statements clawed
  on clawed.lead_provider_id = l.id and clawed.contract_period_year = t.contract_period_year
  and clawed.month = r.clawback_statement
left join import_key_delivery_partners d on d.key = r.delivery_partner
left join import_key_teachers mentor on mentor.key = r.mentor
left join pairs pair on pair.ect_school_period_id = t.school_period_id and pair.mentor_teacher_id = mentor.id
