-- lock_list: waits until nobody who writes what this provider's lists show is between its clock and its commit, and keeps
-- such writers waiting until unlock_list (pipeline.md PL-23, locks of class 3). Of the session, not of a transaction: the
-- snapshot has to be younger than the lock.
--   $1 integer  lead provider
select pg_advisory_lock(3, $1::integer);
