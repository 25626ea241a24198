-- import: what files may call a lead provider: its name or its public id. Of two with one id, which is told, one.
create temp table import_key_lead_providers as
select key, min(id) as id
from (select name as key, id from import_all_lead_providers
      union all
      select api_id::text, id from import_all_lead_providers
      where api_id is not null) as called
group by key;
analyze import_key_lead_providers
