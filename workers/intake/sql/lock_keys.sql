-- lock_keys: takes the advisory locks of idempotency keys until the end of the transaction (pipeline.md PL-15, and section
-- 3: class 4). Only those that are free: whoever has one is storing a submission with this key at this moment, and is done
-- in milliseconds; a group does not wait for it with all that is in it. So the order does not matter. The gate is not
-- taken: what is accepted is judged later.
--
--   $1 keys  text[]  caller and key as one text; may repeat
--
-- Rows: n, the number in $1, from 1, of each whose lock somebody else has.
select key.n
  from unnest($1::text[]) with ordinality as key (text, n)
 where not pg_try_advisory_xact_lock(4, hashtext(key.text));
