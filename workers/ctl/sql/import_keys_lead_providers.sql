-- import: what files may call a lead provider: its name or its public id.
create temp table import_key_lead_providers as
select name as key, id from import_all_lead_providers
union all
select api_id::text, id from import_all_lead_providers
where api_id is not null;
analyze import_key_lead_providers
