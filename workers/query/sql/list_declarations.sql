-- list_declarations: which declarations are on a page of those that a lead provider may see (lead-provider-api.md 7.1),
-- oldest first.
--
--   $1 lead_provider_id      bigint         who asks
--   $2 cohorts               integer[]      null = all
--   $3 participant_ids       uuid[]         of the API; null = all
--   $4 delivery_partner_ids  uuid[]         of the API; null = all
--   $5 updated_since         timestamptz    null = always
--   $6 skip, $7 take         bigint
--
-- Rows: id, at most $7, in their order.
--
-- Planned with its parameters (DB_PLAN_WITH_BOUNDS): a filter that is null is no part of the plan then. Both halves stop
-- at the end of the page. One's own are read in order by (lead_provider_id, created_at, id), or, where few have changed, by
-- (lead_provider_id, api_updated_at). Others' can only be of people whom somebody else trains or trained too (has_others):
-- what is visible of them is what show_declarations says. These are looked up person by person (offset 0), a few for each
-- of the few: joined as a whole, the planner would read the declarations of all providers for them.
with asked as (
  select array(select t.id from teachers as t where t.api_id = any ($3::uuid[])) as teacher_ids,
         array(select p.id from delivery_partners as p where p.api_id = any ($4::uuid[])) as delivery_partner_ids
)
select visible.id
  from ((select own.id, own.created_at
           from declarations as own
          where own.lead_provider_id = $1::bigint
            and ($2::integer[] is null or own.contract_period_year = any ($2::integer[]))
            and ($3::uuid[] is null or own.teacher_id = any ((select teacher_ids from asked)::bigint[]))
            and ($4::uuid[] is null or own.delivery_partner_when_created_id = any ((select delivery_partner_ids from asked)::bigint[]))
            and ($5::timestamptz is null or own.api_updated_at >= $5::timestamptz)
          order by own.created_at, own.id
          limit $6::bigint + $7::bigint)
        union all
        (select other.id, other.created_at
           from teacher_provider_status as status
           join training_periods as latest
             on latest.id in (status.latest_ect_training_period_id, status.latest_mentor_training_period_id)
          cross join lateral (select d.*
                                from declarations as d
                               where d.teacher_id = status.teacher_id
                                 and d.role = latest.role
                                 and d.lead_provider_id <> $1::bigint
                                 and d.payment_status in ('no_payment', 'eligible', 'payable', 'paid')
                                 and d.clawback_status = 'no_clawback'
                              offset 0) as other
          where status.lead_provider_id = $1::bigint
            and status.has_others
            and (latest.finished_on is null or other.declaration_date <= latest.finished_on::timestamp at time zone 'UTC')
            and ($2::integer[] is null or other.contract_period_year = any ($2::integer[]))
            and ($3::uuid[] is null or status.teacher_id = any ((select teacher_ids from asked)::bigint[]))
            and ($4::uuid[] is null or other.delivery_partner_when_created_id = any ((select delivery_partner_ids from asked)::bigint[]))
            and ($5::timestamptz is null or other.api_updated_at >= $5::timestamptz)
          order by other.created_at, other.id
          limit $6::bigint + $7::bigint)) as visible
 order by visible.created_at, visible.id
offset $6::bigint
 limit $7::bigint;
