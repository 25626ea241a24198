-- import: fixes the instants of the run, behind its locks. Creates import_clock, of which the planner must know that it has
-- one row: every import_rows_TABLE is joined with it.
create temp table import_clock as
select current_setting('ecf2.as_of')::timestamptz as as_of,
       (current_setting('ecf2.as_of')::timestamptz at time zone 'Europe/London')::date as today,
       clock_timestamp() + current_setting('ecf2.ahead')::bigint * interval '1 microsecond' as written_at;
analyze import_clock
