-- The lead providers that tokens are to be made for.
--   $1 text  exact name or API id; null = all
-- Rows: id, name.
select id, name
from lead_providers
where $1::text is null
  or name = $1::text
  or api_id::text = lower($1::text)
order by name
