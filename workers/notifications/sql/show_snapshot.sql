-- show_snapshot: what is visible now, to be asked later whether a row already was (pipeline.md PL-52: two seconds after it was
-- first seen something may be told).
--
-- One row: snapshot (text of a pg_snapshot), now_us (microseconds since 1970 when it was taken, or before).
select pg_current_snapshot()::text as snapshot,
       (extract(epoch from statement_timestamp()) * 1000000)::bigint as now_us;
