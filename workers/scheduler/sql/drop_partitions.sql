-- drop_partitions: those whose time is over (data-model-operations.md section 13). Safe to repeat.
--
-- Rows: one for each partition that was dropped: its name.
select drop_partitions_before(clock_timestamp()) as name;
