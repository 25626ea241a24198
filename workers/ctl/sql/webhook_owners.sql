-- Who is to own a webhook endpoint.
--   $1 text  exact name or API id of a lead provider; null = none is meant
--   $2 text  e-mail address of a member of staff; null likewise
-- Rows: lead_provider_id, user_id (one of them is null), name.
select id as lead_provider_id, null::bigint as user_id, name
from lead_providers
where name = $1::text
  or api_id::text = lower($1::text)
union all
select null, id, name
from users
where email = $2::citext
  and deactivated_at is null
  and role = 'finance'
