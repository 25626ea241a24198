-- show_declarations: what a lead provider may see of declarations (lead-provider-api.md 7.1). What it may not see is not
-- found.
--
--   $1 api_ids            uuid[]
--   $2 lead_provider_ids  bigint[]  who asks for each
--
-- Rows: one for each that is found: n, its number in $1, from 1; and the columns of the view declaration_resources.
--
-- Visible is: one's own; and another's that is active, for a person and role whom one trains, or trained until the day
-- of the declaration or later (00:00 UTC of the last day). list_declarations says the same of many.
--
-- The limit keeps the view together: with eight tables in it the planner would join all declarations before it looks which
-- ones are asked for.
select asked.n, resource.*
  from unnest($1::uuid[], $2::bigint[]) with ordinality as asked (api_id, lead_provider_id, n)
  join declarations as declaration on declaration.api_id = asked.api_id
 cross join lateral (select * from declaration_resources as r where r.id = declaration.id limit 1) as resource
 where declaration.lead_provider_id = asked.lead_provider_id
    or (declaration.payment_status in ('no_payment', 'eligible', 'payable', 'paid')
        and declaration.clawback_status = 'no_clawback'
        and exists (select
                      from teacher_provider_status as status
                      join training_periods as latest
                        on latest.id in (status.latest_ect_training_period_id, status.latest_mentor_training_period_id)
                     where status.lead_provider_id = asked.lead_provider_id
                       and status.teacher_id = declaration.teacher_id
                       and latest.role = declaration.role
                       and (latest.finished_on is null
                            or declaration.declaration_date <= latest.finished_on::timestamp at time zone 'UTC')));
