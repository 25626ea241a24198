-- lock_deliveries: takes those that nobody else has in hand (pipeline.md section 3, class 5), for this session. The rows come
-- from the parameter alone, so that nothing is locked which is not returned.
--
--   $1 ids  uuid[]
--
-- Rows: id, for each that is locked now. What is done with is unlocked (unlock_deliveries.sql).
select asked.id
  from unnest($1::uuid[]) as asked (id)
 where pg_try_advisory_lock(5, hashtext(asked.id::text));
