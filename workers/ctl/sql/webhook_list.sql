-- All webhook endpoints that are not removed, with how they fare (notifications.md NT-51).
--   $1 timestamptz  deliveries from here on are counted: only these partitions are touched
-- Rows: id, owner, url, kinds (text, separated by commas), disabled_at, failing_since, changing_until (the secret before is valid
-- until then), unfinished (deliveries), dead (deliveries), last_at, last_outcome, last_code, last_error: of the last attempt
-- that has ended.
select e.id,
       coalesce(p.name, u.name) as owner,
       e.url,
       array_to_string(e.event_kinds, ',') as kinds,
       to_char(e.disabled_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as disabled_at,
       case when newest.state = 'failing' then to_char(newest.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') end
         as failing_since,
       case when e.previous_secret_until > clock_timestamp()
         then to_char(e.previous_secret_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') end as changing_until,
       deliveries.unfinished,
       deliveries.dead,
       to_char(last.finished_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as last_at,
       last.outcome as last_outcome,
       last.code as last_code,
       last.error as last_error
from webhook_endpoints as e
left join lead_providers as p on p.id = e.lead_provider_id
left join users as u on u.id = e.user_id
left join lateral (
  select s.state, s.at from webhook_endpoint_states as s where s.webhook_endpoint_id = e.id order by s.at desc limit 1
) as newest on true
cross join lateral (
  select count(*) filter (where attempt.final is not true) as unfinished,
         count(*) filter (where attempt.final and attempt.outcome in ('permanent', 'transient', 'ambiguous')) as dead
  from webhook_deliveries as d
  left join lateral (
    select a.final, a.outcome
    from webhook_attempts as a
    where a.delivery_created_at = d.created_at and a.delivery_id = d.id
    order by a.n desc, a.phase
    limit 1
  ) as attempt on true
  where d.webhook_endpoint_id = e.id and d.created_at >= $1::timestamptz
) as deliveries
left join lateral (
  select a.finished_at, a.outcome, a.code, a.error
  from webhook_deliveries as d
  join webhook_attempts as a on a.delivery_created_at = d.created_at and a.delivery_id = d.id
  where d.webhook_endpoint_id = e.id and d.created_at >= $1::timestamptz and a.phase = 'finished' and a.outcome <> 'requeued'
  order by a.finished_at desc
  limit 1
) as last on true
where e.removed_at is null
order by e.id
