-- Dead letters, newest first.
--   $1 boolean  whether resolved ones are listed too
--   $2 integer  how many at most
-- Rows: submission_id, dead_at, kind, stage, attempts, reason, resolution, can_retry.
select d.submission_id, to_char(d.dead_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as dead_at,
       coalesce(s.kind, 'no longer kept') as kind, d.stage, d.attempts, d.reason, d.resolution,
       d.resolved_at is null and s.accepted_at > clock_timestamp() - interval '7 days' as can_retry
from submission_dead_letters as d
left join submissions as s
  on s.accepted_at = uuid_v7_time(d.submission_id)
  and s.id = d.submission_id
where $1::boolean or d.resolved_at is null
order by d.dead_at desc, d.submission_id
limit $2::integer
