-- find_new_deliveries: deliveries that nobody has tried yet, the oldest of each endpoint first (notifications.md NT-35).
--
--   $1 endpoints  bigint[]
--   $2 from_ids   uuid[]       of each: nothing before this id
--   $3 wanted     integer[]    of each: at most so many
--   $4 from       timestamptz  the time in the smallest of $2: only these partitions are touched
--   $5 kinds      text[]       that can be told
--   $6 snapshot   text         of at least two seconds ago: what it did not see is not told yet (PL-52)
--
-- Rows: endpoint_id, id. Not locked: somebody else may have them.
--
-- A restored database counts its transactions anew, so what is old counts as seen.
select asked.endpoint_id, found.id
  from unnest($1::bigint[], $2::uuid[], $3::integer[]) as asked (endpoint_id, from_id, wanted)
 cross join lateral (select d.id
                       from webhook_deliveries as d
                      where d.webhook_endpoint_id = asked.endpoint_id
                        and d.id >= asked.from_id
                        and d.created_at >= $4::timestamptz
                        and d.kind = any ($5::text[])
                        and d.due_at <= clock_timestamp()
                        and (pg_visible_in_snapshot(d.xact, $6::text::pg_snapshot)
                             or d.created_at < clock_timestamp() - interval '1 hour')
                        and not exists (select
                                          from webhook_attempts as a
                                         where a.delivery_created_at = d.created_at
                                           and a.delivery_id = d.id
                                           and a.delivery_created_at >= $4::timestamptz)
                      order by d.id
                      limit asked.wanted) as found;
