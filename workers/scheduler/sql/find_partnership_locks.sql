-- find_partnership_locks: what whoever moves partnerships has to lock (pipeline.md section 3; common/locks.h). School and lead
-- provider of a partnership never change, so what this says holds before the locks as behind them.
--   $1 bigint[]  partnerships
-- One row:
--   keys, classes, numbers, shared  arrays, parameters of take_locks: their schools, exclusive; shared the lists of their lead
--                                   providers
select coalesce(array_agg(distinct 'school:' || partnership.school_id), '{}') as keys,
       lists.classes, lists.numbers, lists.shared
  from school_partnerships as partnership
 cross join (select array_agg(3) as classes, array_agg(id) as numbers, array_agg(true) as shared
               from (select distinct lead_provider_id as id
                       from school_partnerships
                      where id = any ($1::bigint[])) as list) as lists
 where partnership.id = any ($1::bigint[])
 group by lists.classes, lists.numbers, lists.shared;
