-- find_tokens: whose a presented token is (lead-provider-api.md 3.1). Revoked ones and those of others are not found.
--
--   $1 digests  bytea[]  keyed hashes, 32 bytes each
--
-- Rows: one for each digest that is found:
--   n                 its number in $1, from 1
--   token_id, lead_provider_id
select asked.n, api_tokens.id as token_id, api_tokens.lead_provider_id
  from unnest($1::bytea[]) with ordinality as asked (digest, n)
  join api_tokens on api_tokens.token_digest = asked.digest
 where api_tokens.kind = 'lead_provider'
   and api_tokens.revoked_at is null;
