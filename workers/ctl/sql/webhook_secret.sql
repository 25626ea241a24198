-- Gives a webhook endpoint a new secret; the one before stays valid for a while (notifications.md NT-50).
--   $1 bigint       endpoint
--   $2 bytea        new secret, encrypted
--   $3 bigint       seconds that the one before stays valid; 0 = none
--   $4 timestamptz  business time
-- Rows: one where there is such an endpoint: until (empty = the one before is invalid now).
with changed as (
  update webhook_endpoints
  set previous_secret_encrypted = case when $3::bigint > 0 then secret_encrypted end,
      previous_secret_until = case when $3::bigint > 0 then clock_timestamp() + $3::bigint * interval '1 second' end,
      secret_encrypted = $2::bytea,
      updated_at = now()
  where id = $1::bigint
    and removed_at is null
  returning id, lead_provider_id, user_id, previous_secret_until
), told as (
  insert into events (event_type, heading, happened_at, author_type, lead_provider_id, user_id, metadata)
  select 'webhook_endpoint_secret_changed', format('Webhook endpoint %s has a new secret', id), $4::timestamptz, 'system',
         lead_provider_id, user_id, jsonb_build_object('webhook_endpoint_id', id, 'previous_seconds', $3::bigint)
  from changed
)
select coalesce(to_char(previous_secret_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '') as until
from changed
