-- Removes, disables or enables a webhook endpoint, with its event. One that is enabled counts as working, until it fails again.
--   $1 bigint       endpoint
--   $2 text         removed, disabled, enabled
--   $3 timestamptz  business time
-- Rows: one where there is such an endpoint: changed (false = it was so already).
with endpoint as (
  select id, disabled_at, ($2::text = 'removed' or ($2::text = 'disabled') = (disabled_at is null)) as changes
  from webhook_endpoints
  where id = $1::bigint
    and removed_at is null
  for update
), changed as (
  update webhook_endpoints as e
  set disabled_at = case when $2::text <> 'enabled' then coalesce(e.disabled_at, clock_timestamp()) end,
      removed_at = case when $2::text = 'removed' then clock_timestamp() end,
      secret_encrypted = case when $2::text = 'removed' then ''::bytea else e.secret_encrypted end,
      previous_secret_encrypted = case when $2::text = 'removed' then null else e.previous_secret_encrypted end,
      previous_secret_until = case when $2::text = 'removed' then null else e.previous_secret_until end,
      updated_at = now()
  from endpoint
  where e.id = endpoint.id
    and endpoint.changes
  returning e.id, e.lead_provider_id, e.user_id
), works as (
  insert into webhook_endpoint_states (webhook_endpoint_id, state)
  select id, 'working'
  from changed
  where $2::text = 'enabled'
), told as (
  insert into events (event_type, heading, happened_at, author_type, lead_provider_id, user_id, metadata)
  select 'webhook_endpoint_' || $2::text, format('Webhook endpoint %s was %s', id, $2::text), $3::timestamptz, 'system',
         lead_provider_id, user_id, jsonb_build_object('webhook_endpoint_id', id)
  from changed
)
select endpoint.changes as changed
from endpoint
