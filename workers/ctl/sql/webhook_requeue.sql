-- Sends dead deliveries on their way again: their attempts count anew, their ids stay (notifications.md NT-34, NT-51).
--   $1 uuid    this one; null = all
--   $2 bigint  of this endpoint; null = of any
--   $3 text    who says so
-- Rows: id of each.
insert into webhook_attempts (delivery_created_at, delivery_id, n, phase, worker, started_at, finished_at, outcome, counted, next_at)
select a.delivery_created_at, a.delivery_id, a.n + 1, 'finished', $3::text, now(), now(), 'requeued', false, now()
from webhook_attempts as a
join webhook_deliveries as d on d.created_at = a.delivery_created_at and d.id = a.delivery_id
where a.final
  and a.outcome in ('permanent', 'transient', 'ambiguous')
  and ($1::uuid is null or a.delivery_id = $1::uuid)
  and ($2::bigint is null or d.webhook_endpoint_id = $2::bigint)
  and not exists (select
                  from webhook_attempts as later
                  where later.delivery_created_at = a.delivery_created_at
                    and later.delivery_id = a.delivery_id
                    and later.n > a.n)
on conflict do nothing
returning delivery_id as id
