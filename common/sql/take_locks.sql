-- Takes all advisory locks of a transaction in one order for everybody: by class, then by number (pipeline.md section
-- 3). The gate (class 0) is always taken, shared.
--   $1 text[]     keys of class 1: subjects, persons, schools; exclusive
--   $2 integer[]  classes of further locks, $3 integer[] their numbers, $4 boolean[] whether each is shared
-- One row: how many locks were taken. The sorted subquery (offset 0 keeps it one) fixes the order of the calls.
select count(case
               when shared then pg_advisory_xact_lock_shared(class, number)::text
               else pg_advisory_xact_lock(class, number)::text
             end) as taken
from (
  select 0 as class, 0 as number, true as shared
  union
  select 1, hashtext(key), false from unnest($1::text[]) as k (key)
  union
  select l.class, l.number, l.shared
  from unnest($2::integer[], $3::integer[], $4::boolean[]) as l (class, number, shared)
  order by class, number, shared
  offset 0
) as wanted
