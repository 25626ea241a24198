-- find_school_locks: what whoever refreshes what is derived of schools has to lock (pipeline.md section 3; common/locks.h).
--   $1 bigint[]  schools
-- One row:
--   keys, classes, numbers, shared  arrays, parameters of take_locks: the schools, exclusive; shared the list of schools,
--                                   which all lead providers see
select array_agg('school:' || school.id order by school.id) as keys,
       array[3] as classes, array[0] as numbers, array[true] as shared
  from unnest($1::bigint[]) as school (id);
