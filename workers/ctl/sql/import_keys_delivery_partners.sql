-- import: what files call a delivery partner: its name, letters in either case, or its public id. Of two with one id, which
-- is told, one. Every spelling is looked up once, so that rows need not be put into small letters.
create temp table import_key_delivery_partners as
with called as (
  select key, min(id) as id
  from (select lower(name::text) as key, id from import_all_delivery_partners
        union all
        select api_id::text, id from import_all_delivery_partners
        where api_id is not null) as names
  group by key
),
spelled as (
  select delivery_partner as key from import_raw_delivery_partnerships
  union select delivery_partner from import_raw_school_partnerships
  union select delivery_partner from import_raw_training_periods
  union select delivery_partner from import_raw_declarations
)
select s.key, c.id
from spelled s
join called c on c.key = lower(s.key);
analyze import_key_delivery_partners
