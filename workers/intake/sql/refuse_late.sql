-- refuse_late: fails the transaction that has accepted submissions, or a batch, when it comes to its end too late (pipeline.md
-- PL-11). The last statement before the commit, and in one pipeline with it.
--
--   $1 accept_by  text      of timestamptz[]: of all of them, those too that the insert has left out
--   $2 grace      interval  how long after it a commit may begin
--
-- Rows: one, that says nothing.
-- As text, and looked at only where the transaction itself took longer than the grace: before that nothing can be late, and
-- reading so many instants would be what costs.
select case
         when clock_timestamp() - now() >= $2::interval then refuse_late_acceptance(($1::text)::timestamptz[], $2::interval)
       end;
