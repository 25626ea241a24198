-- What is accepted and not decided, by class. Nothing stays so for longer than 7 days (pipeline.md PL-5).
--   $1 timestamptz  8 days ago
-- Rows: one a class that has any: mode, undecided, oldest_seconds.
select s.mode, count(*) as undecided,
       extract(epoch from clock_timestamp() - min(s.accepted_at))::bigint as oldest_seconds
from submissions as s
where s.accepted_at >= $1::timestamptz
  and not exists (select from submission_outcomes as o
                  where o.accepted_at >= $1::timestamptz
                    and o.accepted_at = s.accepted_at
                    and o.submission_id = s.id)
  and not exists (select from submission_dead_letters as d
                  where d.submission_id = s.id
                    and d.resolved_at is null)
group by s.mode
order by s.mode
