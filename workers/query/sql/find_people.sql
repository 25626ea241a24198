-- find_people: who has a participant id, whoever may see them.
--
--   $1 api_ids  uuid[]
--
-- Rows: one for each that is found: n, its number in $1, from 1; teacher_id
select asked.n, teacher.id as teacher_id
  from unnest($1::uuid[]) with ordinality as asked (api_id, n)
  join teachers as teacher on teacher.api_id = asked.api_id;
