-- list_endpoints: where webhooks may go now, with their secrets (notifications.md NT-49, NT-50).
--
-- Rows: one for each endpoint that is not disabled:
--   id, url, secret, secret_before (null unless it is still valid)
--   owner_type, owner_id  who sees what it is told, in the words of submissions.caller_type
--   failing_ms            how long it has only failed; null: it works
select endpoint.id,
       endpoint.url,
       endpoint.secret_encrypted as secret,
       case when endpoint.previous_secret_until > clock_timestamp() then endpoint.previous_secret_encrypted end as secret_before,
       case when endpoint.lead_provider_id is null then 'dfe_staff' else 'lead_provider' end as owner_type,
       coalesce(endpoint.lead_provider_id, endpoint.user_id) as owner_id,
       case when newest.state = 'failing' then (extract(epoch from clock_timestamp() - newest.at) * 1000)::bigint end
         as failing_ms
  from webhook_endpoints as endpoint
  left join lateral (select s.state, s.at
                       from webhook_endpoint_states as s
                      where s.webhook_endpoint_id = endpoint.id
                      order by s.at desc
                      limit 1) as newest on true
 where endpoint.disabled_at is null
 order by endpoint.id;
