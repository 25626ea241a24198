-- import: what files may call an appropriate body: its name or an id that the predecessor knew it by.
create temp table import_key_appropriate_bodies as
select name as key, id from import_all_appropriate_bodies
union all
select source_id::text, appropriate_body_id from import_all_appropriate_body_aliases
where source = 'ecf1';
analyze import_key_appropriate_bodies
