-- import: what files may call a delivery partner: its name, letters in either case, or its public id. Of two with one id,
-- which is told, one.
create temp table import_key_delivery_partners as
select key, min(id) as id
from (select lower(name::text) as key, id from import_all_delivery_partners
      union all
      select api_id::text, id from import_all_delivery_partners
      where api_id is not null) as called
group by key;
analyze import_key_delivery_partners
