-- Makes tokens of lead providers, each with its event (lead-provider-api.md 3.1.7). What is stored opens nothing.
--   $1 bigint[] lead providers, $2 bytea[] digests, $3 text[] last 4 characters, $4 text[] descriptions
--   $5 timestamptz  business time
-- Rows: one a token: id, lead_provider_id.
with wanted as (
  select *
  from unnest($1::bigint[], $2::bytea[], $3::text[], $4::text[]) as w (lead_provider_id, digest, hint, description)
), made as (
  insert into api_tokens (kind, lead_provider_id, token_digest, token_hint, description)
  select 'lead_provider', lead_provider_id, digest, hint, description
  from wanted
  returning id, lead_provider_id, description
), told as (
  insert into events (event_type, heading, happened_at, author_type, lead_provider_id, metadata)
  select 'lead_provider_api_token_created', 'An API token was created for ' || p.name, $5::timestamptz, 'system', p.id,
         jsonb_build_object('description', made.description)
  from made
  join lead_providers as p on p.id = made.lead_provider_id
)
select id, lead_provider_id
from made
