-- Makes a webhook endpoint, with its event (notifications.md NT-49).
--   $1 bigint       lead provider, or null
--   $2 bigint       user, or null
--   $3 text         URL
--   $4 bytea        secret, encrypted
--   $5 text[]       kinds of what it is told
--   $6 timestamptz  business time
-- One row: id.
with made as (
  insert into webhook_endpoints (lead_provider_id, user_id, url, secret_encrypted, event_kinds)
  values ($1::bigint, $2::bigint, $3::text, $4::bytea, $5::text[])
  returning id, lead_provider_id, user_id, event_kinds
), told as (
  insert into events (event_type, heading, happened_at, author_type, lead_provider_id, user_id, metadata)
  select 'webhook_endpoint_created', format('Webhook endpoint %s was created', id), $6::timestamptz, 'system', lead_provider_id,
         user_id, jsonb_build_object('webhook_endpoint_id', id, 'event_kinds', event_kinds)
  from made
)
select id
from made
