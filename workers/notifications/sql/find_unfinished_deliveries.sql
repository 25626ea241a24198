-- find_unfinished_deliveries: deliveries without a final attempt that were tried before, or should have been: retries, what a
-- worker that died had in hand, what find_new_deliveries does not look back to. Those that are due first (NT-35, NT-51).
--
--   $1 endpoints  bigint[]
--   $2 from_ids   uuid[]       of each: nothing before this id
--   $3 from       timestamptz  the time in the smallest of $2: only these partitions are touched
--   $4 kinds      text[]       that can be told
--   $5 wanted     integer      of each endpoint at most so many
--
-- Rows: endpoint_id, id, due_ms (in so many milliseconds it is due; below 0: since then). Not locked.
select asked.endpoint_id, found.id,
       (extract(epoch from found.due_at - clock_timestamp()) * 1000)::bigint as due_ms
  from unnest($1::bigint[], $2::uuid[]) as asked (endpoint_id, from_id)
 cross join lateral (select d.id, coalesce(newest.next_at, d.due_at) as due_at
                       from webhook_deliveries as d
                       left join lateral (select a.final, a.next_at
                                            from webhook_attempts as a
                                           where a.delivery_created_at = d.created_at
                                             and a.delivery_id = d.id
                                             and a.delivery_created_at >= $3::timestamptz
                                           order by a.n desc, a.phase
                                           limit 1) as newest on true
                      where d.webhook_endpoint_id = asked.endpoint_id
                        and d.id >= asked.from_id
                        and d.created_at >= $3::timestamptz
                        and d.kind = any ($4::text[])
                        and newest.final is not true
                        and (newest.final is not null or d.created_at < clock_timestamp() - interval '1 minute')
                      order by coalesce(newest.next_at, d.due_at), d.id
                      limit $5::integer) as found;
