-- unlock_deliveries: gives back what lock_deliveries took; behind the commit of what became of it.
--
--   $1 ids  uuid[]
--
-- One row: count.
select count(*) as count
  from unnest($1::uuid[]) as asked (id)
 where pg_advisory_unlock(5, hashtext(asked.id::text));
