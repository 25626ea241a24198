-- import: the locks of an import into a living database (pipeline.md section 3). The gate, exclusively: no other writer
-- runs. Then, shared like any writer, the lists of every provider and those that all see (0): a list with updated_since
-- waits until we have committed, because the values of api_updated_at that we write are older than our commit (PL-23).
-- Keeps the two parameters for import_clock.
--   $1 timestamptz  business time
--   $2 bigint       microseconds that business time is ahead of machine time
-- One row: how many locks were taken.
select count(case class
               when 0 then pg_advisory_xact_lock(class, number)::text
               else pg_advisory_xact_lock_shared(class, number)::text
             end) as taken,
       set_config('ecf2.as_of', $1::timestamptz::text, true),
       set_config('ecf2.ahead', $2::bigint::text, true)
from (
  select 0 as class, 0 as number
  union all
  select 3, 0
  union all
  select 3, id::integer from lead_providers
  order by class, number
  offset 0
) as wanted
