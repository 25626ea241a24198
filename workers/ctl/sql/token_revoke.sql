-- Revokes a token, with its event (lead-provider-api.md 3.1.6-7; events.md for those of schools and staff).
--   $1 bigint       token
--   $2 timestamptz  business time
-- One row: digest (hexadecimal), description, revoked_now (false = it was revoked before); none when there is no such token.
with revoked as (
  update api_tokens
  set revoked_at = clock_timestamp(), updated_at = now()
  where id = $1::bigint
    and revoked_at is null
  returning kind, lead_provider_id, user_id, description
), told as (
  insert into events (event_type, heading, happened_at, author_type, lead_provider_id, user_id, metadata)
  select case kind when 'lead_provider' then 'lead_provider_api_token_revoked' else 'api_token_revoked' end,
         'An API token was revoked' || coalesce(' for ' || (select name from lead_providers where id = lead_provider_id), ''),
         $2::timestamptz, 'system', lead_provider_id, user_id,
         case kind
           when 'lead_provider' then jsonb_build_object('description', description)
           else jsonb_build_object('description', description, 'kind', kind)
         end
  from revoked
)
select encode(t.token_digest, 'hex') as digest, t.description, exists (select from revoked) as revoked_now
from api_tokens as t
where t.id = $1::bigint
