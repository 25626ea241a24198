-- unlock_list: undoes lock_list.
--   $1 integer  lead provider
select pg_advisory_unlock(3, $1::integer);
