-- count_dropped: the dead letters that `ecf2ctl dead drop` has decided, failed, since the last look (metrics.md section 9).
--
--   $1 from  timestamptz  the end of the last look; null = there was none, so nothing is counted yet
--
-- The look ends five seconds ago: what is resolved is stamped a moment before it is committed.
-- Rows: one for each kind that has some, and one without a kind:
--   kind, dropped  the kind and how many
--   until_us       in the row without a kind: the end of this look, microseconds since 1970
with look as materialized (
  select clock_timestamp() - interval '5 seconds' as until
)
select null as kind, 0::bigint as dropped, (extract(epoch from look.until) * 1000000)::bigint as until_us
  from look
 union all
select coalesce(s.kind, 'unknown'), count(*), null::bigint
  from look
  join submission_dead_letters as l
    on l.resolution = 'dropped'
   and l.resolved_at >= $1::timestamptz and l.resolved_at < look.until
  left join submissions as s
    on s.accepted_at = uuid_v7_time(l.submission_id)
   and s.id = l.submission_id
 group by 1;
