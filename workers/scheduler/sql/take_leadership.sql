-- take_leadership: one scheduler leads: who holds this lock, as long as its connection lives (pipeline.md PL-43).
--
-- Rows: one:
--   leads  whether it is ours now
select pg_try_advisory_lock(7, 0) as leads;
