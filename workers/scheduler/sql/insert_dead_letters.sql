-- insert_dead_letters: buries submissions, under the locks of their subjects (pipeline.md PL-42).
--
--   $1 ids          uuid[]
--   $2 accepted_at  timestamptz[]  the millisecond in each id
--   $3 stages       text[]         where each failed
--   $4 attempts     integer[]
--   $5 reasons      text[]
--   $6 from         timestamptz    the smallest of $2, and
--   $7 until        timestamptz    the largest: only these partitions are touched (PL-36)
--
-- Rows: those that are buried by this: submission_id, stage, reason, kind. Not those that have an outcome, or lie there
-- already.
-- Subqueries for values stay look-ups by key; exists would be joined, and may then read everything between the bounds.
with buried as (
  insert into submission_dead_letters (submission_id, stage, attempts, reason)
  select dead.id, dead.stage, dead.attempts, dead.reason
    from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::integer[], $5::text[])
         as dead (id, accepted_at, stage, attempts, reason)
   where (select true
            from submissions as s
           where s.accepted_at = dead.accepted_at
             and s.id = dead.id
             and s.accepted_at >= $6::timestamptz and s.accepted_at <= $7::timestamptz)
     and (select true
            from submission_outcomes as o
           where o.accepted_at = dead.accepted_at
             and o.submission_id = dead.id
             and o.accepted_at >= $6::timestamptz and o.accepted_at <= $7::timestamptz) is null
   order by dead.id
      on conflict do nothing
  returning submission_id, stage, reason
)
select submission_id, stage, reason,
       (select s.kind
          from submissions as s
         where s.accepted_at = uuid_v7_time(submission_id)
           and s.id = submission_id
           and s.accepted_at >= $6::timestamptz and s.accepted_at <= $7::timestamptz) as kind
  from buried;
