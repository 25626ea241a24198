-- find_overdue_statements: open output statements whose deadline has passed, in the order in which they become payable
-- (payments.md 3.4: oldest deadline first, then id).
--
--   $1 today  date  London's, of business time
--
-- Rows: id
select id
  from statements
 where status = 'open'
   and fee_type = 'output'
   and deadline_date < $1::date
 order by deadline_date, id
