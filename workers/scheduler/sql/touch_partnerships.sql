-- touch_partnerships: partnerships whose number of people training is another since a day show that they moved, unless they
-- have since (lead-provider-api.md 3.13). Run after take_locks, in its transaction: clock_timestamp() is then the instant
-- that api_updated_at needs (pipeline.md PL-23).
--
--   $1 partnerships  bigint[]
--   $2 moved_on      date[]       the day of each
--   $3 now           timestamptz  business time
--   $4 clock_offset  interval[]   one: business time less machine time; zero where no clock is set
--
-- One row: how many were moved.
with clock as materialized (
    select clock_timestamp() + ($4::interval[])[1] as updated_at
), moved as (
    update school_partnerships as partnership
       set api_updated_at = clock.updated_at,
           updated_at = $3::timestamptz
      from unnest($1::bigint[], $2::date[]) as changed (id, moved_on), clock
     where partnership.id = changed.id
       and partnership.api_updated_at < changed.moved_on::timestamp at time zone 'Europe/London'
    returning partnership.id
)
select count(*) as touched
  from moved;
