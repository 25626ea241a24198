-- find_oldest_letter: from when on submissions can have changed although they were accepted long before: dead letters rest
-- for any time until somebody resolves them (pipeline.md PL-42). There are few of them.
--
--   $1 since  timestamptz  of those that died or were resolved since; null = of those that are dead now
--
-- One row:
--   accepted_us  acceptance of the oldest one, microseconds since 1970; null = there is none
select (extract(epoch from min(uuid_v7_time(letter.submission_id))) * 1000000)::bigint as accepted_us
  from submission_dead_letters as letter
 where case when $1::timestamptz is null
         then letter.resolved_at is null
         else coalesce(letter.resolved_at, letter.dead_at) >= $1::timestamptz
       end;
