-- import: the hub of each region. Rows of import_raw_regions with appropriate_body_id (null = none).
select r.*, b.id as appropriate_body_id
from import_raw_regions r
left join import_key_appropriate_bodies b on b.key = r.appropriate_body
