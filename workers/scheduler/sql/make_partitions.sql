-- make_partitions: those of yesterday (ids may be a little old) to those of eight weeks ahead. Safe to repeat.
--
-- Rows: one for each partition that was missing: its name.
select ensure_partitions(clock_timestamp() - interval '1 day', clock_timestamp() + interval '8 weeks') as name;
