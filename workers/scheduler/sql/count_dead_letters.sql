-- count_dead_letters: what lies there unresolved, and how far back a retried one may be found (pipeline.md PL-5, PL-43).
--
--   $1 from   timestamptz  eight days ago, and
--   $2 until  timestamptz  now: only these partitions are touched (PL-36)
--
-- Rows: one for each stage that has unresolved ones, and one without a stage:
--   stage, dead  the stage and how many
--   oldest_us    in the row without a stage: the smallest accepted_at of those that were retried and are still
--                undecided, microseconds since 1970; null without any
select stage, count(*) as dead, null::bigint as oldest_us
  from submission_dead_letters
 where resolved_at is null
 group by stage
 union all
select null, 0, (extract(epoch from min(uuid_v7_time(l.submission_id))) * 1000000)::bigint
  from submission_dead_letters as l
 where l.resolution = 'retried'
   and uuid_v7_time(l.submission_id) >= $1::timestamptz
   and not exists (select
                     from submission_outcomes as o
                    where o.accepted_at = uuid_v7_time(l.submission_id)
                      and o.submission_id = l.submission_id
                      and o.accepted_at >= $1::timestamptz and o.accepted_at < $2::timestamptz)
   and not exists (select
                     from submission_dead_letters as again
                    where again.submission_id = l.submission_id
                      and again.resolved_at is null);
