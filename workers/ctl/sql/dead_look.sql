-- The newest dead letter of a submission, under its subject's lock.
--   $1 uuid  submission
-- One row: resolution and resolved_at (null = unresolved), result of its outcome (null = undecided), is_young (whether it
-- may still take its old place, PL-5); none when it never was a dead letter.
select d.resolution, to_char(d.resolved_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as resolved_at,
       (select o.result
        from submission_outcomes as o
        where o.accepted_at = uuid_v7_time($1::uuid)
          and o.submission_id = $1::uuid) as result,
       uuid_v7_time($1::uuid) > clock_timestamp() - interval '7 days' as is_young
from submission_dead_letters as d
where d.submission_id = $1::uuid
order by d.dead_at desc
limit 1
