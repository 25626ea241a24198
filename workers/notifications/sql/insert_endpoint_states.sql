-- insert_endpoint_states: endpoints that began to fail, or took something again (notifications.md NT-51). What is known
-- already is not written again.
--
--   $1 endpoints  bigint[]
--   $2 states     text[]    failing, working
insert into webhook_endpoint_states (webhook_endpoint_id, state)
select seen.id, seen.state
  from unnest($1::bigint[], $2::text[]) as seen (id, state)
 where seen.state <> coalesce((select s.state
                                 from webhook_endpoint_states as s
                                where s.webhook_endpoint_id = seen.id
                                order by s.at desc
                                limit 1), 'working')
on conflict do nothing;
