-- All tokens, the newest first.
-- Rows: id, kind, owner, description, hint, created_at, last_used_at, revoked_at.
select t.id, t.kind,
       coalesce(p.name, u.name, array_to_string(t.urns, ' ')) as owner, t.description, t.token_hint as hint,
       to_char(t.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as created_at,
       to_char(t.last_used_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as last_used_at,
       to_char(t.revoked_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as revoked_at
from api_tokens as t
left join lead_providers as p on p.id = t.lead_provider_id
left join users as u on u.id = t.user_id
order by t.id desc
