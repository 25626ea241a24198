-- import: what files may call a delivery partner: its name, letters in either case, or its public id.
create temp table import_key_delivery_partners as
select lower(name::text) as key, id from import_all_delivery_partners
union all
select api_id::text, id from import_all_delivery_partners
where api_id is not null;
analyze import_key_delivery_partners
