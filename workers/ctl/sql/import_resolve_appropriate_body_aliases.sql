-- import: the body of each of the predecessor's ids. Rows of import_raw_appropriate_body_aliases with appropriate_body_id
-- (null = none) and source.
select r.*, 'ecf1' as source, b.id as appropriate_body_id
from import_raw_appropriate_body_aliases r
left join import_all_appropriate_bodies b on b.name = r.appropriate_body_name
