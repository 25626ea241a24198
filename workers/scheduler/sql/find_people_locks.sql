-- find_people_locks: what whoever refreshes what is derived of people has to lock (pipeline.md section 3; common/locks.h).
--   $1 bigint[]  teachers
-- One row:
--   keys, classes, numbers, shared  arrays, parameters of take_locks: the people, exclusive; shared the lists of every lead
--                                   provider that trains one of them, or is kept as one who does
select (select coalesce(array_agg(coalesce('trn:' || teacher.trn, 'teacher:' || teacher.id) order by teacher.id), '{}')
          from teachers as teacher
         where teacher.id = any ($1::bigint[])) as keys,
       coalesce(array_agg(3 order by list.id), '{}') as classes,
       coalesce(array_agg(list.id order by list.id), '{}') as numbers,
       coalesce(array_agg(true order by list.id), '{}') as shared
  from (select training.lead_provider_id as id
          from training_periods as training
         where training.teacher_id = any ($1::bigint[])
           and training.lead_provider_id is not null
         union
        select status.lead_provider_id
          from teacher_provider_status as status
         where status.teacher_id = any ($1::bigint[])) as list;
