-- The induction periods of a person.
--   $1 bigint  teacher
-- Rows, earliest first: started_on, finished_on (null = open).
select started_on, finished_on from induction_periods where teacher_id = $1::bigint order by started_on
