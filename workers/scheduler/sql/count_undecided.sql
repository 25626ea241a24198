-- count_undecided: submissions that are neither decided nor dead, of a span of acceptance (pipeline.md PL-13).
--
--   $1 from   timestamptz  bounds of accepted_at: only these partitions are touched (PL-36)
--   $2 until  timestamptz  exclusive
--
-- Rows: one for each class that has some:
--   mode       wait, async, bulk
--   undecided  how many
--   oldest_us  the smallest accepted_at among them, microseconds since 1970
with undecided as materialized (
    select s.accepted_at, s.id, s.mode
      from submissions as s
     where s.accepted_at >= $1::timestamptz and s.accepted_at < $2::timestamptz
       and not exists (select
                         from submission_outcomes as o
                        where o.accepted_at = s.accepted_at
                          and o.submission_id = s.id
                          and o.accepted_at >= $1::timestamptz and o.accepted_at < $2::timestamptz)
)
select mode, count(*) as undecided, (extract(epoch from min(accepted_at)) * 1000000)::bigint as oldest_us
  from undecided
 where not exists (select
                     from submission_dead_letters as l
                    where l.submission_id = undecided.id
                      and l.resolved_at is null)
 group by mode;
