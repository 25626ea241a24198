-- disable_endpoint: an endpoint that has failed for too long is told nothing more, and its owner is told that (notifications.md
-- NT-51).
--
--   $1 bigint       endpoint
--   $2 timestamptz  business time
--   $3 bigint       hours that it has failed
--
-- One row when this statement disabled it: id.
with disabled as (
  update webhook_endpoints
  set disabled_at = clock_timestamp(), updated_at = now()
  where id = $1::bigint
    and disabled_at is null
  returning id, lead_provider_id, user_id
), told as (
  insert into events (event_type, heading, happened_at, author_type, lead_provider_id, user_id, metadata)
  select 'webhook_endpoint_disabled',
         format('Webhook endpoint %s%s was disabled: it failed for %s hours', disabled.id,
                ' of ' || coalesce((select name from lead_providers where id = disabled.lead_provider_id),
                                   (select name from users where id = disabled.user_id)), $3::bigint),
         $2::timestamptz, 'system', disabled.lead_provider_id, disabled.user_id,
         jsonb_build_object('webhook_endpoint_id', disabled.id, 'failing_hours', $3::bigint)
  from disabled
)
select id from disabled;
