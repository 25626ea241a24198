-- import: both people and their periods at the school that contain the first day. Rows of import_raw_mentorship_periods
-- with school_id, ect_teacher_id, ect_school_period_id, mentor_teacher_id, mentor_school_period_id (null = none).
select r.*, s.id as school_id, ect_key.id as ect_teacher_id, e.id as ect_school_period_id,
       mentor_key.id as mentor_teacher_id, m.id as mentor_school_period_id
from import_raw_mentorship_periods r
left join import_all_schools s on s.urn = r.school_urn
left join import_key_teachers ect_key on ect_key.key = r.ect
left join import_key_teachers mentor_key on mentor_key.key = r.mentor
left join import_all_school_periods e
  on e.teacher_id = ect_key.id and e.role = 'ect' and e.school_id = s.id and e.started_on <= r.started_on
  and (e.finished_on is null or e.finished_on >= r.started_on)
left join import_all_school_periods m
  on m.teacher_id = mentor_key.id and m.role = 'mentor' and m.school_id = s.id and m.started_on <= r.started_on
  and (m.finished_on is null or m.finished_on >= r.started_on)
