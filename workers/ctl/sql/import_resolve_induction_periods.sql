-- import: person and appropriate body. Rows of import_raw_induction_periods with both ids (null = none).
select r.*, k.id as teacher_id, b.id as appropriate_body_id
from import_raw_induction_periods r
left join import_key_teachers k on k.key = r.teacher
left join import_key_appropriate_bodies b on b.key = r.appropriate_body
