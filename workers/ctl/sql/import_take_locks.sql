-- import: the locks of an import into a living database beside the gate, which it holds already, exclusively: no other
-- writer runs (pipeline.md section 3). Shared like any writer, the lists that all see (0) and those of every provider: a
-- list with updated_since waits until we have committed, because the values of api_updated_at that we write are older than
-- our commit (PL-23). Keeps the two parameters for import_clock.
--   $1 timestamptz  business time
--   $2 bigint       microseconds that business time is ahead of machine time
-- One row: how many locks were taken.
select count(pg_advisory_xact_lock_shared(3, number)::text) as taken,
       set_config('ecf2.as_of', $1::timestamptz::text, true),
       set_config('ecf2.ahead', $2::bigint::text, true)
from (
  select 0 as number
  union all
  select id::integer from lead_providers
  order by number
  offset 0
) as wanted
