-- look_deliveries: what is known of deliveries, looked at behind their locks: somebody else may have finished them before
-- (notifications.md NT-35).
--
--   $1 ids         uuid[]
--   $2 created_at  timestamptz[]  the millisecond in each id
--   $3 from        timestamptz    the smallest of $2, and
--   $4 until       timestamptz    the largest: only these partitions are touched
--
-- Rows, for each that has no final attempt:
--   id, endpoint_id, kind, trace_id
--   subject_id what it is about: a submission or a batch; null for a kind that is about neither
--   due_ms     in so many milliseconds it is due; below 0: since then
--   n          number of the last attempt, 0 = none
--   failures   how many were begun since an operator last sent it on its way again
--   tried_ms   for how long it has been tried since then; 0 = not yet
select d.id,
       d.webhook_endpoint_id as endpoint_id,
       d.kind,
       coalesce(d.submission_id, d.batch_id) as subject_id,
       d.trace_id,
       (extract(epoch from coalesce(newest.next_at, d.due_at) - clock_timestamp()) * 1000)::bigint as due_ms,
       coalesce(newest.n, 0) as n,
       tried.failures,
       coalesce((extract(epoch from clock_timestamp() - tried.since) * 1000)::bigint, 0) as tried_ms
  from unnest($1::uuid[], $2::timestamptz[]) as asked (id, created_at)
 cross join lateral (select e.*
                       from webhook_deliveries as e
                      where e.created_at = asked.created_at
                        and e.id = asked.id
                        and e.created_at >= $3::timestamptz and e.created_at <= $4::timestamptz
                      limit 1) as d
  left join lateral (select a.n, a.final, a.next_at
                       from webhook_attempts as a
                      where a.delivery_created_at = d.created_at
                        and a.delivery_id = d.id
                        and a.delivery_created_at >= $3::timestamptz and a.delivery_created_at <= $4::timestamptz
                      order by a.n desc, a.phase
                      limit 1) as newest on true
 cross join lateral (select count(*) as failures, min(a.started_at) as since
                       from webhook_attempts as a
                      where a.delivery_created_at = d.created_at
                        and a.delivery_id = d.id
                        and a.delivery_created_at >= $3::timestamptz and a.delivery_created_at <= $4::timestamptz
                        and a.phase = 'started'
                        and a.n > coalesce((select max(r.n)
                                              from webhook_attempts as r
                                             where r.delivery_created_at = d.created_at
                                               and r.delivery_id = d.id
                                               and r.delivery_created_at >= $3::timestamptz
                                               and r.delivery_created_at <= $4::timestamptz
                                               and r.outcome = 'requeued'), 0)) as tried
 where newest.final is not true;
