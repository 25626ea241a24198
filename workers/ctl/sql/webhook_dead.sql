-- Deliveries that were given up and not sent on their way again (notifications.md NT-51), the newest first.
--   $1 bigint  of this endpoint; null = of all
--   $2 bigint  at most so many
-- Rows: id, endpoint_id, kind, subject (what it is about), dead_at, attempts, outcome, code, error.
select d.id, d.webhook_endpoint_id as endpoint_id, d.kind,
       coalesce(d.submission_id::text, d.batch_id::text, d.payment_run_id::text, '') as subject,
       to_char(a.finished_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as dead_at, a.n as attempts, a.outcome, a.code, a.error
from webhook_attempts as a
join webhook_deliveries as d on d.created_at = a.delivery_created_at and d.id = a.delivery_id
where a.final
  and a.outcome in ('permanent', 'transient', 'ambiguous')
  and ($1::bigint is null or d.webhook_endpoint_id = $1::bigint)
  and not exists (select
                  from webhook_attempts as later
                  where later.delivery_created_at = a.delivery_created_at
                    and later.delivery_id = a.delivery_id
                    and later.n > a.n)
order by a.finished_at desc
limit $2::bigint
