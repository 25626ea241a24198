-- import: person, schools, appropriate body. Rows of import_raw_school_periods with teacher_id, school_id,
-- reported_appropriate_body_id, reported_leaving_by_school_id (null = none).
select r.*, k.id as teacher_id, s.id as school_id, b.id as reported_appropriate_body_id,
       leaving.id as reported_leaving_by_school_id
from import_raw_school_periods r
left join import_key_teachers k on k.key = r.teacher
left join import_all_schools s on s.urn = r.school_urn
left join import_key_appropriate_bodies b on b.key = r.reported_appropriate_body
left join import_all_schools leaving on leaving.urn = r.reported_leaving_by_school_urn
