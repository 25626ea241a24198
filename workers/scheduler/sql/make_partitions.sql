-- make_partitions: those of two weeks back (ids may be a little old) and of eight weeks ahead. Safe to repeat.
--
-- Rows: one for each partition that was missing: its name.
select ensure_partitions(clock_timestamp() - interval '2 weeks', clock_timestamp() + interval '8 weeks') as name;
