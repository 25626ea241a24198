-- insert_usage_events: API requests that fronts have noted (metrics.md 6.3). Who asked is told by name too, as it is now.
--
--   $1 notes  jsonb[]  each {"fields":{"events":[{"event_id":uuid,"at":instant,"request_uuid":uuid,"lead_provider_id":n,"data":{…}},…]}}
--
-- Rows: none. An event that is there already (a note that was handed out twice) is left as it is. What a crash of the database takes
-- of the last moment is lost as a note may be (pipeline.md PL-17), so nobody waits for the disk.
insert into usage_events (event_type, occurred_at, event_id, request_uuid, data)
select 'persist_api_request', e.at, e.event_id, e.request_uuid,
       e.data || jsonb_build_object('user_description', 'Lead provider: ' || p.name,
                                    'lead_provider', jsonb_build_object('id', e.lead_provider_id, 'name', p.name))
  from (select set_config('synchronous_commit', 'off', /* is_local */ true)) as s
 cross join unnest($1::jsonb[]) as note
 cross join lateral jsonb_to_recordset(note -> 'fields' -> 'events')
       as e (event_id uuid, at timestamptz, request_uuid uuid, lead_provider_id bigint, data jsonb)
  left join lead_providers as p on p.id = e.lead_provider_id
    on conflict do nothing;
