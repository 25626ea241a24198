-- The advisory locks of take_locks, but only those that are free at this moment: nobody is waited for.
--   $1 text[]     keys of class 1: subjects, persons, schools; exclusive
--   $2 integer[]  classes of further locks, $3 integer[] their numbers, $4 boolean[] whether each is shared
-- One row for each lock that somebody else holds: class, number, key (null but for class 1).
select class, number, key
from (
  select 0 as class, 0 as number, true as shared, null::text as key
  union
  select 1, hashtext(k.key), false, k.key from unnest($1::text[]) as k (key)
  union
  select l.class, l.number, l.shared, null
  from unnest($2::integer[], $3::integer[], $4::boolean[]) as l (class, number, shared)
  order by class, number, shared
  offset 0
) as wanted
where not case
            when shared then pg_try_advisory_xact_lock_shared(class, number)
            else pg_try_advisory_xact_lock(class, number)
          end
