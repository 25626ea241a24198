-- import: mentorships that do not lie inside both people's periods at the school (DM-18).
-- Rows: line, column_name, value, reason.
with found as (
  select n.line, n.ect, n.mentor, n.school_id, n.ect_teacher_id, n.mentor_teacher_id, n.ect_school_period_id,
         n.mentor_school_period_id, n.finished_on, e.finished_on as ect_until, m.finished_on as mentor_until
  from import_mentorship_periods n
  left join import_all_school_periods e on e.id = n.ect_school_period_id
  left join import_all_school_periods m on m.id = n.mentor_school_period_id
  where not n.bad and not n.existing
)
select line, 'ect' as column_name, ect as value, 'no ECT at this school on the first day' as reason
from found
where ect_school_period_id is null and ect_teacher_id is not null and school_id is not null
union all
select line, 'mentor', mentor, 'no mentor at this school on the first day'
from found
where mentor_school_period_id is null and mentor_teacher_id is not null and school_id is not null
union all
select line, 'finished_on', coalesce(finished_on::text, ''), 'after the end of the ECT''s period at the school, ' || ect_until
from found
where ect_until is not null and (finished_on is null or finished_on > ect_until)
union all
select line, 'finished_on', coalesce(finished_on::text, ''), 'after the end of the mentor''s period at the school, ' || mentor_until
from found
where mentor_until is not null and (finished_on is null or finished_on > mentor_until)
